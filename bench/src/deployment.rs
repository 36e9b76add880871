//! One virtual host and one ledger for a case, and the processes of the fleet there.

use anyhow::{Context as _, Result, ensure};
use e2e::Process;
use e2e::processes::{run, run_with_input, with};
use embedded::Signal;
use lapin::options::{QueueBindOptions, QueueDeclareOptions, QueuePurgeOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties};

use crate::services::Services;
use crate::sink::Sink;

pub(crate) const EXCHANGE: &str = "notifications.exchange";
/// The normal lane: where a publisher's messages go that says nothing of urgency.
pub(crate) const LANE: &str = "notifications.queue";
pub(crate) const LANE_KEY: &str = "notifications.key";
/// The urgent lane: where the dialog's messages go.
pub(crate) const URGENT: &str = "notifications.queue.urgent";
/// Where calls of providers go.
pub(crate) const INBOUND: &str = "notifications.queue.inbound";
pub(crate) const INBOUND_KEY: &str = "notifications.key.inbound";
pub(crate) const SCHEDULED_KEY: &str = "notifications.key.scheduled";
/// The queue of the baselines.
pub(crate) const BARE: &str = "bench.bare";
/// Of somebody who hears events.
pub(crate) const SUBSCRIBER: &str = "bench.events";
const EVENTS: &str = "notifications.events";
/// The secret of the fleet, by which its ledger knows recipients.
pub(crate) const SECRET: &str = "only for measurements, and long enough";

/// An application of the fleet signs the tokens of its users with it.
pub(crate) const SHARED: &str = "of an application of the measurement, and long enough";

/// Where the ledger is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ledger {
    Postgres,
    Sqlite,
}

pub(crate) struct Deployment {
    pub(crate) amqp_url: String,
    pub(crate) database_url: String,
    environment: Vec<(String, String)>,
    connection: Connection,
    amqp: Channel,
    /// The folder of a ledger in SQLite.
    _dir: tempfile::TempDir,
}

impl Deployment {
    /// Prepares a fleet whose provider of SMS and of email are these sinks. Everything else is as the defaults say.
    pub(crate) async fn create(services: &Services, ledger: Ledger, sms: &Sink, mail: &Sink) -> Result<Self> {
        let (_, amqp_url) = services.create_vhost().await?;
        let dir = tempfile::tempdir()?;
        let database_url = match ledger {
            Ledger::Postgres => services.create_database(None).await?,
            Ledger::Sqlite => format!("sqlite:{}", dir.path().join("ledger.db").display()),
        };
        let environment = [
            ("AMQP_URL", amqp_url.clone()),
            ("DATABASE_URL", database_url.clone()),
            ("SECRET_KEY", SECRET.to_owned()),
            ("JWT_SECRET_KEY", SHARED.to_owned()),
            ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001".to_owned()),
            ("TWILIO_AUTH_TOKEN", "a token of the measurement".to_owned()),
            ("TWILIO_FROM_NUMBER", "+15005550006".to_owned()),
            ("TWILIO_BASE_URL", format!("http://{}", sms.address)),
            ("SMTP_HOST", mail.address.ip().to_string()),
            ("SMTP_PORT", mail.address.port().to_string()),
            ("SMTP_TLS", "none".to_owned()),
            ("FROM_EMAIL", "notices@example.org".to_owned()),
        ];
        let environment: Vec<_> = environment.map(|(name, value)| (name.to_owned(), value)).into();
        let (code, said) = run(&["topology", "apply"], &environment).await;
        ensure!(code == 0, "the topology was not declared:\n{said}");
        let connection = Connection::connect(&amqp_url, ConnectionProperties::default()).await?;
        let amqp = connection.create_channel().await?;
        declare(&amqp, BARE).await?;
        Ok(Self { amqp_url, database_url, environment, connection, amqp, _dir: dir })
    }

    /// Starts a role of the real binary and waits until it is ready.
    pub(crate) async fn start(&self, role: &'static str, settings: &[(&str, &str)]) -> Process {
        Process::ready(role, &with(&self.environment, settings)).await
    }

    /// Runs a command of the real binary.
    pub(crate) async fn command(&self, words: &[&str]) -> Result<()> {
        let (code, said) = run(words, &self.environment).await;
        ensure!(code == 0, "chasqui {words:?}:\n{said}");
        Ok(())
    }

    /// Runs a command of the real binary with this on its standard input.
    pub(crate) async fn command_with_input(&self, words: &[&str], input: &str) -> Result<()> {
        let (code, said) = run_with_input(words, &self.environment, input.as_bytes()).await;
        ensure!(code == 0, "chasqui {words:?}:\n{said}");
        Ok(())
    }

    /// Runs a command of the real binary: its exit code, and what it has printed.
    pub(crate) async fn said(&self, words: &[&str]) -> (i32, String) {
        run(words, &self.environment).await
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Somebody hears the events of this key from now on; `#` is every one.
    pub(crate) async fn subscribe(&self, key: &str) -> Result<()> {
        declare(&self.amqp, SUBSCRIBER).await?;
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        self.amqp.queue_bind(SUBSCRIBER.into(), EVENTS.into(), key.into(), options, none).await?;
        Ok(())
    }

    /// The baselines' queue gets whatever is published with this key, too, from now on.
    pub(crate) async fn share(&self, key: &str) -> Result<()> {
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        self.amqp.queue_bind(BARE.into(), EXCHANGE.into(), key.into(), options, none).await?;
        Ok(())
    }

    /// It gets no more of that.
    pub(crate) async fn share_no_more(&self, key: &str) -> Result<()> {
        self.amqp.queue_unbind(BARE.into(), EXCHANGE.into(), key.into(), FieldTable::default()).await?;
        Ok(())
    }

    /// How many messages are ready in a queue.
    pub(crate) async fn depth(&self, queue: &str) -> Result<u64> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = self.amqp.queue_declare(queue.into(), passive, FieldTable::default()).await?;
        Ok(queue.message_count().into())
    }

    pub(crate) async fn purge(&self, queue: &str) -> Result<()> {
        let purged = self.amqp.queue_purge(queue.into(), QueuePurgeOptions::default()).await;
        purged.with_context(|| format!("purging {queue}"))?;
        Ok(())
    }
}

/// A quorum queue.
async fn declare(amqp: &Channel, queue: &'static str) -> Result<()> {
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    amqp.queue_declare(queue.into(), durable, arguments).await?;
    Ok(())
}

/// Ends a role as an operator does.
pub(crate) async fn end(mut process: Process) -> Result<()> {
    let code = process.end(Signal::Term).await;
    ensure!(code == 0, "it ended with {code}:\n{}", process.output());
    Ok(())
}
