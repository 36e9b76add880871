//! SMS by Twilio.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Ambiguity, Outcome};

use crate::catalog::{Connected, Medium};
use crate::channel::{Channel, Outgoing};
use crate::settings::Settings;
use crate::twilio::{Client, Message, PROVIDER, check_number};

pub(crate) static MEDIUM: Medium = Medium {
    name: "sms",
    example: "+14155550100",
    ambiguity: Ambiguity::ResendIfFresh,
    check: check_number,
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
    if !is_sender(from) {
        return Connected::Wrong(vec![
            "TWILIO_FROM_NUMBER must be a number such as +14155550100, a short code, a sender's name of up to 11 \
             letters and digits, or a messaging service (MG…)"
                .into(),
        ]);
    }
    match Client::new(&settings.twilio, settings.provider_timeout) {
        Ok(client) => Connected::Ready(Arc::new(Sms { client, from: from.clone() })),
        Err(problems) => Connected::Wrong(problems),
    }
}

fn is_sender(from: &str) -> bool {
    let service = from.strip_prefix("MG").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let name = (1..=11).contains(&from.len()) && from.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
    service || name || check_number(from).is_ok()
}
