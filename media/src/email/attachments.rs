//! The files that go with a mail: each whole in the notification, fetched when it is sent, or one that is stored here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{ObjectName, nearest};
use serde_json::{Map, Value};

use crate::line;
use crate::webhook;
use crate::words::Fault;

pub(crate) const FIELD: &str = "attachments";
const FILENAME: &str = "filename";
const CONTENT_TYPE: &str = "content_type";
const CONTENT: &str = "content";
const URL: &str = "url";
const FILE: &str = "file";
const NAME: &str = "name";
const INLINE: &str = "inline";
const NAMES: [&str; 6] = [FILENAME, CONTENT_TYPE, CONTENT, URL, FILE, INLINE];
/// The fields of a file that is stored here: what it is, its row says.
const NAMES_OF_STORED: [&str; 3] = [FILE, NAME, INLINE];
/// Names under which others give a place to fetch the file from.
const PLACES: [&str; 4] = ["uri", "href", "path", "link"];

/// Names under which others give the rest of a file.
const OTHER_NAMES: [(&str, &[&str]); 3] = [
    (FILENAME, &["name", "title"]),
    (CONTENT_TYPE, &["type", "mime", "mime_type", "media_type"]),
    (CONTENT, &["data", "body", "base64", "bytes"]),
];

pub(super) const MAX_ATTACHMENTS: usize = 20;
const MAX_FILENAME_BYTES: usize = 255;
const MAX_URL_BYTES: usize = 2048;
/// The longest type and subtype (RFC 6838 section 4.2).
const MAX_TOKEN_BYTES: usize = 127;

/// What a file is of which nobody says what it is (RFC 2046 section 4.5.1).
const BYTES: &str = "application/octet-stream";

/// A file.
pub struct Attachment<'a> {
    /// A name without a path. None for that of the file that is stored here.
    pub filename: Option<&'a str>,
    /// Type and subtype, without parameters. Of a file that is stored here, its row says it.
    pub content_type: &'a str,
    /// By which the words show it where it is among them: `cid:` and this.
    pub content_id: Option<&'a str>,
    pub content: Content<'a>,
}

/// Where the bytes of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content<'a> {
    /// Here, in base64 in one line.
    Base64(&'a str),
    /// Behind this URL, which is http or https.
    Url(&'a str),
    /// Among those that are stored here, under this name of an object.
    Stored(&'a str),
}

/// The files that could be read.
pub(crate) fn read<'a>(given: Option<&'a Value>, faults: &mut Vec<Fault>) -> Vec<Attachment<'a>> {
    let items = match given {
        None => return Vec::new(),
        Some(Value::Array(items)) if items.len() <= MAX_ATTACHMENTS => items,
        Some(Value::Array(items)) => {
            faults.push(Fault::of_mail(&[FIELD], format!("has {} files, a mail takes {MAX_ATTACHMENTS}", items.len())));
            return Vec::new();
        }
        Some(_) => {
            faults.push(Fault::of_mail(&[FIELD], "must be a list of objects"));
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let place = at.to_string();
        match item {
            Value::Object(file) => read.extend(of_file(file, &place, faults)),
            _ => faults.push(Fault::of_mail(&[FIELD, &place], format!("must be an object with {}", NAMES.join(", ")))),
        }
    }
    read
}

/// The files among these that are stored here, each by the name of its object, and by what it is called in this message
/// where that is another name than its own.
pub fn stored(mail: &Map<String, Value>) -> Vec<(ObjectName, Option<&str>)> {
    let files = mail.get(FIELD).and_then(Value::as_array).into_iter().flatten();
    let read = files.filter_map(|file| {
        let object = ObjectName::parse(file.get(FILE)?.as_str()?)?;
        Some((object, file.get(NAME).and_then(Value::as_str)))
    });
    read.collect()
}

fn of_file<'a>(file: &'a Map<String, Value>, place: &str, faults: &mut Vec<Fault>) -> Option<Attachment<'a>> {
    if file.get(FILE).is_some_and(|value| !value.is_null()) {
        return of_stored(file, place, faults);
    }
    for name in file.keys().filter(|name| !NAMES.contains(&name.as_str())) {
        faults.push(Fault::of_mail(&[FIELD, place, name.as_str()], unknown(name)));
    }
    let given = |name: &str| file.get(name).filter(|value| !value.is_null());
    let mut checked = |name: &str, value: Option<&'a Value>, must: &str, is_one: fn(&str) -> bool| -> Option<&'a str> {
        let text = value.and_then(Value::as_str).filter(|text| is_one(text));
        if text.is_none() {
            faults.push(Fault::of_mail(&[FIELD, place, name], must));
        }
        text
    };
    let must = format!("must be the name of a file, without a path, at most {MAX_FILENAME_BYTES} bytes");
    let filename = checked(FILENAME, given(FILENAME), &must, is_filename);
    let content_type = match given(CONTENT_TYPE) {
        None => Some(BYTES),
        kind => checked(CONTENT_TYPE, kind, "must be a type such as application/pdf, without parameters", is_type),
    };
    let content = match (given(CONTENT), given(URL)) {
        (None, url @ Some(_)) => {
            let must =
                "must be an https URL as it is called, without a user, a password and a fragment, at most 2048 bytes";
            checked(URL, url, must, is_place).map(Content::Url)
        }
        (content, None) => {
            let must = "must be the bytes of the file in base64, with its padding and without line ends";
            checked(CONTENT, content, must, is_content).map(Content::Base64)
        }
        (Some(_), Some(_)) => {
            faults.push(Fault::of_mail(&[FIELD, place, URL], "cannot stand beside content: give one of them"));
            None
        }
    };
    let content_id = content_id(file, filename, place, faults);
    Some(Attachment { filename: Some(filename?), content_type: content_type?, content_id, content: content? })
}

