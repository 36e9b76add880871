//! What is sent to a stand-in for a provider, and what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Channels, Enabled, Outgoing, Settings};
use domain::{About, ChannelName, Key, Lane, Outcome, Rendered, Timestamp};
use serde_json::{Map, Value};

/// The channel of that name that these settings enable, for destinations of no kind of their own.
pub(crate) fn channel(name: &str, settings: &Settings) -> Arc<Enabled> {
    channel_to("", name, settings)
}

/// The same for what goes to this destination.
pub(crate) fn channel_to(destination: &str, name: &str, settings: &Settings) -> Arc<Enabled> {
    let channels = Channels::enable(settings).unwrap_or_else(|problems| panic!("{problems:#?}"));
    Arc::clone(&channels.carriers(&ChannelName::parse(name).unwrap(), destination).unwrap()[0])
}

/// One delivery to be sent.
pub(crate) struct Delivery {
    key: Key,
    destination: String,
    rendered: Rendered,
    data: Map<String, Value>,
    mail: Map<String, Value>,
    unsubscribe: Option<String>,
    deadline: Option<Instant>,
}

impl Delivery {
    pub(crate) fn new(id: &str, destination: &str) -> Self {
        let rendered = Rendered {
            subject: Some("¡Hola, Ana!".into()),
            text: "Your code is 4711.\n.\n..dots\n".into(),
            html: Some("<p>Your code is <b>4711</b>.</p>".into()),
        };
        let data = Map::from_iter([("order".to_owned(), Value::from(7)), ("kind".to_owned(), "otp".into())]);
        let key = testkit::key(id);
        Self {
            key,
            destination: destination.into(),
            rendered,
            data,
            mail: Map::new(),
            unsubscribe: None,
            deadline: None,
        }
    }

    pub(crate) fn with(self, rendered: Rendered) -> Self {
        Self { rendered, ..self }
    }

    pub(crate) fn carrying(self, data: Value) -> Self {
        let Value::Object(data) = data else { panic!("{data}") };
        Self { data, ..self }
    }

    /// With fields that a mail alone has.
    pub(crate) fn mailing(self, mail: Value) -> Self {
        let Value::Object(mail) = mail else { panic!("{mail}") };
        Self { mail, ..self }
    }

    /// With a link by which its recipient leaves a list.
    pub(crate) fn of_a_list(self, link: &str) -> Self {
        Self { unsubscribe: Some(link.to_owned()), ..self }
    }

    pub(crate) fn expiring(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    pub(crate) async fn send_by(&self, channel: &Enabled) -> Outcome {
        let now = testkit::at("2026-03-01T09:00:00Z");
        let outgoing = Outgoing {
            key: &self.key,
            destination: &self.destination,
            rendered: &self.rendered,
            data: &self.data,
            mail: Some(&self.mail),
            unsubscribe: self.unsubscribe.as_deref(),
            expires_at: Some(now.plus(Duration::from_secs(300))),
            deadline: self.deadline,
            now,
            epoch: 0,
            attempt: 1,
            template: None,
            lane: Lane::Normal,
            fault: None,
            files: &[],
        };
        channel.send(&outgoing).await
    }
}

/// One delivery of a time long ago, which expires so many seconds later.
pub(crate) fn outgoing<'a>(
    key: &'a Key,
    destination: &'a str,
    rendered: &'a Rendered,
    data: &'a Map<String, Value>,
    seconds: Option<u64>,
) -> Outgoing<'a> {
    let now = Timestamp::from_seconds(1_000_000);
    let expires_at = seconds.map(|seconds| now.plus(Duration::from_secs(seconds)));
    Outgoing {
        key,
        destination,
        rendered,
        data,
        mail: None,
        unsubscribe: None,
        expires_at,
        deadline: None,
        now,
        epoch: 0,
        attempt: 1,
        template: None,
        lane: Lane::Normal,
        fault: None,
        files: &[],
    }
}

/// The word of `docs/fake.md` for the outcome: [`kind`], and `account` for an alarm that shuts out every message.
pub(crate) fn taken(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Retriable { failure, alarm: true, .. } if failure.about == About::Credentials => "account",
        other => kind(other),
    }
}

/// A word for the outcome.
pub(crate) fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent { .. } => "sent",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Retriable { alarm: true, .. } => "alarm",
        Outcome::Retriable { .. } => "retriable",
        Outcome::Permanent { .. } => "permanent",
        Outcome::Ambiguous { .. } => "ambiguous",
        _ => "not a provider's",
    }
}
