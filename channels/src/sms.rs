//! SMS by Twilio.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Ambiguity, Outcome};

use crate::catalog::{Connected, Medium};
use crate::channel::{Channel, Outgoing};
use crate::settings::Settings;
use crate::twilio::{self, Client, Message, PROVIDER, check_number};

pub(crate) static MEDIUM: Medium = Medium {
    name: "sms",
    example: "+14155550100",
    ambiguity: Ambiguity::ResendIfFresh,
    check: check_number,
    faults: twilio::faults,
    rehearse: |outgoing| message("", outgoing).map(|_| ()),
    connect,
    #[cfg(test)]
    over_http: Some(crate::twilio::over_http),
};

struct Sms {
    client: Client,
    from: String,
}

#[async_trait]
impl Channel for Sms {
    fn name(&self) -> &'static str {
        MEDIUM.name
    }

    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        match message(&self.from, outgoing) {
            Ok(message) => self.client.send(&message, outgoing).await,
            Err(why) => Outgoing::refuse(PROVIDER, why),
        }
    }
}

fn message<'a>(from: &'a str, outgoing: &Outgoing<'a>) -> Result<Message<'a>, String> {
    check_number(outgoing.destination).map_err(|why| format!("destination {why}"))?;
    Message::new(from, outgoing.destination.to_owned(), outgoing)
}

fn connect(settings: &Settings) -> Connected {
    let Some(from) = &settings.twilio.from_number else {
        return Connected::NotConfigured(&["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER"]);
    };
    if let Err(why) = check_sender(from) {
        return Connected::Wrong(vec![format!("TWILIO_FROM_NUMBER {why}")]);
    }
    match Client::new(&settings.twilio, settings.provider_timeout) {
        Ok(client) => Connected::Ready(Arc::new(Sms { client, from: from.clone() })),
        Err(problems) => Connected::Wrong(problems),
    }
}

/// A number, a short code of 5 or 6 digits, a name with a letter in it, or a messaging service.
fn check_sender(from: &str) -> Result<(), String> {
    let service = from.strip_prefix("MG").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let digits = from.bytes().all(|b| b.is_ascii_digit());
    let short_code = digits && (5..=6).contains(&from.len());
    let name = (1..=11).contains(&from.len())
        && from.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && from.bytes().any(|b| b.is_ascii_alphabetic());
    if service || short_code || name || check_number(from).is_ok() {
        return Ok(());
    }
    let plus = if digits { "has no plus: it " } else { "" };
    Err(format!(
        "{plus}must be a number in E.164 form with its plus, such as +14155550100, a short code of 5 or 6 digits, a sender's \
         name of up to 11 letters and digits with a letter in it, or a messaging service (MG…)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_without_its_plus_is_not_taken_for_a_name() {
        let service = format!("MG{}", "0a".repeat(16));
        for sender in ["+15550001111", "12345", "123456", "Tambo", "Tambo 24", "4YOU", &service] {
            assert_eq!(check_sender(sender), Ok(()), "{sender}");
        }
        for sender in ["15550001111", "5550001111", "1234", "1234567", "005550001111"] {
            let why = check_sender(sender).unwrap_err();
            assert!(why.contains("no plus") && why.contains("E.164") && !why.contains(sender), "{sender}: {why}");
        }
        for sender in ["+1 555 000 1111", "+05550001111", "A name too long", "Ñandú", "   ", "MG123456789012", ""] {
            assert!(check_sender(sender).is_err(), "{sender:?}");
        }
    }
}
