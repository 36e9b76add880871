//! Commands page by page, the newest first. A page is read by an index of the tenant; of what is asked for besides it looks at so
//! many commands at most, and the next page goes on behind them.

use domain::{Command, CommandState, Tenant, Timestamp};

use super::commands::{COMMAND, command_of};
use crate::error::StoreError;
use crate::sql::{Asked, Conditions, Filtering, PAGE_LOOK, PageCursor, Pager, fingerprint};
use crate::store::Store;

const COMMANDS: Pager = Pager { table: "commands", columns: &[COMMAND], time: "created_at" };

/// Where a page of commands ended.
pub type CommandCursor = PageCursor;

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

impl Filtering for CommandFilter {
    fn fingerprint(&self) -> String {
        let Self { tenant, state, service, requested_by, from, until, after: _, limit: _ } = self;
        let words = (
            (tenant.as_str(), state.map(CommandState::as_str), service, requested_by),
            (from.map(Timestamp::as_micros), until.map(Timestamp::as_micros)),
        );
        fingerprint("commands", words, &[])
    }
}

impl Store {
    /// A page of the commands of a tenant. Where more than the time is asked for, it looks at 10,000 commands at most, and
    /// may have fewer than there are. The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn commands(&self, filter: &CommandFilter) -> Result<CommandPage, StoreError> {
        self.commands_within(filter, PAGE_LOOK).await
    }

    /// The same by looking at so many commands at most.
    pub(crate) async fn commands_within(&self, filter: &CommandFilter, look: usize) -> Result<CommandPage, StoreError> {
        let besides = [
            ("state", filter.state.map(CommandState::as_str)),
            ("service", filter.service.as_deref()),
            ("requested_by", filter.requested_by.as_deref()),
        ];
        let asked = Asked {
            by_index: Conditions::equal(&[("tenant", Some(filter.tenant.as_str()))]),
            besides: &besides,
            from: filter.from,
            until: filter.until,
            after: filter.after.as_ref(),
            limit: filter.limit,
            look,
        };
        let found = COMMANDS.page(&self.inner.db, filter, asked, command_of).await?;
        Ok(CommandPage { commands: found.rows, next: found.next })
    }
}
