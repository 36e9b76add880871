//! What is published: one recipient each, told apart by a number.

use serde_json::json;

/// The words of every SMS; template `otp` makes the same of [`OTP`].
pub(crate) const TEXT: &str = "481 930 is your Tambo code. Valid for 10 min. Do not share it.";
const SUBJECT: &str = "Welcome to Tambo";

/// The shapes of the measured notifications.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Sms,
    /// The words of `Sms` by a template.
    TemplateSms,
    /// HTML and text, by a template.
    Mail,
    /// An SMS that is due far in the future.
    Job,
    /// An item of an inbox.
    Inapp,
}

impl Kind {
    pub(crate) fn body(self, number: u64) -> String {
        let body = match self {
            Self::Sms => json!({"channel": "sms", "destination": phone(number), "message": TEXT}),
            Self::TemplateSms => json!({
                "channel": "sms", "destination": phone(number), "template": "otp",
                "data": {"code": "481 930", "product": "Tambo", "minutes": 10},
            }),
            Self::Mail => json!({
                "channel": "email", "destination": mailbox(number), "subject": SUBJECT, "template": "welcome",
                "data": {"name": "Ana Quispe", "product": "Tambo", "action_url": "https://tambo.example/start"},
            }),
            Self::Job => return scheduled(number, "2099-01-01T00:00:00Z"),
            Self::Inapp => return inapp(number, number),
        };
        body.to_string()
    }
}

/// An SMS that is due at a time.
pub(crate) fn scheduled(number: u64, send_at: &str) -> String {
    json!({"channel": "sms", "destination": phone(number), "message": TEXT, "send_at": send_at}).to_string()
}

/// An item of this user's inbox, whose title is its number.
pub(crate) fn inapp(number: u64, of_user: u64) -> String {
    let (destination, title) = (format!("user:{}", user(of_user)), format!("{number:08}"));
    json!({"channel": "inapp", "destination": destination, "subject": title, "message": TEXT}).to_string()
}

/// Writes the number of a recipient as eight digits after a prefix that no number has.
pub(crate) fn phone(number: u64) -> String {
    format!("+1999{number:08}")
}

pub(crate) fn mailbox(number: u64) -> String {
    format!("{}@example.org", user(number))
}

/// The id of a user who has an inbox.
pub(crate) fn user(number: u64) -> String {
    format!("u{number:08}")
}

/// Gives ids in no order, as orchestrators make them, so that the ledger's index is not filled from one end.
pub(crate) fn id(number: u64) -> String {
    // The finaliser of SplitMix64: distinct numbers give distinct results.
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("bench-{:016x}-{number:08x}", mixed ^ (mixed >> 31))
}
