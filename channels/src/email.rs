//! Email by SMTP: the address, the mail around the words, and the mail server that takes it.

mod body;
mod header;
mod mail;

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use domain::{Ambiguity, Outcome};
use lettre::Address;
use url::Host;

use self::mail::{Sender, compose};
use crate::catalog::{Connected, Medium};
use crate::channel::{Channel, Outgoing};
use crate::line;
use crate::settings::Settings;
use crate::smtp::{self, Envelope, PROVIDER, Transport};
use crate::words::{Fault, Part, Words};

/// RFC 5321 section 4.5.3.1: a path has at most 256 bytes with its angle brackets, a local part 64.
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

pub(crate) static MEDIUM: Medium = Medium {
    name: "email",
    example: "ana@example.org",
    ambiguity: Ambiguity::Resend,
    check: |destination| parse(destination).map(|_| ()),
    faults,
    rehearse,
    connect,
    #[cfg(test)]
    over_http: None,
};

struct Email {
    transport: Transport,
    from: Sender,
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
                let envelope = Envelope { from: &self.from.address, to: &mail.to, mail: &mail.bytes };
                self.transport.send(outgoing, &envelope, mail.message_id).await
            }
            Err(why) => Outgoing::refuse(PROVIDER, why),
        }
    }
}

/// One address. lettre also takes address literals and host names without a dot; those never are a recipient of ours.
/// A domain in another script travels in its ASCII form (RFC 5891). Dots where a plain local part has none, as some
/// carriers gave out, travel in quotes (RFC 5321, 4.1.2).
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
    Address::new(local, domain).or_else(|_| must("be an email address such as ana@example.org"))
}

/// In quotes where its dots need them. None for an empty one, and for characters that would mean something else there.
fn local_part(local: &str) -> Option<Cow<'_, str>> {
    const ATEXT: &str = "!#$%&'*+-/=?^_`{|}~";
    if !local.split('.').any(str::is_empty) {
        return Some(Cow::Borrowed(local));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || ATEXT.contains(c);
    (!local.is_empty() && local.chars().all(plain)).then(|| Cow::Owned(format!("\"{local}\"")))
}

/// A subject that splits a header, or disguises what people read.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let fault = words.subject.and_then(|subject| domain::check_subject(subject).err());
    let fault = fault.map(|why| Fault { part: Part::Subject, why });
    fault.into_iter().collect()
}

fn rehearse(outgoing: &Outgoing<'_>) -> Result<(), String> {
    let address = parse("chasqui@sandbox.example").map_err(|why| format!("FROM_EMAIL {why}"))?;
    compose(&Sender { address, name: None, reply_to: None }, outgoing).map(|_| ())
}

fn connect(settings: &Settings) -> Connected {
    let smtp = &settings.smtp;
    if smtp.host.is_none() && smtp.user.is_none() {
        return Connected::NotConfigured(&["SMTP_HOST", "FROM_EMAIL"]);
    }
    let (mut problems, from) = match sender(smtp) {
        Ok(from) => (Vec::new(), Some(from)),
        Err(problems) => (problems, None),
    };
    let transport =
        Transport::new(smtp, settings.provider_timeout).map_err(|more| problems.splice(0..0, more).for_each(drop)).ok();
    match (from, transport) {
        (Some(from), Some(transport)) => Connected::Ready(Arc::new(Email { transport, from })),
        _ => Connected::Wrong(problems),
    }
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn sender(smtp: &smtp::Settings) -> Result<Sender, Vec<String>> {
    let mut problems = Vec::new();
    let mut address_of = |setting: &str, email: &Option<String>| {
        let address = parse(email.as_deref()?).map_err(|why| problems.push(format!("{setting} {why}")));
        address.ok()
    };
    let (address, reply_to) = (address_of("FROM_EMAIL", &smtp.from_email), address_of("SMTP_REPLY_TO", &smtp.reply_to));
    if smtp.from_email.is_none() {
        problems.push("FROM_EMAIL is not set: name the address that mails come from".into());
    }
    if let Some(Err(why)) = smtp.from_name.as_deref().map(line::check) {
        problems.push(format!("FROM_NAME {why}"));
    }
    match address {
        Some(address) if problems.is_empty() => Ok(Sender { address, name: smtp.from_name.clone(), reply_to }),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests;
