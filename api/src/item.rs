//! Reads what `POST /notify` was given: one notification or a list of them, every bad field named at once.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::{
    Clock, Defaults, Draft, FieldError, Key, Lane, Notification, RequestIds, RequestedBy, Tenant, Timestamp,
    json_fault, parse_object,
};
use operations::Checker;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use uuid::{NoContext, Uuid};

use crate::problem::Problem;

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

/// What the request asked for.
pub(crate) enum Asked {
    One(Box<Item>),
    Batch(Vec<Item>),
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

/// Reads the whole text before anything is published.
///
/// # Errors
/// 400 for anything but JSON, 413 for too many items, 422 with every bad field, 403 for another's tenant.
pub(crate) fn read(text: &str, rules: &Rules<'_>, batch_limit: usize) -> Result<Asked, Problem> {
    match text.trim_start().bytes().next() {
        Some(b'[') => read_batch(text, rules, batch_limit).map(Asked::Batch),
        _ => read_one(text, rules).map(|item| Asked::One(Box::new(item))),
    }
}

fn read_one(text: &str, rules: &Rules<'_>) -> Result<Item, Problem> {
    let item = read_item(text, "", None, rules).map_err(|refused| match refused {
        Refused::Text(errors) => unreadable(errors),
        Refused::Fields(errors) => Problem::invalid_fields(errors),
    })?;
    refuse_foreign_tenants([("", &item)], rules)?;
    Ok(item)
}

fn read_batch(text: &str, rules: &Rules<'_>, limit: usize) -> Result<Vec<Item>, Problem> {
    let texts: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| Problem::malformed(format!("The body {}.", json_fault(&error))))?;
    if texts.len() > limit {
        return Err(Problem::new(
            axum::http::StatusCode::PAYLOAD_TOO_LARGE,
            "batch-too-large",
            "The batch has too many items",
            format!("It has {}, the limit is {limit}: split it into several requests.", texts.len()),
        ));
    }
    if texts.is_empty() {
        return Err(Problem::malformed("The list is empty: send at least one notification."));
    }
    let mut items = Vec::with_capacity(texts.len());
    let mut errors = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match read_item(text.get(), &format!("/{index}"), Some(index), rules) {
            Ok(item) => items.push(item),
            Err(bad) => errors.extend(bad.errors()),
        }
    }
    if errors.is_empty() {
        errors = repeated_ids(&items);
    }
    if !errors.is_empty() {
        return Err(Problem::invalid_fields(errors));
    }
    let prefixes: Vec<String> = (0..items.len()).map(|index| format!("/{index}")).collect();
    refuse_foreign_tenants(prefixes.iter().map(String::as_str).zip(&items), rules)?;
    Ok(items)
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

/// Without a field to point at, only the sentence is told.
pub(crate) fn unreadable(errors: Vec<FieldError>) -> Problem {
    let detail = errors.first().map(ToString::to_string).unwrap_or_default();
    let fields = errors.into_iter().filter(|error| !error.pointer.is_empty()).collect();
    Problem::malformed(sentence(&detail)).with_fields(fields)
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

/// Two items of one batch under one id: the second would be taken for a copy of the first.
fn repeated_ids(items: &[Item]) -> Vec<FieldError> {
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

/// Over HTTP the tenant comes from the token; without one everything belongs to `default`.
pub(crate) fn foreign_tenant(item: &Item, prefix: &str, rules: &Rules<'_>) -> Option<FieldError> {
    let foreign = item.names_tenant && item.notification.tenant != *rules.tenant;
    let detail = match rules.by {
        RequestedBy::TokenHolder => "is not the token's tenant: leave it out",
        RequestedBy::Anonymous => "needs a token of that tenant: without one it is `default`",
    };
    foreign.then(|| field(format!("{prefix}/tenant"), detail))
}

fn refuse_foreign_tenants<'a>(
    items: impl IntoIterator<Item = (&'a str, &'a Item)>,
    rules: &Rules<'_>,
) -> Result<(), Problem> {
    let foreign = |(prefix, item): (&str, &Item)| foreign_tenant(item, prefix, rules);
    let errors: Vec<FieldError> = items.into_iter().filter_map(foreign).collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Problem::new(
        axum::http::StatusCode::FORBIDDEN,
        "foreign-tenant",
        "The tenant is another's",
        "Leave the tenant out of the body: it comes from the token, and without one it is `default`. Nothing was \
         published.",
    )
    .with_fields(errors))
}

pub(crate) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), detail: detail.into() }
}

fn sentence(detail: &str) -> String {
    let mut chars = detail.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
