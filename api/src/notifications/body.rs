//! Reads what `POST /notify` was given: one notification or a list of them, every bad field named at once.

use axum::http::StatusCode;
use domain::{FieldError, json_fault};
use operations::{Checked, Refused, Rules, repeated_ids};
use serde_json::value::RawValue;
use web::problem::Problem;

/// What the request asked for.
pub(crate) enum Asked {
    One(Box<Checked>),
    Batch(Vec<Checked>),
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

fn read_one(text: &str, rules: &Rules<'_>) -> Result<Checked, Problem> {
    Checked::read(text, "", None, rules).map_err(refusal)
}

fn read_batch(text: &str, rules: &Rules<'_>, limit: usize) -> Result<Vec<Checked>, Problem> {
    let texts: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| Problem::malformed(format!("The body {}.", json_fault(&error))))?;
    if texts.len() > limit {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "batch-too-large",
            "The batch has too many items",
            format!("It has {}, the limit is {limit}: split it into several requests.", texts.len()),
        ));
    }
    if texts.is_empty() {
        return Err(Problem::malformed("The list is empty: send at least one notification."));
    }
    let mut items = Vec::with_capacity(texts.len());
    let (mut errors, mut foreign) = (Vec::new(), Vec::new());
    for (index, text) in texts.iter().enumerate() {
        let prefix = format!("/{index}");
        match Checked::read(text.get(), &prefix, Some(index), rules) {
            Ok(item) => items.push(Ok(item)),
            Err(Refused::Tenant { key, error }) => {
                foreign.push(error);
                items.push(Err(key));
            }
            Err(bad) => errors.extend(bad.errors()),
        }
    }
    if errors.is_empty() {
        errors = repeated_ids(items.iter().map(|item| item.as_ref().map_or_else(|key| key, |item| &item.key)));
    }
    if !errors.is_empty() {
        errors.append(&mut foreign);
        return Err(Problem::invalid_fields(errors));
    }
    if !foreign.is_empty() {
        return Err(foreign_tenant(foreign));
    }
    Ok(items.into_iter().flatten().collect())
}

fn foreign_tenant(errors: Vec<FieldError>) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-tenant",
        "The tenant is another's",
        "Leave the tenant out of the body: it comes from the token, and without one it is `default`. Nothing was \
         published.",
    )
    .with_fields(errors)
}

/// Answers 400 for what cannot be read, 403 where nothing is wrong but the tenant, else 422 with every bad field.
pub(crate) fn refusal(refused: Refused) -> Problem {
    match refused {
        Refused::Text(errors) => unreadable(errors),
        Refused::Fields(errors) => Problem::invalid_fields(errors),
        Refused::Tenant { error, .. } => foreign_tenant(vec![error]),
    }
}

/// Answers for a text that cannot be read: without a field to point at, only the sentence is told.
fn unreadable(errors: Vec<FieldError>) -> Problem {
    let detail = errors.first().map(ToString::to_string).unwrap_or_default();
    let fields = errors.into_iter().filter(|error| !error.pointer.is_empty()).collect();
    Problem::malformed(sentence(&detail)).with_fields(fields)
}

fn sentence(detail: &str) -> String {
    let mut chars = detail.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
