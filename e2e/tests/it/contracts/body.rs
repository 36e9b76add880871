//! The schema of a body, as a publisher writes it.

use domain::{FIELDS, OF_AN_ITEM, Priority, Tenant, When};
use serde_json::{Map, Value, json};

use super::limits::{longest, most, unsafe_in_a_line, unsafe_in_a_subject};
use super::schema::{WORD, defined, over};

const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];
/// An instant of RFC 3339.
const INSTANT: &str =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$";
/// A pattern is asked of texts only, whatever else a value may be.
const NO_NUL: &str = "^[^\\u0000]*$";
const CHANNEL: &str = "The channel, in any case. Left out: the setting DEFAULT_CHANNEL.";
const DESTINATION: &str = "One recipient, one line of at most maxLength bytes: an email address, a phone number in E.164, a device's \
                           FCM registration token (or fid: and a Firebase installation id, topic: and the name of a \
                           topic, or apns: and Apple's own token of a device), a browser's push subscription as its JSON \
                           in a text, the https URL of a webhook, the number of a Telegram chat or @ and the \
                           name of a public one, the id of a person or a channel of Slack, user: and the id of a user or topic: and a group of them; for whatsapp also the id that Meta has for a person.";
const SUBJECT: &str = "One line. The subject of an email, the title of a push or an item of an inbox.";
const DATA: &str = "What the template needs. For push it also travels to the app, as strings; then none of its names is \
                    from, message_type, or begins with gcm. or google., but for google.fcm, an object of options for FCM \
                    that does not travel. For webpush and webhook it travels as it is. For sms and whatsapp, media_urls is a list of \
                    https URLs (up to 10, for whatsapp 1); for whatsapp, content_sid and content_variables are a template \
                    that Twilio keeps, whatsapp_template is one that Meta keeps, whatsapp_buttons are 1 to 3 objects of id and \
                    title. For telegram, buttons are rows of objects of \
                    text and data (1 to 64 bytes) or url, and telegram is an object of format (html) and edit. For slack, buttons are the \
                    same (data of up to 2000 bytes), and slack is an object of edit. For inapp, inapp is an object of kind and action (url and \
                    perhaps label), and the rest travels as it is, at most 4096 bytes.";
const COPIES: &str = "Of a mail alone: bare addresses, in cc and bcc 49 at most, each address once.";
const HEADERS: &str = "Of a mail alone: texts, each one line of printable ASCII. Headers that begin with X-, and Comments, \
                       Feedback-ID, Importance, In-Reply-To, Keywords, List-ID, Organization, References; at most 20.";
const ATTACHMENTS: &str = "Files that go with it. With a mail at most 20, each an object of filename (without a path), \
                           content (the bytes in base64) or url (where it is fetched from when the mail is sent) and, unless it \
                           is application/octet-stream, content_type; or of file (the object_name of one that is stored) and, \
                           where it is called otherwise, name. Of the latter one goes by telegram and whatsapp as well. inline \
                           shows a picture among the words of a mail.";
const LIST: &str = "Of a mail alone: the list that it is of. The mail has a link by which its recipient leaves the list (RFC \
                    8058). No cc and no bcc beside it.";
const PRIORITY: &str = "low, normal, high or urgent, in any case. Chooses the lane of what comes through the scheduled \
                        queue. Elsewhere the queue is the lane.";
const PROVIDER: &str = "The only provider that may carry it, such as smtp, in any case. Without one each that carries the channel \
                        may, the preferred first. Items of the fallback do not inherit it.";
const FAILED: &str = "failed";
const WHEN: &str = "failed, undelivered or unread, in any case: when the item is tried. With undelivered also when nobody has \
                    reported after after_seconds that the message before it arrived; with unread, after inapp, when its user \
                    has not read it by then.";
const UNTIL: &str = "With unread, and only then: seen or read, in any case: what ends the wait. Left out: read.";
const AFTER: &str = "With undelivered and unread, and only then: seconds from when the channel before it has sent, or the \
                     inbox has it.";
const UNREAD: &str = When::Unread.as_str();
const UNDELIVERED: &str = When::Undelivered.as_str();
const WHOLE: &str = "One JSON object in UTF-8, at most 1 MiB, no field of it twice. A field that is not known is not read: \
                     the message is delivered without it, and a warning stands in GET /deliveries/{id}; this schema \
                     refuses it. Fields of your own belong into metadata.";

