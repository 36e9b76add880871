//! The inbox of the fleet's own ledger. Nothing goes over a network: whoever records the attempt puts the message into the
//! inbox of its user, in the commit of the outcome.

mod settings;

use async_trait::async_trait;
use domain::{INBOX, InboxAddress, Outcome};
use media::inapp;

use self::settings::ENABLED;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: INBOX,
    serves: &[Service { medium: &inapp::MEDIUM, kind: "", needs: &[ENABLED.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.inbox.enabled = values.flag(ENABLED),
    warnings: |_| Vec::new(),
    problems: |_| Vec::new(),
    gone: &[],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: None,
};

struct Inbox;

#[async_trait]
impl Channel for Inbox {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        match InboxAddress::parse(outgoing.destination) {
            Some(InboxAddress::User(_)) => Outcome::Posted,
            Some(InboxAddress::Topic(_)) => Outcome::FannedOut,
            None => Outgoing::refuse(INBOX, "destination names neither a user nor a topic"),
        }
    }

    /// There is one ledger, and whoever sends has just been answered by it.
    fn is_one_place(&self) -> bool {
        false
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.inbox.enabled.then(|| Ok(Box::new(Inbox) as Box<dyn Channel>))
}

#[cfg(test)]
mod tests {
    use domain::Rendered;
    use serde_json::Map;
    use testkit::key;

    use super::*;
    use crate::SandboxMode;
    use crate::tests::tools::{channel, outgoing};

    #[tokio::test]
    async fn a_user_is_posted_to_and_a_topic_fanned_out_in_the_sandbox_too() {
        let (key, data) = (key("n-1"), Map::new());
        let rendered = Rendered { subject: None, text: "Hola".into(), html: None };
        for sandbox in [SandboxMode::Off, SandboxMode::All, SandboxMode::Missing] {
            let inbox = Settings { enabled: true };
            let inapp = channel("inapp", &crate::Settings { sandbox, inbox, ..crate::settings::of_tests() });
            let posted = inapp.send(&outgoing(&key, "user:ana", &rendered, &data, None)).await;
            assert_eq!(posted, Outcome::Posted, "{sandbox:?}");
            let fanned_out = inapp.send(&outgoing(&key, "topic:role:ADMIN", &rendered, &data, None)).await;
            assert_eq!(fanned_out, Outcome::FannedOut, "{sandbox:?}");
        }
    }
}
