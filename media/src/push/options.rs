//! What a publisher may set of a push beside its words and data: which of FCM's own fields, and what each may be.
//!
//! The names and their nesting are those of FCM, see
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>. Whom a message is for is no option.

use domain::{nearest, whole};
use serde_json::{Map, Value, json};
use url::Url;

use crate::line;
use crate::words::{Fault, Part};

/// The entry of the data that holds the options. FCM keeps all names that begin with `google.` for itself, so that no
/// app receives data by this name.
pub const OPTIONS: &str = "google.fcm";

/// The longest time that FCM keeps a message for a device that is offline: four weeks.
pub const MAX_TTL_SECONDS: u64 = 28 * 24 * 60 * 60;

/// The most faults that are found in one notification's options.
const MAX_FAULTS: usize = 16;
const MAX_TEXT_BYTES: usize = 256;
const MAX_URL_BYTES: usize = 2048;
/// The longest label, in bytes (<https://firebase.google.com/docs/cloud-messaging/understand-delivery>).
const MAX_LABEL_BYTES: usize = 50;

/// A field that may be set.
struct Allowed {
    /// Where a publisher writes the field within the options, as a JSON pointer.
    given: &'static str,
    /// Where FCM reads the field within its message, as a JSON pointer in the JSON names of FCM's API description.
    sent: &'static str,
    takes: Takes,
}

/// What a field may be.
enum Takes {
    /// One line of text.
    Text,
    /// A label of Firebase's reports.
    Label,
    /// `#rrggbb`
    Color,
    /// An address that begins with `https://`.
    Url,
    /// A time in FCM's form, such as `90s`.
    Seconds,
    /// One of these words, in any case.
    Word(&'static [&'static str]),
    /// A whole number up to this one.
    Whole(u64),
}

/// Every field that may be set. Fields of one object stand beside each other.
static ALLOWED: &[Allowed] = &[
    allowed("/notification/image", "/notification/image", Takes::Url),
    allowed("/fcm_options/analytics_label", "/fcmOptions/analyticsLabel", Takes::Label),
    allowed("/android/priority", "/android/priority", Takes::Word(&["NORMAL", "HIGH"])),
    allowed("/android/ttl", "/android/ttl", Takes::Seconds),
    allowed("/android/collapse_key", "/android/collapseKey", Takes::Text),
    allowed("/android/restricted_package_name", "/android/restrictedPackageName", Takes::Text),
    allowed("/android/notification/channel_id", "/android/notification/channelId", Takes::Text),
    allowed("/android/notification/icon", "/android/notification/icon", Takes::Text),
    allowed("/android/notification/color", "/android/notification/color", Takes::Color),
    allowed("/android/notification/sound", "/android/notification/sound", Takes::Text),
    allowed("/android/notification/click_action", "/android/notification/clickAction", Takes::Text),
    allowed("/android/notification/image", "/android/notification/image", Takes::Url),
    allowed("/android/fcm_options/analytics_label", "/android/fcmOptions/analyticsLabel", Takes::Label),
    allowed("/apns/headers/apns-priority", "/apns/headers/apns-priority", Takes::Word(&["10", "5", "1"])),
    allowed("/apns/payload/aps/badge", "/apns/payload/aps/badge", Takes::Whole(99_999)),
    allowed("/apns/payload/aps/sound", "/apns/payload/aps/sound", Takes::Text),
    allowed("/apns/payload/aps/category", "/apns/payload/aps/category", Takes::Text),
    allowed("/apns/payload/aps/thread-id", "/apns/payload/aps/thread-id", Takes::Text),
    allowed("/apns/payload/aps/mutable-content", "/apns/payload/aps/mutable-content", Takes::Whole(1)),
    allowed("/apns/fcm_options/image", "/apns/fcmOptions/image", Takes::Url),
    allowed("/apns/fcm_options/analytics_label", "/apns/fcmOptions/analyticsLabel", Takes::Label),
    allowed(
        "/webpush/headers/Urgency",
        "/webpush/headers/Urgency",
        Takes::Word(&["very-low", "low", "normal", "high"]),
    ),
    allowed("/webpush/notification/icon", "/webpush/notification/icon", Takes::Url),
    allowed("/webpush/notification/image", "/webpush/notification/image", Takes::Url),
    allowed("/webpush/fcm_options/link", "/webpush/fcmOptions/link", Takes::Url),
    allowed("/webpush/fcm_options/analytics_label", "/webpush/fcmOptions/analyticsLabel", Takes::Label),
];

const fn allowed(given: &'static str, sent: &'static str, takes: Takes) -> Allowed {
    Allowed { given, sent, takes }
}

