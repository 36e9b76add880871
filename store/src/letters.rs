//! The dead letters as they were last read, and what operators do with them. The queue is the truth about what is there:
//! these tables are an index of it, and remember what was asked for.
//!
//! `index` is what a reader writes while it reads, `reader` who reads, `list` and `groups` what operators look at, `plan`
//! what they ask for, `outlook` what is worth knowing before it begins, `kept` what was read of it last, `work` how a job goes
//! on, `failures` what it could not do, `archive` what was taken out of the queue, `edit` what was sent in the place of a
//! letter, `of_delivery` those of one id, and `close` the rows whose letters are not there any more.

mod archive;
mod close;
mod edit;
mod failures;
mod groups;
mod index;
mod kept;
mod list;
mod of_delivery;
mod outlook;
mod plan;
mod reader;
mod work;

use std::time::Duration;

use domain::{Lane, RecipientHash, Tenant, Timestamp};

pub use archive::{Archived, KeptLetter};
pub use edit::{EditedLetter, LetterEdit, OpenedLetter, Redirected, Reserved};
pub use failures::FailedLetter;
pub use groups::{LetterGroup, Life};
pub use index::{LastAttempt, Sort};
pub use kept::{FailedReading, KeptReading};
pub use list::{LETTER_LOOK, LetterCursor, LetterPage};
pub use of_delivery::{LetterWork, TakenLetter};
pub use outlook::{AtIt, LetterSample, Outlook};
pub use plan::{Counted, LetterJob, LetterPlan, MAX_PLANS, PlanMade, Redirect, ReplayRule};
pub use reader::{LetterPass, Reading};
pub use work::{Chosen, Item, RunningJob};

/// How long it may take to look up what is known of the letters of a window.
const WINDOW_LIMIT: Duration = Duration::from_secs(30);

/// In the place of the channel of a letter that is from the queue of providers' calls and is none, such as what a service has
/// said of a command: nothing can be sent for it. No channel is called so.
pub const OF_NO_CALL: &str = "inbound queue";

/// A letter of the dead-letter queue. What is not known is empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexedLetter {
    /// Its name.
    pub letter: String,
    pub tenant: Tenant,
    /// The id of its delivery.
    pub id: String,
    /// How often it was moved before.
    pub epoch: u32,
    pub lane: Lane,
    pub channel: String,
    pub provider: String,
    /// The outcome of the last attempt.
    pub class: String,
    pub code: String,
    pub template: String,
    pub reason: String,
    pub error: String,
    pub fingerprint: String,
    pub attempts: u32,
    pub dead_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// How many equal messages without an id have this name. Of one with an id there is one, however often it lies there.
    pub copies: u32,
}

/// Which letters. An empty list stands for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LetterFilter {
    pub tenant: Tenant,
    /// The names of letters.
    pub letters: Vec<String>,
    /// The fingerprint of a group.
    pub group: Option<String>,
    /// The id of the delivery.
    pub id: Option<String>,
    /// Dead at this time or later.
    pub from: Option<Timestamp>,
    /// Dead before this time.
    pub until: Option<Timestamp>,
    /// Every hash that the recipient may have, as the rows of deliveries have it: a letter without a row has none. An empty
    /// list stands for every recipient.
    pub recipient: Vec<RecipientHash>,
    pub channel: Option<String>,
    pub provider: Option<String>,
    pub reason: Option<String>,
    pub code: Option<String>,
    pub template: Option<String>,
    pub lane: Option<Lane>,
}

/// What a job does with letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetterAction {
    /// Publish each to its lane, with a fresh budget.
    Replay,
    /// Take each out of the queue, and keep it.
    Drop,
    /// Put each that was dropped back into the queue.
    Restore,
    /// Send each by another channel, as a delivery of its own, and keep the letter as a drop does.
    Redirect,
    /// Keep the one letter in whose place an operator has sent another delivery, as a drop does.
    Edit,
    /// End the rows of deliveries whose letters are not in the queue any more.
    Close,
}

/// Where a plan, or the job that it became, stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    Planned,
    Running,
    /// It waits for an operator, and says why.
    Paused,
    Cancelled,
    Done,
}

impl LetterAction {
    /// Every action, in the order in which they are told.
    pub const ALL: [Self; 6] = [Self::Replay, Self::Drop, Self::Restore, Self::Redirect, Self::Edit, Self::Close];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Drop => "drop",
            Self::Restore => "restore",
            Self::Redirect => "redirect",
            Self::Edit => "edit",
            Self::Close => "close",
        }
    }

    /// Whether something is sent for each letter, so that it is worth a look what becomes of the first ones.
    pub const fn sends(self) -> bool {
        matches!(self, Self::Replay | Self::Redirect)
    }

    /// Whether its letters are those of the queue.
    pub const fn is_of_the_queue(self) -> bool {
        !matches!(self, Self::Restore | Self::Close)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

impl JobState {
    const ALL: [Self; 5] = [Self::Planned, Self::Running, Self::Paused, Self::Cancelled, Self::Done];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
