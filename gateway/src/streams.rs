//! Server-sent events: the same as a socket is told, for whoever only listens.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;
use web::problem::Problem;
use web::query::Parameters;

use crate::clients::{Heard, Outlet};
use crate::door::{full, token_of};
use crate::entry::{self, Entered};
use crate::inbox::Since;
use crate::limits::Seat;
use crate::message::{Cursor, Message};
use crate::shared::Shared;

/// How many events wait for a client that reads slowly, as many as for a socket. Whoever is further behind is cut off, and
/// comes back with the last that it knows.
const WAITING: usize = 128;
/// What a client sends back that has lost its stream.
const LAST_EVENT_ID: &str = "last-event-id";

/// What one stream needs for as long as it lives.
struct Open {
    frames: mpsc::Receiver<Event>,
    over: CancellationToken,
    _entered: Entered,
    _seat: Arc<Seat>,
}

/// `GET /realtime/events?since=&epoch=&topics=`
pub(crate) async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    uri: Uri,
    asked: Result<Parameters, Problem>,
) -> Result<Response, Problem> {
    if shared.stopping.is_cancelled() {
        return Err(full());
    }
    let seat = shared.seats.take().ok_or_else(full)?;
    let token = token_of(&shared, &headers, &uri).ok_or_else(unauthenticated)?;
    let identity = shared.tokens.identity(&token, shared.mapping.claims()).await.ok_or_else(unauthenticated)?;
    seat.note_known();
    let (since, topics) = read(asked?, &headers)?;
    let (told, frames) = mpsc::channel(WAITING);
    let over = shared.leaving.child_token();
    let entered = entry::enter(&shared, identity, since.clone(), outlet(told, over.clone()));
    let entered = entered.map_err(|_| too_many())?;
    let joined = topics.iter().all(|topic| join(&shared, &entered, topic));
    if !joined {
        return Err(forbidden());
    }
    let ready = entry::ready(&shared, &entered.client, since).await;
    entered.client.tell(&ready, &shared.resync);
    let stream = stream(Open { frames, over, _entered: entered, _seat: seat });
    let kept_alive = Sse::new(stream).keep_alive(KeepAlive::new().interval(shared.settings.ping_interval));
    let mut response = kept_alive.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would hold the events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn join(shared: &Shared, entered: &Entered, topic: &str) -> bool {
    let room = shared.mapping.joined(&entered.client.identity(), topic);
    room.is_some_and(|room| shared.clients.join(&entered.client, room, shared.settings.max_rooms))
}

/// What the stream begins behind, and what it hears besides. The header, which a browser sends by itself, goes before the
/// query, which it repeats.
fn read(mut asked: Parameters, headers: &HeaderMap) -> Result<(Since, Vec<String>), Problem> {
    let mut number = |name| asked.parsed(name, "must be a whole number, as an event has it", |text| text.parse().ok());
    let (seq, epoch) = (number("since"), number("epoch"));
    let topics = asked.text("topics").unwrap_or_default();
    // Whether it is looked at, a setting says: here it is known.
    let _token = asked.text("token");
    asked.finish(&["since", "epoch", "topics"])?;
    let last = headers.get(LAST_EVENT_ID).and_then(|id| Cursor::parse(id.to_str().ok()?));
    let since = match last {
        Some(Cursor { epoch, seq }) => Since { epoch: Some(epoch), seq: Some(seq) },
        None => Since { epoch, seq },
    };
    let topics = topics.split(',').map(str::trim).filter(|topic| !topic.is_empty());
    Ok((since, topics.map(str::to_owned).collect()))
}

fn outlet(told: mpsc::Sender<Event>, over: CancellationToken) -> Outlet {
    let cut = over.clone();
    Outlet {
        tell: Box::new(move |message: &Message| match told.try_send(frame(message)) {
            Ok(()) => Heard::Yes,
            Err(TrySendError::Full(_)) => {
                metrics::counter!("chasqui_gateway_cut_total", "why" => "slow").increment(1);
                over.cancel();
                Heard::Full
            }
            Err(TrySendError::Closed(_)) => Heard::Gone,
        }),
        cut: Box::new(move || {
            cut.cancel();
            true
        }),
    }
}

/// JSON in one line has no line end, and neither has the name of an event: that was looked at.
fn frame(message: &Message) -> Event {
    let event = Event::default().event(&message.event).data(message.data.get());
    match message.cursor {
        Some(cursor) => event.id(cursor.to_string()),
        None => event,
    }
}

/// What waits is told before the stream ends.
fn stream(open: Open) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    unfold(open, |mut open| async move {
        let event = tokio::select! {
            biased;
            event = open.frames.recv() => event?,
            () = open.over.cancelled() => return None,
        };
        Some((Ok(event), open))
    })
}

pub(crate) fn unauthenticated() -> Problem {
    metrics::counter!("chasqui_gateway_refused_total", "why" => "invalid_token").increment(1);
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-token",
        "The token is not valid",
        "Send `Authorization: Bearer <token>` with one unexpired token.",
    )
    .with_challenge("Bearer")
}

fn too_many() -> Problem {
    metrics::counter!("chasqui_gateway_refused_total", "why" => "too_many").increment(1);
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-connections",
        "This user has as many connections as one may have",
        "Close another one first. The operator sets their number in WS_MAX_PER_USER.",
    )
}

fn forbidden() -> Problem {
    metrics::counter!("chasqui_gateway_joins_refused_total").increment(1);
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden-topic",
        "A topic may not be joined",
        "One of the topics does not exist, or this token does not let you in, or they are too many.",
    )
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures_util::stream::iter;

    use super::*;

    #[test]
    fn a_stream_that_is_not_read_ends_once_its_room_is_full_and_is_held_no_longer() {
        let (told, mut frames) = mpsc::channel(WAITING);
        let over = CancellationToken::new();
        let outlet = outlet(told, over.clone());
        let message = Message::bare("resync");
        for _ in 0..WAITING {
            assert_eq!((outlet.tell)(&message), Heard::Yes);
        }
        assert!(!over.is_cancelled());
        assert_eq!((outlet.tell)(&message), Heard::Full);
        assert!(over.is_cancelled());
        frames.close();
        assert_eq!((outlet.tell)(&message), Heard::Gone);
    }

    #[tokio::test]
    async fn only_what_says_where_an_inbox_stands_has_an_id() {
        let ready = Message::bare("ready").at(Cursor { epoch: 5, seq: 7 });
        let told = [ready, Message::bare("inbox"), Message::bare("resync")];
        let frames: Vec<Result<Event, Infallible>> = told.iter().map(|message| Ok(frame(message))).collect();
        let body = to_bytes(Sse::new(iter(frames)).into_response().into_body(), 1024).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let events: Vec<&str> = text.split_terminator("\n\n").collect();
        assert_eq!(events.len(), told.len(), "{text}");
        assert!(events[0].contains("event: ready") && events[0].contains("id: 5:7"), "{text}");
        assert!(events[1..].iter().all(|event| !event.contains("id:")), "{text}");
    }
}
