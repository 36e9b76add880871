//! What mail servers report by mail: delivery reports (RFC 3464), and the complaints that mailboxes pass on (RFC 5965).
//!
//! Anybody can write such a mail. Which attempt it is about is believed by the label that we have signed, and by nothing
//! else; whom it names as its recipient is never handed on.

mod message;
mod status;

use domain::{Labels, Report, Reported};
use url::form_urlencoded;
use uuid::Uuid;

use self::message::{Fields, Message};
use self::status::{Said, address};
use super::PROVIDER;
use super::return_path::{HEADER, Labelled, of_addresses, of_header};
use crate::callback::{Callback, Readable, Unreadable, bounded, first, id, pairs};
use crate::redact::redact;
use crate::settings::Settings;

/// The path that stands for the requests of other providers.
const PATH: &str = "/bounce";
const TO: &str = "to";
/// The most recipients of a report that are read: a mail of ours has at most 50.
const MAX_RECIPIENTS: usize = 64;
/// The headers in which mail servers write which address a mail came to.
const CAME_TO: [&str; 6] = ["to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "apparently-to"];

/// What stands for the target of a request: the address that the mail came to, where it is known.
pub(crate) fn target(to: Option<&str>) -> String {
    let Some(to) = to else { return PATH.to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(TO, to).finish();
    format!("{PATH}?{query}")
}

/// What a report says. There may be nothing in it that we know. What cannot be read of it is told only where it has a label
/// that we have signed: anybody else may write whatever they like.
///
/// # Errors
/// Why the mail is no report.
pub(crate) fn reports(settings: &Settings, callback: &Callback<'_>) -> Result<Readable, Unreadable> {
    let bytes = bounded(callback)?;
    let message = Message::read(bytes);
    let part = |kinds: &[&str]| message.parts.iter().find(|part| kinds.contains(&part.kind.as_str()));
    let delivery = part(&["message/delivery-status", "message/global-delivery-status"]);
    let complaint = part(&["message/feedback-report"]);
    if delivery.is_none() && complaint.is_none() {
        return Err(Unreadable("it is no delivery report (RFC 3464) and no feedback report (RFC 5965)"));
    }
    let returned = part(&["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"]);
    let returned = returned.map(|part| Fields::read(&part.text).0).unwrap_or_default();
    let about = complaint.map(|part| Fields::read(&part.text).0).unwrap_or_default();
    let labelled = settings.labels.as_ref().and_then(|labels| labelled(labels, callback, &message, &returned, &about));
    let report = Reading { name: name(&message, bytes), labelled, returned: &returned };
    let said = delivery.map(|part| Fields::groups(&part.text, MAX_RECIPIENTS + 1)).unwrap_or_default();
    let mut said: Vec<Result<Said, Unreadable>> =
        said.iter().filter_map(|fields| Said::of(fields).transpose()).collect();
    said.extend(complained(&about).map(Ok));
    said.retain(|one| one.is_ok() || report.labelled.is_some());
    let mut known = 0;
    let read = said.into_iter().map(|one| {
        one.map(|said| {
            known += 1;
            Some(report.of(known - 1, said))
        })
    });
    Ok(Readable::of_parts("recipients", read))
}

/// What is the same for everything that one mail says.
struct Reading<'m> {
    /// By which a repeat of the mail is known.
    name: Uuid,
    labelled: Option<Labelled>,
    /// The header of the mail that came back.
    returned: &'m Fields,
}

impl Reading<'_> {
    fn of(&self, at: usize, said: Said) -> Report {
        let recipient = said.recipient.as_deref();
        let labelled = self.labelled.as_ref().filter(|labelled| !labelled.has_copies || self.is_to(recipient));
        Report {
            provider: PROVIDER.name,
            event_id: format!("{}-{at}", self.name.simple()),
            about: labelled.map(|labelled| labelled.label.clone()),
            provider_id: self.returned.get("message-id").and_then(id),
            recipient: None,
            has_copies: self.labelled.as_ref().is_some_and(|labelled| labelled.has_copies),
            code: said.code.filter(|code| code.len() <= 32),
            detail: redact(&said.words, recipient.into_iter()),
            said: said.said,
            at: None,
        }
    }

    /// Whether a mail of several recipients has this one as its own, and not as that of a copy.
    fn is_to(&self, recipient: Option<&str>) -> bool {
        // A server on the way may have put the address in brackets, and a name before it.
        let to = self.returned.get("to").map(|to| to.rsplit_once('<').map_or(to, |(_, address)| address));
        let to = to.and_then(address);
        to.is_some() && to.as_deref() == recipient
    }
}

/// The label that we have signed, wherever it stands: in the address that the report came to, in the header that came
/// back, or in what a mailbox tells of a complaint.
fn labelled(
    labels: &Labels,
    callback: &Callback<'_>,
    message: &Message,
    returned: &Fields,
    about: &Fields,
) -> Option<Labelled> {
    let query = pairs(callback.query().as_bytes());
    let came_to = CAME_TO.into_iter().flat_map(|name| message.fields.all(name));
    let of_complaint = ["original-mail-from", "reported-mail-from"].into_iter().flat_map(|name| about.all(name));
    let given = first(&query, TO).into_iter().chain(came_to);
    let mut addresses = given.chain(of_complaint).chain(returned.all("return-path"));
    let header = HEADER.to_ascii_lowercase();
    let of_headers = returned.all(&header).find_map(|value| of_header(labels, value));
    of_headers.or_else(|| addresses.find_map(|text| of_addresses(labels, text)))
}

/// What a complaint says (RFC 5965 section 7.3, RFC 6692). A failed check of signatures is no complaint.
fn complained(about: &Fields) -> Option<Said> {
    let kind = about.get("feedback-type")?.to_ascii_lowercase();
    let said = match kind.as_str() {
        "abuse" | "fraud" | "virus" | "other" => Reported::Complained,
        "opt-out" | "opt-out-list" => Reported::Unsubscribed,
        _ => return None,
    };
    let recipient = about.get("original-rcpt-to").or_else(|| about.get("removal-recipient")).and_then(address);
    Some(Said { recipient, said, code: None, words: format!("feedback: {kind}") })
}

/// The name of a mail: of its `Message-ID`, which every copy has, or of all of it.
fn name(message: &Message, bytes: &[u8]) -> Uuid {
    let named = message.fields.get("message-id").map(str::as_bytes);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, named.unwrap_or(bytes))
}

#[cfg(test)]
mod tests;
