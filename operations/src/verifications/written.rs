//! Reads what is asked for as it was written: everything that is wrong is named at once, and never a value of it.

use std::net::IpAddr;

use domain::{ChannelName, FieldError, parse_object, refusal_as_a_persons};
use media::DestinationError;
use serde_json::{Map, Value};

use super::ladder::{Ladder, Rung};
use crate::checked::Refused;
use crate::reader::{Reader, field_meant, no_such, words_in_a_line};

/// The fields of what is started, as its client writes them.
pub const FIELDS: [&str; 6] = ["channel", "to", "purpose", "client_ip", "session", "locale"];
/// The fields of what is sent again.
pub const RESEND_FIELDS: [&str; 2] = ["to", "locale"];
/// The fields of what is tried.
pub const CODE_FIELDS: [&str; 1] = ["code"];

/// The word for a ladder of channels.
const AUTO: &str = "auto";
/// By what a code may go.
const WAYS: [&str; 5] = ["sms", "whatsapp", "email", "telegram", AUTO];
/// To whom a ladder may lead.
const ADDRESSES: [&str; 3] = ["phone", "email", "telegram_chat_id"];
/// It stands in a text message.
const MAX_PURPOSE_CHARS: usize = 100;
const MAX_SESSION_BYTES: usize = 255;
/// As long as a tag of a language may be (RFC 5646, section 4.4.1).
const MAX_LOCALE_BYTES: usize = 35;
/// What people type is six digits with whatever they put between them.
const MAX_CODE_BYTES: usize = 32;
const CODE_DIGITS: usize = 6;

/// A verification that is to be started, as [`Asked::read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub ladder: Ladder,
    /// What the application wants it for, as the reader of the message is told it.
    pub purpose: String,
    /// Who has asked the application.
    pub client_ip: Option<IpAddr>,
    /// Their session there, under any name.
    pub session: Option<String>,
    pub locale: Option<String>,
}

impl Asked {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, has_whatsapp: bool) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object, has_whatsapp).map_err(Refused::Fields)
    }

    fn of(object: Map<String, Value>, has_whatsapp: bool) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let way = way(&mut reader);
        let ladder = ladder(&mut reader, way, has_whatsapp);
        let purpose = purpose(&mut reader);
        let (client_ip, session) = (client_ip(&mut reader), session(&mut reader));
        let locale = locale(&mut reader);
        reader.refuse_unknown(meant);
        match (ladder, purpose) {
            (Some(ladder), Some(purpose)) if reader.errors.is_empty() => {
                Ok(Self { ladder, purpose, client_ip, session, locale })
            }
            _ => Err(reader.errors),
        }
    }
}

/// Reads to whom a code is sent again, and in which language. `channel` is the first one of the verification.
///
/// # Errors
/// As of [`Asked::read`].
pub(super) fn resent(
    text: &str,
    channel: &ChannelName,
    has_whatsapp: bool,
) -> Result<(Ladder, Option<String>), Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let is_several = object.get("to").is_some_and(Value::is_object);
    let way = if is_several { Some(AUTO) } else { WAYS.into_iter().find(|way| *way == channel.as_str()) };
    let mut reader = Reader::of(object);
    let ladder = ladder(&mut reader, way, has_whatsapp);
    let locale = locale(&mut reader);
    reader.refuse_unknown(|name| field_meant(name, RESEND_FIELDS, &OTHERS));
    match ladder {
        Some(ladder) if reader.errors.is_empty() => Ok((ladder, locale)),
        _ => Err(Refused::Fields(reader.errors)),
    }
}

/// Reads the code that somebody has typed.
///
/// # Errors
/// As of [`Asked::read`]. What has another number of digits than a code is a slip, and no try of one.
pub fn read_code(text: &str) -> Result<String, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let mut reader = Reader::of(object);
    let code = match reader.value("code") {
        Some(Value::String(code)) if code.len() <= MAX_CODE_BYTES && has_digits_of_a_code(&code) => Some(code),
        Some(Value::String(_)) => {
            reader.refuse("code", format!("must have {CODE_DIGITS} digits, and at most {MAX_CODE_BYTES} characters"));
            None
        }
        Some(_) => {
            reader.refuse("code", "must be a string: as a number it would lose the zeros before it");
            None
        }
        None => {
            reader.refuse("code", "is missing: the six digits that were sent");
            None
        }
    };
    reader.refuse_unknown(meant_of_a_code);
    match code {
        Some(code) if reader.errors.is_empty() => Ok(code),
        _ => Err(Refused::Fields(reader.errors)),
    }
}

fn has_digits_of_a_code(typed: &str) -> bool {
    typed.bytes().filter(u8::is_ascii_digit).count() == CODE_DIGITS
}

fn way(reader: &mut Reader) -> Option<&'static str> {
    let text = reader.required("channel", "sms, whatsapp, email, telegram or auto")?;
    let found = WAYS.into_iter().find(|way| *way == text);
    if found.is_none() {
        reader.refuse("channel", no_such(&text, &WAYS));
    }
    found
}

