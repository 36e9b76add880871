//! Which known name is meant by a name that is not known.

use super::*;

#[test]
fn the_nearest_name_is_the_one_with_the_fewest_edits() {
    let channels = ["email", "push", "sms", "whatsapp"];
    for (written, expected) in [
        ("e-mail", Some("email")),
        ("emial", Some("email")),
        ("whatsap", Some("whatsapp")),
        ("puhs", Some("push")),
        ("SMS", Some("sms")),
        ("mms", None),
        ("fax", None),
        ("", None),
    ] {
        assert_eq!(nearest(written, channels), expected, "{written}");
    }
}

#[test]
fn among_few_names_one_edit_of_three_letters_is_near() {
    for (written, expected) in [
        ("otpp", Some("otp")),
        ("opt", Some("otp")),
        ("ottp", Some("otp")),
        ("OTP", Some("otp")),
        ("op", Some("otp")),
        ("o", None),
        ("tpo", None),
        ("alret", Some("alert")),
        ("invoice", None),
    ] {
        assert_eq!(nearest_of_few(written, ["alert", "otp", "receipt", "welcome"]), expected, "{written}");
    }
}