pub(super) fn notification() -> Value {
    json!({
        "type": "object",
        "required": ["destination"],
        "additionalProperties": false,
        "anyOf": [
            {"required": ["message"], "properties": {"message": {"type": "string"}}},
            {"required": ["template"], "properties": {"template": {"type": "string", "minLength": 1}}},
        ],
        "not": {
            "required": ["expires_at", "ttl_seconds"],
            "properties": {
                "expires_at": {"type": "string", "minLength": 1},
                "ttl_seconds": {"type": "number"},
            },
        },
        "description": WHOLE,
        "properties": fields(&FIELDS, of_the_whole),
    })
}

/// What the schema refers to.
pub(super) fn definitions() -> Value {
    let of_texts = over(of_lines(), of_other_texts());
    over(of_texts, of_objects())
}

fn of_lines() -> Value {
    json!({
        "channel": {
            "type": "string",
            "pattern": format!("^[A-Za-z0-9_-]{{1,{}}}$", longest("channel")),
            "examples": media::known(),
            "description": "The channel, in any case.",
        },
        "destination": {
            "type": "string",
            "minLength": 1,
            "maxLength": longest("destination"),
            "pattern": "\\S",
            "not": {"pattern": unsafe_in_a_line()},
            "description": DESTINATION,
        },
        "subject": {
            "type": "string",
            "maxLength": longest("subject"),
            "not": {"pattern": unsafe_in_a_subject()},
            "description": format!("{SUBJECT} Isolates (U+2066 to U+2068) are closed by U+2069."),
        },
    })
}

fn of_other_texts() -> Value {
    json!({
        "absent": {"enum": [null, ""], "description": "Counts as a field that is left out."},
        "words": {
            "type": "string",
            "not": {"pattern": "\\u0000"},
            "description": "The words as they are, without U+0000. An empty text is a text.",
        },
        "word": {"type": "string", "pattern": WORD},
        "instant": {
            "type": "string",
            "format": "date-time",
            "pattern": INSTANT,
            "description": "RFC 3339 with an offset.",
        },
        "seconds": {"type": "integer", "minimum": 1, "maximum": most("ttl_seconds", Value::from)},
    })
}

fn of_objects() -> Value {
    json!({
        "object": {
            "anyOf": [{"type": "object", "allOf": [defined("value")]}, {"type": "array", "maxItems": 0}],
            "description": "An object; an empty list counts as an empty one.",
        },
        "value": {
            "pattern": NO_NUL,
            "propertyNames": {"pattern": NO_NUL},
            "additionalProperties": defined("value"),
            "items": defined("value"),
            "description": "Any JSON without U+0000, with no field of an object twice.",
        },
        "fallback": {
            "type": "object",
            "required": ["channel", "destination"],
            "additionalProperties": false,
            "description": "The parent's fields with these on top. An item with a message or a template leaves the \
                            parent's words behind.",
            "properties": fields(&OF_AN_ITEM, of_an_item),
            "anyOf": [
                {
                    "required": ["when", "after_seconds"],
                    "properties": {
                        "when": one_of(&[UNDELIVERED]), "after_seconds": {"type": "number"}, "until": defined("absent"),
                    },
                },
                {
                    "required": ["when", "after_seconds"],
                    "properties": {"when": one_of(&[UNREAD]), "after_seconds": {"type": "number"}},
                },
                {
                    "properties": {
                        "when": {"not": one_of(&[UNDELIVERED, UNREAD])}, "after_seconds": defined("absent"),
                        "until": defined("absent"),
                    },
                },
            ],
        },
    })
}

fn fields(names: &[&str], schema: fn(&str) -> Value) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), schema(name))).collect()
}

/// A field that may be left out.
fn maybe(schema: Value, description: &str) -> Value {
    json!({"description": description, "anyOf": [schema, defined("absent")]})
}

/// What is in a list of a mail, the channel says: a body is read whatever it is.
fn list() -> Value {
    json!({"type": "array"})
}