/// What was read of a notification's options.
#[derive(Default)]
pub(super) struct Read {
    /// What may be sent: where FCM reads each field within its message, and the value.
    pub(super) fields: Vec<(&'static str, Value)>,
    pub(super) faults: Vec<Fault>,
}

/// Reads the options of this data. `null` counts as absent at every depth.
pub(super) fn read(data: &Map<String, Value>) -> Read {
    let mut read = Read::default();
    match data.get(OPTIONS) {
        None | Some(Value::Null) => {}
        Some(Value::Object(given)) => read.object(given, ""),
        Some(_) => {
            let why = format!("is a key that FCM keeps for itself; as an object, it may have {}", names("").join(", "));
            read.fault("", None, why);
        }
    }
    read
}

impl Read {
    /// Goes no deeper than the longest of the fields that there are.
    fn object(&mut self, given: &Map<String, Value>, within: &str) {
        for (name, value) in given {
            if self.faults.len() >= MAX_FAULTS {
                return;
            }
            let path = format!("{within}/{name}");
            let is_field = !name.contains('/') && leads_to_a_field(&path);
            match (ALLOWED.iter().find(|field| is_field && field.given == path), value) {
                _ if !is_field => self.fault(within, Some(name), unknown(name, within)),
                (_, Value::Null) => {}
                (Some(field), value) => match field.takes.read(value) {
                    Ok(value) => self.fields.push((field.sent, value)),
                    Err(why) => self.fault(within, Some(name), why),
                },
                (None, Value::Object(inner)) => self.object(inner, &path),
                (None, _) => self.fault(within, Some(name), "must be an object".into()),
            }
        }
    }

    fn fault(&mut self, within: &str, name: Option<&str>, why: String) {
        let names = std::iter::once(OPTIONS).chain(within.split('/').skip(1)).chain(name);
        self.faults.push(Fault { part: Part::Field(names.map(str::to_owned).collect()), why });
    }
}

/// Says that the options were meant by an object under nearly their name, or under its second word alone. What is no
/// object is the app's.
pub(super) fn meant(name: &str, value: &Value) -> Option<&'static str> {
    (value.is_object() && (is_near(name) || name.eq_ignore_ascii_case("fcm"))).then_some(OPTIONS)
}

/// Whether an entry under nearly the name of the options would be taken as it is under that name. Of another it is not
/// said that the options were meant, since these would be refused as well.
pub(super) fn could_be_options(name: &str, value: &Value) -> bool {
    let is_taken = |given: &Map<String, Value>| {
        let mut read = Read::default();
        read.object(given, "");
        read.faults.is_empty()
    };
    is_near(name) && value.as_object().is_some_and(is_taken)
}

/// Whether a name is nearly that of the options.
fn is_near(name: &str) -> bool {
    nearest(name, [OPTIONS]).is_some()
}

fn leads_to_a_field(path: &str) -> bool {
    let leads = |rest: &str| rest.is_empty() || rest.starts_with('/');
    ALLOWED.iter().any(|field| field.given.strip_prefix(path).is_some_and(leads))
}

/// The names that an object at this place may have.
fn names(within: &str) -> Vec<&'static str> {
    let name = |field: &'static Allowed| field.given.strip_prefix(within)?.strip_prefix('/')?.split('/').next();
    let mut names: Vec<&'static str> = ALLOWED.iter().filter_map(name).collect();
    names.dedup();
    names
}

fn unknown(name: &str, within: &str) -> String {
    let known = names(within);
    let hint = nearest(name, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
    format!("is no option that may be set; known are {}{}", known.join(", "), hint.unwrap_or_default())
}

impl Takes {
    /// The value as it is sent.
    ///
    /// # Errors
    /// What the value must be, as a text that begins with "must".
    fn read(&self, given: &Value) -> Result<Value, String> {
        let value = match (self, given) {
            (Self::Word(words), Value::String(text)) => {
                words.iter().find(|word| word.eq_ignore_ascii_case(text)).map(|word| json!(word))
            }
            (Self::Whole(most), Value::Number(_)) => {
                whole(given).filter(|number| number <= most).map(|number| json!(number))
            }
            (_, Value::String(text)) => self.is(text).then(|| given.clone()),
            _ => None,
        };
        value.ok_or_else(|| self.must())
    }

    /// Whether a text is one of this kind.
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Text => text.len() <= MAX_TEXT_BYTES && line::check(text).is_ok(),
            Self::Label => (1..=MAX_LABEL_BYTES).contains(&text.len()) && text.chars().all(is_of_a_name),
            Self::Color => text
                .strip_prefix('#')
                .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())),
            Self::Url => {
                let https = |url: Url| url.scheme() == "https" && url.has_host();
                text.len() <= MAX_URL_BYTES && line::check(text).is_ok() && Url::parse(text).is_ok_and(https)
            }
            Self::Seconds => seconds(text).is_some_and(|seconds| seconds <= MAX_TTL_SECONDS),
            Self::Word(_) | Self::Whole(_) => false,
        }
    }

    fn must(&self) -> String {
        match self {
            Self::Text => format!("must be one line of text, at most {MAX_TEXT_BYTES} bytes"),
            Self::Label => format!("must be 1 to {MAX_LABEL_BYTES} letters, digits, -, _, ., ~ or %"),
            Self::Color => "must be a colour such as #00aaff".into(),
            Self::Url => format!("must be a URL that begins with https://, at most {MAX_URL_BYTES} bytes"),
            Self::Seconds => format!("must be a text of seconds such as \"90s\", at most {MAX_TTL_SECONDS}s"),
            Self::Word(words) => format!("must be one of the texts {}", words.join(", ")),
            Self::Whole(most) => format!("must be a whole number from 0 to {most}"),
        }
    }
}

/// The characters of a label, and of the name of a topic.
pub(super) const fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '%')
}

/// The seconds of a time in FCM's form.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('s')?;
    digits.parse().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
