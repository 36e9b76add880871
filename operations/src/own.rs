//! Requests of the fleet to itself that nobody else may make: each has a mark, because whoever may publish a notification could
//! publish one of these too.

use domain::{Secrets, Timestamp};
use serde_json::{Map, Value};
use topology::Inbound;

/// The field with the mark.
const MARK: &str = "mark";

/// The request to do `target`, with this JSON object.
pub(crate) fn marked(secrets: &Secrets, target: &str, mut body: Value, at: Timestamp) -> Inbound {
    let mark = secrets.request_mark(target, &body.to_string());
    body[MARK] = mark.into();
    Inbound::own(target, &body, at)
}

/// Takes the mark out of a request, and says whether the fleet has made it.
pub fn is_marked(secrets: &Secrets, target: &str, body: &mut Map<String, Value>) -> bool {
    let Some(Value::String(mark)) = body.remove(MARK) else { return false };
    secrets.has_marked(target, &Value::Object(body.clone()).to_string(), &mark)
}
