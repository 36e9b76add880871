//! The mail around the words: its header, its parts, and its recipient.

mod body;
mod header;

use media::email::{self, Address, Mail};

use self::body::content;
use self::header::Header;
use super::return_path::{self, ReturnPath};
use crate::channel::Outgoing;
use crate::files::File;
use crate::sender::{ONE_CLICK, Sender};

/// A mail as it is sent over the wire, but before the dots at the beginning of lines are doubled.
pub(super) struct Composed {
    /// The return path.
    pub(super) from: Address,
    pub(super) to: Address,
    /// Who else gets the mail.
    pub(super) copies: Vec<Address>,
    pub(super) bytes: Vec<u8>,
    pub(super) message_id: String,
}

/// Composes a mail. Every attempt has the same `Message-ID`, by which mailboxes recognise a second copy.
///
/// # Errors
/// Why there can be no such mail, in a text that begins with the field's name.
pub(super) fn compose(
    from: &Sender,
    return_path: Option<&ReturnPath>,
    outgoing: &Outgoing<'_>,
    files: &[File<'_>],
) -> Result<Composed, String> {
    let to = email::parse(outgoing.destination).map_err(|why| format!("destination {why}"))?;
    let rendered = outgoing.rendered;
    let subject = rendered.subject.as_deref().unwrap_or_default();
    let message_id = from.message_id(outgoing.key);
    let mail = Mail::to(&to, outgoing.mail);
    let has_copies = !(mail.cc.is_empty() && mail.bcc.is_empty());

    let mut header = Header::new();
    header.mailbox("From", from.name.as_deref(), from.address.as_str());
    match &from.reply_to {
        Some(usual) if mail.reply_to.is_empty() => header.mailbox("Reply-To", None, usual.as_str()),
        _ => header.mailboxes("Reply-To", &mail.reply_to),
    }
    header.mailbox("To", None, to.as_str());
    header.mailboxes("Cc", &mail.cc);
    header.words("Subject", subject);
    header.token("Date", &outgoing.now.to_utc().format("%a, %d %b %Y %H:%M:%S +0000").to_string());
    header.token("Message-ID", &message_id);
    header.token("Auto-Submitted", "auto-generated");
    mail.headers.iter().for_each(|(name, value)| header.given(name, value));
    if let Some(link) = outgoing.unsubscribe {
        header.token("List-Unsubscribe", &format!("<{link}>"));
        header.token("List-Unsubscribe-Post", ONE_CLICK);
    }
    if let Some(label) = return_path.and_then(|path| path.header(outgoing, has_copies)) {
        header.token(return_path::HEADER, &label);
    }
    header.token("MIME-Version", "1.0");
    let mut bytes = header.into_bytes();
    bytes.extend(content(rendered, files)?);
    let sender = return_path.map_or_else(|| from.address.clone(), |path| path.address(outgoing, has_copies));
    let copies = mail.cc.into_iter().chain(mail.bcc).collect();
    Ok(Composed { from: sender, to, copies, bytes, message_id })
}

#[cfg(test)]
mod tests;
