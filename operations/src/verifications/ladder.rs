//! By which channels a code goes, in which order, and the message that brings it. What costs money comes last, and only
//! where nobody has entered the code by then.

use std::collections::BTreeSet;

use domain::{
    ChannelName, Headers, Interactive, Lane, Purpose, Secrets, Tenant, Timestamp, Verification, verification_send_id,
};
use serde_json::{Map, Value, json};
use topology::{Publication, PublisherProperties, To};

/// How long a channel has before the next one is tried, in seconds. A code is there within some seconds, and whoever waits
/// for longer than a minute asks for another one.
const AFTER_SECONDS: u64 = 60;
/// The name of the template of such a message.
const TEMPLATE: &str = "verify";
/// The channels whose destinations are numbers.
const OF_NUMBERS: [&str; 2] = ["sms", "whatsapp"];

/// One channel, and where it leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    pub channel: ChannelName,
    pub destination: String,
}

/// The channels of one verification: the next is tried while the code has not been entered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder {
    pub first: Rung,
    pub rest: Vec<Rung>,
}

impl Ladder {
    /// The number to which a code may go, wherever it stands in the ladder: the guard is asked about it before anything is
    /// sent. All channels of numbers lead to the same.
    pub fn number(&self) -> Option<String> {
        let mut rungs = std::iter::once(&self.first).chain(&self.rest);
        let of_a_number = rungs.find(|rung| OF_NUMBERS.contains(&rung.channel.as_str()))?;
        Some(media::compared(&of_a_number.channel, &of_a_number.destination))
    }

    /// All addresses in one text, the same whichever channels of numbers there are.
    pub(super) fn addresses(&self) -> String {
        let rungs = std::iter::once(&self.first).chain(&self.rest);
        let addresses: BTreeSet<String> = rungs.map(Rung::address).collect();
        addresses.into_iter().collect::<Vec<_>>().join("\n")
    }

    /// The channels in their order.
    pub fn channels(&self) -> impl Iterator<Item = &ChannelName> {
        std::iter::once(&self.first).chain(&self.rest).map(|rung| &rung.channel)
    }

    /// The message of the send that `sent` has counted. It has no code: from what is in `interactive` a worker derives one
    /// that is good for this recipient alone. None where the secret of the verification is known no more.
    pub(super) fn message(
        &self,
        sent: &Verification,
        secrets: &Secrets,
        locale: Option<&str>,
        by: &str,
        now: Timestamp,
    ) -> Option<Publication> {
        let id = verification_send_id(&sent.key, sent.sends);
        let mut body = self.first.fields(sent, secrets)?;
        let items = self.rest.iter().map(|rung| {
            let mut item = rung.fields(sent, secrets)?;
            item.insert("when".into(), json!("unanswered"));
            item.insert("after_seconds".into(), json!(AFTER_SECONDS));
            Some(Value::Object(item))
        });
        let items: Vec<Value> = items.collect::<Option<_>>()?;
        if !items.is_empty() {
            body.insert("fallback".into(), Value::Array(items));
        }
        if sent.key.tenant != Tenant::default() {
            body.insert("tenant".into(), json!(sent.key.tenant.as_str()));
        }
        if let Some(locale) = locale {
            body.insert("locale".into(), json!(locale));
        }
        body.insert("id".into(), json!(id));
        body.insert("template".into(), json!(TEMPLATE));
        body.insert("data".into(), json!({"purpose": sent.purpose, "minutes": sent.minutes()}));
        body.insert("priority".into(), json!("urgent"));
        body.insert("expires_at".into(), json!(sent.expires_at.to_string()));
        body.insert("metadata".into(), json!({"verification": sent.key.id}));
        let headers = Headers { lane: Some(Lane::Urgent), publisher: Some(by.to_owned()), ..Headers::default() };
        Some(Publication {
            to: To::Lane(Lane::Urgent),
            message_id: id,
            body: Value::Object(body).to_string().into(),
            headers,
            publisher_properties: PublisherProperties::default()
                .with_content_type("application/json")
                .with_timestamp(now),
        })
    }
}

impl Rung {
    /// Its destination in the form that is compared, with what kind of destination that is.
    fn address(&self) -> String {
        let Self { channel, destination } = self;
        let kind = if OF_NUMBERS.contains(&channel.as_str()) { "number" } else { channel.as_str() };
        format!("{kind} {}", media::compared(channel, destination))
    }

    /// Where it leads to, and what is derived for this recipient.
    fn fields(&self, sent: &Verification, secrets: &Secrets) -> Option<Map<String, Value>> {
        let Self { channel, destination } = self;
        let made = Interactive::new(secrets, &sent.seed(), Purpose::Verify, 0, &[], channel, destination)?;
        let fields = [
            ("channel", json!(channel.as_str())),
            ("destination", json!(destination)),
            ("interactive", made.to_value()),
        ];
        Some(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
