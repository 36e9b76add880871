//! Reads a command, and what a service says of one, as their clients write them.

use domain::{Actor, CommandState, FieldError, Key, MAX_ID_BYTES, Tenant, parse_object};
use serde_json::{Map, Value};

use super::request::{CommandRequest, ReportRequest, cut};
use crate::checked::Refused;
use crate::reader::{Reader, field_meant, no_such};

/// The fields of a command, as its client writes them.
pub const FIELDS: [&str; 4] = ["service", "action", "arguments", "correlation_id"];
/// The fields of what a service says.
pub const REPORT_FIELDS: [&str; 5] = ["command_id", "state", "status", "output", "tenant"];

/// What a service may say of a command.
const STATES: [&str; 4] = ["running", "succeeded", "failed", "rejected"];

/// A command as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct Written {
    pub service: String,
    pub action: String,
    pub arguments: Map<String, Value>,
    pub correlation_id: Option<String>,
}

/// What a service says of a command, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportWritten {
    pub key: Key,
    pub state: CommandState,
    pub output: Option<String>,
}

impl Written {
    /// The same of somebody, under this id.
    pub(super) fn by(self, actor: &Actor, groups: Vec<String>, id: String) -> CommandRequest {
        CommandRequest {
            key: Key { tenant: actor.tenant.clone(), id },
            service: self.service,
            action: self.action,
            arguments: self.arguments,
            requested_by: actor.name.clone(),
            groups,
            correlation_id: self.correlation_id,
            reply: None,
        }
    }
}

impl ReportWritten {
    /// The same of this service.
    pub(super) fn by(self, service: &str) -> ReportRequest {
        let output = self.output.filter(|output| !output.is_empty()).map(|output| cut(&output));
        ReportRequest { key: self.key, service: service.to_owned(), state: self.state, output }
    }
}

/// Reads a command. `trading.strategy.pause` may stand in `action` alone, as people type it.
///
/// # Errors
/// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
pub fn read(text: &str) -> Result<Written, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let mut reader = Reader::of(object);
    let service = reader.text("service");
    let action = reader.required("action", "what the service is to do, such as strategy.pause");
    let (service, action) = match (service, action) {
        (None, Some(both)) => match both.split_once('.') {
            Some((service, action)) => (service.to_owned(), action.to_owned()),
            None => {
                reader.refuse("service", "is missing: the name of a service, as GET /services lists them");
                (String::new(), both)
            }
        },
        (service, action) => (service.unwrap_or_default(), action.unwrap_or_default()),
    };
    let arguments = arguments(&mut reader);
    let correlation_id = id(&mut reader, "correlation_id");
    refuse_unknown(&mut reader, &FIELDS);
    done(reader, Written { service, action, arguments, correlation_id })
}

/// Reads what a service says. A command is of the tenant `default` where none is named.
///
/// # Errors
/// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
pub fn read_report(text: &str) -> Result<ReportWritten, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let mut reader = Reader::of(object);
    let tenant = reader.tenant(&Tenant::default());
    let id = id(&mut reader, "command_id");
    if id.is_none() && !reader.has_refused("command_id") {
        reader.refuse("command_id", "is missing: the id that came with the command");
    }
    let state = reader.text("state").or_else(|| reader.text("status"));
    let known = state.as_deref().filter(|state| STATES.contains(state)).and_then(CommandState::parse);
    if known.is_none() {
        reader.refuse("state", no_such(state.as_deref().unwrap_or_default(), &STATES));
    }
    let output = match reader.value("output") {
        None => None,
        Some(Value::String(text)) => Some(text),
        // What is no text is kept as it is written.
        Some(value) => Some(value.to_string()),
    };
    refuse_unknown(&mut reader, &REPORT_FIELDS);
    let key = Key { tenant, id: id.unwrap_or_default() };
    done(reader, ReportWritten { key, state: known.unwrap_or(CommandState::Running), output })
}

fn arguments(reader: &mut Reader) -> Map<String, Value> {
    match reader.value("arguments") {
        None => Map::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => {
            reader.refuse("arguments", "must be an object of names and values");
            Map::new()
        }
    }
}

fn id(reader: &mut Reader, name: &str) -> Option<String> {
    let text = reader.line(name)?;
    if text.len() > MAX_ID_BYTES {
        reader.refuse(name, format!("must have at most {MAX_ID_BYTES} bytes"));
        return None;
    }
    Some(text)
}

fn refuse_unknown(reader: &mut Reader, fields: &[&'static str]) {
    const OTHERS: [(&str, &[&str]); 4] = [
        ("arguments", &["args", "parameters", "params", "payload", "data"]),
        ("action", &["command", "name"]),
        ("command_id", &["id", "command"]),
        ("output", &["result", "error", "message"]),
    ];
    let others: Vec<(&'static str, &[&str])> =
        OTHERS.iter().filter(|(name, _)| fields.contains(name)).copied().collect();
    reader.refuse_unknown(|name| field_meant(name, fields.iter().copied(), &others));
}

fn done<T>(reader: Reader, value: T) -> Result<T, Refused> {
    let errors: Vec<FieldError> = reader.errors;
    if errors.is_empty() { Ok(value) } else { Err(Refused::Fields(errors)) }
}
