//! One notification as its publisher wrote it: whether it is valid, and under which identity and bytes it is published.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::{
    Clock, Defaults, Draft, FieldError, Key, Notification, RequestIds, RequestedBy, Tenant, Timestamp, parse_object,
};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use uuid::{NoContext, Uuid};

use crate::check::Checker;

/// Top-level fields by name, each as the client wrote it.
type Fields = BTreeMap<String, Box<RawValue>>;

/// One valid notification, with the identity and the bytes under which it is published.
#[derive(Debug)]
pub struct Checked {
    pub key: Key,
    pub notification: Notification,
    /// Of one that was read: the publisher's fields in the order of their names, each value as it was written, with
    /// `id` and `tenant` filled in. A repeat of the request gives the same bytes, with the id in its body or without.
    pub body: Bytes,
    /// What was taken and has not the effect that its publisher may think.
    pub warnings: Vec<FieldError>,
    /// The publisher named a tenant itself.
    names_tenant: bool,
}

/// What besides the body decides about a notification.
pub struct Rules<'a> {
    pub defaults: &'a Defaults,
    /// The token's; `default` without one.
    pub tenant: &'a Tenant,
    pub by: RequestedBy,
    pub request_ids: &'a RequestIds,
    pub idempotency_key: Option<&'a str>,
    pub checker: &'a Checker,
    pub clock: &'a dyn Clock,
}

/// Why what was written cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Its text cannot be read at all, or differently by different programs.
    Text(Vec<FieldError>),
    Fields(Vec<FieldError>),
}

impl Refused {
    pub fn errors(self) -> Vec<FieldError> {
        let (Self::Text(errors) | Self::Fields(errors)) = self;
        errors
    }
}

impl Checked {
    /// Of a notification that its publisher has had checked; `body` are the bytes that it was read from.
    pub fn new(key: Key, notification: Notification, body: Bytes) -> Self {
        Self { key, notification, body, warnings: Vec::new(), names_tenant: false }
    }

    /// Reads one notification; `prefix` goes before every pointer, `index` counts the items of a batch.
    ///
    /// # Errors
    /// [`Refused`] with everything that is wrong.
    pub fn read(text: &str, prefix: &str, index: Option<usize>, rules: &Rules<'_>) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(below(prefix, error.fields)))?;
        let names_tenant = object.get("tenant").is_some_and(|tenant| !tenant.is_null() && tenant.as_str() != Some(""));
        let draft = Draft::of(object, rules.defaults);
        let mut findings = rules.checker.check(&draft, rules.clock.now());
        if rules.idempotency_key.is_some() && (draft.id.is_some() || draft.is_wrong("/id")) {
            let detail = "must not be given together with the Idempotency-Key header: leave one of them out";
            findings.errors.push(field("/id", detail));
        }
        if !findings.errors.is_empty() && names_tenant && !draft.is_wrong("/tenant") {
            findings.errors.extend(foreign_tenant("", &draft.tenant, rules));
        }
        let written = draft.finish().ok().zip(serde_json::from_str::<Fields>(text).ok());
        let Some((notification, fields)) = written.filter(|_| findings.errors.is_empty()) else {
            return Err(Refused::Fields(below(prefix, findings.errors)));
        };
        let key = key_of(&notification, index, rules);
        let body = write(fields, &key);
        Ok(Self { key, notification, body, warnings: below(prefix, findings.warnings), names_tenant })
    }

    /// What is wrong with the tenant that it names.
    pub fn foreign_tenant(&self, prefix: &str, rules: &Rules<'_>) -> Option<FieldError> {
        self.names_tenant.then(|| foreign_tenant(prefix, &self.notification.tenant, rules)).flatten()
    }
}

/// What is wrong with a tenant that is named. Over HTTP the tenant comes from the token; without one everything belongs
/// to `default`.
fn foreign_tenant(prefix: &str, named: &Tenant, rules: &Rules<'_>) -> Option<FieldError> {
    let detail = match rules.by {
        RequestedBy::TokenHolder => "is not the token's tenant: leave it out",
        RequestedBy::Anonymous => "needs a token of that tenant: without one it is `default`",
    };
    (named != rules.tenant).then(|| field(format!("{prefix}/tenant"), detail))
}

/// Two items of one batch under one id: the second would be taken for a copy of the first.
pub fn repeated_ids(items: &[Checked]) -> Vec<FieldError> {
    let mut seen = HashMap::new();
    let mut repeats = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let first = *seen.entry(&item.key).or_insert(index);
        if first != index {
            repeats.push(field(
                format!("/{index}/id"),
                format!("is the same as /{first}/id: each notification has an id of its own"),
            ));
        }
    }
    repeats
}

/// What is wrong with one field.
pub(crate) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), detail: detail.into() }
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
fn mint(now: Timestamp) -> String {
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
