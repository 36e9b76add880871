//! An inbox as it is shown, and what is answered where it is not.

use std::convert::Infallible;

use axum::http::StatusCode;
use domain::{InboxCounters, InboxMarks, Timestamp};
use operations::inbox::{Inboxes, NotInbox};
use serde::Serialize;
use serde_json::Value;
use store::InboxItem;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::app::App;
use crate::done::done;
use crate::unavailable::{broker_failed, broker_problem};

/// Where an inbox stands. Show these numbers, and count nothing yourself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountersAnswer {
    /// How many items are not read.
    unread: i64,
    /// How many items were not shown yet.
    unseen: i64,
    /// Counts what has changed in the inbox: the cursor for `since`.
    seq: i64,
    /// Stands for the life of the inbox: the other half of the cursor.
    epoch: i64,
}

impl From<InboxCounters> for CountersAnswer {
    fn from(counters: InboxCounters) -> Self {
        let InboxCounters { seq, epoch, unread, unseen } = counters;
        Self { unread, unseen, seq, epoch }
    }
}

/// What was changed is told by where the inbox stands after it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxChangedAnswer {
    counters: CountersAnswer,
}

impl From<InboxCounters> for InboxChangedAnswer {
    fn from(counters: InboxCounters) -> Self {
        Self { counters: counters.into() }
    }
}

/// One item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxItemAnswer {
    /// The id of its delivery.
    id: String,
    /// The change of the inbox by which it came: a later item has a higher one.
    seq: i64,
    /// What it is about, as the application names such things.
    #[schema(example = "solicitud_nueva")]
    kind: String,
    /// `low`, `normal`, `high` or `urgent`.
    priority: &'static str,
    title: Option<String>,
    body: String,
    /// The publisher's own.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// What its user can do: `url`, and perhaps `label`.
    #[schema(value_type = Option<Object>)]
    action: Option<Value>,
    #[schema(format = DateTime)]
    posted_at: String,
    /// When it was shown first.
    #[schema(format = DateTime)]
    seen_at: Option<String>,
    #[schema(format = DateTime)]
    read_at: Option<String>,
    #[schema(format = DateTime)]
    archived_at: Option<String>,
    /// Until then it is not to be shown.
    #[schema(format = DateTime)]
    snoozed_until: Option<String>,
    /// The change of the inbox that was the last of it.
    changed_seq: i64,
}

pub(super) fn item(item: InboxItem) -> InboxItemAnswer {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let object = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    let InboxMarks { seen_at, read_at, archived_at, snoozed_until } = item.marks;
    InboxItemAnswer {
        id: item.key.id,
        seq: item.seq,
        kind: item.kind,
        priority: item.priority.as_str(),
        title: item.title,
        body: item.body,
        data: object(item.data),
        action: object(item.action),
        posted_at: item.posted_at.to_string(),
        seen_at: at(seen_at),
        read_at: at(read_at),
        archived_at: at(archived_at),
        snoozed_until: at(snoozed_until),
        changed_seq: item.changed_seq,
    }
}

/// What the use cases of inboxes stand on.
pub(super) fn inboxes(app: &App) -> Inboxes<'_> {
    Inboxes {
        store: &app.store,
        publisher: &app.publisher,
        telling: app.settings.telling,
        defaults: &app.defaults,
        recipients: &app.recipients,
        clock: app.clock.as_ref(),
    }
}

/// The answer to somebody who is shown no inbox, or whose wish was not done.
pub(super) fn refused(why: NotInbox) -> Problem {
    match why {
        NotInbox::NotDone(not_done) => {
            let Err(problem) = done::<Infallible>(Err(not_done));
            problem
        }
        NotInbox::NoUser => Problem::new(
            StatusCode::CONFLICT,
            "no-user",
            "The token is of no user",
            "Its subject cannot be the id of a user, so that nothing can be in an inbox of it: name one with user.",
        ),
        NotInbox::Unknown => {
            Problem::not_found("unknown-item", "There is no such item", "GET /inbox lists what is in the inbox.")
        }
        NotInbox::Unconfirmed(error) => {
            broker_failed(&error);
            broker_problem("It is done, and other windows of the user are not told yet: repeat it, which tells them.")
        }
    }
}
