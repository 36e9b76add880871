//! `GET /console/overview/stream`: the live part of the overview, whenever it has changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Actor, Scope, Timestamp};
use futures_util::stream;
use operations::overview::Overview;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, interval_at, sleep};

use super::live::live;
use super::whose;
use crate::console::Console;
use crate::doors::SessionUnknown;
use crate::feed::{Place, Rendered, Topic};
use crate::pieces::harmless::harmless;
use crate::session::Viewer;

/// How often it is looked whether anything has changed.
const EVERY: Duration = Duration::from_secs(2);
/// How often the ledger is asked whether the session is still in force.
const SESSION_EVERY: Duration = Duration::from_secs(30);
/// How often it is looked whether anything was changed about the user: this process has a copy of that, which is at most a
/// few seconds old and read once for all.
const USER_EVERY: Duration = Duration::from_secs(1);
/// Below the time after which proxies give a silent answer up. It is an event, and no comment, which pages do not see: one that
/// has none for more than two of them says that it is stale.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Has proxies pass on what comes as it comes.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One reader of the stream.
struct Reader {
    console: Console,
    /// By these its session is found.
    headers: HeaderMap,
    /// Whose session it is, with what they might do when the stream began.
    actor: Actor,
    /// When the session was last known to be in force.
    known_at: Timestamp,
    told: watch::Receiver<Rendered>,
    session: Interval,
    user: Interval,
    _place: Place,
}

pub(super) async fn stream(State(console): State<Console>, viewer: Viewer, headers: HeaderMap) -> Response {
    if viewer.actor.must(Scope::Read).is_err() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(place) = console.feed.place(&viewer.actor.name) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let topic = (whose(&viewer), viewer.look.lang);
    let mut told = console.feed.read(&topic, |sender| {
        tokio::spawn(write(console.clone(), topic.clone(), sender));
    });
    // Whoever comes back has missed something.
    told.mark_changed();
    let every = |period: Duration| interval_at(Instant::now() + period, period);
    let (session, user, known_at) = (every(SESSION_EVERY), every(USER_EVERY), console.clock.now());
    let reader = Reader { console, headers, actor: viewer.actor, known_at, told, session, user, _place: place };
    let events = stream::unfold(reader, |mut reader| async move {
        let rendered = reader.next().await?;
        Some((Ok::<_, Infallible>(Event::default().data(rendered)), reader))
    });
    let mut response = Sse::new(events).keep_alive(alive()).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}

/// What says that the server is there while nothing changes.
fn alive() -> KeepAlive {
    KeepAlive::new().interval(KEEP_ALIVE).event(Event::default().event("alive").data(""))
}

impl Reader {
    /// What has changed. None when the stream is to end: with the process, with the session, or because its writer is
    /// gone. Then the reader asks again, and is answered what is right by then.
    async fn next(&mut self) -> Option<Rendered> {
        loop {
            let (told, is_due) = tokio::select! {
                () = self.console.ending.cancelled() => return None,
                changed = self.told.changed() => {
                    changed.ok()?;
                    let rendered = Arc::clone(&self.told.borrow_and_update());
                    (Some(rendered), false)
                }
                _ = self.user.tick() => (None, false),
                _ = self.session.tick() => (None, true),
            };
            let is_doubted = self.console.is_revoked(&self.actor.name, self.known_at).await;
            if (is_due || is_doubted) && self.is_over(is_doubted).await {
                return None;
            }
            if let Some(rendered) = told.filter(|rendered| !rendered.is_empty()) {
                return Some(rendered);
            }
        }
    }

    /// Whether the session has ended. Whoever may do other things now may see other things, too: it asks again. While
    /// nobody can say, the session is as it was, unless something was changed about its user.
    async fn is_over(&mut self, is_doubted: bool) -> bool {
        let now = self.console.clock.now();
        let found = self.console.doors.actor_of(&self.headers).await;
        match found {
            Ok(Some(found)) if found == self.actor => {
                self.known_at = now;
                false
            }
            Ok(_) => true,
            Err(SessionUnknown) => is_doubted,
        }
    }
}

/// Renders the live part for all readers of a topic, once for each change, until nobody reads it.
async fn write(console: Console, topic: Topic, sender: watch::Sender<Rendered>) {
    let (tenant, lang) = &topic;
    let mut shown = None;
    while console.feed.is_read(&topic, &sender) {
        let overview = console.overview.look(tenant.clone()).await;
        console.known.hear(&overview);
        let seen = Some(without_times(&overview));
        if shown != seen {
            shown = seen;
            let carriers = &console.settings.carriers;
            let part = harmless(live(&overview, carriers, *lang, console.clock.now()));
            sender.send_replace(part.into_string().into());
        }
        tokio::select! {
            () = console.ending.cancelled() => break,
            () = sleep(EVERY) => {}
        }
    }
}

/// The overview without what passes by itself: a fleet at rest has nothing to tell.
fn without_times(overview: &Overview) -> Overview {
    let never = Timestamp::default();
    let mut rest = overview.clone();
    rest.at = never;
    rest.span.since = never;
    for known in [&mut rest.broker, &mut rest.ledger] {
        if known.problem.is_none() {
            known.at = None;
        }
    }
    rest.history.iter_mut().for_each(|minute| minute.began = never);
    rest.providers.iter_mut().for_each(|provider| provider.noted_at = None);
    rest
}
