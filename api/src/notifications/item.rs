//! One notification as a client wrote it: whether it is valid, and under which identity and bytes it is published.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{
    Clock, Defaults, Draft, FieldError, Key, Lane, Notification, RequestIds, RequestedBy, Tenant, Timestamp,
    parse_object,
};
use operations::Checker;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use uuid::{NoContext, Uuid};

use crate::http::problem::field;

/// Top-level fields by name, each as the client wrote it.
type Fields = BTreeMap<String, Box<RawValue>>;

/// One valid notification, with the identity and the bytes under which it is published.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) key: Key,
    pub(crate) notification: Notification,
    /// The client's fields in the order of their names, each value as it was written, with `id` and `tenant`
    /// filled in: a repeat of the request gives the same bytes, with the id in its body or without.
    pub(crate) body: Bytes,
    /// What was taken and has not the effect that the client may think.
    pub(crate) warnings: Vec<FieldError>,
    /// The client named a tenant itself.
    names_tenant: bool,
}

impl Item {
    pub(crate) fn lane(&self) -> Lane {
        self.notification.priority.lane()
    }

    /// When it is to be sent, if that is later than now.
    pub(crate) fn deferred_to(&self, now: Timestamp) -> Option<Timestamp> {
        self.notification.send_at.filter(|&send_at| send_at > now)
    }
}

/// What besides the body decides about an item.
pub(crate) struct Rules<'a> {
    pub(crate) defaults: &'a Defaults,
    /// The token's; `default` without one.
    pub(crate) tenant: &'a Tenant,
    pub(crate) by: RequestedBy,
    pub(crate) request_ids: &'a RequestIds,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) checker: &'a Checker,
    pub(crate) clock: &'a dyn Clock,
}

/// Why an item cannot be published.
pub(crate) enum Refused {
    /// Its text cannot be read at all, or differently by different programs.
    Text(Vec<FieldError>),
    Fields(Vec<FieldError>),
}

impl Refused {
    pub(crate) fn errors(self) -> Vec<FieldError> {
        let (Self::Text(errors) | Self::Fields(errors)) = self;
        errors
    }
}

/// Reads one notification; `prefix` goes before every pointer, `index` counts the items of a batch.
pub(crate) fn read_item(text: &str, prefix: &str, index: Option<usize>, rules: &Rules<'_>) -> Result<Item, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(below(prefix, error.fields)))?;
    let draft = Draft::of(object, rules.defaults);
    let mut findings = rules.checker.check(&draft, rules.clock.now());
    if rules.idempotency_key.is_some() && (draft.id.is_some() || draft.is_wrong("/id")) {
        findings
            .errors
            .push(field("/id", "must not be given together with the Idempotency-Key header: leave one of them out"));
    }
    let written = draft.finish().ok().zip(serde_json::from_str::<Fields>(text).ok());
    let Some((notification, fields)) = written.filter(|_| findings.errors.is_empty()) else {
        return Err(Refused::Fields(below(prefix, findings.errors)));
    };
    let key = key_of(&notification, index, rules);
    let names_tenant = fields.get("tenant").is_some_and(|tenant| !matches!(tenant.get(), "null" | "\"\""));
    let body = write(fields, &key);
    Ok(Item { key, notification, body, warnings: below(prefix, findings.warnings), names_tenant })
}

/// The same errors as seen from the whole request.
fn below(prefix: &str, errors: Vec<FieldError>) -> Vec<FieldError> {
    if prefix.is_empty() {
        return errors;
    }
    let seen = |error: FieldError| {
        // Of an item as a whole: it is not the body here.
        let detail = error.detail.strip_prefix("the body ").filter(|_| error.pointer.is_empty());
        let detail = detail.map_or(error.detail.as_str(), |detail| detail).to_owned();
        field(format!("{prefix}{}", error.pointer), detail)
    };
    errors.into_iter().map(seen).collect()
}

fn key_of(notification: &Notification, index: Option<usize>, rules: &Rules<'_>) -> Key {
    let tenant = rules.tenant.clone();
    let id = match (rules.idempotency_key, &notification.id) {
        (Some(key), _) => rules.request_ids.id(&tenant, rules.by, key, index),
        (None, Some(id)) => id.clone(),
        (None, None) => mint(rules.clock.now()),
    };
    Key { tenant, id }
}

/// A UUIDv7 of this instant.
pub(crate) fn mint(now: Timestamp) -> String {
    let micros = u64::try_from(now.as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000 * 1000).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, micros / 1_000_000, nanos)).to_string()
}

fn write(mut fields: Fields, key: &Key) -> Bytes {
    set(&mut fields, "id", key.id.as_str());
    if key.tenant == Tenant::default() {
        fields.remove("tenant");
    } else {
        set(&mut fields, "tenant", key.tenant.as_str());
    }
    serde_json::to_vec(&fields).expect("names and JSON texts can always be written").into()
}

/// The same fields with some of them set (`Some`) or taken away (`None`).
pub(crate) fn rewritten(body: &[u8], changes: &[(&str, Option<Value>)]) -> Bytes {
    let mut fields: Fields = serde_json::from_slice(body).expect("the body of an item is an object");
    for (name, value) in changes {
        match value {
            Some(value) => set(&mut fields, name, value),
            None => drop(fields.remove(*name)),
        }
    }
    serde_json::to_vec(&fields).expect("names and JSON texts can always be written").into()
}

fn set(fields: &mut Fields, name: &str, value: &(impl serde::Serialize + ?Sized)) {
    let value = to_raw_value(value).expect("texts and numbers can always be written");
    fields.insert(name.to_owned(), value);
}

/// Over HTTP the tenant comes from the token; without one everything belongs to `default`.
pub(crate) fn foreign_tenant(item: &Item, prefix: &str, rules: &Rules<'_>) -> Option<FieldError> {
    let foreign = item.names_tenant && item.notification.tenant != *rules.tenant;
    let detail = match rules.by {
        RequestedBy::TokenHolder => "is not the token's tenant: leave it out",
        RequestedBy::Anonymous => "needs a token of that tenant: without one it is `default`",
    };
    foreign.then(|| field(format!("{prefix}/tenant"), detail))
}
