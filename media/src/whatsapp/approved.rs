//! Templates that WhatsApp has approved for what the fleet itself asks, and when they are needed: WhatsApp takes words only
//! within 24 hours of the recipient's last message.

use std::time::Duration;

use domain::Timestamp;
use serde_json::{Map, Value, json};

use super::template;
use crate::content;

/// How long after a person's last message WhatsApp takes words for them.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// How much earlier the window counts as over: a message is on its way for a while, and clocks differ.
const MARGIN: Duration = Duration::from_secs(300);

/// Whether WhatsApp takes words now for somebody who was heard last at this time. None where they never were, or so long ago
/// that nobody knows.
pub fn takes_words(heard: Option<Timestamp>, now: Timestamp) -> bool {
    heard.is_some_and(|heard| now.since(heard) < WINDOW.saturating_sub(MARGIN))
}

/// One template, as a setting names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approved {
    keeper: Keeper,
    /// Its SID at Twilio, or its name at Meta.
    name: String,
    /// The code of its language, which Meta's template always has.
    language: Option<String>,
}

/// Who keeps a template. Each provider sends its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Keeper {
    Twilio,
    Meta,
}

/// What is pressed below the words of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Below<'a> {
    Nothing,
    /// Quick replies in the template's own words, with what is told when one is pressed.
    Replies(&'a [&'a str]),
    /// A button that copies this code. Twilio's has it of the words.
    Copied(&'a str),
}

impl Approved {
    /// Reads `HX…` or `HX…:es` of Twilio, and `name:es_AR` of Meta. None for what is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, language) = match text.split_once(':') {
            Some((name, language)) => (name, Some(language)),
            None => (text, None),
        };
        let is_right = language.is_none_or(template::is_language);
        let keeper = match language {
            _ if content::is_sid(name) => Keeper::Twilio,
            Some(_) if template::is_name(name) => Keeper::Meta,
            _ => return None,
        };
        is_right.then(|| Self { keeper, name: name.to_owned(), language: language.map(str::to_owned) })
    }

    fn speaks(&self, locale: &str) -> bool {
        let first = |code: &str| code.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        self.language.as_deref().is_some_and(|language| first(language) == first(locale))
    }
}

/// Puts templates into the data: one of each keeper's, in this language if there is one, and else the first. `words` stand in
/// their places, from 1 on.
pub fn put_approved(
    given: &[Approved],
    locale: &str,
    words: &[String],
    below: Below<'_>,
    data: &mut Map<String, Value>,
) {
    let of = |keeper: Keeper| {
        let mut own = given.iter().filter(|one| one.keeper == keeper);
        own.clone().find(|one| one.speaks(locale)).or_else(|| own.next())
    };
    // Neither takes line ends within a place.
    let words: Vec<String> = words.iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    if let Some(twilios) = of(Keeper::Twilio) {
        data.insert(content::SID.into(), twilios.name.as_str().into());
        data.insert(content::VARIABLES.into(), variables(&words, below));
    }
    if let Some(metas) = of(Keeper::Meta) {
        let written = json!({
            "name": metas.name, "language": { "code": metas.language }, "components": components(&words, below),
        });
        data.insert(template::FIELD.into(), written);
    }
}

/// The places of Twilio's template: those of the words, and then the id of each quick reply.
fn variables(words: &[String], below: Below<'_>) -> Value {
    let replies = match below {
        Below::Replies(replies) => replies,
        Below::Nothing | Below::Copied(_) => &[],
    };
    let texts = words.iter().map(String::as_str).chain(replies.iter().copied());
    let numbered = texts.enumerate().map(|(at, text)| ((at + 1).to_string(), Value::from(text)));
    Value::Object(numbered.collect())
}

