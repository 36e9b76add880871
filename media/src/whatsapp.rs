//! WhatsApp: a text to a phone number that has an account there.

use domain::Ambiguity;

use crate::medium::Medium;
use crate::phone;

/// The optional prefix of a number, which tells it apart from one that is reached by SMS.
pub const PREFIX: &str = "whatsapp:";

pub static MEDIUM: Medium = Medium {
    name: "whatsapp",
    example: "+14155550100",
    ambiguity: Ambiguity::ResendIfFresh,
    check: |destination| phone::check_number(bare(destination)),
    faults: phone::faults,
};

/// The number without the prefix, which publishers may write or leave out.
pub fn bare(number: &str) -> &str {
    number.strip_prefix(PREFIX).unwrap_or(number)
}
