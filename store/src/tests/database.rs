//! A fresh database per test, and the rows that the tests write.

use std::sync::Arc;
use std::time::Duration;

use crate::{Options, Store};
use domain::{
    Arrival, Failure, Lane, Listed, Outcome, Policy, PublishedBy, RecipientHash, RecipientHasher, Row, SuppressedFor,
    Suppression, SuppressionScope, Tenant, Timestamp, Transition, Ways, content_of,
};
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use testkit::postgres::{self, create_database, drop_database};
use testkit::{RETRY_DELAYS, Still};
use uuid::Uuid;

pub(crate) use testkit::key;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A database that is dropped with its test: the file, or the database on the server.
pub(crate) enum Database {
    Sqlite { folder: TempDir },
    Postgres { server: String, name: String, url: String },
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn postgres() -> Self {
        Self::postgres_with("").await
    }

    /// A database like that of [`Database::postgres`], in a language whose alphabet is not the order of bytes.
    pub(crate) async fn postgres_in_english() -> Self {
        Self::postgres_with("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'").await
    }

    async fn postgres_with(options: &str) -> Self {
        let server = std::env::var(postgres::SERVER).expect(
            "CHASQUI_TEST_POSTGRES_URL is not set: run `make test`, which starts a Postgres for the tests, \
             or only the tests named `on_sqlite`",
        );
        let name = format!("store_test_{}", Uuid::new_v4().simple());
        let url = create_database(&server, &name, options).await.unwrap();
        Self::Postgres { server, name, url }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { folder } => format!("sqlite:{}", folder.path().join("new/folder/ledger.db").display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(SecretString::from(self.url()), 10, clock())
    }

    /// A store of another process, as far as the database can tell.
    pub(crate) async fn open(&self) -> Store {
        Store::connect(self.options()).await.unwrap()
    }

    pub(crate) async fn store(&self) -> Store {
        let store = self.open().await;
        store.migrate().await.unwrap();
        store
    }

    /// Runs a statement beside the store.
    pub(crate) async fn execute(&self, sql: &str) {
        self.try_to_execute(sql).await.unwrap();
    }

    pub(crate) async fn try_to_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url()).await?;
                connection.execute(AssertSqlSafe(sql)).await.map(drop)
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await?;
                connection.execute(AssertSqlSafe(sql)).await.map(drop)
            }
        }
    }

    /// Makes the table refuse every row whose id starts with `poison`.
    pub(crate) async fn poison(&self, table: &str, event: &str) {
        match self {
            Self::Sqlite { .. } => {
                let sql = format!(
                    "CREATE TRIGGER poison BEFORE {event} ON {table} WHEN NEW.id LIKE 'poison%' \
                     BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
                );
                self.execute(&sql).await;
            }
            Self::Postgres { .. } => {
                let function = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                                RAISE EXCEPTION 'poisoned %', NEW.id; END $$";
                self.execute(function).await;
                let trigger = format!(
                    "CREATE TRIGGER poison BEFORE {event} ON {table} FOR EACH ROW \
                     WHEN (NEW.id LIKE 'poison%') EXECUTE FUNCTION poison()"
                );
                self.execute(&trigger).await;
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Self::Postgres { server, name, .. } = self else { return };
        let (server, name) = (server.clone(), name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(drop_database(&server, &name)).unwrap();
        });
        let _ = dropping.join();
    }
}

/// A clock that stands still at the beginning of the tests.
pub(crate) fn clock() -> Arc<Still> {
    Arc::new(Still::at(at(0)))
}

/// The instant so many seconds after the tests began.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// A new delivery as a worker would insert it when the tests begin.
pub(crate) fn candidate(id: &str) -> Row {
    candidate_at(id, at(0))
}

pub(crate) fn candidate_at(id: &str, now: Timestamp) -> Row {
    Row {
        token: Uuid::new_v4(),
        content: Some(content_of(b"body")),
        expires_at: Some(at(86_400)),
        created_at: now,
        updated_at: now,
        recipient_mask: "***67".into(),
        parent: Some("parent".into()),
        ..testkit::row(id)
    }
}

/// The first copy of a delivery.
pub(crate) fn arrival(id: &str) -> Arrival {
    let (key, content, published_by) = (key(id), content_of(b"body"), PublishedBy::Publisher);
    Arrival { key, content, epoch: 0, seq: 0, attempt: 0, published_by, redelivered: false }
}

pub(crate) fn policy() -> Policy {
    Policy { max_retries: 3, delays: RETRY_DELAYS, throttle_max_age: HOUR, ambiguity: domain::Ambiguity::Resend }
}

pub(crate) fn sent() -> Outcome {
    Outcome::Sent {
        provider: "twilio",
        provider_id: Some("SM0123456789abcdef0123456789abcdef".into()),
        code: Some("201".into()),
    }
}

pub(crate) fn refused() -> Outcome {
    let failure = Failure::new("twilio", Some("503".into()), "try later");
    Outcome::Retriable { failure, alarm: false, maybe_sent: false }
}

pub(crate) fn decide(row: &Row, outcome: &Outcome) -> Transition {
    domain::decide(row, Ways::default(), outcome, &policy(), at(10))
}

pub(crate) fn recipient() -> RecipientHash {
    RecipientHasher::new(b"secret").hash("+12025550143")
}

/// The recipient of a delivery on the lane normal.
pub(crate) fn listed() -> Listed {
    Listed { recipient: recipient(), recipient_before: None, narrowest: SuppressionScope::narrowest_of(Lane::Normal) }
}

/// An entry for that recipient.
pub(crate) fn suppression() -> Suppression {
    Suppression {
        id: "s-1".into(),
        tenant: Tenant::default(),
        channel: candidate("any").channel,
        recipient: recipient(),
        recipient_mask: "***43".into(),
        reason: SuppressedFor::Complaint,
        scope: SuppressionScope::All,
        since: at(0),
        until: None,
        by: "ada".into(),
        note: Some("called us".into()),
    }
}