/// A file that is stored here.
fn of_stored<'a>(file: &'a Map<String, Value>, place: &str, faults: &mut Vec<Fault>) -> Option<Attachment<'a>> {
    let mut refuse = |name: &str, why: String| faults.push(Fault::of_mail(&[FIELD, place, name], why));
    for name in file.keys().filter(|name| !NAMES_OF_STORED.contains(&name.as_str())) {
        let why = match NAMES.contains(&name.as_str()) {
            true => "cannot stand beside file, which says all of it: name is what it is called".into(),
            false => format!("is no field of a file that is stored; known are {}", NAMES_OF_STORED.join(", ")),
        };
        refuse(name, why);
    }
    let object = file.get(FILE).and_then(Value::as_str);
    let object = object.filter(|object| ObjectName::parse(object).is_some());
    if object.is_none() {
        refuse(FILE, "must be an object_name that POST /v1/files/upload has answered".into());
    }
    let given = file.get(NAME).filter(|value| !value.is_null());
    let name = given.and_then(Value::as_str).filter(|name| is_filename(name));
    if given.is_some() && name.is_none() {
        refuse(NAME, format!("must be the name of a file, without a path, at most {MAX_FILENAME_BYTES} bytes"));
    }
    let content_id = content_id(file, name.or(object), place, faults);
    if content_id.is_some() && !object.and_then(ObjectName::parse).is_some_and(|object| object.kind().is_picture()) {
        faults.push(Fault::of_mail(&[FIELD, place, INLINE], "is for pictures alone: png and jpg"));
    }
    Some(Attachment { filename: name, content_type: BYTES, content_id, content: Content::Stored(object?) })
}

/// By which the words show a file that is among them: its name, which then stands in a URL.
fn content_id<'a>(
    file: &Map<String, Value>,
    name: Option<&'a str>,
    place: &str,
    faults: &mut Vec<Fault>,
) -> Option<&'a str> {
    let is_inline = match file.get(INLINE) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => {
            faults.push(Fault::of_mail(&[FIELD, place, INLINE], "must be true or false"));
            false
        }
    };
    let name = name.filter(|_| is_inline)?;
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        return Some(name);
    }
    let why =
        "needs a name of letters, digits, dots, hyphens and underscores: the words show the file by cid: and the name";
    faults.push(Fault::of_mail(&[FIELD, place, INLINE], why));
    None
}

fn unknown(name: &str) -> String {
    if PLACES.iter().any(|place| place.eq_ignore_ascii_case(name)) {
        return "is no field of a file: give the place to fetch it from as url".into();
    }
    let hint =
        nearest(name, NAMES).or_else(|| called(name)).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    format!("is no field of a file; known are {}{hint}", NAMES.join(", "))
}

/// The name here of what others call otherwise.
fn called(name: &str) -> Option<&'static str> {
    let is_called = |others: &&[&str]| others.iter().any(|other| nearest(name, [*other]).is_some());
    OTHER_NAMES.iter().find(|(_, others)| is_called(others)).map(|(known, _)| *known)
}

/// A name that leads into no folder where somebody saves it.
fn is_filename(text: &str) -> bool {
    let is_short = text.len() <= MAX_FILENAME_BYTES;
    is_short && line::check(text).is_ok() && !text.contains(['/', '\\']) && !text.trim_matches([' ', '.']).is_empty()
}

/// A message within a message and parts within a part have encodings of their own.
fn is_type(text: &str) -> bool {
    let Some((kind, subtype)) = text.split_once('/') else { return false };
    let is_of_parts = ["multipart", "message"].iter().any(|other| other.eq_ignore_ascii_case(kind));
    !is_of_parts && is_token(kind) && is_token(subtype)
}

fn is_token(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins && text.len() <= MAX_TOKEN_BYTES && text.bytes().all(allowed)
}

/// Which hosts may be called is the fleet's to say, which no medium knows.
fn is_place(text: &str) -> bool {
    text.len() <= MAX_URL_BYTES && text.starts_with("http") && webhook::url(text).is_ok()
}

fn is_content(text: &str) -> bool {
    !text.is_empty() && STANDARD.decode(text).is_ok()
}
