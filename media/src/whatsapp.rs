//! WhatsApp: a text, a picture or a template to a phone number that has an account there.

use domain::{Ambiguity, nearest};

use crate::medium::Medium;
use crate::phone;
use crate::words::{Fault, Words};
use crate::{attached, content};

/// The optional prefix of a number, which tells it apart from one that is reached by SMS.
pub const PREFIX: &str = "whatsapp:";

/// The most media of one message: on WhatsApp a message is words, or one picture or other file with words below it.
const MAX_MEDIA: usize = 1;

pub static MEDIUM: Medium = Medium {
    name: "whatsapp",
    example: "+14155550100",
    ambiguity: Ambiguity::ResendIfFresh,
    check: |destination| phone::check_number(bare(destination)),
    faults,
    has_subject: false,
    sends: |data| content::is_given(data) || data.contains_key(attached::FIELD),
    meant: |name, _| nearest(name, [content::SID, content::VARIABLES, attached::FIELD]),
};

/// The number without the prefix, which publishers may write or leave out.
pub fn bare(number: &str) -> &str {
    number.strip_prefix(PREFIX).unwrap_or(number)
}

/// Finds what is wrong with a template, or else with the text and the picture. A template is sent without the text,
/// which may therefore be empty, or long for another channel of the fallback.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let mut faults = content::faults(words.data);
    if !content::is_given(words.data) {
        faults.extend(phone::faults(words, MAX_MEDIA));
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sms;

    const HX: &str = "HX0123456789abcdef0123456789abcdef";

    #[track_caller]
    fn check(medium: &Medium, text: &str, data: Value, expected: Result<(), &str>) {
        let Value::Object(data) = data else { panic!("{data}") };
        let accepted = medium.accept(medium.example, &Words { subject: None, text, data: &data });
        assert_eq!(accepted, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_template_needs_no_text_and_is_of_whatsapp_alone() {
        let template = json!({"content_sid": HX, "content_variables": {"1": "Ana"}});
        check(&MEDIUM, "", template.clone(), Ok(()));
        check(&MEDIUM, &"x".repeat(1601), template.clone(), Ok(()));
        check(&sms::MEDIUM, "", template.clone(), Err("message must not be empty"));
        check(&sms::MEDIUM, "m", template, Ok(()));
        check(&sms::MEDIUM, "m", json!({"content_sid": 7, "content_variables": 7}), Ok(()));
        let alone = json!({"content_variables": {"1": "Ana"}});
        let told = "data/content_variables needs content_sid beside it; message must not be empty";
        check(&MEDIUM, "", alone, Err(told));
    }

    #[test]
    fn a_picture_needs_no_text_and_whatsapp_takes_one() {
        let urls = |count: usize| json!({"media_urls": vec!["https://example.org/a.jpg"; count]});
        check(&MEDIUM, "", urls(1), Ok(()));
        check(&MEDIUM, "m", urls(2), Err("data/media_urls has 2 entries, this channel takes 1 URL"));
        check(&sms::MEDIUM, " ", urls(10), Ok(()));
        let told = "data/media_urls has 11 entries, this channel takes 1 to 10 URLs";
        check(&sms::MEDIUM, "m", urls(11), Err(told));
        let told = "message has 1601 characters, Twilio takes 1600";
        check(&sms::MEDIUM, &"x".repeat(1601), urls(1), Err(told));
    }
}
