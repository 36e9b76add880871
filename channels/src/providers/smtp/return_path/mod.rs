//! The return path of a mail: which attempt it is of stands in the address that a report comes to (VERP), and in a header,
//! which comes back with the report.

mod packed;

use domain::{Label, Labels};
use media::email::{self, Address};

use super::settings::BOUNCE_ADDRESS;
use crate::callback::pairs;
use crate::channel::Outgoing;
use crate::label;

/// The header with the label, signed, of a mail without copies. Mail servers give the header of a mail back with their reports, also to an address
/// that has no label, as those who tell of complaints do.
pub(super) const HEADER: &str = "X-Chasqui-Label";

/// What stands between the operator's part of an address and the label in it: mail servers call what follows the
/// extension of an address.
const EXTENSION: char = '+';

/// Where mails come back to.
pub(super) struct ReturnPath {
    address: Address,
    /// None where there is no secret to sign by, as in a test of the settings.
    labels: Option<Labels>,
}

/// What a report says of itself, if we have signed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Labelled {
    pub(super) label: Label,
    /// Whether the mail had recipients beside that of the delivery, of whom a report says nothing about the delivery.
    pub(super) has_copies: bool,
}

impl ReturnPath {
    /// The address of `EMAIL_BOUNCE_ADDRESS`; none where the sender's own is the return path.
    ///
    /// # Errors
    /// What is wrong with it, beginning with the setting's name.
    pub(super) fn of(settings: &crate::Settings) -> Result<Option<Self>, String> {
        let Some(text) = settings.smtp.bounce_address.as_deref() else { return Ok(None) };
        let address = email::parse(text).map_err(|why| format!("{} {why}", BOUNCE_ADDRESS.name))?;
        if address.as_str().starts_with('"') {
            return Err(format!("{} must need no quotes, because +label follows the name", BOUNCE_ADDRESS.name));
        }
        Ok(Some(Self { address, labels: settings.labels.clone() }))
    }

    /// The address that reports about this attempt come to. It has a label if there is room for it: 64 bytes before the
    /// `@`. An id that is a UUID always fits, where the operator's part has at most 16 bytes and the tenant is the usual
    /// one.
    pub(super) fn address(&self, outgoing: &Outgoing<'_>, has_copies: bool) -> Address {
        let labelled = self.labels.as_ref().and_then(|labels| {
            let label = packed::pack(labels, &label::of_attempt(outgoing), has_copies)?;
            let (local, domain) = self.address.as_str().split_once('@')?;
            email::parse(&format!("{local}{EXTENSION}{label}@{domain}")).ok()
        });
        labelled.unwrap_or_else(|| self.address.clone())
    }

    /// The value of [`HEADER`]. None for a mail with copies: it would have to say so, and every recipient would read that
    /// there is a hidden one.
    pub(super) fn header(&self, outgoing: &Outgoing<'_>, has_copies: bool) -> Option<String> {
        let labels = self.labels.as_ref().filter(|_| !has_copies)?;
        Some(label::query(labels, outgoing))
    }
}

/// The label in an address, or in one of several, such as `<bounces+…@example.com>`.
pub(super) fn of_addresses(labels: &Labels, text: &str) -> Option<Labelled> {
    const MOST: usize = 64;
    let ends = text.match_indices('@').map(|(at, _)| &text[..at]).take(MOST);
    ends.filter_map(|before| before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next())
        .find_map(|word| packed::unpack(labels, word))
}

/// The label in the value of [`HEADER`], in which a server on the way may have broken the line.
pub(super) fn of_header(labels: &Labels, value: &str) -> Option<Labelled> {
    let value: String = value.split_whitespace().collect();
    let pairs = pairs(value.as_bytes());
    let label = label::of_query(labels, &pairs)?;
    Some(Labelled { label, has_copies: false })
}

#[cfg(test)]
mod tests;
