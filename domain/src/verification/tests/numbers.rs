//! Numbers are known by their first digits.

use super::*;

#[test]
fn a_number_has_the_dial_code_of_its_country() {
    for (number, expected) in [
        ("+14155550100", Some("+1")),
        ("+18765550100", Some("+1876")),
        ("+18095550100", Some("+1809")),
        ("+34600123456", Some("+34")),
        ("+442071838750", Some("+44")),
        ("+5491122334455", Some("+54")),
        ("+593991234567", Some("+593")),
        ("+79161234567", Some("+7")),
        ("+77011234567", Some("+77")),
        ("+8801712345678", Some("+880")),
        ("+2904123", Some("+290")),
        ("34600123456", None),
        ("+0600123456", None),
        ("+34 600 123 456", None),
        ("+34", None),
        ("+", None),
        ("", None),
        ("ana@example.com", None),
        ("+٣٤٦٠٠١٢٣٤", None),
    ] {
        assert_eq!(dial_code(number), expected, "{number}");
    }
}

#[test]
fn a_prefix_is_a_number_without_its_last_four_digits() {
    for (number, expected) in
        [("+34600123456", Some("+3460012")), ("+2904123", Some("+290")), ("+290412", None), ("ana@example.com", None)]
    {
        assert_eq!(number_prefix(number), expected, "{number}");
    }
}
