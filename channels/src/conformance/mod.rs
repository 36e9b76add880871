//! What every provider promises on every medium that it serves, checked for all of them, so that a new one is covered
//! without an edit here.

mod answers;
mod checking;
mod connections;
mod conversation;
mod enabling;
mod server;

use std::time::Duration;

use domain::{Key, Lane, Outcome, Rendered};
use media::Medium;
use serde_json::{Map, Value, json};

use crate::providers::{PROVIDERS, Service, service};
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

/// Where the examples of media are whose destinations are URLs.
const EXAMPLE: &str = "https://push.example.org";
/// The same, where nobody has given us credentials.
const STRANGERS: &str = "https://hooks.example.org";

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

    /// Whether the URL that is called is the recipient's, so that nothing is wrong with ours.
    fn is_at_the_recipients(&self) -> bool {
        self.example().contains(EXAMPLE) || self.is_at_strangers()
    }

    /// Whether no credentials of ours are asked for there, so that nothing is wrong with them either.
    fn is_at_strangers(&self) -> bool {
        self.example().contains(STRANGERS)
    }

    /// A destination that this provider carries.
    fn example(&self) -> &'static str {
        let of_kind = self.medium.kinds.iter().find(|kind| kind.prefix == self.service.kind);
        of_kind.map_or(self.medium.example, |kind| kind.example)
    }

    /// A message to the recipient of the example, at the stand-in where the recipient is a URL.
    fn case(&self, base: &str) -> Case {
        let case = Case::of(&self.example().replace(EXAMPLE, base).replace(STRANGERS, base));
        if !media::is_of_the_fleet(self.medium) {
            return case;
        }
        // What the fleet alone writes is marked.
        Case { data: service::of_the_fleet(&case.key), ..case }
    }

    async fn send(&self, base: &str) -> Outcome {
        self.enable(base).send(&self.case(base).outgoing()).await
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
    fn of(destination: &str) -> Self {
        let (subject, text) = (Some("Your secret subject".into()), "Your secret code is 4711".into());
        let Value::Object(data) = json!({ "extra": "data-secret", "n": 1 }) else { unreachable!() };
        let key = testkit::key("n-1");
        Self { key, destination: destination.into(), rendered: Rendered { subject, text, html: None }, data }
    }

    fn outgoing(&self) -> Outgoing<'_> {
        let now = testkit::at("2026-03-01T09:00:00Z");
        let (key, rendered, data) = (&self.key, &self.rendered, &self.data);
        Outgoing {
            key,
            destination: &self.destination,
            rendered,
            data,
            mail: None,
            unsubscribe: None,
            expires_at: Some(now.plus(Duration::from_secs(60))),
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
}

fn assert_nothing_personal(carrier: &Carrier, outcome: &Outcome) {
    let shown = format!("{outcome:?}");
    let destination = [carrier.example(), "send/example-only", "hooks/example-only", "BTBZMqHH6r4Tts7J_aSIgg"];
    let words = ["secret subject", "code is 4711", "data-secret", "secret-token", "oauth-secret"];
    for secret in destination.into_iter().chain(words) {
        assert!(!shown.contains(secret), "{}: {shown}", carrier.name());
    }
}
