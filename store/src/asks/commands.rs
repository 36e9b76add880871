//! Commands to services: made once, read, and moved forward.

use domain::{Command, CommandMoved, CommandState, CommandStep, Entry, Key, ReplyTo, Timestamp};
use sea_orm::QueryResult;

use super::{MAX_TRIES, is_storable, overtaken};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, count_of, get, key_of, key_values, unreadable};
use crate::store::Store;

/// The columns that [`command_of`] reads.
pub(super) const COMMAND: &str = "tenant, id, service, action, arguments, ask, delivery, state, version, requested_by, \
     confirmed_by, correlation_id, output, reply, created_at, updated_at, expires_at";

/// The most commands that are read at once because they were not delivered.
const UNDELIVERED: usize = 256;

/// What became of a command that was to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CommandMade {
    New,
    /// The tenant has one of this id, which stays as it is: the same one again, or another.
    Known(Box<Command>),
}

impl Store {
    /// Keeps a new command, unless the tenant has one of its id. The journal is told before anything of it takes effect.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn make_command(&self, command: &Command, told: &Entry) -> Result<CommandMade, StoreError> {
        let mut session = self.inner.db.begin().await?;
        if !insert(&mut session, command).await? {
            let known = read(&mut session, &command.key).await?.ok_or_else(overtaken)?;
            return Ok(CommandMade::Known(Box::new(known)));
        }
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(CommandMade::New)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn command(&self, key: &Key) -> Result<Option<Command>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        read(&mut self.inner.db.reader(), key).await
    }

    /// The command that waits for an ask, or has waited for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn command_of_ask(&self, ask: &Key) -> Result<Option<Command>, StoreError> {
        // Found by the ask: the key would give all commands of the tenant.
        let sql = format!("SELECT {COMMAND} FROM commands WHERE tenant || '' = $1 AND ask = $2 LIMIT 1");
        if !is_storable(&ask.id) {
            return Ok(None);
        }
        let rows = self.inner.db.reader().query(&sql, &key_values(ask)).await?;
        rows.first().map(command_of).transpose()
    }

    /// Commands that were dispatched and whose delivery has failed for good, those that expire first before the others: at
    /// most 256. One that only a newer version can read is left to that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn undelivered_commands(&self) -> Result<Vec<Command>, StoreError> {
        // SQLite takes the index of what has not ended only where its very condition stands here.
        let sql = format!(
            "SELECT {COMMAND} FROM commands WHERE state IN ('pending_confirmation', 'dispatched', 'running') \
             AND state = 'dispatched' AND EXISTS (SELECT 1 FROM deliveries AS d \
             WHERE d.tenant = commands.tenant AND d.id = commands.delivery AND d.state IN ('dead', 'cancelled')) \
             ORDER BY expires_at, tenant, id LIMIT {UNDELIVERED}"
        );
        let rows = self.inner.db.reader().query(&sql, &[]).await?;
        Ok(rows.iter().filter_map(|row| command_of(row).ok()).collect())
    }

    /// Has the next step of a command decided from its row, and writes it if the row is still that one; otherwise it is
    /// decided again. What `told` makes of the step is in the journal by then. None where the tenant has no such command.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn advance_command(
        &self,
        key: &Key,
        step: impl Fn(&Command) -> CommandStep,
        told: impl Fn(&Command) -> Option<Entry>,
    ) -> Result<Option<CommandStep>, StoreError> {
        self.move_command(key, step, told, false).await
    }

    /// The same of an end that no message brings: the row remembers that it must be told, as that of an expiry
    /// ([`Store::untold_commands`]).
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn end_command(
        &self,
        key: &Key,
        step: impl Fn(&Command) -> CommandStep,
    ) -> Result<Option<CommandStep>, StoreError> {
        self.move_command(key, step, |_| None, true).await
    }

    async fn move_command(
        &self,
        key: &Key,
        step: impl Fn(&Command) -> CommandStep,
        told: impl Fn(&Command) -> Option<Entry>,
        untold: bool,
    ) -> Result<Option<CommandStep>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        for _ in 0..MAX_TRIES {
            let mut session = self.inner.db.begin().await?;
            let Some(command) = read(&mut session, key).await? else { return Ok(None) };
            let decided = step(&command);
            let CommandStep::Moved(moved) = &decided else { return Ok(Some(decided)) };
            if swap(&mut session, moved, untold).await? {
                if let Some(entry) = told(&moved.command) {
                    journal::insert(&mut session, &entry).await?;
                }
                session.commit().await?;
                return Ok(Some(decided));
            }
        }
        Err(overtaken())
    }
}

