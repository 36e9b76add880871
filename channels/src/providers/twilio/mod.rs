//! SMS and WhatsApp by Twilio's Messages resource: the same request, with a prefix on both numbers for WhatsApp.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

mod classify;
mod client;
mod codes;
mod senders;
mod settings;

use async_trait::async_trait;
use domain::Outcome;
use media::{sms, whatsapp};

use self::client::Client;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "twilio",
    serves: &[
        Service {
            medium: &sms::MEDIUM,
            needs: &["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER"],
            connect: connect_sms,
        },
        Service {
            medium: &whatsapp::MEDIUM,
            needs: &["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM"],
            connect: connect_whatsapp,
        },
    ],
    section: settings::SECTION,
    fill: |values, settings| settings.twilio = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    #[cfg(test)]
    over_http: Some(over_http),
};

/// One sender of ours.
struct Sender {
    client: Client,
    /// The sender in the form that Twilio knows.
    from: String,
    /// The setting that the sender comes from.
    setting: &'static str,
    /// Writes a recipient in the form that Twilio knows.
    address: fn(&str) -> String,
}

#[async_trait]
impl Channel for Sender {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let form = client::form(&self.from, (self.address)(outgoing.destination), outgoing);
        self.client.send(&form, self.setting, outgoing).await
    }
}

fn connect_sms(settings: &crate::Settings) -> Connected {
    let from = senders::sms(settings.twilio.from_number.as_deref()?);
    Some(connect(settings, from, "TWILIO_FROM_NUMBER", str::to_owned))
}

fn connect_whatsapp(settings: &crate::Settings) -> Connected {
    let from = senders::whatsapp(settings.twilio.whatsapp_from.as_deref()?);
    let address = |number: &str| format!("{}{}", whatsapp::PREFIX, whatsapp::bare(number));
    Some(connect(settings, from, "TWILIO_WHATSAPP_FROM", address))
}

fn connect(
    settings: &crate::Settings,
    from: Result<String, String>,
    setting: &'static str,
    address: fn(&str) -> String,
) -> Result<Box<dyn Channel>, Vec<String>> {
    match (from, Client::new(&settings.twilio, settings.provider_timeout)) {
        (Ok(from), Ok(client)) => Ok(Box::new(Sender { client, from, setting, address })),
        (from, client) => Err(from.err().into_iter().chain(client.err().unwrap_or_default()).collect()),
    }
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    let twilio = &settings.twilio;
    let senders =
        [twilio.from_number.as_deref().map(senders::sms), twilio.whatsapp_from.as_deref().map(senders::whatsapp)];
    let wrong = senders.into_iter().flatten().filter_map(Result::err);
    wrong.chain(Client::new(twilio, settings.provider_timeout).err().unwrap_or_default()).collect()
}

/// Settings of an account and senders that exist nowhere.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let twilio = Settings {
        account_sid: Some(format!("AC{}", "0".repeat(32))),
        auth_token: Some("twilio-secret-token".into()),
        from_number: Some("+14155550101".into()),
        whatsapp_from: Some("+14155550101".into()),
        base_url: base_url.into(),
        max_per_second: None,
    };
    crate::Settings { twilio, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
