//! The headers that a publisher may set of a mail: those that say something to the reader's programs, and none that we
//! write or that a server on the way takes for a command.

use domain::nearest;
use serde_json::Value;

use crate::words::Fault;

const FIELD: &str = "headers";

const MAX_HEADERS: usize = 20;
const MAX_NAME_BYTES: usize = 64;
/// With its name, a value that cannot be folded still fits into a line of 998 bytes (RFC 5322 section 2.1.1).
const MAX_VALUE_BYTES: usize = 900;

/// The headers that may be set, beside those that begin with `X-`.
const NAMED: [&str; 8] =
    ["Comments", "Feedback-ID", "Importance", "In-Reply-To", "Keywords", "List-ID", "Organization", "References"];

/// How headers begin that are ours: one names the attempt that a mail is of.
const OURS: &str = "x-chasqui-";

/// How headers begin that are commands to the mail services that know them: other recipients, another sender, a
/// template, no delivery. They are SendGrid's, SparkPost's, Amazon's, Mandrill's, Mailgun's, Postmark's, Mailjet's,
/// Brevo's, Elastic Email's and Microsoft's.
const COMMANDS: [&str; 13] = [
    "x-smtpapi",
    "x-sg-",
    "x-msys-",
    "x-ses-",
    "x-mc-",
    "x-mailgun-",
    "x-pm-",
    "x-mj-",
    "x-mailjet-",
    "x-mailin-",
    "x-sib-",
    "x-elasticemail-",
    "x-ms-",
];

/// The headers for which a notification has fields.
const FIELDS: [(&str, &str); 5] =
    [("subject", "subject"), ("to", "destination"), ("reply-to", "reply_to"), ("cc", "cc"), ("bcc", "bcc")];

/// The headers that could be read: names and values, as they are sent.
pub(super) fn read<'a>(given: Option<&'a Value>, faults: &mut Vec<Fault>) -> Vec<(&'a str, &'a str)> {
    let headers = match given {
        None => return Vec::new(),
        Some(Value::Object(headers)) if headers.len() <= MAX_HEADERS => headers,
        Some(Value::Object(headers)) => {
            faults.push(Fault::of_mail(&[FIELD], format!("has {} headers, a mail takes {MAX_HEADERS}", headers.len())));
            return Vec::new();
        }
        Some(_) => {
            faults.push(Fault::of_mail(&[FIELD], "must be an object of texts"));
            return Vec::new();
        }
    };
    let mut read: Vec<(&str, &str)> = Vec::new();
    for (name, value) in headers {
        let is_there = read.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        match checked(name, value) {
            Ok(_) if is_there => {
                faults.push(Fault::of_mail(&[FIELD, name.as_str()], "is there already, in another case"))
            }
            Ok(value) => read.push((name.as_str(), value)),
            Err(why) => faults.push(Fault::of_mail(&[FIELD, name.as_str()], why)),
        }
    }
    read
}

/// # Errors
/// What is wrong with this header, as a text that is read after its name.
fn checked<'a>(name: &str, value: &'a Value) -> Result<&'a str, String> {
    check_name(name)?;
    let value = value.as_str().ok_or("must be a text")?;
    let is_printable = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
    if value.len() <= MAX_VALUE_BYTES && value.split(' ').all(is_printable) {
        return Ok(value);
    }
    Err(format!(
        "must be one line of printable ASCII, single spaces between its words, at most {MAX_VALUE_BYTES} bytes"
    ))
}

fn check_name(name: &str) -> Result<(), String> {
    let plain = name.to_ascii_lowercase();
    if COMMANDS.iter().any(|command| plain.starts_with(*command)) {
        return Err("is a command to a mail service: leave it out".into());
    }
    if plain.starts_with(OURS) {
        return Err("is one of ours, which names the attempt: leave it out".into());
    }
    if let Some((_, field)) = FIELDS.iter().find(|(header, _)| *header == plain) {
        return Err(format!("is the field {field} of the notification: give it beside headers"));
    }
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_own = plain.strip_prefix("x-").is_some_and(is_word) && name.len() <= MAX_NAME_BYTES;
    if is_own || NAMED.iter().any(|named| named.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let hint = nearest(name, NAMED).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    Err(format!(
        "is no header that may be set; those are X- with letters, digits and '-' behind it, up to {MAX_NAME_BYTES}, \
         and {}{hint}",
        NAMED.join(", ")
    ))
}