async fn read(session: &mut Session, key: &Key) -> Result<Option<Command>, StoreError> {
    let sql = format!("SELECT {COMMAND} FROM commands WHERE tenant = $1 AND id = $2");
    session.query(&sql, &key_values(key)).await?.first().map(command_of).transpose()
}

/// False when the tenant has one of this id.
async fn insert(session: &mut Session, command: &Command) -> Result<bool, StoreError> {
    let sql = format!(
        "INSERT INTO commands ({COMMAND}, untold) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
         $15, $16, $17, FALSE) ON CONFLICT DO NOTHING RETURNING id"
    );
    let reply = command.reply.as_ref().map(ReplyTo::stored);
    let [tenant, id] = key_values(&command.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(&command.service)),
        Value::Text(Some(&command.action)),
        Value::Text(Some(&command.arguments)),
        Value::Text(command.ask.as_deref()),
        Value::Text(command.delivery.as_deref()),
        Value::Text(Some(command.state.as_str())),
        Value::Int(Some(i64::from(command.version))),
        Value::Text(Some(&command.requested_by)),
        Value::Text(command.confirmed_by.as_deref()),
        Value::Text(command.correlation_id.as_deref()),
        Value::Text(command.output.as_deref()),
        Value::Text(reply.as_deref()),
        Value::Int(Some(command.created_at.as_micros())),
        Value::Int(Some(command.updated_at.as_micros())),
        Value::Int(Some(command.expires_at.as_micros())),
    ];
    Ok(!session.query(&sql, &values).await?.is_empty())
}

/// Writes the next version of a command over the one before it. False when the row has another version by now.
async fn swap(session: &mut Session, moved: &CommandMoved, untold: bool) -> Result<bool, StoreError> {
    const SWAP: &str = "UPDATE commands SET state = $3, version = $4, delivery = $5, confirmed_by = $6, output = $7, \
         updated_at = $8, untold = $10 WHERE tenant = $1 AND id = $2 AND version = $9 RETURNING id";
    let next = &moved.command;
    let [tenant, id] = key_values(&next.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(next.state.as_str())),
        Value::Int(Some(i64::from(next.version))),
        Value::Text(next.delivery.as_deref()),
        Value::Text(next.confirmed_by.as_deref()),
        Value::Text(next.output.as_deref()),
        Value::Int(Some(next.updated_at.as_micros())),
        Value::Int(Some(i64::from(next.version) - 1)),
        Value::Flag(untold),
    ];
    Ok(!session.query(SWAP, &values).await?.is_empty())
}

/// None where nobody is told, or nobody is told any more.
fn reply_of(row: &QueryResult) -> Result<Option<ReplyTo>, StoreError> {
    let Some(text) = get::<Option<String>>(row, "reply")? else { return Ok(None) };
    ReplyTo::of_stored(&text).map(Some).ok_or_else(|| unreadable("reply"))
}

pub(super) fn command_of(row: &QueryResult) -> Result<Command, StoreError> {
    Ok(Command {
        key: key_of(row)?,
        service: get(row, "service")?,
        action: get(row, "action")?,
        arguments: get(row, "arguments")?,
        ask: get(row, "ask")?,
        delivery: get(row, "delivery")?,
        state: CommandState::parse(&get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))?,
        version: count_of(row, "version")?,
        requested_by: get(row, "requested_by")?,
        confirmed_by: get(row, "confirmed_by")?,
        correlation_id: get(row, "correlation_id")?,
        output: get(row, "output")?,
        reply: reply_of(row)?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        updated_at: Timestamp::from_micros(get(row, "updated_at")?),
        expires_at: Timestamp::from_micros(get(row, "expires_at")?),
    })
}
