//! What travels to the role that makes commands and hears what services say of them.

use std::iter::once;

use domain::{
    Command, CommandState, Key, Registry, ReplyTo, Tenant, Timestamp, Unresolved, WantedCommand, command_delivery_id,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The most that is kept of what a service says of an end, in characters.
const MAX_OUTPUT_CHARS: usize = 4_000;

/// A command that somebody wants done.
#[derive(Clone, PartialEq, Debug)]
pub struct CommandRequest {
    pub key: Key,
    pub service: String,
    pub action: String,
    pub arguments: Map<String, Value>,
    /// By the id under which they are known.
    pub requested_by: String,
    pub groups: Vec<String>,
    pub correlation_id: Option<String>,
    /// Where whoever asks is told the end.
    pub reply: Option<ReplyTo>,
}

/// What a service says of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportRequest {
    pub key: Key,
    pub service: String,
    pub state: CommandState,
    pub output: Option<String>,
}

impl CommandRequest {
    /// The body of its message.
    pub fn to_value(&self) -> Value {
        json!({
            "tenant": self.key.tenant.as_str(), "id": self.key.id, "service": self.service, "action": self.action,
            "arguments": self.arguments, "requested_by": self.requested_by, "groups": self.groups,
            "correlation_id": self.correlation_id, "reply": self.reply.as_ref().map(ReplyTo::to_value),
        })
    }

    /// None for what is no such message.
    pub fn of(mut body: Map<String, Value>) -> Option<Self> {
        let arguments = match body.remove("arguments") {
            Some(Value::Object(arguments)) => arguments,
            None | Some(Value::Null) => Map::new(),
            Some(_) => return None,
        };
        let groups = body.get("groups").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            key: key(&body)?,
            service: text(&body, "service")?,
            action: text(&body, "action")?,
            arguments,
            requested_by: text(&body, "requested_by")?,
            groups: groups.filter_map(|group| group.as_str().map(str::to_owned)).collect(),
            correlation_id: text(&body, "correlation_id"),
            reply: body.get("reply").and_then(ReplyTo::of),
        })
    }

    /// What is to be done.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn wanted<'r>(&self, services: &'r Registry) -> Result<WantedCommand<'r>, Unresolved> {
        let who: Vec<&str> = once(self.requested_by.as_str()).chain(self.groups.iter().map(String::as_str)).collect();
        services.dispatched(&self.service, &self.action, self.arguments.clone(), &self.key.tenant, &who)
    }

    /// The command as it begins: with an ask, or with its delivery. Whoever may ask could take the id of the ask before it if
    /// they knew it, so that nobody can derive that: the row is written before the ask, and says it.
    pub fn command(&self, wanted: &WantedCommand<'_>, now: Timestamp) -> Command {
        let is_asked = wanted.is_confirmed;
        Command {
            key: self.key.clone(),
            service: wanted.service.name.clone(),
            action: wanted.action.to_owned(),
            arguments: Value::Object(wanted.arguments.clone()).to_string(),
            ask: is_asked.then(|| Uuid::new_v4().to_string()),
            delivery: (!is_asked).then(|| command_delivery_id(&self.key)),
            state: if is_asked { CommandState::PendingConfirmation } else { CommandState::Dispatched },
            version: 1,
            requested_by: self.requested_by.clone(),
            confirmed_by: None,
            correlation_id: self.correlation_id.clone(),
            output: None,
            reply: self.reply.clone(),
            created_at: now,
            updated_at: now,
            expires_at: now.plus(wanted.service.timeout),
        }
    }
}

impl ReportRequest {
    /// The body of its message.
    pub fn to_value(&self) -> Value {
        json!({
            "tenant": self.key.tenant.as_str(), "command_id": self.key.id, "service": self.service,
            "state": self.state.as_str(), "output": self.output,
        })
    }

    /// None for what is no such message.
    pub fn of(body: &Map<String, Value>) -> Option<Self> {
        let tenant = Tenant::parse(body.get("tenant")?.as_str()?)?;
        Some(Self {
            key: Key { tenant, id: text(body, "command_id")? },
            service: text(body, "service")?,
            state: CommandState::parse(body.get("state")?.as_str()?)?,
            output: text(body, "output").map(|output| cut(&output)),
        })
    }
}

/// What is kept of what a service says. Postgres keeps no U+0000: it becomes U+FFFD, as in the journal.
pub(super) fn cut(output: &str) -> String {
    let kept = |c: char| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c };
    output.chars().take(MAX_OUTPUT_CHARS).map(kept).collect()
}

fn key(body: &Map<String, Value>) -> Option<Key> {
    Some(Key { tenant: Tenant::parse(body.get("tenant")?.as_str()?)?, id: text(body, "id")? })
}

/// An empty text counts as none.
fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    body.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
