//! Makes, lists, rotates and deletes the endpoints to which a tenant's events are sent. Each caller names its tenant.
//!
//! The secrets of an endpoint are derived whenever one is needed: an entrance shows one when it is new, and never again.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{
    Actor, EndpointAddress, Entry, EventName, FieldError, Key, Scope, Tenant, Timestamp, WebhookKeys, nearest,
    parse_object,
};
use serde_json::{Map, Value};
use store::{Endpoint, Made, Rotated, Rotation, Store, StoreError};

use crate::allowed::{NotDone, must};
use crate::calls::Calls;
use crate::checked::{Refused, field, mint};
use crate::reader::{self, field_meant};

/// The fields of an endpoint, as its client writes them.
pub const FIELDS: [&str; 2] = ["url", "types"];

/// How long the secret before the newest signs as well.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// What is told of a destination that has a URL in it and is none.
const MUST: &str = "must be an https URL as it is called, such as https://hooks.example.org/chasqui";
/// The longest URL, in bytes: what is written before it in a destination has its place as well.
const MAX_URL_BYTES: usize = 2048;

/// An endpoint that can be made, as [`read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    url: String,
    types: BTreeSet<EventName>,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Created {
    New(Endpoint),
    /// The same was made before, by the same request, and its secret is still the first.
    Again(Endpoint),
    /// The endpoint of this id has the URL already, or was made by the same request otherwise.
    Taken(String),
    /// The tenant has [`store::MAX_ENDPOINTS`].
    TooMany,
}

/// Reads what was written. `calls` says which URLs are never called.
///
/// # Errors
/// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
pub fn read(text: &str, calls: &Calls) -> Result<Asked, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let mut errors = Vec::new();
    let url = url(&object, calls).map_err(|why| errors.push(field("/url", why))).ok();
    let types = types(object.get("types"), &mut errors);
    errors.extend(object.keys().filter(|name| !FIELDS.contains(&name.as_str())).map(|name| unknown(name)));
    match url {
        Some(url) if errors.is_empty() => Ok(Asked { url, types }),
        _ => Err(Refused::Fields(errors)),
    }
}

fn url(object: &Map<String, Value>, calls: &Calls) -> Result<String, String> {
    let text = match object.get("url") {
        None | Some(Value::Null) => return Err("is missing: the https URL to which events are posted".into()),
        Some(Value::String(text)) if text.is_empty() => {
            return Err("is missing: the https URL to which events are posted".into());
        }
        Some(Value::String(text)) => text,
        Some(_) => return Err("must be a string".into()),
    };
    if text.len() > MAX_URL_BYTES {
        return Err(format!("must have at most {MAX_URL_BYTES} bytes"));
    }
    // What the fleet alone writes before a URL, in the destination of a webhook of its own.
    if EndpointAddress::parse(text).is_some() {
        return Err(MUST.into());
    }
    // The parsed URL stands as it is called.
    let url = media::webhook::url(text)?.as_str().to_owned();
    calls.refusal(&url).map_or(Ok(url), Err)
}

/// The events that are named. None named are all.
fn types(value: Option<&Value>, errors: &mut Vec<FieldError>) -> BTreeSet<EventName> {
    let words = match value {
        None | Some(Value::Null) => return BTreeSet::new(),
        Some(Value::Array(words)) if !words.is_empty() => words,
        Some(_) => {
            errors.push(field("/types", "must be a list of events, such as [\"dead\"]: leave it out for all"));
            return BTreeSet::new();
        }
    };
    let names = EventName::ALL.map(EventName::as_str);
    let mut types = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let text = word.as_str().unwrap_or_default();
        if let Some(event) = EventName::ALL.into_iter().find(|event| event.as_str() == text) {
            types.insert(event);
            continue;
        }
        let meant = nearest(text, names).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        errors.push(field(format!("/types/{at}"), format!("must be one of {}{meant}", names.join(", "))));
    }
    types
}

fn unknown(name: &str) -> FieldError {
    const OTHERS: [(&str, &[&str]); 2] =
        [("url", &["destination", "endpoint", "uri", "target"]), ("types", &["events", "event_types", "filter"])];
    reader::unknown(name, field_meant(name, FIELDS, &OTHERS))
}

/// Makes an endpoint, once for each URL of a tenant. Whoever may repeat the request names it with `by`, one word. The id
/// is new each time, because secrets are derived from it: one that is made again has none of its former secrets.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn create(
    store: &Store,
    actor: &Actor,
    asked: Asked,
    by: Option<String>,
    now: Timestamp,
) -> Result<Created, NotDone> {
    must(store, actor, &[Scope::Operate], "make an endpoint", now).await?;
    let endpoint = Endpoint {
        key: Key { tenant: actor.tenant.clone(), id: mint(now) },
        url: asked.url,
        types: asked.types.into_iter().collect(),
        created_at: now,
        disabled: None,
        generation: 1,
        previous_until: None,
    };
    let told = Entry::of(actor, "endpoint.created", endpoint.key.id.clone(), now);
    let types: Vec<&str> = endpoint.types.iter().map(|event| event.as_str()).collect();
    let told = told.with("types", types.join(" "));
    Ok(match store.create_endpoint(&endpoint, by.as_deref(), &told).await? {
        Made::New => Created::New(endpoint),
        Made::Again(known) => Created::Again(*known),
        Made::Known(known) => Created::Taken(known.key.id),
        Made::TooMany => Created::TooMany,
    })
}

/// All endpoints of a tenant, in the order in which they were made.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store, tenant: &Tenant) -> Result<Vec<Endpoint>, StoreError> {
    store.endpoints(tenant).await
}

/// None when the tenant has no endpoint of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, key: &Key) -> Result<Option<Endpoint>, StoreError> {
    store.endpoint(key).await
}

/// Gives an endpoint a new secret, beside which the last one signs for a day, and enables the endpoint. Within that day
/// only `is_forced` gives it another, because a receiver that has not changed yet is cut off by that. Whoever may repeat
/// the request names it with `by`, one word.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn rotate(
    store: &Store,
    actor: &Actor,
    id: &str,
    by: Option<String>,
    is_forced: bool,
    now: Timestamp,
) -> Result<Rotated, NotDone> {
    must(store, actor, &[Scope::Operate], "rotate an endpoint", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    let told = Entry::of(actor, "endpoint.rotated", id, now).with("forced", is_forced);
    let rotation = Rotation { by, now, until: now.plus(OVERLAP), is_forced };
    Ok(store.rotate_endpoint(&key, &rotation, &told).await?)
}

/// Deletes an endpoint: no event from now on becomes a delivery to it. False when the tenant has none of this id.
///
/// # Errors
/// [`NotDone`].
pub async fn delete(store: &Store, actor: &Actor, id: &str, now: Timestamp) -> Result<bool, NotDone> {
    must(store, actor, &[Scope::Operate], "delete an endpoint", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    Ok(store.delete_endpoint(&key, &Entry::of(actor, "endpoint.deleted", id, now)).await?)
}

/// The newest secret of an endpoint, as its receiver takes it. None where nothing is derived.
pub fn secret(keys: &WebhookKeys, endpoint: &Endpoint) -> Option<String> {
    keys.of_endpoint(&endpoint.key, &[endpoint.generation]).first().map(|secret| secret.shown())
}

/// A URL without its query, which may be a secret.
pub fn shown(url: &str) -> String {
    url.split_once('?').map_or_else(|| url.to_owned(), |(before, _)| format!("{before}?***"))
}
