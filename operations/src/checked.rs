//! Reads one notification as its publisher wrote it: says whether it is valid, and under which identity and bytes it is
//! published.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::{
    Clock, Defaults, Draft, FieldError, Key, Notification, RequestIds, RequestedBy, Tenant, Timestamp, parse_object,
};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use uuid::{NoContext, Uuid};

use crate::check::{Checker, Findings};

/// The top-level fields by name, each as the client wrote it.
type Fields = BTreeMap<String, Box<RawValue>>;

/// One valid notification, with the identity and the bytes under which it is published. Only this file makes one, so
/// that whoever holds one knows that it was checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    pub key: Key,
    pub notification: Notification,
    /// The bytes to publish. [`Checked::read`] writes the publisher's fields in the order of their names, each value
    /// as it was written, with `id` and `tenant` filled in, and the channel where the default one stands for it: what
    /// reads it may have another default or none. A repeat of the request gives the same bytes, with the id in its
    /// body or without.
    pub body: Bytes,
    /// What was taken and has not the effect that the publisher may think.
    pub warnings: Vec<FieldError>,
}

/// What decides about a notification besides its body.
pub struct Rules<'a> {
    pub defaults: &'a Defaults,
    /// The tenant of the token, or `default` without a token.
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
    /// The text cannot be read at all, or different programs read it differently.
    Text(Vec<FieldError>),
    /// Every field that is wrong, a foreign tenant among them.
    Fields(Vec<FieldError>),
    /// The tenant is not the caller's, and nothing else is wrong. `key` is what the caller would have published the
    /// notification under, so that a batch tells the repeats of an id whatever tenant an item names.
    Tenant { key: Key, error: FieldError },
}

impl Refused {
    pub fn errors(self) -> Vec<FieldError> {
        match self {
            Self::Text(errors) | Self::Fields(errors) => errors,
            Self::Tenant { error, .. } => vec![error],
        }
    }
}

impl Checked {
    /// Checks a draft of somebody who may name any tenant, such as a command line. The notification is published as
    /// `body`, under the draft's own id, or a new one where the draft has none.
    ///
    /// # Errors
    /// The [`Findings`] when they have errors.
    pub fn of_draft(draft: Draft, body: Bytes, checker: &Checker, now: Timestamp) -> Result<Self, Findings> {
        let findings = checker.check(&draft, now);
        let (notification, warnings) = finish(draft, findings)?;
        let id = notification.id.clone().unwrap_or_else(|| mint(now));
        let key = Key { tenant: notification.tenant.clone(), id };
        Ok(Self { key, notification, body, warnings })
    }

    /// Reads one notification of a caller, which is published under the caller's tenant; `prefix` goes before every
    /// pointer, `index` counts the items of a batch.
    ///
    /// # Errors
    /// [`Refused`] with everything that is wrong.
    pub fn read(text: &str, prefix: &str, index: Option<usize>, rules: &Rules<'_>) -> Result<Self, Refused> {
        let unreadable = |errors| Refused::Text(below(prefix, errors));
        let object = parse_object(text.as_bytes()).map_err(|error| unreadable(error.fields))?;
        let mut fields: Fields = serde_json::from_str(text)
            .map_err(|_| unreadable(vec![field("", "the body is not a JSON object that we read")]))?;
        let (names_tenant, names_channel) = (names(&object, "tenant"), names(&object, "channel"));
        let draft = Draft::of(object, rules.defaults);
        let mut findings = rules.checker.check(&draft, rules.clock.now());
        if rules.idempotency_key.is_some() && (draft.id.is_some() || draft.is_wrong("/id")) {
            let detail = "must not be given together with the Idempotency-Key header: leave one of them out";
            findings.errors.push(field("/id", detail));
        }
        let names_readable = names_tenant && !draft.is_wrong("/tenant");
        let foreign = names_readable.then(|| foreign_tenant(prefix, &draft.tenant, rules)).flatten();
        let (notification, warnings) = finish(draft, findings).map_err(|findings| {
            let mut errors = below(prefix, findings.errors);
            errors.extend(foreign.clone());
            Refused::Fields(errors)
        })?;
        let key = key_of(&notification, index, rules);
        if let Some(error) = foreign {
            return Err(Refused::Tenant { key, error });
        }
        if !names_channel {
            set(&mut fields, "channel", notification.channel.as_str());
        }
        let body = write(fields, &key);
        Ok(Self { key, notification, body, warnings: below(prefix, warnings) })
    }
}

/// Whether a body names a field: `null` and an empty text count as absent.
fn names(object: &Map<String, Value>, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
}

/// The notification of a draft in which nothing is wrong, and the warnings about it.
fn finish(draft: Draft, findings: Findings) -> Result<(Notification, Vec<FieldError>), Findings> {
    match draft.finish() {
        Ok(notification) if findings.errors.is_empty() => Ok((notification, findings.warnings)),
        _ => Err(findings),
    }
}

/// What is wrong with a tenant that is named. Over HTTP the tenant comes from the token; without a token everything
/// belongs to `default`.
fn foreign_tenant(prefix: &str, named: &Tenant, rules: &Rules<'_>) -> Option<FieldError> {
    let detail = match rules.by {
        RequestedBy::TokenHolder => "is not the token's tenant: leave it out",
        RequestedBy::Anonymous => "needs a token of that tenant: without one it is `default`",
    };
    (named != rules.tenant).then(|| field(format!("{prefix}/tenant"), detail))
}

/// Finds the items of one batch, given by their keys, that repeat the id of an earlier one: they would be taken for
/// copies of it.
pub fn repeated_ids<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Vec<FieldError> {
    let mut seen = HashMap::new();
    let mut repeats = Vec::new();
    for (index, key) in keys.into_iter().enumerate() {
        let first = *seen.entry(key).or_insert(index);
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

/// Puts the place of an item before the pointers of its errors, as the whole request has them.
fn below(prefix: &str, errors: Vec<FieldError>) -> Vec<FieldError> {
    if prefix.is_empty() {
        return errors;
    }
    let seen = |error: FieldError| {
        // The text of an error that is about a whole item calls the item a body, which it is not here.
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

/// Makes a UUIDv7 of this instant.
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

/// Writes the fields of a body anew, some of them set (`Some`) and some taken away (`None`).
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
