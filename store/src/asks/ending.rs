//! What has ended because its time is over, the earliest first, and what has ended without anybody having been told: no
//! message brings that, so the row remembers it until it was published.

use domain::{Ask, Command, Key, Timestamp, Verification};
use sea_orm::QueryResult;

use super::commands::{COMMAND, command_of};
use super::row::{ASK, ask_of};
use super::verifications::{VERIFICATION, verification_of};
use crate::error::StoreError;
use crate::sql::{Group, Session, Value, keys_group};
use crate::store::Store;

/// The most rows of one statement: a thousand asks that end at once are one group.
const GROUP: usize = 1_024;

/// A table whose rows end by themselves.
struct Table {
    name: &'static str,
    columns: &'static str,
    /// Which rows have not ended. The index of those that are due is one of these rows alone.
    open: &'static str,
    /// When a row ended.
    ended: &'static str,
    /// What a row forgets once its end was told.
    forgotten: &'static str,
}

const ASKS: Table = Table { name: "asks", columns: ASK, open: "state = 'open'", ended: "ended_at", forgotten: "" };
const COMMANDS: Table = Table {
    name: "commands",
    columns: COMMAND,
    open: "state IN ('pending_confirmation', 'dispatched', 'running')",
    ended: "updated_at",
    forgotten: ", reply = NULL",
};
const VERIFICATIONS: Table =
    Table { name: "verifications", columns: VERIFICATION, open: "state = 'pending'", ended: "ended_at", forgotten: "" };

/// The end of one row.
struct Ending {
    key: Key,
    state: &'static str,
    version: u32,
    at: Timestamp,
}

impl Store {
    /// Ends asks whose time is over, the earliest first and at most 1,024; returns how many. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn expire_asks(&self, now: Timestamp) -> Result<usize, StoreError> {
        let ending = |row: &QueryResult| {
            let Ask { key, version, end: Some(end), .. } = ask_of(row).ok()?.expired(now)?.ask else { return None };
            Some(Ending { key, state: end.state.as_str(), version, at: end.at })
        };
        self.expire(&ASKS, now, ending).await
    }

    /// The same for commands.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn expire_commands(&self, now: Timestamp) -> Result<usize, StoreError> {
        let ending = |row: &QueryResult| {
            let Command { key, version, state, updated_at, .. } = command_of(row).ok()?.expired(now)?.command;
            Some(Ending { key, state: state.as_str(), version, at: updated_at })
        };
        self.expire(&COMMANDS, now, ending).await
    }

    /// The same for verifications.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn expire_verifications(&self, now: Timestamp) -> Result<usize, StoreError> {
        let ending = |row: &QueryResult| {
            let Verification { key, version, state, .. } = verification_of(row).ok()?.expired(now)?.verification;
            Some(Ending { key, state: state.as_str(), version, at: now })
        };
        self.expire(&VERIFICATIONS, now, ending).await
    }

    /// Asks that have expired or were cancelled and of which nobody was told, those that ended first before the others: at
    /// most 1,024.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn untold_asks(&self) -> Result<Vec<Ask>, StoreError> {
        self.untold(&ASKS).await?.iter().map(ask_of).collect()
    }

    /// Commands that have expired, or that could not be delivered, in the same way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn untold_commands(&self) -> Result<Vec<Command>, StoreError> {
        self.untold(&COMMANDS).await?.iter().map(command_of).collect()
    }

    /// Verifications that have ended in any way, in the same order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn untold_verifications(&self) -> Result<Vec<Verification>, StoreError> {
        self.untold(&VERIFICATIONS).await?.iter().map(verification_of).collect()
    }

    /// Notes that the ends of these asks were published.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn asks_told(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.told(&ASKS, keys).await
    }

    /// Notes that the ends of these commands were published, and forgets where whoever had asked for them was told.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn commands_told(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.told(&COMMANDS, keys).await
    }

    /// Notes that the ends of these verifications were published.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn verifications_told(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.told(&VERIFICATIONS, keys).await
    }

    /// `ending` is None for a row that does not end, and for one that only a newer version can read: it leaves that to the
    /// newer version, and ends the others.
    async fn expire(
        &self,
        table: &Table,
        now: Timestamp,
        ending: impl Fn(&QueryResult) -> Option<Ending>,
    ) -> Result<usize, StoreError> {
        let Table { name, columns, open, .. } = table;
        let due = format!(
            "SELECT {columns} FROM {name} WHERE {open} AND expires_at <= $1 ORDER BY expires_at, tenant, id \
             LIMIT {GROUP} {{skip_locked}}"
        );
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(&due, &[Value::Int(Some(now.as_micros()))]).await?;
        let endings: Vec<Ending> = rows.iter().filter_map(ending).collect();
        let ended = end(&mut session, table, &endings).await?;
        session.commit().await?;
        Ok(ended)
    }

    async fn untold(&self, table: &Table) -> Result<Vec<QueryResult>, StoreError> {
        let Table { name, columns, ended, .. } = table;
        let sql = format!("SELECT {columns} FROM {name} WHERE untold ORDER BY {ended}, tenant, id LIMIT {GROUP}");
        self.inner.db.reader().query(&sql, &[]).await
    }

    async fn told(&self, table: &Table, keys: &[Key]) -> Result<(), StoreError> {
        let Table { name, forgotten, .. } = table;
        let sql = format!(
            "UPDATE {name} SET untold = FALSE{forgotten} FROM {{u}} WHERE {name}.tenant = u.tenant AND {name}.id = u.id \
             RETURNING {name}.id"
        );
        for keys in keys.chunks(GROUP) {
            self.inner.db.writer().query_group(&sql, &keys_group(keys.iter())).await?;
        }
        Ok(())
    }
}

/// Writes ends over the versions before them; returns how many rows still had those.
async fn end(session: &mut Session, table: &Table, endings: &[Ending]) -> Result<usize, StoreError> {
    let Table { name, ended, .. } = table;
    let sql = format!(
        "UPDATE {name} SET state = u.state, version = u.version, {ended} = u.ended, untold = TRUE FROM {{u}} \
         WHERE {name}.tenant = u.tenant AND {name}.id = u.id AND {name}.version = u.version - 1 RETURNING {name}.id"
    );
    let each = || endings.iter();
    let group = Group::of(endings.len())
        .text("tenant", each().map(|ending| ending.key.tenant.as_str()))
        .text("id", each().map(|ending| ending.key.id.as_str()))
        .text("state", each().map(|ending| ending.state))
        .int("version", each().map(|ending| i64::from(ending.version)))
        .int("ended", each().map(|ending| ending.at.as_micros()));
    Ok(session.query_group(&sql, &group).await?.len())
}
