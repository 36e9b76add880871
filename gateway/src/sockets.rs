//! Socket.IO: who is let in, what is taken from each client, and how each is reached. The only file that knows the library.
//!
//! It sends nothing to rooms of the library: an emit to a room says nothing of who could not be told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use socketioxide::extract::{AckSender, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::socket::Sid;
use socketioxide::{ParserConfig, SendError, SocketError, SocketIo};

use crate::clients::{Client, Heard, Outlet};
use crate::door::{SOCKETS, token_of};
use crate::entry::{self, Entered};
use crate::inbox::Since;
use crate::limits::Seat;
use crate::message::Message;
use crate::requests::{self, Refusal, UNKNOWN, UNREADABLE};
use crate::shared::Shared;

/// How long a client may take between its handshake and its token.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a client shows: `auth` of the official clients.
#[derive(Deserialize, Default)]
struct Auth {
    token: Option<String>,
    /// The last of its inbox that it knows.
    since: Option<i64>,
    epoch: Option<i64>,
}

/// Why a client is not let in, as its `connect_error` tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refused {
    NoToken,
    InvalidToken,
    TooMany,
    Ending,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoToken => "unauthorized: a token is needed, in auth.token",
            Self::InvalidToken => "unauthorized: the token is not valid",
            Self::TooMany => "too-many-connections: this user has as many as one may have",
            Self::Ending => "unavailable: this gateway ends; connect again",
        })
    }
}

/// Serves clients of Socket.IO.
pub(crate) fn sockets(shared: &Arc<Shared>) -> (Router, SocketIo) {
    let settings = &shared.settings;
    let parser = ParserConfig::common()
        .max_incoming_binaries(1)
        .max_incoming_binary_buf_size(settings.max_message_bytes)
        .packet_completion_timeout(CONNECT_TIMEOUT);
    let (service, io) = SocketIo::builder()
        .ping_interval(settings.ping_interval)
        .ping_timeout(settings.ping_timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .max_payload(settings.max_message_bytes as u64)
        // By itself the library would take 64 MiB.
        .ws_max_message_size(settings.max_message_bytes)
        .ws_max_frame_size(settings.max_message_bytes)
        .with_parser(parser)
        .build_svc();
    let (letting_in, greeting) = (Arc::clone(shared), Arc::clone(shared));
    let admission = move |io: SocketIo, socket: SocketRef, TryData(auth): TryData<Auth>| {
        let shared = Arc::clone(&letting_in);
        async move { admit(&shared, &io, &socket, auth.unwrap_or_default()).await }
    };
    let connection = move |socket: SocketRef| {
        let shared = Arc::clone(&greeting);
        listen(&shared, &socket);
        async move { greet(&shared, &socket).await }
    };
    io.ns("/", connection.with(admission));
    (Router::new().route_service(SOCKETS, service), io)
}

/// Lets a client in whose token is believed.
async fn admit(shared: &Arc<Shared>, io: &SocketIo, socket: &SocketRef, auth: Auth) -> Result<(), Refused> {
    let refused = admitted(shared, io, socket, auth).await;
    if let Err(why) = refused {
        metrics::counter!("chasqui_gateway_refused_total", "why" => why.word()).increment(1);
    }
    refused
}

async fn admitted(shared: &Arc<Shared>, io: &SocketIo, socket: &SocketRef, auth: Auth) -> Result<(), Refused> {
    if shared.stopping.is_cancelled() {
        return Err(Refused::Ending);
    }
    let request = socket.req_parts();
    let seat = request.extensions.get::<Arc<Seat>>();
    if seat.is_some_and(|seat| !seat.may_show()) {
        return Err(Refused::InvalidToken);
    }
    let of_request = || token_of(shared, &request.headers, &request.uri);
    let token = auth.token.or_else(of_request).ok_or(Refused::NoToken)?;
    let identity = shared.tokens.identity(&token, shared.mapping.claims()).await.ok_or(Refused::InvalidToken)?;
    if seat.is_some_and(|seat| !seat.is_for(&identity.person(), shared.settings.max_per_user)) {
        return Err(Refused::TooMany);
    }
    let since = Since { epoch: auth.epoch, seq: auth.since };
    let entered = entry::enter(shared, identity, since, outlet(io, socket.id)).map_err(|_| Refused::TooMany)?;
    if let Some(seat) = seat {
        seat.note_known();
    }
    socket.extensions.insert(Arc::new(entered));
    Ok(())
}

impl Refused {
    const fn word(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::InvalidToken => "invalid_token",
            Self::TooMany => "too_many",
            Self::Ending => "ending",
        }
    }
}

