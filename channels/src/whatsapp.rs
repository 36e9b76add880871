//! WhatsApp by Twilio: its Messages resource, with a prefix on both numbers.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Ambiguity, Outcome};

use crate::catalog::{Connected, Medium};
use crate::channel::{Channel, Outgoing};
use crate::settings::Settings;
use crate::twilio::{self, Client, Message, PROVIDER, WHATSAPP_PREFIX, check_number};

pub(crate) static MEDIUM: Medium = Medium {
    name: "whatsapp",
    example: "+14155550100",
    ambiguity: Ambiguity::ResendIfFresh,
    check: |destination| check_number(bare(destination)),
    faults: twilio::faults,
    rehearse: |outgoing| message("", outgoing).map(|_| ()),
    connect,
    #[cfg(test)]
    over_http: Some(crate::twilio::over_http),
};

struct WhatsApp {
    client: Client,
    /// With its prefix.
    from: String,
}

#[async_trait]
impl Channel for WhatsApp {
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

/// Publishers may write the prefix or leave it out.
fn bare(number: &str) -> &str {
    number.strip_prefix(WHATSAPP_PREFIX).unwrap_or(number)
}

fn message<'a>(from: &'a str, outgoing: &Outgoing<'a>) -> Result<Message<'a>, String> {
    let number = bare(outgoing.destination);
    check_number(number).map_err(|why| format!("destination {why}"))?;
    Message::new(from, format!("{WHATSAPP_PREFIX}{number}"), outgoing)
}

fn connect(settings: &Settings) -> Connected {
    let Some(from) = &settings.twilio.whatsapp_from else {
        return Connected::NotConfigured(&["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM"]);
    };
    let from = bare(from);
    if let Err(why) = check_number(from) {
        let plus = if from.bytes().all(|b| b.is_ascii_digit()) { "has no plus: it " } else { "" };
        return Connected::Wrong(vec![format!("TWILIO_WHATSAPP_FROM {plus}{why}")]);
    }
    match Client::new(&settings.twilio, settings.provider_timeout) {
        Ok(client) => Connected::Ready(Arc::new(WhatsApp { client, from: format!("{WHATSAPP_PREFIX}{from}") })),
        Err(problems) => Connected::Wrong(problems),
    }
}
