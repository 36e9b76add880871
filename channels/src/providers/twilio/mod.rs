//! SMS and WhatsApp by Twilio's Messages resource: the same request, with a prefix on both numbers for WhatsApp, and
//! with a template instead of words where a notification names one.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

mod callback;
mod classify;
mod client;
mod codes;
mod credentials;
mod form;
mod senders;
mod settings;
mod sid;

use async_trait::async_trait;
use domain::{Labels, Outcome, Timestamp};
use media::whatsapp::{self, Recipient};
use media::{Content, sms};

use self::client::Client;
use self::senders::Sender;
use self::settings::{ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, WHATSAPP_FROM};
use super::{Connected, Provider, Service, Webhook};
use crate::callback::{Readable, Refused};
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::label;

pub use self::settings::Settings;

/// The longest text, in characters (error 21617, <https://www.twilio.com/docs/api/errors/21617>).
const MAX_TEXT_CHARS: usize = 1600;

pub(crate) static PROVIDER: Provider = Provider {
    name: "twilio",
    serves: &[
        Service {
            medium: &sms::MEDIUM,
            kind: "",
            needs: &[FROM_NUMBER.name, ACCOUNT_SID.name, AUTH_TOKEN.name],
            connect: connect_sms,
        },
        Service {
            medium: &whatsapp::MEDIUM,
            kind: "",
            needs: &[WHATSAPP_FROM.name, ACCOUNT_SID.name, AUTH_TOKEN.name],
            connect: connect_whatsapp,
        },
    ],
    section: settings::SECTION,
    fill: |values, settings| settings.twilio = Settings::of(values),
    warnings: |settings| {
        let twilio = &settings.twilio;
        // What Twilio reports is believed by the auth token, whatever messages are sent with.
        let of_both = credentials::warning(twilio).filter(|_| settings.public_url.is_none());
        of_both.into_iter().chain(settings::warning(twilio)).collect()
    },
    problems,
    gone: &[],
    stopped: &[],
    webhook: Some(Webhook {
        signature: callback::SIGNATURE,
        challenge: |_, _| Err(Refused::NeverAsks),
        verify: callback::verify,
        answer: |_| ("text/xml; charset=utf-8", "<Response/>".to_owned()),
        reports: |settings, call| callback::reports(settings, call).map(Readable::from),
    }),
    #[cfg(test)]
    over_http: Some(over_http),
};

/// The messages of one medium.
struct Messages {
    client: Client,
    sender: Sender,
    /// Writes a recipient in the form that Twilio knows.
    address: fn(&str) -> String,
    /// Whether this is WhatsApp, where a message may be a template that Twilio keeps.
    on_whatsapp: bool,
    reports: Option<Reports>,
}

/// Where Twilio reports how messages go on.
struct Reports {
    public_url: String,
    labels: Labels,
}

impl Reports {
    /// None unless the world reaches our API.
    fn of(settings: &crate::Settings) -> Option<Self> {
        let (public_url, labels) = (settings.public_url.clone()?, settings.labels.clone()?);
        Some(Self { public_url, labels })
    }

    /// The URL for one attempt. Twilio signs all of it, and the label in it is signed by us.
    fn url(&self, outgoing: &Outgoing<'_>) -> String {
        format!("{}/webhook/{}?{}", self.public_url, PROVIDER.name, label::query(&self.labels, outgoing))
    }
}

#[async_trait]
impl Channel for Messages {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let content = Content::of(outgoing.data).filter(|_| self.on_whatsapp);
        if self.on_whatsapp
            && let Err(why) = fits(content.as_ref(), outgoing)
        {
            return Outgoing::refuse(PROVIDER.name, why);
        }
        let to = (self.address)(outgoing.destination);
        let reports_to = self.reports.as_ref().map(|reports| reports.url(outgoing));
        let form = form::of(&self.sender, to, content.as_ref(), reports_to, outgoing);
        self.client.send(&form, self.sender.settings, outgoing).await
    }

    async fn check(&self, now: Timestamp) -> Checked {
        self.client.check(now).await
    }

    fn max_per_second(&self) -> Option<u32> {
        self.client.max_per_second
    }
}

/// # Errors
/// What WhatsApp takes of others, and Twilio does not.
fn fits(content: Option<&Content<'_>>, outgoing: &Outgoing<'_>) -> Result<(), String> {
    let mut faults = Vec::new();
    if matches!(Recipient::of(outgoing.destination), Recipient::Person(_)) {
        faults.push("destination must be a phone number, Twilio knows no other id of a person".to_owned());
    }
    let chars = outgoing.rendered.text.chars().count();
    match content {
        Some(_) => {}
        None if whatsapp::template(outgoing.data).is_some() => {
            faults.push("data.whatsapp_template is one that Meta keeps, Twilio sends data.content_sid".to_owned());
        }
        None if chars > MAX_TEXT_CHARS => {
            faults.push(format!("message has {chars} characters, Twilio takes {MAX_TEXT_CHARS}"));
        }
        None => {}
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

fn connect_sms(settings: &crate::Settings) -> Connected {
    Some(connect(settings, senders::sms(&settings.twilio)?, str::to_owned, false))
}

fn connect_whatsapp(settings: &crate::Settings) -> Connected {
    let address = |number: &str| format!("{}{}", whatsapp::PREFIX, whatsapp::bare(number));
    Some(connect(settings, senders::whatsapp(&settings.twilio)?, address, true))
}

fn connect(
    settings: &crate::Settings,
    sender: Result<Sender, Vec<String>>,
    address: fn(&str) -> String,
    on_whatsapp: bool,
) -> Result<Box<dyn Channel>, Vec<String>> {
    match (sender, Client::new(&settings.twilio, settings.provider_timeout)) {
        (Ok(sender), Ok(client)) => {
            let reports = Reports::of(settings);
            Ok(Box::new(Messages { client, sender, address, on_whatsapp, reports }))
        }
        (sender, client) => Err([sender.err(), client.err()].into_iter().flatten().flatten().collect()),
    }
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    let twilio = &settings.twilio;
    let senders = [senders::sms(twilio), senders::whatsapp(twilio)];
    let wrong = senders.into_iter().flatten().filter_map(Result::err).flatten();
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
        ..Settings::default()
    };
    crate::Settings { twilio, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
