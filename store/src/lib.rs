//! The ledger and the jobs on Postgres or SQLite: the only crate besides `migrations` that speaks SQL.
//!
//! A [`Store`] is a cheap handle. The worker's two moves are [`Store::claim_to_send`] and [`Store::record`]. Both are committed
//! in groups: while one commit is in flight, what arrives becomes the next group, so that nothing waits when the load
//! is low. Every move can be repeated after [`StoreError::Unavailable`], which the [`LedgerBreaker`] does.
//!
//! Read in this order: `store` is the [`Store`]; `ledger` has the tables of what is sent, `endpoints` who is told of
//! it, `accounts` the users, `people` the suppression list, `letters` the dead letters, `faults` what goes wrong in the
//! sandbox, `files` what is stored, `inbox` the inboxes of users and the topics that they are members of, `asks` what people are asked,
//! `leases` what one process does at a time, `presence` who is connected to a gateway, `gateways` how these are, and `journal` who did what;
//! `writers` wires the moves that are committed in groups; `sql` knows both databases and no table.

mod accounts;
mod asks;
mod breaker;
mod endpoints;
mod error;
mod faults;
mod files;
mod gateways;
mod inbox;
mod journal;
mod leases;
mod ledger;
mod letters;
mod limits;
mod options;
mod pauses;
mod people;
mod presence;
mod providers;
mod settings;
mod sql;
mod store;
mod writers;

#[cfg(test)]
mod tests;

pub use accounts::{
    ApiKey, Changed, KeyCursor, KeyPage, KeyRotation, Login, MAX_KEYS, MadeKey, NewKey, NewSession, NewUser,
    OpenSession, Revocations, Standing, User, UserChange, UserPage, UserSession,
};
pub use asks::{
    AskAnswered, AskCancelled, AskCopy, AskCursor, AskFilter, AskFound, AskOpened, AskPage, AskedPerson, CommandCursor,
    CommandFilter, CommandMade, CommandPage, ConversionBy, Converted, VerificationCursor, VerificationFilter,
    VerificationMade, VerificationPage,
};
pub use breaker::{LedgerBreaker, RetryLimit, StepError};
pub use endpoints::{Endpoint, MAX_ENDPOINTS, Made, Rotated, Rotation};
pub use error::{MigrateError, StoreError};
pub use faults::SandboxFault;
pub use files::{FileBegun, FileQuota, FileState, FileUsage, KeptFile};
pub use gateways::{Gateway, GatewayFigures, GatewayRoom, LargeRoom};
pub use inbox::{FanOut, InboxCursor, InboxFilter, InboxItem, InboxKept, InboxLimits, InboxPage, MemberPut, Post};
pub use journal::{
    JOURNAL_LOOK, JournalCursor, JournalEntry, JournalFilter, JournalHead, JournalPage, VerifiedJournal, WrongEntry,
};
pub use ledger::{
    Ahead, Cancel, Capture, CapturedPage, CapturedView, Claimed, Cursor, DeliveryView, Filter, FinishedJob, Hurried,
    Job, JobFilter, JobKind, JobPage, JobPause, JobSummary, KeptReport, LOOK, LOOK_BY_ID, Lately, LatelyGroup,
    MAX_PAGE, Page, Patience, Pruned, Put, Receipt, Recorded, RowLease, Sight, Soonest, StuckCounts, StuckDelivery,
    StuckJob, Target, Took, USUAL_PAGE,
};
pub use letters::{
    Archived, AtIt, Chosen, Counted, EditedLetter, FailedLetter, FailedReading, IndexedLetter, Item, JobState,
    KeptLetter, KeptReading, LETTER_LOOK, LastAttempt, LetterAction, LetterCursor, LetterEdit, LetterFilter,
    LetterGroup, LetterJob, LetterPage, LetterPass, LetterPlan, LetterSample, LetterWork, Life, MAX_PLANS, OF_NO_CALL,
    OpenedLetter, Outlook, PlanMade, Reading, Redirect, Redirected, ReplayRule, Reserved, RunningJob, Sort,
    TakenLetter,
};
pub use limits::{Leased, LimitUse};
pub use options::Options;
pub use pauses::{MAX_PAUSES, PauseMade};
pub use people::{
    Contact, ContactAddress, ContactLinked, ContactPut, Lift, LiftFilter, LiftPage, MAX_ADDRESSES, MAX_CONTACTS,
    MOST_OF_ACCOUNT, SuppressionCursor, SuppressionFilter, SuppressionPage, Which,
};
pub use presence::{Present, PresentUser};
pub use providers::ProviderState;
pub use settings::Settings;
pub use sql::{Filtering, PageCursor, fingerprint};
pub use store::Store;
