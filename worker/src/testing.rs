//! What the tests stand on: the parts of a worker with a ledger of their own and no broker. Email fails, because nobody
//! listens where its server should be, unless a test opens a mailbox; the inbox takes what is told in an
//! application, and the sandbox captures the messages of all other channels.

mod mailbox;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use channels::{Channels, SandboxMode, sendgrid, smtp};
use domain::{Defaults, FieldError, Keyring, Lane, Notification, RecipientHasher, Row, Secrets, Telling, Window};
use files::Files;
use store::{CapturedView, Store};
use tempfile::TempDir;
use templates::Templates;
use testkit::{NO_BROKER, RETRY_DELAYS, SECRET, SystemClock};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;
use topology::{
    BasicProperties, Broker, Delivery, Incoming, Mode, Names, Plan, Publication, Publisher, QueueType, Settle,
    Settlement, Source, To, Topology, properties,
};

pub(crate) use self::mailbox::Mailbox;
use crate::settings::ApprovedFor;
use crate::shared::Shared;
use crate::{Settings, Setup, Worker, consume};

/// The parts of a worker, the folder of its ledger, and what it publishes.
pub(crate) struct Parts {
    pub(crate) shared: Arc<Shared>,
    published: UnboundedReceiver<Publication>,
    told: Vec<Publication>,
    _folder: TempDir,
}

/// A copy of a message in the normal lane, as the broker would hand it out, and how the copy is settled.
pub(crate) struct Copy {
    pub(crate) incoming: Incoming,
    settled: oneshot::Receiver<Settlement>,
}

pub(crate) async fn parts() -> Parts {
    parts_mailing_to(testkit::nobody()).await
}

/// The parts of a worker whose mail server listens there.
pub(crate) async fn parts_mailing_to(mail_server: SocketAddr) -> Parts {
    let parts = parts_without_tables(mail_server).await;
    parts.shared.intake.store.migrate().await.unwrap();
    parts
}

