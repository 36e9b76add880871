//! WhatsApp: a text, with buttons below it, a picture or a template to a phone number that has an account there, or to a person whom WhatsApp
//! shows without a number.

mod approved;
mod buttons;
mod template;

use domain::{Ambiguity, nearest};

use crate::medium::{Carriage, Medium};
use crate::phone;
use crate::words::{Fault, Part, Words};
use crate::{attached, content};

pub use self::approved::{Approved, Below, put_approved, takes_words};
pub(crate) use self::buttons::put as put_buttons;
pub use self::buttons::{ReplyButton, buttons};
pub use self::template::template;

/// The optional prefix of a number, which tells it apart from one that is reached by SMS.
pub const PREFIX: &str = "whatsapp:";

/// The most media of one message: on WhatsApp a message is words, or one picture or other file with words below it.
const MAX_MEDIA: usize = 1;

/// The longest text, in characters (<https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages>).
const TEXT: phone::Limit = phone::Limit { chars: 4096, by: "WhatsApp" };

/// The longest part of a person's id that Meta gives, behind the country
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids/>).
const MAX_ID_BYTES: usize = 128;

pub static MEDIUM: Medium = Medium {
    name: "whatsapp",
    example: "+14155550100",
    kinds: &[],
    ambiguity: Ambiguity::ResendIfFresh,
    check,
    compared: |destination| bare(destination).to_owned(),
    faults,
    has_subject: false,
    sends: |data| {
        let is_given = content::is_given(data) || template::is_given(data) || buttons::is_given(data);
        is_given || data.contains_key(attached::FIELD)
    },
    files: Carriage::Links(MAX_MEDIA),
    meant: |name, _| {
        nearest(name, [content::SID, content::VARIABLES, template::FIELD, buttons::FIELD, attached::FIELD])
    },
};