fn of_an_item(name: &str) -> Value {
    match name {
        "channel" | "destination" => defined(name),
        "subject" => maybe(defined("subject"), SUBJECT),
        "message" => {
            let may_be_null = json!([defined("words"), {"type": "null"}]);
            json!({"description": "The words to send: this, or a template.", "anyOf": may_be_null})
        }
        "template" => maybe(defined("word"), "The name of a template. It wins over message."),
        "locale" => maybe(defined("word"), "The language of the template, such as es-AR."),
        "data" => maybe(defined("object"), DATA),
        "reply_to" => maybe(list(), "Of a mail alone: where answers go, at most 10 bare addresses."),
        "cc" => maybe(list(), COPIES),
        "bcc" => maybe(list(), COPIES),
        "headers" => maybe(defined("object"), HEADERS),
        "attachments" => maybe(list(), ATTACHMENTS),
        "list" => maybe(defined("word"), LIST),
        "when" => {
            let words = [FAILED, UNDELIVERED, UNREAD];
            maybe(json!({"anyOf": [{"enum": words}, one_of(&words)]}), WHEN)
        }
        "until" => maybe(one_of(&["seen", "read"]), UNTIL),
        "after_seconds" => {
            let most = most("fallback", |seconds| json!([escalating(seconds)]));
            maybe(json!({"type": "integer", "minimum": 1, "maximum": most}), AFTER)
        }
        other => panic!("say what the field {other} of a body is"),
    }
}

fn of_the_whole(name: &str) -> Value {
    match name {
        "channel" => json!({"description": CHANNEL, "anyOf": [defined("channel"), {"type": "null"}]}),
        "version" => {
            let newest = most("version", Value::from);
            maybe(json!({"const": newest}), "The version of this format. A higher one is dead-lettered as unsupported.")
        }
        "id" => maybe(
            json!({
                "type": "string",
                "minLength": 1,
                "maxLength": longest("id"),
                "not": {"pattern": unsafe_in_a_line()},
            }),
            "The delivery's id where there is no message_id: one line of at most maxLength bytes.",
        ),
        "tenant" => {
            let whose = maybe(defined("word"), "Whose it is, where tenants are not told from the users of the broker.");
            over(whose, json!({"default": Tenant::default().as_str()}))
        }
        "priority" => priority(),
        "provider" => maybe(defined("word"), PROVIDER),
        "send_at" => maybe(defined("instant"), "RFC 3339 with an offset. Not sent before."),
        "expires_at" => {
            maybe(defined("instant"), "RFC 3339 with an offset. Not sent after. Either this or ttl_seconds.")
        }
        "ttl_seconds" => maybe(
            defined("seconds"),
            "For how long it is worth sending: from send_at, else from the AMQP timestamp, else from first sight.",
        ),
        "max_lateness_seconds" => maybe(defined("seconds"), "How long after send_at it may still be sent."),
        "fallback" => maybe(
            json!({"type": "array", "maxItems": most("fallback", items), "items": defined("fallback")}),
            "Other channels to try, in this order, when this one fails for good.",
        ),
        "metadata" => maybe(
            defined("object"),
            "Anything of yours; it travels with the message, and stands unchanged in its events.",
        ),
        other => of_an_item(other),
    }
}

fn priority() -> Value {
    let words = PRIORITIES.map(|word| (word, Priority::parse(word).expect("a priority")));
    let (default, _) = words.into_iter().find(|(_, read)| *read == Priority::default()).expect("it is one of them");
    let one = json!({"anyOf": [{"enum": PRIORITIES}, {"type": "string", "pattern": any_case(&PRIORITIES)}]});
    over(maybe(one, PRIORITY), json!({"default": default}))
}

/// The pattern of these words, in upper and lower case.
fn any_case(words: &[&str]) -> String {
    let in_any_case =
        |word: &&str| word.chars().map(|c| format!("[{}{c}]", c.to_ascii_uppercase())).collect::<String>();
    format!("^({})$", words.iter().map(in_any_case).collect::<Vec<_>>().join("|"))
}

/// One of these words, in upper and lower case.
fn one_of(words: &[&str]) -> Value {
    json!({"type": "string", "pattern": any_case(words)})
}

fn escalating(after_seconds: u64) -> Value {
    json!({"channel": "sms", "destination": "+12025550143", "when": UNDELIVERED, "after_seconds": after_seconds})
}

fn items(count: u64) -> Value {
    let item = json!({"channel": "sms", "destination": "+12025550143"});
    vec![item; usize::try_from(count).expect("a small count")].into()
}