fn components(words: &[String], below: Below<'_>) -> Vec<Value> {
    let texts: Vec<Value> = words.iter().map(|text| json!({ "type": "text", "text": text })).collect();
    let mut components = vec![json!({ "type": "body", "parameters": texts })];
    let button = |kind: &str, at: usize, parameter: Value| {
        let at = at.to_string();
        json!({ "type": "button", "sub_type": kind, "index": at, "parameters": [parameter] })
    };
    match below {
        Below::Nothing => {}
        Below::Replies(replies) => {
            let each = replies.iter().enumerate();
            components.extend(
                each.map(|(at, data)| button("quick_reply", at, json!({ "type": "payload", "payload": data }))),
            );
        }
        Below::Copied(code) => components.push(button("url", 0, json!({ "type": "text", "text": code }))),
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::whatsapp::MEDIUM;
    use crate::words::Words;

    const HX: &str = "HX0123456789abcdef0123456789abcdef";

    fn given(list: &[&str]) -> Vec<Approved> {
        list.iter().map(|text| Approved::parse(text).unwrap()).collect()
    }

    fn put(list: &[&str], locale: &str, words: &[&str], below: Below<'_>) -> Value {
        let words: Vec<String> = words.iter().map(|text| (*text).to_owned()).collect();
        let mut data = Map::new();
        put_approved(&given(list), locale, &words, below, &mut data);
        let faults = (MEDIUM.faults)(&Words { subject: None, text: "m", data: &data, mail: None });
        assert_eq!(faults, [], "{data:?}");
        data.into()
    }

    #[test]
    fn words_are_taken_until_shortly_before_24_hours_after_the_last_message() {
        let heard = Timestamp::from_seconds(1_000_000);
        for (seconds, takes) in [(0, true), (86_099, true), (86_100, false), (86_400, false), (900_000, false)] {
            let now = heard.plus(Duration::from_secs(seconds));
            assert_eq!(takes_words(Some(heard), now), takes, "{seconds} s");
        }
        assert!(takes_words(Some(heard), heard.minus(Duration::from_secs(5))), "their clock is ahead");
        assert!(!takes_words(None, heard), "they have never written");
    }

    #[test]
    fn a_template_is_a_sid_or_a_name_with_its_language() {
        for text in [HX.to_owned(), format!("{HX}:es"), "ask_1:es_AR".to_owned(), "ask:fil".to_owned()] {
            assert!(Approved::parse(&text).is_some(), "{text}");
        }
        for text in
            ["", "ask", "ask:", "Ask:es", "ask:es-AR", ":es", "HX12", "HX12:es", format!("{HX}:").as_str(), "a:b:c"]
        {
            assert_eq!(Approved::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_provider_gets_its_own_in_the_language_of_the_reader() {
        let list = ["ask_en:en", HX, "ask_es:es_AR"];
        let told = put(&list, "es-MX", &["Deploy\n  now?", "SI 4821 / NO 4821"], Below::Nothing);
        let texts = json!([{ "type": "text", "text": "Deploy now?" }, { "type": "text", "text": "SI 4821 / NO 4821" }]);
        let expected = json!({
            "content_sid": HX,
            "content_variables": { "1": "Deploy now?", "2": "SI 4821 / NO 4821" },
            "whatsapp_template": {
                "name": "ask_es", "language": { "code": "es_AR" },
                "components": [{ "type": "body", "parameters": texts }],
            },
        });
        assert_eq!(told, expected);
        for locale in ["en-GB", "fr", ""] {
            assert_eq!(put(&list, locale, &["a"], Below::Nothing)["whatsapp_template"]["name"], "ask_en", "{locale}");
        }
        assert_eq!(put(&[], "en", &["a"], Below::Nothing), json!({}));
    }

    #[test]
    fn quick_replies_bring_back_what_stands_behind_them() {
        let told = put(&[HX, "ask:en"], "en", &["Deploy?"], Below::Replies(&["y-1", "n-1"]));
        assert_eq!(told["content_variables"], json!({ "1": "Deploy?", "2": "y-1", "3": "n-1" }));
        let button = |at: &str, data: &str| {
            let parameters = json!([{ "type": "payload", "payload": data }]);
            json!({ "type": "button", "sub_type": "quick_reply", "index": at, "parameters": parameters })
        };
        let components = told["whatsapp_template"]["components"].as_array().unwrap();
        assert_eq!(components[1..], [button("0", "y-1"), button("1", "n-1")]);
    }

    #[test]
    fn a_code_stands_in_the_words_and_behind_the_button_that_copies_it() {
        let told = put(&[HX, "code:en"], "en", &["482913"], Below::Copied("482913"));
        assert_eq!(told["content_variables"], json!({ "1": "482913" }));
        let text = json!([{ "type": "text", "text": "482913" }]);
        let copied = json!({ "type": "button", "sub_type": "url", "index": "0", "parameters": text });
        assert_eq!(told["whatsapp_template"]["components"], json!([{ "type": "body", "parameters": text }, copied]));
    }
}
