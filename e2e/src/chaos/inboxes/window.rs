//! A client of one user, as a browser with `EventSource` is one: it listens to a stream, shows what it is told, and comes back
//! to another gateway with the last place that it knows.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use domain::InboxCounters;
use reqwest::Client;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::frames::{self, Frame};
use super::token::token;
use crate::chaos::reconcile::inboxes::{Inbox, Item, Shown};

/// How long a stream may say nothing: far longer than the interval of its signs of life.
const SILENT: Duration = Duration::from_secs(12);
const AGAIN_AFTER: Duration = Duration::from_millis(300);
/// How long a client stays with the gateway that it likes best: longer than any run.
const AT_HOME: Duration = Duration::from_secs(86_400);
/// How long it stays with another.
const ELSEWHERE: Duration = Duration::from_secs(2);

/// One client, and what it shows.
pub(super) struct Window {
    user: String,
    name: String,
    /// How long its tokens are good for.
    token_seconds: i64,
    page: Mutex<Page>,
    reload: Notify,
}

#[derive(Default)]
struct Page {
    inbox: Inbox,
    /// Up to there it was told everything.
    place: Option<String>,
}

/// Whether a client goes on with its stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Then {
    GoOn,
    /// Something was missed, or may have been.
    ComeBack,
}

impl Window {
    pub(super) fn new(user: &str, number: usize, token_seconds: i64) -> Self {
        let name = format!("client {number} of {user}");
        Self { user: user.to_owned(), name, token_seconds, page: Mutex::default(), reload: Notify::new() }
    }

    /// Listens until it is dropped: to one gateway for as long as that goes, and then for a while to the other.
    pub(super) async fn listen(&self, http: &Client, [home, other]: [&str; 2]) {
        for (gateway, stays) in [(home, AT_HOME), (other, ELSEWHERE)].into_iter().cycle() {
            tokio::select! {
                // How it ends makes no difference: whoever has lost a stream comes back.
                _ended = self.hear_out(http, gateway) => {}
                () = self.reload.notified() => {}
                () = sleep(stays) => {}
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    /// Asks anew for what it may have missed, as somebody does who loads a page again.
    pub(super) fn reload(&self) {
        self.reload.notify_one();
    }

    /// The number of the change by which an item came, once it is shown.
    pub(super) fn seq_of(&self, id: &str) -> Option<i64> {
        self.page().inbox.items.get(id).map(|item| item.seq)
    }

    /// The items that came no later than this change.
    pub(super) fn items_through(&self, seq: i64) -> Vec<String> {
        let page = self.page();
        page.inbox.items.iter().filter(|(_, item)| item.seq <= seq).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn shown(&self) -> Shown {
        Shown { user: self.user.clone(), window: self.name.clone(), inbox: self.page().inbox.clone() }
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears one stream out.
    async fn hear_out(&self, http: &Client, gateway: &str) -> Result<()> {
        let url = format!("{gateway}/realtime/events");
        let mut request = http.get(url).bearer_auth(token(&self.user, self.token_seconds));
        if let Some(place) = self.page().place.clone() {
            request = request.header("last-event-id", place);
        }
        let mut stream = timeout(SILENT, request.send()).await??.error_for_status()?;
        let mut come = Vec::new();
        while let Some(chunk) = timeout(SILENT, stream.chunk()).await?? {
            come.extend_from_slice(&chunk);
            for frame in frames::take(&mut come)? {
                if self.hear(frame) == Then::ComeBack {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn hear(&self, Frame { event, data, id }: Frame) -> Then {
        let mut page = self.page();
        let then = match event.as_str() {
            "ready" => page.begin(&data["inbox"]),
            "inbox" => page.change(&data),
            "resync" | "token_ended" | "going_away" => Then::ComeBack,
            _ => Then::GoOn,
        };
        if then == Then::GoOn && id.is_some() {
            page.place = id;
        }
        then
    }
}

impl Page {
    /// Shows what has come since the place, or what there is where that cannot be told.
    fn begin(&mut self, standing: &Value) -> Then {
        // A gateway whose ledger is away says nothing of the inbox.
        let Some(counters) = counters(standing) else { return Then::ComeBack };
        if self.place.is_none() || standing["complete"] != true {
            self.inbox.items.clear();
        }
        standing["items"].as_array().into_iter().flatten().for_each(|item| self.show(item));
        self.inbox.counters = counters;
        Then::GoOn
    }

    fn change(&mut self, event: &Value) -> Then {
        let (Some(told), true) = (counters(event), event["item"].is_object()) else { return Then::ComeBack };
        let known = self.inbox.counters;
        self.show(&event["item"]);
        if told.seq > known.seq {
            self.inbox.counters = told;
        }
        // Of several items that are read at once the event names one.
        let may_be_of_several = event["event"] == "read" && told.seq > known.seq && !is_of_one(known, told);
        if may_be_of_several { Then::ComeBack } else { Then::GoOn }
    }

    /// Of two states of an item the later one counts, in whatever order they come.
    fn show(&mut self, item: &Value) {
        let Some(id) = item["id"].as_str() else { return };
        let number = |name: &str| item[name].as_i64().unwrap_or_default();
        let (seq, changed_seq) = (number("seq"), number("changed_seq"));
        let is_known = self.inbox.items.get(id).is_some_and(|known| known.changed_seq > changed_seq);
        if !is_known {
            let (is_seen, is_read) = (!item["seen_at"].is_null(), !item["read_at"].is_null());
            self.inbox.items.insert(id.to_owned(), Item { seq, changed_seq, is_seen, is_read });
        }
    }
}

/// Whether one item was read between the two.
fn is_of_one(before: InboxCounters, after: InboxCounters) -> bool {
    after.seq == before.seq + 1 && after.unread + 1 == before.unread
}

fn counters(told: &Value) -> Option<InboxCounters> {
    let number = |name: &str| told[name].as_i64();
    Some(InboxCounters {
        seq: number("seq")?,
        epoch: number("epoch")?,
        unread: number("unread")?,
        unseen: number("unseen")?,
    })
}
