//! Lets somebody in whose token is believed, and says first what a client needs to begin.

use std::sync::Arc;

use runtime::failpoint;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clients::{Client, Outlet, TooManyOfOne};
use crate::identity::Identity;
use crate::inbox::{News, Since};
use crate::message::{Cursor, Message};
use crate::room::Room;
use crate::shared::Shared;

/// What clients know that by which they begin by.
const READY: &str = "ready";

/// A client that is let in. It is let go when this is dropped.
pub(crate) struct Entered {
    pub(crate) client: Arc<Client>,
    pub(crate) since: Since,
    shared: Arc<Shared>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.shared.clients.leave(&self.client);
    }
}

/// What a client is told first.
#[derive(Serialize)]
struct Ready<'a> {
    tenant: &'a str,
    user: &'a str,
    /// When its token ends, in RFC 3339.
    ends_at: String,
    /// The rooms that it is in without having asked.
    rooms: Vec<String>,
    /// What has come since it was here. Absent where the inbox cannot be asked now: the client asks once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox: Option<Standing<'a>>,
}

/// Where an inbox stands, and what has come after the place that a client has named.
#[derive(Serialize)]
pub(crate) struct Standing<'a> {
    epoch: i64,
    seq: i64,
    unread: i64,
    unseen: i64,
    /// Whether the items are all. If not, they are the newest, and the client forgets what else it has.
    complete: bool,
    items: &'a [Box<RawValue>],
}

impl<'a> From<&'a News> for Standing<'a> {
    fn from(news: &'a News) -> Self {
        let News { items, complete, epoch, seq, unread, unseen } = news;
        Self { epoch: *epoch, seq: *seq, unread: *unread, unseen: *unseen, complete: *complete, items }
    }
}

/// Lets somebody in, into the rooms that are its own.
///
/// # Errors
/// [`TooManyOfOne`].
pub(crate) fn enter(
    shared: &Arc<Shared>,
    identity: Identity,
    since: Since,
    outlet: Outlet,
) -> Result<Entered, TooManyOfOne> {
    let client = shared.clients.enter(identity, outlet)?;
    let entered = Entered { client, since, shared: Arc::clone(shared) };
    for room in own_rooms(shared, &entered.client.identity()) {
        shared.clients.join(&entered.client, room, shared.settings.max_rooms);
    }
    Ok(entered)
}

/// The rooms that somebody is in without having asked: its own, and that of its role.
fn own_rooms(shared: &Shared, identity: &Identity) -> Vec<Room> {
    let of_role = identity.role.as_ref().and_then(|role| shared.mapping.role_room(&identity.tenant, role));
    identity.own_room().into_iter().chain(of_role).collect()
}

/// What a client is told first. The inbox is asked once the client hears what happens to it, so that nothing falls between.
pub(crate) async fn ready(shared: &Shared, client: &Client, since: Since) -> Message {
    let identity = client.identity();
    let news = match (shared.inbox.since)(identity.person(), since).await {
        Ok(news) => Some(news),
        Err(error) => {
            tracing::debug!(%error, "an inbox could not be asked for what a client has missed");
            None
        }
    };
    failpoint("gateway.missed_read");
    let ready = Ready {
        tenant: identity.tenant.as_str(),
        user: &identity.user,
        ends_at: client.ends().to_string(),
        rooms: own_rooms(shared, &identity).iter().map(ToString::to_string).collect(),
        inbox: news.as_ref().map(Standing::from),
    };
    let message = Message::new(READY, &ready).unwrap_or_else(|| Message::bare(READY));
    match &news {
        Some(news) => message.at(Cursor { epoch: news.epoch, seq: news.seq }),
        None => message,
    }
}
