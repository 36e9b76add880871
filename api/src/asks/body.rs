//! A request to ask as the OpenAPI document shows it: what `POST /asks` is given, which `operations` reads.

use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What to ask, and whom.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "question": "Deploy version 7 to production?",
    "choices": [{"id": "yes", "label": "Deploy"}, {"id": "no", "label": "Not now", "refuses": true}],
    "to": [{"contact": "ana", "channels": ["telegram", "email"]}, {"channel": "email", "destination": "ben@example.com"}],
    "expires_in": 900, "correlation_id": "deploy-7"
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct AskBody {
    /// Any text up to 255 bytes; the same id is the same question. Default: from the `Idempotency-Key`, else new.
    #[schema(min_length = 1, max_length = 255)]
    id: Option<String>,
    /// The tenant comes from the token. Default: `default`.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    tenant: Option<String>,
    /// What they are asked.
    #[schema(min_length = 1, max_length = 1000)]
    question: String,
    /// What they may answer. Default: yes and no, in the language of the question.
    #[schema(min_items = 1, max_items = 10)]
    choices: Option<Vec<AskChoiceBody>>,
    /// Who is asked.
    #[schema(min_items = 1, max_items = 50)]
    to: Vec<AddresseeBody>,
    /// How many people must choose the same. Default: 1.
    #[schema(minimum = 1, maximum = 50)]
    quorum: Option<u32>,
    /// Whoever has asked may not answer. Default: false.
    four_eyes: Option<bool>,
    /// Who has answered may answer otherwise while it is open. Default: false.
    may_change: Option<bool>,
    /// Seconds after which it ends by itself. Default: 3600.
    #[schema(minimum = 10, maximum = 2_592_000)]
    expires_in: Option<u64>,
    /// Anything of yours: events tell it again.
    #[schema(max_length = 255)]
    correlation_id: Option<String>,
    /// Who wants to know. Default: the name of the token.
    #[schema(max_length = 255)]
    requested_by: Option<String>,
    /// The language of the words around the question, BCP 47. That of a person goes before it.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    locale: Option<String>,
    /// Seconds after which somebody who has not answered is asked by their next channel. Default: 120.
    #[schema(minimum = 1, maximum = 2_592_000)]
    next_channel_after: Option<u64>,
    /// Seconds after which whoever has not answered is reminded. Default: never.
    #[schema(minimum = 10, maximum = 2_592_000)]
    remind_after: Option<u64>,
    /// Whom else to ask when nothing is decided by then, each step later than the one before it.
    #[schema(max_items = 5)]
    escalate: Option<Vec<AskStepBody>>,
    /// Anything of yours; kept with the request.
    metadata: Option<Map<String, Value>>,
    /// The version of this format: 1.
    #[schema(minimum = 1, maximum = 1)]
    version: Option<u64>,
}

/// A label, or an object with more.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum AskChoiceBody {
    Label(String),
    Choice(AskChoiceObject),
}

/// One of the answers that may be given.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct AskChoiceObject {
    /// By which it is told. Default: the label in lower case without accents.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    id: Option<String>,
    /// What stands on the button.
    #[schema(min_length = 1, max_length = 64)]
    label: String,
    /// It is a no: it needs no quorum, and ends the question once no other choice can reach one. Default: false.
    refuses: Option<bool>,
}

/// Somebody who is known by name, everybody of a group, or whoever reads what comes to an address: `contact`, `group`, or
/// `channel` with `destination`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct AddresseeBody {
    /// The id of a contact.
    #[schema(max_length = 255)]
    contact: Option<String>,
    /// The name of a group of contacts.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    group: Option<String>,
    /// With `contact` or `group`: by which of their channels, in this order. Default: all of them.
    #[schema(max_items = 8)]
    channels: Option<Vec<String>>,
    /// `email`, `slack`, `sms`, `telegram` or `whatsapp`.
    channel: Option<String>,
    /// As a notification names it.
    #[schema(max_length = 4096)]
    destination: Option<String>,
    /// With `channel`: who that is, for people.
    #[schema(max_length = 255)]
    name: Option<String>,
    /// With `channel`: their language, BCP 47.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    locale: Option<String>,
}

/// A step of an escalation.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct AskStepBody {
    /// Since the question was asked.
    #[schema(minimum = 1, maximum = 2_592_000)]
    after_seconds: u64,
    /// Who is asked then.
    #[schema(min_items = 1, max_items = 50)]
    to: Vec<AddresseeBody>,
}
