//! Commands page by page, the newest first. A page is read by an index of the tenant; of what is asked for besides it looks at so
//! many commands at most, and the next page goes on behind them.

use std::fmt;

use domain::{Command, CommandState, Tenant, Timestamp};

use super::commands::{COMMAND, command_of};
use super::is_storable;
use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

/// At so many commands one page looks at most where more than the time was asked for.
const LOOK: usize = 20_000;

/// Which commands to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandFilter {
    pub tenant: Tenant,
    pub state: Option<CommandState>,
    pub service: Option<String>,
    pub requested_by: Option<String>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
    pub after: Option<CommandCursor>,
    /// How many at most, not zero.
    pub limit: usize,
}

/// Commands, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandPage {
    pub commands: Vec<Command>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<CommandCursor>,
}

/// Where a page ended. Its text is opaque and fits in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandCursor {
    at: i64,
    id: String,
}

impl CommandCursor {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let id = Some(id).filter(|id| !id.is_empty() && is_storable(id))?;
        Some(Self { at: at.parse().ok()?, id: id.to_owned() })
    }
}

impl fmt::Display for CommandCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl Store {
    /// A page of the commands of a tenant. Where more than the time is asked for, it looks at 20,000 commands at most, and
    /// may have fewer than there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn commands(&self, filter: &CommandFilter) -> Result<CommandPage, StoreError> {
        self.commands_within(filter, LOOK).await
    }

    /// The same by looking at so many commands at most.
    pub(crate) async fn commands_within(&self, filter: &CommandFilter, look: usize) -> Result<CommandPage, StoreError> {
        if [&filter.service, &filter.requested_by].into_iter().flatten().any(|text| !is_storable(text)) {
            return Ok(CommandPage { commands: Vec::new(), next: None });
        }
        let wanted = Wanted::of(filter);
        let rows = self.inner.db.hasty_query(&wanted.page(filter.limit, look), &wanted.values).await?;
        let read = rows.iter().take(filter.limit).map(command_of);
        let commands: Vec<Command> = read.collect::<Result<_, StoreError>>()?;
        let next = if rows.len() > filter.limit {
            commands.last().map(|last| CommandCursor { at: last.created_at.as_micros(), id: last.key.id.clone() })
        } else {
            self.last_command_looked_at(&wanted, look).await?
        };
        Ok(CommandPage { commands, next })
    }

    /// The last command that a page has looked at which has not seen all. None for one that has.
    async fn last_command_looked_at(
        &self,
        wanted: &Wanted<'_>,
        look: usize,
    ) -> Result<Option<CommandCursor>, StoreError> {
        if wanted.besides.is_none() {
            return Ok(None);
        }
        let last = look.saturating_sub(1);
        let sql = format!(
            "SELECT created_at, id FROM commands WHERE {} ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET {last}",
            wanted.by_index
        );
        let rows = self.inner.db.hasty_query(&sql, &wanted.values[..wanted.of_index]).await?;
        rows.first().map(|row| Ok(CommandCursor { at: get(row, "created_at")?, id: get(row, "id")? })).transpose()
    }
}

/// What was asked for, as conditions on columns.
struct Wanted<'a> {
    /// By these an index is read: the tenant, the time, and where the page begins.
    by_index: String,
    /// Of these it only looks whether they hold. None where that is all.
    besides: Option<String>,
    values: Vec<Value<'a>>,
    /// How many of the values belong to the index.
    of_index: usize,
}

impl<'a> Wanted<'a> {
    fn of(filter: &'a CommandFilter) -> Self {
        let mut values = vec![Value::Text(Some(filter.tenant.as_str()))];
        let mut conditions = vec!["tenant = $1".to_owned()];
        for (column, time) in [("created_at >=", filter.from), ("created_at <", filter.until)] {
            let Some(time) = time else { continue };
            values.push(Value::Int(Some(time.as_micros())));
            conditions.push(format!("{column} ${}", values.len()));
        }
        if let Some(CommandCursor { at, id }) = &filter.after {
            values.extend([Value::Int(Some(*at)), Value::Text(Some(id))]);
            let (at, id) = (values.len() - 1, values.len());
            conditions.push(format!("created_at <= ${at} AND (created_at, id) < (${at}, ${id})"));
        }
        let of_index = values.len();
        let words = [
            ("state", filter.state.map(CommandState::as_str)),
            ("service", filter.service.as_deref()),
            ("requested_by", filter.requested_by.as_deref()),
        ];
        let mut besides = Vec::new();
        for (column, word) in words {
            let Some(word) = word else { continue };
            values.push(Value::Text(Some(word)));
            besides.push(format!("{column} = ${}", values.len()));
        }
        let besides = (!besides.is_empty()).then(|| besides.join(" AND "));
        Self { by_index: conditions.join(" AND "), besides, values, of_index }
    }

    /// One more than may be shown tells whether there is more.
    fn page(&self, limit: usize, look: usize) -> String {
        let Self { by_index, besides, .. } = self;
        let newest = |most: usize| {
            format!("SELECT {COMMAND} FROM commands WHERE {by_index} ORDER BY created_at DESC, id DESC LIMIT {most}")
        };
        match besides {
            None => newest(limit + 1),
            Some(besides) => format!(
                "SELECT {COMMAND} FROM ({}) AS looked WHERE {besides} ORDER BY created_at DESC, id DESC LIMIT {}",
                newest(look),
                limit + 1
            ),
        }
    }
}
