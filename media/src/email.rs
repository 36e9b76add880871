//! Email: what an address may look like, which subjects stay on their line, and what goes with a mail.

mod attachments;
mod copies;
mod headers;
mod mail;

use std::borrow::Cow;
use std::fmt;

use domain::Ambiguity;
use email_address::EmailAddress;
use url::Host;

use crate::line;
use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};

use self::attachments::MAX_ATTACHMENTS;
pub use self::attachments::{Attachment, Content, stored};
pub(crate) use self::attachments::{FIELD as ATTACHMENTS, read as read_attachments};
pub(crate) use self::copies::copies;
pub use self::copies::{CopyTo, without};
pub use self::mail::Mail;
pub(crate) use self::mail::list;

/// RFC 5321 section 4.5.3.1: a path has at most 256 bytes with its angle brackets, a local part 64.
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

pub static MEDIUM: Medium = Medium {
    name: "email",
    example: "ana@example.org",
    kinds: &[],
    ambiguity: Ambiguity::Resend,
    check: |destination| parse(destination).map(|_| ()),
    compared,
    faults,
    has_subject: true,
    sends: |_| false,
    files: Carriage::Bytes(MAX_ATTACHMENTS),
    meant: |_, _| None,
};

/// An address as it is sent: ASCII, with its domain in full.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    text: String,
    /// The byte offset of the `@`.
    at: usize,
}

impl Address {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads one address. Address literals and host names without a dot are never a recipient of ours. A domain in another
/// script is sent in its ASCII form (RFC 5891). A local part with dots where none may stand, as some carriers gave out,
/// is sent in quotes (RFC 5321, 4.1.2).
///
/// # Errors
/// A text that begins with "must".
pub fn parse(destination: &str) -> Result<Address, String> {
    let must = |what: &str| Err(format!("must {what}"));
    line::check(destination)?;
    if destination.contains([',', ';']) || destination.matches('@').count() > 1 {
        let is_in_the_domain = destination.split_once('@').is_some_and(|(_, domain)| {
            domain.contains(',') && !domain.contains(|c: char| c.is_whitespace() || matches!(c, '@' | ';'))
        });
        return must(if is_in_the_domain {
            "be one address: has it a comma where a dot was meant? Otherwise send one item per recipient"
        } else {
            "be one address: send one item per recipient"
        });
    }
    let Some((local, domain)) = destination.split_once('@') else {
        return must("be an email address such as ana@example.org");
    };
    if destination.len() > MAX_ADDRESS_BYTES || local.len() > MAX_LOCAL_BYTES {
        return must("have at most 254 bytes, and 64 before the @");
    }
    if destination.contains(['<', '>', '"']) || destination.contains(char::is_whitespace) {
        return must("be a bare address such as ana@example.org, without a name, quotes or spaces");
    }
    if domain.contains('%') {
        return must("have no % after the @: write the domain as it is");
    }
    if !local.is_ascii() {
        return must("have only ASCII characters before the @: mail servers that take others (SMTPUTF8) are rare");
    }
    if domain.is_empty() {
        return must("have a domain after the @, such as ana@example.org");
    }
    if local.is_empty() {
        return must("have a name before the @, such as ana@example.org");
    }
    let Ok(Host::Domain(domain)) = Host::parse(domain) else {
        return must("end in a domain name, not in an IP address");
    };
    let domain = domain.trim_end_matches('.');
    if !domain.contains('.') || domain.ends_with(".localhost") {
        return must("end in a full domain name such as example.org");
    }
    let local = local_part(local).ok_or("must be an email address such as ana@example.org")?;
    if !EmailAddress::is_valid_local_part(&local) || !EmailAddress::is_valid_domain(domain) {
        return must("be an email address such as ana@example.org");
    }
    Ok(Address { text: format!("{local}@{domain}"), at: local.len() })
}

/// The local part, in quotes where its dots need them. None for an empty one, and for characters that would have
/// another meaning in an address.
fn local_part(local: &str) -> Option<Cow<'_, str>> {
    const ATEXT: &str = "!#$%&'*+-/=?^_`{|}~";
    if !local.split('.').any(str::is_empty) {
        return Some(Cow::Borrowed(local));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || ATEXT.contains(c);
    (!local.is_empty() && local.chars().all(plain)).then(|| Cow::Owned(format!("\"{local}\"")))
}

/// The domain in ASCII, everything in lower case. A server may tell `Ana` from `ana` (RFC 5321, 2.4); hardly any does, and
/// people do not. What stands before the `@` is not changed otherwise: dots and tags make other addresses at most servers.
fn compared(destination: &str) -> String {
    parse(destination).map_or_else(|_| destination.to_owned(), |address| address.as_str().to_ascii_lowercase())
}

/// Finds a subject that would split a header, or that disguises what people read, and what cannot go with a mail.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let fault = words.subject.and_then(|subject| domain::check_subject(subject).err());
    let fault = fault.map(|why| Fault { part: Part::Subject, why });
    fault.into_iter().chain(mail::faults(words.mail)).collect()
}

#[cfg(test)]
mod tests;
