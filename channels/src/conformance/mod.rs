//! What every provider promises on every medium that it serves, checked for all of them, so that a new one is covered
//! without an edit here.

mod answers;
mod connections;
mod enabling;
mod server;

use std::time::Duration;

use domain::{Key, Outcome, Rendered};
use media::Medium;
use serde_json::{Map, Value, json};

use crate::providers::{PROVIDERS, Service};
use crate::{Enabled, Outgoing, Settings};

/// A provider that speaks HTTP, on one of its media.
struct Carrier {
    medium: &'static Medium,
    provider: &'static str,
    service: &'static Service,
    settings: fn(&str) -> Settings,
}

fn over_http() -> Vec<Carrier> {
    let speaking = PROVIDERS.iter().filter_map(|provider| Some((provider, provider.over_http?)));
    let carriers = speaking.flat_map(|(provider, settings)| {
        let of = move |service: &'static Service| Carrier {
            medium: service.medium,
            provider: provider.name,
            service,
            settings,
        };
        provider.serves.iter().map(of)
    });
    carriers.collect()
}

impl Carrier {
    fn name(&self) -> String {
        format!("{} by {}", self.medium.name, self.provider)
    }

    fn enable(&self, base: &str) -> Enabled {
        match (self.service.connect)(&(self.settings)(base)) {
            Some(Ok(channel)) => Enabled::new(self.medium, self.provider, channel),
            Some(Err(problems)) => panic!("{}: {problems:?}", self.name()),
            None => panic!("{} is not configured", self.name()),
        }
    }

    async fn send(&self, base: &str) -> Outcome {
        self.enable(base).send(&Case::of(self.medium).outgoing()).await
    }
}

/// One message to be sent.
struct Case {
    key: Key,
    destination: String,
    rendered: Rendered,
    data: Map<String, Value>,
}

impl Case {
    fn of(medium: &Medium) -> Self {
        let (subject, text) = (Some("Your secret subject".into()), "Your secret code is 4711".into());
        let Value::Object(data) = json!({ "extra": "data-secret", "n": 1 }) else { unreachable!() };
        let key = testkit::key("n-1");
        Self { key, destination: medium.example.into(), rendered: Rendered { subject, text, html: None }, data }
    }

    fn outgoing(&self) -> Outgoing<'_> {
        let now = testkit::at("2026-03-01T09:00:00Z");
        let (key, rendered, data) = (&self.key, &self.rendered, &self.data);
        Outgoing {
            key,
            destination: &self.destination,
            rendered,
            data,
            expires_at: Some(now.plus(Duration::from_secs(60))),
            deadline: None,
            now,
            epoch: 0,
            attempt: 1,
            template: None,
        }
    }
}

fn assert_nothing_personal(carrier: &Carrier, outcome: &Outcome) {
    let shown = format!("{outcome:?}");
    for secret in
        [carrier.medium.example, "secret subject", "code is 4711", "data-secret", "secret-token", "oauth-secret"]
    {
        assert!(!shown.contains(secret), "{}: {shown}", carrier.name());
    }
}