/// Whom a message is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipient<'a> {
    /// A phone number in E.164 form.
    Number(&'a str),
    /// A person whose number the business may not know, by the id that Meta has for them and this business: the letters
    /// of a country, a dot, and letters and digits, such as `US.13491208655302741918`.
    Person(&'a str),
}

impl<'a> Recipient<'a> {
    pub fn of(destination: &'a str) -> Self {
        let bare = bare(destination);
        if is_person(bare) { Self::Person(bare) } else { Self::Number(bare) }
    }
}

/// The number without the prefix, which publishers may write or leave out.
pub fn bare(number: &str) -> &str {
    number.strip_prefix(PREFIX).unwrap_or(number)
}

fn check(destination: &str) -> Result<(), String> {
    match Recipient::of(destination) {
        Recipient::Person(_) => Ok(()),
        Recipient::Number(number) => phone::check_number(number)
            .map_err(|must| format!("{must}, or the id that Meta has for a person, such as US.13491208655302741918")),
    }
}

/// Whether a text is the id of a person, or of one whom several businesses of one owner share (`US.ENT.…`).
fn is_person(text: &str) -> bool {
    let Some((country, id)) = text.split_once('.') else { return false };
    let id = id.strip_prefix("ENT.").unwrap_or(id);
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=MAX_ID_BYTES).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The words with the buttons below them, for whoever looks at a message that was not sent. None where it has none.
pub(crate) fn shown(words: &Words<'_>) -> Option<String> {
    let buttons = buttons(words.data);
    let below = || buttons.iter().map(ReplyButton::shown).collect::<Vec<_>>().join(" ");
    (!buttons.is_empty()).then(|| format!("{}\n{}", words.text, below()))
}

/// Finds what is wrong with a template, or else with the text, the picture and the buttons. A template is sent without the
/// text, which may therefore be empty, or long for another channel of the fallback. The templates of two providers may
/// stand beside each other: each provider sends its own.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let mut faults = content::faults(words.data);
    faults.extend(template::faults(words.data));
    if content::is_given(words.data)
        && let Some(part @ Part::Mail(_)) = attached::given(words)
    {
        let why = "cannot stand beside content_sid: pictures are the template's own".into();
        faults.push(Fault { part, why });
    }
    match (content::is_given(words.data), template::is_given(words.data)) {
        (false, false) => {
            faults.extend(phone::faults(words, TEXT, MAX_MEDIA, attached::has_stored(words)));
            faults.extend(attached::of_stored(words, MAX_MEDIA, attached::media_urls(words.data).count()));
            faults.extend(buttons::faults(words));
            if let Some(part) = attached::given(words).filter(|_| buttons::is_given(words.data)) {
                let why = "cannot stand beside whatsapp_buttons: WhatsApp has words alone above them".into();
                faults.push(Fault { part, why });
            }
        }
        (_, true) if buttons::is_given(words.data) => {
            let why = "cannot stand beside whatsapp_template: buttons are the template's own".into();
            faults.push(Fault { part: Part::Field(vec![buttons::FIELD.into()]), why });
        }
        (false, true) => {
            let why = || "cannot stand beside whatsapp_template: pictures are the template's own".into();
            faults.extend(attached::given(words).map(|part| Fault { part, why: why() }));
        }
        _ => {}
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
        let accepted = medium.accept(medium.example, &Words { subject: None, text, data: &data, mail: None });
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
        check(&MEDIUM, &"é".repeat(4096), json!({}), Ok(()));
        check(&MEDIUM, &"x".repeat(4097), json!({}), Err("message has 4097 characters, WhatsApp takes 4096"));
    }

    #[test]
    fn the_template_of_one_provider_may_stand_beside_that_of_another() {
        let metas = json!({"name": "order", "language": {"code": "es"}});
        check(&MEDIUM, "", json!({"whatsapp_template": metas}), Ok(()));
        check(&MEDIUM, "", json!({"whatsapp_template": metas, "content_sid": HX}), Ok(()));
        check(&sms::MEDIUM, "", json!({"whatsapp_template": metas}), Err("message must not be empty"));
        let pictures = json!({"whatsapp_template": metas, "media_urls": ["https://example.org/a.jpg"]});
        let told = "data/media_urls cannot stand beside whatsapp_template: pictures are the template's own";
        check(&MEDIUM, "", pictures, Err(told));
    }

    #[test]
    fn buttons_stand_below_words_alone() {
        let buttons = json!([{"id": "a", "title": "Yes"}]);
        check(&MEDIUM, "m", json!({"whatsapp_buttons": buttons}), Ok(()));
        check(&sms::MEDIUM, "m", json!({"whatsapp_buttons": 7}), Ok(()));
        let template = json!({"name": "order", "language": {"code": "es"}});
        let told = "data/whatsapp_buttons cannot stand beside whatsapp_template: buttons are the template's own";
        check(&MEDIUM, "m", json!({"whatsapp_buttons": buttons, "whatsapp_template": template}), Err(told));
        let picture = ["https://example.org/a.jpg"];
        let told = "data/media_urls cannot stand beside whatsapp_buttons: WhatsApp has words alone above them";
        check(&MEDIUM, "m", json!({"whatsapp_buttons": buttons, "media_urls": picture}), Err(told));
        let data = json!({"whatsapp_buttons": buttons});
        let words = Words { subject: None, text: "Deploy?", data: data.as_object().unwrap(), mail: None };
        assert_eq!(shown(&words).as_deref(), Some("Deploy?\n[Yes: a]"));
    }

    #[test]
    fn a_recipient_is_a_number_or_the_id_of_a_person() {
        for (destination, recipient) in [
            ("+14155550100", Recipient::Number("+14155550100")),
            ("whatsapp:+14155550100", Recipient::Number("+14155550100")),
            ("US.13491208655302741918", Recipient::Person("US.13491208655302741918")),
            ("whatsapp:BR.1a", Recipient::Person("BR.1a")),
            ("US.ENT.11815799212886844830", Recipient::Person("US.ENT.11815799212886844830")),
        ] {
            assert_eq!((Recipient::of(destination), (MEDIUM.check)(destination)), (recipient, Ok(())), "{destination}");
        }
        let (longest, longer) = (format!("US.{}", "1".repeat(128)), format!("US.{}", "1".repeat(129)));
        assert_eq!((MEDIUM.check)(&longest), Ok(()));
        for bad in ["us.1349", "USA.1349", "US.", "US.ENT.", "US.13 49", "US.13.49", "US1349", "14155550100", &longer] {
            assert!((MEDIUM.check)(bad).is_err_and(|why| why.starts_with("must be a phone number")), "{bad}");
        }
    }
}
