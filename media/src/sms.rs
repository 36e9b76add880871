//! SMS: a text to a phone number, or an MMS where media go with it.

use domain::{Ambiguity, nearest};

use crate::medium::{Carriage, Medium};
use crate::{attached, phone};

/// The longest text, in characters, that Twilio accepts (error 21617, <https://www.twilio.com/docs/api/errors/21617>).
const TEXT: phone::Limit = phone::Limit { chars: 1600, by: "Twilio" };

/// The most media of one message (<https://www.twilio.com/docs/api/errors/21623>).
const MAX_MEDIA: usize = 10;

pub static MEDIUM: Medium = Medium {
    name: "sms",
    example: "+14155550100",
    kinds: &[],
    ambiguity: Ambiguity::ResendIfFresh,
    check: phone::check_number,
    compared: str::to_owned,
    faults: |words| phone::faults(words, TEXT, MAX_MEDIA, false),
    has_subject: false,
    sends: |data| data.contains_key(attached::FIELD),
    files: Carriage::Nothing,
    meant: |name, _| nearest(name, [attached::FIELD]),
};
