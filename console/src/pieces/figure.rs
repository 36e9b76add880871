//! Figures as people read them: digits in groups of three, and no more of them than say something.

use crate::words::Lang;

/// What stands where nothing is known.
pub(crate) const UNKNOWN: &str = "–";

/// A whole number: `12 345`, with a space that does not break.
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// So many of a thing: `1 letter`, `12 345 letters`.
pub(crate) fn so_many(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", whole(number), if number == 1 { one } else { more })
}

pub(crate) fn known(number: Option<impl Into<u64>>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), |number| whole(number.into()))
}

/// So many a second.
pub(crate) fn rate(rate: f64, lang: Lang) -> String {
    match rate {
        rate if !rate.is_finite() || rate <= 0.0 => "0".to_owned(),
        rate if rate < 0.1 => with_point(format!("{rate:.2}"), lang),
        rate if rate < 10.0 => with_point(format!("{rate:.1}"), lang),
        // No more than a u64 has: the conversion saturates.
        rate => whole(rate.round() as u64),
    }
}

/// A part of a whole in hundredths. What is not all of it is never told as 100.
pub(crate) fn percent(part: u64, whole: u64, lang: Lang) -> String {
    if whole == 0 {
        return UNKNOWN.to_owned();
    }
    let tenths = u128::from(part) * 1_000 / u128::from(whole);
    with_point(format!("{}.{}", tenths / 10, tenths % 10), lang) + "\u{202f}%"
}

/// Milliseconds in the unit that fits: `250 ms`, `3.2 s`, `4 min`.
pub(crate) fn took(millis: u64, lang: Lang) -> String {
    match millis {
        0..=999 => format!("{millis}\u{202f}ms"),
        1_000..=9_999 => with_point(format!("{}.{}", millis / 1_000, millis % 1_000 / 100), lang) + "\u{202f}s",
        10_000..=99_999 => format!("{}\u{202f}s", millis / 1_000),
        _ => format!("{}\u{202f}min", whole(millis / 60_000)),
    }
}

/// So many bytes in the unit that fits: `512 B`, `47.1 KiB`.
pub(crate) fn bytes(bytes: u64, lang: Lang) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut unit, mut tenths) = ("B", u128::from(bytes) * 10);
    for larger in UNITS {
        if tenths < 10_240 {
            break;
        }
        (unit, tenths) = (larger, tenths / 1_024);
    }
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let shown = if unit == "B" || tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") };
    with_point(shown, lang) + "\u{202f}" + unit
}

fn with_point(text: String, lang: Lang) -> String {
    lang.of(text.as_str(), text.replace('.', ",").as_str()).to_owned()
}

#[test]
fn figures_are_told_as_people_read_them() {
    assert_eq!([0, 999, 1_000, 1_234_567].map(whole), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    assert_eq!(known(None::<u32>), UNKNOWN);
    assert_eq!([0, 1, 1_000].map(|number| so_many(number, "day", "days")), ["0 days", "1 day", "1\u{202f}000 days"]);
    assert_eq!([0.0, 0.05, 1.25, 1_234.4].map(|number| rate(number, Lang::Es)), ["0", "0,05", "1,2", "1\u{202f}234"]);
    assert_eq!(percent(9_999, 10_000, Lang::En), "99.9\u{202f}%");
    assert_eq!(percent(1, 0, Lang::En), UNKNOWN);
    assert_eq!(took(3_250, Lang::Es), "3,2\u{202f}s");
    let sizes = [0, 1_023, 1_024, 48_213, 5 << 20, u64::MAX].map(|size| bytes(size, Lang::Es));
    let expected = ["0 B", "1023 B", "1 KiB", "47 KiB", "5 MiB", "16777215,9 TiB"];
    assert_eq!(sizes, expected.map(|size| size.replace(' ', "\u{202f}")));
}
