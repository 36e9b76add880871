//! Reads a request to ask as its client wrote it: every bad field at once, and the bytes under which it is published.

use bytes::Bytes;
use domain::{AskRequest, ChannelName, FieldError, Key, MAX_APPROVERS, parse_object};
use serde_json::{Map, Value};

use crate::check::Checker;
use crate::checked::{Refused, Rules, field, mint};

/// By which media people are asked: each of them shows how to answer, and brings the answer back.
const CARRIERS: [&str; 5] = ["email", "slack", "sms", "telegram", "whatsapp"];

/// The one whose readers answer by a link alone.
const BY_LINK: &str = "email";
/// What is told of it where there are no links.
const NEEDS_LINKS: &str = "needs PUBLIC_URL: whoever reads a mail answers by a link";

/// A request to ask that is valid, with the identity and the bytes under which it is published.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedAsk {
    pub key: Key,
    pub request: AskRequest,
    /// Its client's fields, with `id`, `tenant` and `requested_by` filled in.
    pub body: Bytes,
}

impl CheckedAsk {
    /// Reads the request of a caller; `requested_by` has asked where the request names nobody.
    ///
    /// # Errors
    /// [`Refused`] with everything that is wrong.
    pub fn read(text: &str, requested_by: &str, rules: &Rules<'_>) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object, requested_by, rules)
    }

    /// The same of an object.
    ///
    /// # Errors
    /// [`Refused`] with everything that is wrong.
    pub fn of(object: Map<String, Value>, requested_by: &str, rules: &Rules<'_>) -> Result<Self, Refused> {
        let names = |name: &str| object.get(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""));
        let mut errors = Vec::new();
        if rules.idempotency_key.is_some() && names("id") {
            let detail = "must not be given together with the Idempotency-Key header: leave one of them out";
            errors.push(field("/id", detail));
        }
        if names("reply_to") {
            let detail = "belongs to AMQP, where it is a property: over HTTP GET /asks/{id} shows the answer, and endpoints are \
                          told of it";
            errors.push(field("/reply_to", detail));
        }
        errors.extend(faults_of_media(&object, rules.checker));
        let names_tenant = names("tenant");
        let request = match AskRequest::read(object.clone()) {
            Ok(request) if errors.is_empty() => request,
            Ok(_) => return Err(Refused::Fields(errors)),
            Err(faults) => return Err(Refused::Fields([faults, errors].concat())),
        };
        let id = match (rules.idempotency_key, &request.id) {
            (Some(key), _) => rules.request_ids.id(rules.tenant, rules.by, key, None),
            (None, Some(id)) => id.clone(),
            (None, None) => mint(rules.clock.now()),
        };
        let key = Key { tenant: rules.tenant.clone(), id };
        if names_tenant && request.tenant != *rules.tenant {
            return Err(Refused::Tenant { key, error: field("/tenant", "is not the token's tenant: leave it out") });
        }
        let requested_by = request.requested_by.clone().unwrap_or_else(|| requested_by.to_owned());
        let body = written(object, &key, &requested_by);
        let request = AskRequest {
            id: Some(key.id.clone()),
            tenant: key.tenant.clone(),
            requested_by: Some(requested_by),
            ..request
        };
        Ok(Self { key, request, body })
    }
}

/// Everything that is wrong with a body that wants people to be asked, as services publish it over AMQP. None for one that
/// does not.
pub fn faults_of_message(body: &Map<String, Value>, checker: &Checker) -> Option<Vec<FieldError>> {
    let mut faults = topology::faults_of_asking(body)?;
    let of_media = body.get("ask").and_then(Value::as_object).map(|ask| faults_of_media(ask, checker));
    let within = |error: FieldError| FieldError { pointer: format!("/ask{}", error.pointer), ..error };
    faults.extend(of_media.into_iter().flatten().map(within));
    Some(faults)
}

fn written(mut object: Map<String, Value>, key: &Key, requested_by: &str) -> Bytes {
    for (name, text) in [("id", key.id.as_str()), ("tenant", key.tenant.as_str()), ("requested_by", requested_by)] {
        object.insert(name.to_owned(), Value::from(text));
    }
    serde_json::to_vec(&Value::Object(object)).expect("what was read as JSON can be written").into()
}

/// Everything that a medium would refuse of who is asked, whatever else is wrong with the request. What is no text and no
/// channel's name, the request itself says.
fn faults_of_media(object: &Map<String, Value>, checker: &Checker) -> Vec<FieldError> {
    let mut faults = faults_of_people(object.get("to"), "/to", checker);
    let steps = object.get("escalate").and_then(Value::as_array).into_iter().flatten();
    for (at, step) in steps.enumerate().take(MAX_APPROVERS) {
        faults.extend(faults_of_people(step.get("to"), &format!("/escalate/{at}/to"), checker));
    }
    faults
}

fn faults_of_people(people: Option<&Value>, place: &str, checker: &Checker) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let people = people.and_then(Value::as_array).into_iter().flatten();
    for (at, one) in people.enumerate().take(MAX_APPROVERS) {
        let channels = one.get("channels").and_then(Value::as_array).into_iter().flatten();
        for (n, name) in channels.enumerate().take(CARRIERS.len() * 2) {
            let refusal = name.as_str().and_then(|name| refusal_of_carrier(name).err());
            faults.extend(refusal.map(|why| field(format!("{place}/{at}/channels/{n}"), why)));
        }
        let mut named = one.get("channels").and_then(Value::as_array).into_iter().flatten().peekable();
        if !checker.has_links() && named.peek().is_some() && named.all(|name| name == BY_LINK) {
            faults.push(field(format!("{place}/{at}/channels"), NEEDS_LINKS));
        }
        let text = |name: &str| one.get(name).and_then(Value::as_str);
        if !checker.has_links() && text("channel") == Some(BY_LINK) {
            faults.push(field(format!("{place}/{at}/channel"), NEEDS_LINKS));
        }
        match text("channel").map(refusal_of_carrier) {
            None | Some(Ok(None)) => {}
            Some(Err(why)) => faults.push(field(format!("{place}/{at}/channel"), why)),
            Some(Ok(Some(channel))) => {
                let destination = text("destination").filter(|destination| !destination.is_empty());
                let refusal = destination.and_then(|destination| checker.refusal_of(&channel, destination));
                faults.extend(refusal.map(|why| field(format!("{place}/{at}/destination"), why)));
            }
        }
    }
    faults
}

/// The channel of this name, if people are asked by it; none for what is no name of one.
fn refusal_of_carrier(name: &str) -> Result<Option<ChannelName>, String> {
    let Ok(channel) = ChannelName::parse(name) else { return Ok(None) };
    if CARRIERS.contains(&channel.as_str()) {
        return Ok(Some(channel));
    }
    if !media::known().contains(&channel.as_str()) {
        return Err(format!("is an {}", media::unknown(&channel)));
    }
    Err(format!("brings no answer back: people are asked by {}", CARRIERS.join(", ")))
}
