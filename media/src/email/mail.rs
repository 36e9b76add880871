//! What a publisher may set of a mail beside its words: where answers go, who gets a copy, headers and files.

use serde_json::{Map, Value};

use super::attachments::{self, Attachment};
use super::headers;
use super::{Address, parse};
use crate::words::Fault;

/// The most recipients of one mail, its destination among them: many servers take no more than 100 (RFC 5321 section
/// 4.5.3.1.8), and some services 50.
pub(super) const MAX_RECIPIENTS: usize = 50;
/// The most addresses that answers go to.
const MAX_REPLY_TO: usize = 10;

/// The parts of a mail that stand beside its words.
#[derive(Default)]
pub struct Mail<'a> {
    /// Where answers go instead of to the sender. Empty: as the settings say.
    pub reply_to: Vec<Address>,
    /// Who gets a copy, and is shown to everybody.
    pub cc: Vec<Address>,
    /// Who gets a copy, and is shown to nobody.
    pub bcc: Vec<Address>,
    /// Names and values, in printable ASCII.
    pub headers: Vec<(&'a str, &'a str)>,
    pub attachments: Vec<Attachment<'a>>,
}

/// The list that a mail is of: its recipients may leave it.
pub(crate) fn list(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("list")?.as_str()
}

impl<'a> Mail<'a> {
    /// What is sent of these fields with a mail to `to`, who needs no copy beside it. The medium refuses a mail of which
    /// a part could not be read.
    pub fn to(to: &Address, fields: Option<&'a Map<String, Value>>) -> Self {
        let mut mail = fields.map(|fields| read(fields).0).unwrap_or_default();
        let is_another = |address: &Address| !address.as_str().eq_ignore_ascii_case(to.as_str());
        mail.cc.retain(is_another);
        mail.bcc.retain(is_another);
        mail
    }
}

/// Everything that is wrong with these fields.
pub(super) fn faults(fields: Option<&Map<String, Value>>) -> Vec<Fault> {
    fields.map(|fields| read(fields).1).unwrap_or_default()
}

fn read(fields: &Map<String, Value>) -> (Mail<'_>, Vec<Fault>) {
    let mut faults = Vec::new();
    let reply_to = addresses(fields, "reply_to", MAX_REPLY_TO, &mut faults);
    // The destination is a recipient as well.
    let cc = addresses(fields, "cc", MAX_RECIPIENTS - 1, &mut faults);
    let bcc = addresses(fields, "bcc", MAX_RECIPIENTS - 1, &mut faults);
    faults.extend(too_many(cc.len() + bcc.len() + 1));
    faults.extend(repeated(&cc, &bcc));
    if list(fields).is_some() && cc.len() + bcc.len() > 0 {
        let why = "cannot stand beside cc or bcc: the link to leave is of one recipient";
        faults.push(Fault::of_mail(&["list"], why));
    }
    let headers = headers::read(fields.get("headers"), &mut faults);
    let attachments = attachments::read(fields.get("attachments"), &mut faults);
    let of = |list: Vec<(usize, Address)>| -> Vec<Address> { list.into_iter().map(|(_, address)| address).collect() };
    (Mail { reply_to: of(reply_to), cc: of(cc), bcc: of(bcc), headers, attachments }, faults)
}

/// The addresses of a list that could be read, each with its place.
fn addresses(fields: &Map<String, Value>, name: &str, most: usize, faults: &mut Vec<Fault>) -> Vec<(usize, Address)> {
    let items = match fields.get(name) {
        None => return Vec::new(),
        Some(Value::Array(items)) if items.len() <= most => items,
        Some(Value::Array(items)) => {
            faults.push(Fault::of_mail(&[name], format!("has {} addresses, a mail takes {most}", items.len())));
            return Vec::new();
        }
        Some(_) => {
            faults.push(Fault::of_mail(&[name], "must be a list of addresses"));
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let address = item.as_str().ok_or_else(|| "must be an email address, as a text".to_owned()).and_then(parse);
        match address {
            Ok(address) => read.push((at, address)),
            Err(why) => faults.push(Fault::of_mail(&[name, &at.to_string()], why)),
        }
    }
    read
}

fn too_many(recipients: usize) -> Option<Fault> {
    let why = format!("makes {recipients} recipients with cc and the destination, a mail takes {MAX_RECIPIENTS}");
    (recipients > MAX_RECIPIENTS).then(|| Fault::of_mail(&["bcc"], why))
}

/// Finds an address that stands in both lists, or twice in one: one of the two providers refuses such a mail, and by the
/// other somebody would get it twice.
fn repeated(cc: &[(usize, Address)], bcc: &[(usize, Address)]) -> Vec<Fault> {
    let all = cc.iter().map(|entry| ("cc", entry)).chain(bcc.iter().map(|entry| ("bcc", entry)));
    let mut seen: Vec<String> = Vec::new();
    let mut faults = Vec::new();
    for (name, (at, address)) in all {
        let plain = address.as_str().to_ascii_lowercase();
        if seen.contains(&plain) {
            faults.push(Fault::of_mail(
                &[name, &at.to_string()],
                "is there already: each address stands once in cc and bcc",
            ));
        } else {
            seen.push(plain);
        }
    }
    faults
}

#[cfg(test)]
mod tests;
