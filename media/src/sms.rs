//! SMS: a text to a phone number.

use domain::Ambiguity;

use crate::medium::Medium;
use crate::phone;

pub static MEDIUM: Medium = Medium {
    name: "sms",
    example: "+14155550100",
    ambiguity: Ambiguity::ResendIfFresh,
    check: phone::check_number,
    faults: phone::faults,
};
