//! What the tests stand on: the parts of a dialog with a ledger of their own and no broker. A call of a provider is read by a
//! reader of the tests, which knows one kind of Telegram and one of SMS.

use std::sync::Arc;
use std::time::Duration;

use domain::{ChannelName, Keyring, Purpose, Registry, Report, Reported, Secrets, Telling, Timestamp};
use serde_json::{Value, json};
use store::{Contact, ContactAddress, Store};
use tempfile::TempDir;
use testkit::{NO_BROKER, NOW, RETRY_DELAYS, SECRET, Still};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::sync::CancellationToken;
use topology::{
    Broker, Delivery, Inbound, Incoming, Mode, Names, Plan, Publication, Publisher, QueueType, Settle, Settlement,
    Source, To, Topology, properties,
};

use crate::reports;
use crate::requests::MARKED;
use crate::shared::Shared;
use crate::{Dialog, Reader, Said, Settings, Spoken};

/// The number of the administrator.
pub(crate) const ADMIN: &str = "4711";

/// The parts of a dialog, the folder of its ledger, and what it publishes.
pub(crate) struct Parts {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<Still>,
    published: UnboundedReceiver<Publication>,
    _folder: TempDir,
}

/// What was published, by what it is.
#[derive(Default)]
pub(crate) struct Published {
    /// The bodies of deliveries.
    pub(crate) deliveries: Vec<Value>,
    /// The last two words of the types of events, and their data.
    pub(crate) events: Vec<(String, Value)>,
    /// Requests of our own, and how often each has waited.
    pub(crate) requests: Vec<Publication>,
    /// How many messages were dead-lettered.
    pub(crate) letters: usize,
    /// Where ends were told besides.
    pub(crate) replies: Vec<String>,
}

pub(crate) async fn parts() -> Parts {
    parts_with(Registry::default()).await
}

/// The same with services that take commands.
pub(crate) async fn parts_with(services: Registry) -> Parts {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Still::at(NOW));
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(store::Options::new(url.into(), 10, Arc::<Still>::clone(&clock))).await.unwrap();
    store.migrate().await.unwrap();
    let (publisher, published) = Publisher::reporting();
    let keyring = Keyring::new(SECRET.as_bytes(), None);
    let dialog = Dialog {
        topology: topology(),
        publisher,
        store,
        keys: keyring.webhooks(),
        services,
        signer: keyring.commands(),
        reader: reader(),
        secrets: Secrets::new(&keyring),
        settings: Settings {
            admins: vec![ADMIN.to_owned()],
            bot_name: Some("acme_bot".to_owned()),
            locale: "en".to_owned(),
            has_links: true,
        },
        polling: None,
        telling: Telling::All,
        hasher: keyring.recipients(),
        clock: Arc::<Still>::clone(&clock),
    };
    let shared = Arc::new(dialog.into_shared(CancellationToken::new()));
    // It has heard everything so far.
    shared.horizon.note(NOW, true);
    Parts { shared, clock, published, _folder: folder }
}

/// A topology from which nothing is consumed.
fn topology() -> Topology {
    let names = Names::of("notifications");
    let plan = Plan::new(&names, QueueType::Quorum, RETRY_DELAYS);
    let broker = Broker::new(NO_BROKER.to_owned().into(), "dialog").unwrap();
    Topology { broker, names, plan, mode: Mode::Off, management: None, declared: Default::default() }
}

/// Reads `{"id", "by", "chat", "press"}` and `{"id", "by", "chat", "text"}`; the path names the channel.
fn reader() -> Reader {
    Arc::new(|inbound: &Inbound| {
        let call: Value = serde_json::from_slice(&inbound.body).map_err(|error| error.to_string())?;
        let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        let said = match call["press"].as_str() {
            Some(payload) => Reported::Button { payload: payload.to_owned(), by: text("by") },
            None => Reported::Reply { from: text("by"), text: text("text"), media: Vec::new(), keyword: None },
        };
        let report = Report {
            provider: if inbound.target == "/webhook/telegram" { "telegram" } else { "twilio" },
            event_id: text("id"),
            about: None,
            provider_id: None,
            recipient: Some(text("chat")),
            has_copies: false,
            said,
            code: None,
            detail: String::new(),
            at: None,
        };
        let channel = inbound.target.trim_start_matches("/webhook/");
        let channel = ChannelName::parse(channel).map_err(|error| error.to_string())?;
        Ok(Spoken { said: vec![Said { report, channel, person: Some(text("by")) }], unread: None })
    })
}

impl Parts {
    /// Has the dialog take one message of its queue, and says how it was settled.
    pub(crate) async fn hears(&self, inbound: Inbound) -> Settlement {
        self.takes(Publication::of_inbound("m-1".to_owned(), inbound)).await
    }

    /// Has it take what was published to its queue.
    pub(crate) async fn takes(&self, publication: Publication) -> Settlement {
        self.takes_of(None, None, publication).await
    }