/// How a socket is reached. It is looked up each time: whoever keeps a reference to one keeps its memory.
fn outlet(io: &SocketIo, id: Sid) -> Outlet {
    let (telling, cutting) = (io.clone(), io.clone());
    let found = move |io: &SocketIo| io.of("/").and_then(|all| all.get_socket(id));
    Outlet {
        tell: Box::new(move |message: &Message| match found(&telling) {
            Some(socket) => heard(&socket.emit(&message.event, &message.data)),
            None => Heard::Gone,
        }),
        cut: Box::new(move || found(&cutting).is_none_or(|socket| socket.disconnect().is_ok())),
    }
}

fn heard(sent: &Result<(), SendError>) -> Heard {
    match sent {
        Ok(()) => Heard::Yes,
        Err(SendError::Socket(SocketError::InternalChannelFull)) => Heard::Full,
        Err(_) => Heard::Gone,
    }
}

/// Says what a client needs to begin.
async fn greet(shared: &Shared, socket: &SocketRef) {
    let Some(entered) = socket.extensions.get::<Arc<Entered>>() else { return };
    let ready = entry::ready(shared, &entered.client, entered.since.clone()).await;
    entered.client.tell(&ready, &shared.resync);
}

/// Takes what a client sends.
fn listen(shared: &Arc<Shared>, socket: &SocketRef) {
    on(shared, socket, "join", requests::join);
    on(shared, socket, "leave", requests::leave);
    on(shared, socket, "sync", requests::sync);
    on(shared, socket, "seen", requests::seen);
    on(shared, socket, "refresh", requests::refresh);
    let others = Arc::clone(shared);
    socket.on_fallback(move |socket: SocketRef, ack: AckSender| {
        let shared = Arc::clone(&others);
        async move {
            let Some(client) = client_of(&socket) else { return };
            let refused = requests::admitted(&shared, &client).err().unwrap_or(UNKNOWN);
            let _unheard = ack.send(&answer(Err(refused)));
        }
    });
    let leaving = Arc::clone(shared);
    socket.on_disconnect(move |socket: SocketRef| {
        let shared = Arc::clone(&leaving);
        async move {
            if let Some(client) = client_of(&socket) {
                shared.clients.leave(&client);
            }
        }
    });
}

/// Takes one event of a client, and acknowledges it with what became of it.
fn on<T, F, Fut>(shared: &Arc<Shared>, socket: &SocketRef, event: &'static str, act: F)
where
    T: DeserializeOwned + Send + Sync + 'static,
    F: Fn(Arc<Shared>, Arc<Client>, T) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, Refusal>> + Send + 'static,
{
    let shared = Arc::clone(shared);
    socket.on(event, move |socket: SocketRef, TryData(asked): TryData<T>, ack: AckSender| {
        let (shared, act) = (Arc::clone(&shared), act.clone());
        async move {
            let Some(client) = client_of(&socket) else { return };
            let done = match (requests::admitted(&shared, &client), asked) {
                (Err(refusal), _) => Err(refusal),
                (Ok(()), Err(_)) => Err(UNREADABLE),
                (Ok(()), Ok(asked)) => act(shared, client, asked).await,
            };
            let _unheard = ack.send(&answer(done));
        }
    });
}

fn client_of(socket: &SocketRef) -> Option<Arc<Client>> {
    Some(Arc::clone(&socket.extensions.get::<Arc<Entered>>()?.client))
}

fn answer(done: Result<Value, Refusal>) -> Value {
    match done {
        Ok(value) => value,
        Err(Refusal { code, detail }) => json!({ "error": { "code": code, "detail": detail } }),
    }
}