/// None where something is wrong with it, which was said then; a channel that is not known says nothing of the address.
fn ladder(reader: &mut Reader, way: Option<&'static str>, has_whatsapp: bool) -> Option<Ladder> {
    let Some(value) = reader.value("to") else {
        reader.refuse("to", "is missing: the number or the address, or for auto an object of them");
        return None;
    };
    match (way?, value) {
        (AUTO, Value::Object(object)) => several(reader, object, has_whatsapp),
        (AUTO, _) => {
            reader.refuse("to", "must be an object with phone, email or telegram_chat_id, because channel is auto");
            None
        }
        (channel, Value::String(text)) => {
            rung(reader, "to", channel, text).map(|first| Ladder { first, rest: Vec::new() })
        }
        _ => {
            reader.refuse("to", "must be a string, the number or the address: an object goes with channel auto");
            None
        }
    }
}

/// What is free comes first, and a text message last.
fn several(reader: &mut Reader, object: Map<String, Value>, has_whatsapp: bool) -> Option<Ladder> {
    let mut inner = Reader::of(object);
    let chat = match inner.value("telegram_chat_id") {
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            inner.refuse("telegram_chat_id", "must be a number or a string");
            None
        }
        None => None,
    };
    let (email, phone) = (inner.text("email"), inner.text("phone"));
    inner.refuse_unknown(meant_of_an_address);
    let is_right = inner.errors.is_empty();
    reader.errors.extend(
        inner
            .errors
            .into_iter()
            .map(|error| FieldError { pointer: format!("/to{}", error.pointer), detail: error.detail }),
    );
    if chat.is_none() && email.is_none() && phone.is_none() {
        if is_right {
            reader.refuse("to", "must have phone, email or telegram_chat_id");
        }
        return None;
    }
    let given = usize::from(chat.is_some()) + usize::from(email.is_some()) + usize::from(phone.is_some());
    let of_chat = chat.and_then(|chat| rung(reader, "to/telegram_chat_id", "telegram", chat));
    let of_mail = email.and_then(|email| rung(reader, "to/email", "email", email));
    let of_phone = phone.and_then(|phone| rung(reader, "to/phone", "sms", phone));
    let found = [&of_chat, &of_mail, &of_phone].into_iter().flatten().count();
    let whatsapp = ChannelName::parse("whatsapp").ok().filter(|_| has_whatsapp);
    let by_whatsapp = of_phone.clone().zip(whatsapp).map(|(rung, channel)| Rung { channel, ..rung });
    let mut rungs = [of_chat, of_mail, by_whatsapp, of_phone].into_iter().flatten();
    let first = rungs.next().filter(|_| found == given)?;
    Some(Ladder { first, rest: rungs.collect() })
}

fn rung(reader: &mut Reader, name: &str, channel: &'static str, destination: String) -> Option<Rung> {
    let channel = ChannelName::parse(channel).ok()?;
    match media::check_destination(&channel, &destination) {
        // What is sent to a group or a channel all its members read.
        Ok(()) => match refusal_as_a_persons(&channel, &destination) {
            None => Some(Rung { channel, destination }),
            Some(why) => {
                reader.refuse(name, why);
                None
            }
        },
        Err(DestinationError::Bad(why) | DestinationError::UnknownChannel(why)) => {
            reader.refuse(name, why);
            None
        }
    }
}

fn purpose(reader: &mut Reader) -> Option<String> {
    let purpose = reader.required("purpose", "what the code is for, as its reader is told it")?.trim().to_owned();
    if purpose.is_empty() || purpose.chars().count() > MAX_PURPOSE_CHARS {
        reader.refuse("purpose", format!("must have 1 to {MAX_PURPOSE_CHARS} characters"));
    } else if let Err(why) = words_in_a_line(&purpose) {
        reader.refuse("purpose", why);
    }
    Some(purpose)
}

fn client_ip(reader: &mut Reader) -> Option<IpAddr> {
    let text = reader.text("client_ip")?;
    let ip = text.trim().parse().ok();
    if ip.is_none() {
        reader.refuse("client_ip", "must be the IP address of whoever has asked you, such as 203.0.113.7");
    }
    ip
}

fn session(reader: &mut Reader) -> Option<String> {
    let session = reader.text("session")?;
    if session.len() > MAX_SESSION_BYTES {
        reader.refuse("session", format!("must have at most {MAX_SESSION_BYTES} bytes"));
    }
    Some(session)
}

fn locale(reader: &mut Reader) -> Option<String> {
    let locale = reader.text("locale")?;
    let is_tag = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if locale.len() > MAX_LOCALE_BYTES || !is_tag(&locale) {
        reader.refuse("locale", "must be a language, such as es or es-AR");
    }
    Some(locale)
}

/// What others call these fields.
const OTHERS: [(&str, &[&str]); 6] = [
    ("to", &["destination", "recipient", "address", "phone", "email", "number", "telegram_chat_id"]),
    ("channel", &["medium", "via", "type", "method"]),
    ("purpose", &["reason", "action", "for", "service", "template"]),
    ("client_ip", &["ip", "remote_ip", "user_ip", "remote_addr"]),
    ("session", &["session_id", "device", "device_id"]),
    ("locale", &["language", "lang"]),
];

/// Finds the field that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    field_meant(name, FIELDS, &OTHERS)
}

fn meant_of_a_code(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 1] = [("code", &["otp", "pin", "token", "value"])];
    field_meant(name, CODE_FIELDS, &OTHERS)
}

fn meant_of_an_address(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 3] = [
        ("phone", &["sms", "number", "phone_number", "mobile", "whatsapp"]),
        ("email", &["mail", "address"]),
        ("telegram_chat_id", &["telegram", "chat_id", "chat"]),
    ];
    field_meant(name, ADDRESSES, &OTHERS)
}
