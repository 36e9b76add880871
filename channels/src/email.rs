//! Email by SMTP: the address, the mail around the words, and the mail server that takes it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use domain::{Ambiguity, Outcome, Timestamp};
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use url::Host;
use uuid::Uuid;

use crate::catalog::{Connected, Medium};
use crate::channel::{Channel, Outgoing};
use crate::settings::Settings;
use crate::smtp::{self, PROVIDER, Transport};
use crate::line;

/// RFC 5321 section 4.5.3.1: a path has at most 256 bytes with its angle brackets, a local part 64.
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

pub(crate) static MEDIUM: Medium = Medium {
    name: "email",
    example: "ana@example.org",
    ambiguity: Ambiguity::Resend,
    check: |destination| parse(destination).map(|_| ()),
    rehearse,
    connect,
    #[cfg(test)]
    over_http: None,
};

struct Email {
    transport: Transport,
    from: Mailbox,
}

/// A mail as it goes over the wire.
struct Composed {
    to: Address,
    bytes: Vec<u8>,
    message_id: String,
}

#[async_trait]
impl Channel for Email {
    fn name(&self) -> &'static str {
        MEDIUM.name
    }

    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        match compose(&self.from, outgoing) {
            Ok(mail) => {
                self.transport.send(outgoing, &self.from.email, &mail.to, &mail.bytes, mail.message_id).await
            }
            Err(why) => Outgoing::refuse(PROVIDER, why),
        }
    }
}

/// One address. lettre also takes address literals and host names without a dot; those never are a recipient of ours.
/// A domain in another script travels in its ASCII form (RFC 5891).
fn parse(destination: &str) -> Result<Address, String> {
    let must = |what: &str| Err(format!("must {what}"));
    line::check(destination)?;
    if destination.contains([',', ';']) || destination.matches('@').count() > 1 {
        return must("be one address: send one item per recipient");
    }
    let Some((local, domain)) = destination.split_once('@') else {
        return must("be an email address such as ana@example.org");
    };
    if destination.len() > MAX_ADDRESS_BYTES || local.len() > MAX_LOCAL_BYTES {
        return must("have at most 254 bytes, and 64 before the @");
    }
    if destination.contains(['<', '>', '%', '"']) || destination.contains(char::is_whitespace) {
        return must("be a bare address such as ana@example.org, without a name, quotes or spaces");
    }
    if !local.is_ascii() {
        return must("have only ASCII characters before the @: mail servers that take others (SMTPUTF8) are rare");
    }
    let Ok(Host::Domain(domain)) = Host::parse(domain) else {
        return must("end in a domain name, not in an IP address");
    };
    let domain = domain.trim_end_matches('.');
    if !domain.contains('.') || domain.ends_with(".localhost") {
        return must("end in a full domain name such as example.org");
    }
    Address::new(local, domain).or_else(|_| must("be an email address such as ana@example.org"))
}

/// Every attempt gives the same `Message-ID`, by which mailboxes recognise a second copy.
fn compose(from: &Mailbox, outgoing: &Outgoing<'_>) -> Result<Composed, String> {
    let to = parse(outgoing.destination).map_err(|why| format!("destination {why}"))?;
    let rendered = outgoing.rendered;
    let subject = rendered.subject.as_deref().unwrap_or_default();
    if !subject.is_empty() {
        line::check(subject).map_err(|why| format!("subject {why}"))?;
    }
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, outgoing.key.to_string().as_bytes());
    let message_id = format!("<{id}@{}>", from.email.domain());
    let builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(subject)
        .date(date(outgoing.now))
        .message_id(Some(message_id.clone()))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()));
    let mail = match &rendered.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(rendered.text.clone(), html.clone())),
        None => builder.singlepart(SinglePart::plain(rendered.text.clone())),
    };
    let mail = mail.map_err(|error| format!("the mail cannot be built: {error}"))?;
    Ok(Composed { to, bytes: mail.formatted(), message_id })
}

/// `Date` has whole seconds.
fn date(now: Timestamp) -> SystemTime {
    let seconds = u64::try_from(now.as_micros() / 1_000_000).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn rehearse(outgoing: &Outgoing<'_>) -> Result<(), String> {
    let from = parse("chasqui@sandbox.example").map_err(|why| format!("FROM_EMAIL {why}"))?;
    compose(&Mailbox::new(None, from), outgoing).map(|_| ())
}

fn connect(settings: &Settings) -> Connected {
    let smtp = &settings.smtp;
    if smtp.host.is_none() && smtp.user.is_none() {
        return Connected::NotConfigured(&["SMTP_HOST", "FROM_EMAIL"]);
    }
    let mut problems = Vec::new();
    let from = sender(smtp).map_err(|problem| problems.push(problem)).ok();
    let transport =
        Transport::new(smtp, settings.provider_timeout).map_err(|more| problems.splice(0..0, more).for_each(drop)).ok();
    match (from, transport) {
        (Some(from), Some(transport)) => Connected::Ready(Arc::new(Email { transport, from })),
        _ => Connected::Wrong(problems),
    }
}

/// lettre panics on line ends in a display name: they are refused here, at start.
fn sender(smtp: &smtp::Settings) -> Result<Mailbox, String> {
    let email = smtp.from_email.as_deref().ok_or("FROM_EMAIL is not set: name the address that mails come from")?;
    let address = parse(email).map_err(|why| format!("FROM_EMAIL {why}"))?;
    let name = smtp.from_name.as_deref();
    name.map_or(Ok(()), line::check).map_err(|why| format!("FROM_NAME {why}"))?;
    Ok(Mailbox::new(name.map(Into::into), address))
}

#[cfg(test)]
mod tests;
