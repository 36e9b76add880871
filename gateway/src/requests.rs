//! What a client asks for over its socket: rooms, what it has missed, a later token; and what it has shown to a person.

use std::sync::Arc;

use runtime::failpoint;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clients::Client;
use crate::entry::Standing;
use crate::inbox::Since;
use crate::limits::Pace;
use crate::room::{Kind, Room};
use crate::shared::Shared;

/// Why something was not done: a word that programs branch on, and a sentence for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) detail: &'static str,
}

const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { code, detail }
}

/// What was sent is not what is taken.
pub(crate) const UNREADABLE: Refusal =
    refusal("invalid", "send one object with the fields of this event, such as {\"topic\": \"solicitud_7\"}");
/// There is no such event.
pub(crate) const UNKNOWN: Refusal = refusal("unknown-event", "this gateway takes join, leave, sync, seen and refresh");
const TOO_FAST: Refusal = refusal("too-many-messages", "send fewer messages a second");
const ENDED: Refusal = refusal("unauthorized", "the token has ended: connect again with another one");
const FORBIDDEN: Refusal = refusal("forbidden", "there is no such topic, or this token does not let you in");
const TOO_MANY_ROOMS: Refusal = refusal("too-many-rooms", "leave another room first");
const NO_ITEM: Refusal = refusal("not-found", "there is no such item in this inbox");
const UNAVAILABLE: Refusal = refusal("unavailable", "the inbox cannot be asked now: try again in a moment");
const NOT_YOURS: Refusal = refusal("unauthorized", "the token is not valid, or is somebody else's");

/// `join` and `leave`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    topic: String,
}

/// `sync`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    since: Option<i64>,
    epoch: Option<i64>,
}

/// `seen`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    id: String,
}

/// `refresh`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    token: String,
}

/// Whether a message of a client is looked at. Whoever floods us is sent away.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn admitted(shared: &Shared, client: &Client) -> Result<(), Refusal> {
    match client.pace() {
        Pace::Fine => {}
        Pace::TooFast => {
            metrics::counter!("chasqui_gateway_messages_refused_total").increment(1);
            return Err(TOO_FAST);
        }
        Pace::Flood => {
            metrics::counter!("chasqui_gateway_cut_total", "why" => "flood").increment(1);
            client.cut();
            return Err(TOO_FAST);
        }
    }
    if client.ends() <= shared.clock.now() { Err(ENDED) } else { Ok(()) }
}

pub(crate) async fn join(shared: Arc<Shared>, client: Arc<Client>, asked: Topic) -> Result<Value, Refusal> {
    let identity = client.identity();
    let Some(room) = shared.mapping.joined(&identity, &asked.topic) else {
        metrics::counter!("chasqui_gateway_joins_refused_total").increment(1);
        return Err(FORBIDDEN);
    };
    if !shared.clients.join(&client, room, shared.settings.max_rooms) {
        return Err(TOO_MANY_ROOMS);
    }
    Ok(json!({ "joined": asked.topic }))
}

pub(crate) async fn leave(shared: Arc<Shared>, client: Arc<Client>, asked: Topic) -> Result<Value, Refusal> {
    if let Some(room) = Room::new(&client.identity().tenant, Kind::Topic, &asked.topic) {
        shared.clients.part(&client, &room);
    }
    Ok(json!({ "left": asked.topic }))
}

pub(crate) async fn sync(shared: Arc<Shared>, client: Arc<Client>, asked: Place) -> Result<Value, Refusal> {
    let since = Since { epoch: asked.epoch, seq: asked.since };
    let news = (shared.inbox.since)(client.identity().person(), since).await.map_err(|_| UNAVAILABLE)?;
    serde_json::to_value(Standing::from(&news)).map_err(|_| UNAVAILABLE)
}

pub(crate) async fn seen(shared: Arc<Shared>, client: Arc<Client>, asked: Seen) -> Result<Value, Refusal> {
    failpoint("gateway.seen_in_hand");
    let noted = (shared.inbox.seen)(client.identity().person(), asked.id.clone()).await.map_err(|_| UNAVAILABLE)?;
    failpoint("gateway.seen_noted");
    if noted { Ok(json!({ "seen": asked.id })) } else { Err(NO_ITEM) }
}

/// Goes on with a later token. It may have another role, and other claims: the rooms that only the earlier one has let its
/// owner into are left.
pub(crate) async fn refresh(shared: Arc<Shared>, client: Arc<Client>, asked: Refresh) -> Result<Value, Refusal> {
    let Some(identity) = shared.tokens.identity(&asked.token, shared.mapping.claims()).await else {
        return Err(NOT_YOURS);
    };
    let before = client.identity();
    let room_of = |role: &Option<String>| role.as_ref().and_then(|role| shared.mapping.role_room(&before.tenant, role));
    let (left, entered) = (room_of(&before.role), room_of(&identity.role));
    if !client.refresh(identity) {
        return Err(NOT_YOURS);
    }
    let identity = client.identity();
    let may_stay = |room: &Room| room.topic().is_none_or(|topic| shared.mapping.joined(&identity, topic).is_some());
    shared.clients.part_from(&client, may_stay);
    if left != entered {
        left.iter().for_each(|room| shared.clients.part(&client, room));
        if let Some(room) = entered {
            shared.clients.join(&client, room, shared.settings.max_rooms);
        }
    }
    Ok(json!({ "ends_at": client.ends().to_string() }))
}
