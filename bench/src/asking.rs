//! Questions that are open, and what stands behind their buttons. One is asked by the fleet itself; the others are copies of
//! its rows, as many as a measurement needs.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::{Key, Keyring, Purpose, Salt, Secrets, Seed, Tenant, Timestamp};
use uuid::Uuid;

use crate::deployment::{Deployment, SECRET, URGENT, end};
use crate::message;
use crate::sql;
use crate::waiting::until;

/// Whoever presses the buttons: the first of those who are asked.
pub(crate) const FIRST: u64 = 4711;
const SECOND: u64 = 4712;
/// How many people each question is for. Each gets one message.
pub(crate) const PEOPLE: u64 = 2;
/// The id of the question that is copied.
const MODEL: &str = "model";
/// The place of the choice that agrees, and of [`FIRST`].
const YES: u8 = 0;
const PLACE: u16 = 0;
/// The most rows of one statement.
const ROWS: usize = 5_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a question's secrets are derived from.
#[derive(Clone)]
pub(crate) struct Asked {
    key: Key,
    salt: Salt,
    key_id: String,
}

/// Has a dialog ask one question that [`PEOPLE`] must agree to. Its messages go nowhere.
pub(crate) async fn ask_one(deployment: &Deployment) -> Result<Asked> {
    let dialog = deployment.start("dialog", &[]).await;
    let [first, second] = [FIRST, SECOND].map(|chat| format!("telegram:{chat}"));
    let quorum = PEOPLE.to_string();
    let about = ["ask", "create", "--id", MODEL, "--question", "Shall release 42 go out?", "--expires-in", "1d"];
    let to = ["--to-address", &first, "--to-address", &second, "--quorum", &quorum];
    deployment.command(&[&about[..], &to].concat()).await?;
    let asked = until(1, LOOK_EVERY, async || sql::count(&deployment.database_url, "asks").await).await;
    asked.with_context(|| format!("the dialog said:\n{}", dialog.output()))?;
    end(dialog).await?;
    deployment.purge(URGENT).await?;
    open(&deployment.database_url).await?.remove(MODEL).context("the question has another id")
}

/// The questions that are open, by their ids; there must be one.
pub(crate) async fn open(database: &str) -> Result<HashMap<String, Asked>> {
    let question = "SELECT string_agg(id || ' ' || encode(salt, 'hex') || ' ' || key_id, ',') FROM asks \
                    WHERE tenant = 'default' AND state = 'open'";
    let text = sql::text(database, question).await.context("no question is open")?;
    text.split(',').map(|row| Asked::read(row).map(|asked| (asked.key.id.clone(), asked))).collect()
}

/// What makes the secrets of this fleet.
pub(crate) fn secrets() -> Secrets {
    Secrets::new(&Keyring::new(SECRET.as_bytes(), None))
}

impl Asked {
    fn read(row: &str) -> Result<Self> {
        let words: Vec<&str> = row.split(' ').collect();
        let &[id, salt, key_id] = words.as_slice() else { bail!("a question is read as {row}") };
        // A salt has as many bytes as a UUID.
        let salt = Uuid::parse_str(salt).context("the salt of a question")?.into_bytes();
        Ok(Self { key: key_of(id.to_owned()), salt, key_id: key_id.to_owned() })
    }

    /// What Telegram tells when [`FIRST`] agrees.
    pub(crate) fn button(&self, secrets: &Secrets) -> Result<String> {
        let seed = Seed { key: &self.key, salt: &self.salt, key_id: &self.key_id };
        secrets.button(&seed, YES, PLACE).context("the question is of another secret")
    }

    /// The copy of this number: its row differs in nothing else that secrets are derived from.
    pub(crate) fn copy(&self, number: u64) -> Self {
        Self { key: key_of(message::id(number)), ..self.clone() }
    }

    /// Writes the rows of these copies. They end when it does, or at `expires_at`.
    pub(crate) async fn open_copies(
        &self,
        database: &str,
        numbers: Range<u64>,
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        let expires = expires_at.map_or_else(|| "model.expires_at".to_owned(), |at| at.as_micros().to_string());
        let copies: Vec<String> = numbers.map(|number| row_of(&self.copy(number).key)).collect();
        let mut statements = Vec::new();
        for copies in copies.chunks(ROWS) {
            statements.extend(inserts(&copies.join(","), &expires));
        }
        statements.extend(["VACUUM (ANALYZE) asks, ask_copies", "CHECKPOINT"].map(str::to_owned));
        sql::run(database, &statements).await
    }
}

fn key_of(id: String) -> Key {
    Key { tenant: Tenant::default(), id }
}

/// The id of a copy, and the name by which its buttons know it.
fn row_of(key: &Key) -> String {
    format!("('{}', '\\x{}')", key.id, Purpose::Answer.handle(key).simple())
}

/// Copies the question, and the messages of it.
fn inserts(copies: &str, expires: &str) -> [String; 2] {
    let added = format!("(VALUES {copies}) AS added (id, handle)");
    [
        format!(
            "INSERT INTO asks SELECT more.* FROM {added}, asks AS model, jsonb_populate_record(model, \
             jsonb_build_object('id', added.id, 'handle', added.handle, 'expires_at', {expires})) AS more \
             WHERE model.id = '{MODEL}'"
        ),
        format!(
            "INSERT INTO ask_copies SELECT more.* FROM {added}, ask_copies AS model, jsonb_populate_record(model, \
             jsonb_build_object('ask', added.id, 'delivery', added.id || '-' || model.place)) AS more \
             WHERE model.ask = '{MODEL}'"
        ),
    ]
}