    /// Has it take what this user has published, in a fleet of that one, where the broker says who publishes.
    pub(crate) async fn takes_of(
        &self,
        fleet: Option<&str>,
        user: Option<&str>,
        publication: Publication,
    ) -> Settlement {
        let Publication { message_id, headers, publisher_properties, body, .. } = publication;
        let properties = properties(&message_id, &headers, &publisher_properties);
        let properties = match user {
            Some(user) => properties.with_user_id(user.into()),
            None => properties,
        };
        let (settle, settled) = Settle::reporting();
        let delivery = Delivery {
            exchange: Default::default(),
            routing_key: Default::default(),
            properties,
            body,
            redelivered: false,
            settle,
        };
        let incoming = Incoming::new(Source::Inbound, &Names::of("notifications"), fleet, delivery);
        let (queue, source) = mpsc::channel(1);
        queue.send(incoming).await.unwrap();
        drop(queue);
        reports::hear(Arc::clone(&self.shared), source).await;
        settled.await.expect("the message is settled")
    }

    /// Has it take a request of our own, which it does.
    pub(crate) async fn asked(&self, target: &str, body: Value) {
        assert_eq!(self.hears(self.own(target, &body)).await, Settlement::Ack, "{target}");
    }

    /// A request of our own, with its mark where it needs one.
    pub(crate) fn own(&self, target: &str, body: &Value) -> Inbound {
        let mut body = body.clone();
        if MARKED.contains(&target) {
            body["mark"] = self.shared.secrets.request_mark(target, &body.to_string()).into();
        }
        Inbound::own(target, &body, self.now())
    }

    /// Somebody says something by a provider.
    pub(crate) async fn says(&self, channel: &str, call: Value) {
        let target = format!("/webhook/{channel}");
        let inbound = Inbound::call("test", target, self.now(), call.to_string());
        assert_eq!(self.hears(inbound.marked(&self.shared.secrets)).await, Settlement::Ack, "{channel}");
    }

    /// Everything since the last call.
    pub(crate) fn published(&mut self) -> Published {
        let mut all = Published::default();
        while let Ok(one) = self.published.try_recv() {
            match &one.to {
                To::Lane(_) | To::Scheduled => all.deliveries.push(serde_json::from_slice(&one.body).unwrap()),
                To::Event(_) => {
                    let event: Value = serde_json::from_slice(&one.body).unwrap();
                    let kind = event["type"].as_str().unwrap().trim_start_matches("chasqui.").to_owned();
                    all.events.push((kind, event["data"].clone()));
                }
                To::Reply(queue) => all.replies.push(queue.clone()),
                To::Inbound | To::InboundLater => all.requests.push(one),
                To::DeadLetter => all.letters += 1,
                To::Retry(_) | To::FanOut | To::Command(_) => panic!("{one:?}"),
            }
        }
        all
    }

    /// Has the requests taken that were published.
    pub(crate) async fn take_all(&self, published: Published) {
        for request in published.requests {
            self.takes(request).await;
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        domain::Clock::now(self.clock.as_ref())
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Somebody who is known.
    pub(crate) async fn knows(&self, id: &str, groups: &[&str], addresses: &[(&str, &str)]) -> Contact {
        let address = |(channel, destination): &(&str, &str)| {
            let channel = ChannelName::parse(channel).unwrap();
            let recipient = operations::recipient_of(&channel, destination, &self.shared.intake.hasher);
            ContactAddress { channel, destination: (*destination).to_owned(), recipient, since: NOW, proved: true }
        };
        let contact = Contact {
            key: testkit::key(id),
            name: id.to_owned(),
            locale: None,
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            addresses: addresses.iter().map(address).collect(),
            salt: [3; 16],
            key_id: self.shared.secrets.key_id().to_owned(),
            link_until: None,
            created_at: NOW,
            updated_at: NOW,
        };
        self.shared.intake.store.put_contact(&contact, &testkit::told()).await.unwrap();
        contact
    }

    /// Has a question asked, and returns what was published for it.
    pub(crate) async fn asks(&mut self, body: Value) -> Published {
        self.asked("/asks", body).await;
        self.published()
    }

    /// What stands behind a button of the ask `a-1`.
    pub(crate) async fn button(&self, choice: u8, approver: u16) -> String {
        let ask = self.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
        self.shared.secrets.button(&ask.seed(), choice, approver).unwrap()
    }

    /// The code by which an approver of the ask `a-1` answers.
    pub(crate) async fn code(&self, approver: u16) -> String {
        let ask = self.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
        self.shared.secrets.code(&ask.seed(), Purpose::Answer, approver).unwrap().shown().to_owned()
    }
}

/// A press by somebody in a chat of their own.
pub(crate) fn press(id: &str, by: &str, payload: &str) -> Value {
    json!({ "id": id, "by": by, "chat": by, "press": payload })
}

/// Words of somebody in a chat of their own.
pub(crate) fn words(id: &str, by: &str, text: &str) -> Value {
    json!({ "id": id, "by": by, "chat": by, "text": text })
}

/// The names of events, with spaces between them.
pub(crate) fn names(published: &Published) -> String {
    published.events.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")
}