/// Some words to somebody.
pub(crate) fn notification(channel: &str, destination: &str) -> Notification {
    let body = format!(r#"{{"channel":"{channel}","destination":"{destination}","message":"Hola"}}"#);
    Notification::decode(body.as_bytes(), &Defaults { channel: None }).unwrap()
}

/// The parts of a worker that prefers a SendGrid that cannot be reached to the mail server there.
pub(crate) async fn parts_preferring_another_to(mail_server: SocketAddr) -> Parts {
    let mut settings = channel_settings(mail_server, &[]);
    settings.sendgrid = sendgrid::Settings {
        api_key: Some("SG.of.a.test".into()),
        base_url: format!("http://{}", testkit::nobody()),
        ..sendgrid::Settings::default()
    };
    settings.preferred.insert("email", vec!["sendgrid", "smtp"]);
    let parts = parts_with(Channels::enable(&settings).unwrap()).await;
    parts.shared.intake.store.migrate().await.unwrap();
    parts
}

/// The parts of a worker whose fleet limits its mails so.
pub(crate) async fn parts_with_limits(limits: &[Window]) -> Parts {
    let parts = parts_with(channels(testkit::nobody(), limits)).await;
    parts.shared.intake.store.migrate().await.unwrap();
    parts
}

/// The parts of a worker with a ledger that refuses every step until it is migrated, as one does that is away.
pub(crate) async fn parts_without_tables(mail_server: SocketAddr) -> Parts {
    parts_with(channels(mail_server, &[])).await
}

async fn parts_with(channels: Channels) -> Parts {
    let folder = tempfile::tempdir().unwrap();
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(store::Options::new(url.into(), 10, Arc::new(SystemClock))).await.unwrap();
    let (publisher, published) = Publisher::reporting();
    let worker = Worker {
        setup: Setup {
            settings: settings(),
            channels,
            templates: Arc::new(Templates::embedded("en").unwrap()),
            links: None,
            secrets: secrets(),
            public_url: Some(PUBLIC_URL.into()),
            files: Arc::new(Files::new(files::Settings::in_folder(folder.path().join("files"))).unwrap()),
            file_links: Keyring::new(SECRET.as_bytes(), None).file_links(),
        },
        topology: topology(),
        publisher,
        telling: Telling::All,
        store,
        hasher: RecipientHasher::new(SECRET.as_bytes()),
        defaults: Defaults { channel: None },
        clock: Arc::new(SystemClock),
    };
    let (_, shared) = worker.into_parts();
    Parts { shared: Arc::new(shared), published, told: Vec::new(), _folder: folder }
}

/// Where the links of this worker lead to.
pub(crate) const PUBLIC_URL: &str = "https://notify.example.org";

/// What this worker derives from what readers answer with.
pub(crate) fn secrets() -> Secrets {
    Secrets::new(&Keyring::new(SECRET.as_bytes(), None))
}

fn settings() -> Settings {
    Settings {
        concurrency: 4,
        bytes_in_hand: 1 << 20,
        prefetch_bytes: 1 << 22,
        provider_timeout: Duration::from_secs(10),
        lease: Duration::from_secs(30),
        grace: Duration::from_secs(1),
        trouble_limit: Duration::from_secs(1),
        max_retries: 3,
        retry_delays: RETRY_DELAYS,
        throttle_max_age: Duration::from_secs(86_400),
        ambiguity: BTreeMap::new(),
        approved: ApprovedFor::default(),
    }
}

/// A topology from which nothing is consumed.
fn topology() -> Topology {
    let names = Names::of("notifications");
    let plan = Plan::new(&names, QueueType::Quorum, RETRY_DELAYS);
    let broker = Broker::new(NO_BROKER.to_owned().into(), "worker").unwrap();
    Topology { broker, names, plan, mode: Mode::Off, management: None, declared: Default::default() }
}

fn channels(mail_server: SocketAddr, limits: &[Window]) -> Channels {
    Channels::enable(&channel_settings(mail_server, limits)).unwrap()
}

fn channel_settings(mail_server: SocketAddr, limits: &[Window]) -> channels::Settings {
    let mut settings = channels::Settings::unset(settings().provider_timeout);
    settings.sandbox = SandboxMode::Missing;
    settings.inbox.enabled = true;
    settings.limits.insert("smtp", limits.to_vec());
    settings.smtp = smtp::Settings {
        host: Some(mail_server.ip().to_string()),
        port: Some(mail_server.port()),
        tls: smtp::Tls::None,
        from_email: Some("fleet@example.com".into()),
        ..smtp::Settings::default()
    };
    settings
}

impl Copy {
    /// A copy as its publisher sent it, with a `message_id` or without.
    pub(crate) fn published(message_id: Option<&str>, body: &str) -> Self {
        let with_id = |id: &str| BasicProperties::default().with_message_id(id.into());
        Self::new(message_id.map_or_else(BasicProperties::default, with_id), Bytes::from(body.to_owned()))
    }

    /// The same copy, as the broker delivers it again.
    pub(crate) fn redelivered(mut self) -> Self {
        self.incoming.redelivered = true;
        self
    }

    /// A copy of what the fleet has published, as the broker would hand it out.
    pub(crate) fn of(publication: Publication) -> Self {
        let Publication { message_id, headers, publisher_properties, body, .. } = publication;
        Self::new(properties(&message_id, &headers, &publisher_properties), body)
    }

    fn new(properties: BasicProperties, body: Bytes) -> Self {
        let (settle, settled) = Settle::reporting();
        let source = Source::Lane(Lane::Normal);
        let delivery = Delivery {
            exchange: Default::default(),
            routing_key: Default::default(),
            properties,
            body,
            redelivered: false,
            settle,
        };
        let incoming = Incoming::new(source, &Names::of("notifications"), None, delivery);
        Self { incoming, settled }
    }
}

impl Parts {
    /// Has the worker consume one copy, and says how the copy was settled.
    pub(crate) async fn consume(&self, copy: Copy) -> Settlement {
        let (lane, incoming) = mpsc::channel(1);
        lane.send(copy.incoming).await.unwrap();
        drop(lane);
        consume::consume_lane(Arc::clone(&self.shared), incoming).await;
        copy.settled.await.expect("the copy is settled")
    }

    /// All that was published since the last call, but for what was told.
    pub(crate) fn published(&mut self) -> Vec<Publication> {
        let all = std::iter::from_fn(|| self.published.try_recv().ok());
        let (told, published) = all.partition(|one| matches!(one.to, To::Event(_) | To::Reply(_)));
        self.told.extend::<Vec<_>>(told);
        published
    }

    /// The events, and the replies, since the last call.
    pub(crate) fn told(&mut self) -> Vec<Publication> {
        let published = self.published();
        assert_eq!(published, [], "asked for what was told, and this was published");
        std::mem::take(&mut self.told)
    }

    pub(crate) async fn row(&self, id: &str) -> Option<Row> {
        self.shared.intake.store.delivery(&testkit::key(id)).await.unwrap().map(|found| found.row)
    }

    /// The warnings that are kept beside the delivery.
    pub(crate) async fn warnings(&self, id: &str) -> Vec<FieldError> {
        self.shared.intake.store.warnings(&testkit::key(id)).await.unwrap()
    }

    /// What the sandbox has captured: one message for each send.
    pub(crate) async fn sent(&self) -> Vec<CapturedView> {
        self.shared.intake.store.captures(None, 100).await.unwrap()
    }
}
