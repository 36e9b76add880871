//! A message as the OpenAPI document shows it: what `POST /v1/messages/send` is given, which `operations` reads.

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::notifications::document::PriorityWord;

/// To whom, by what, and with which words.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "auto", "to": {"telegram_chat_id": "12345", "email": "ana@example.com"},
    "message": "Deploy version 7 to production?", "require_confirmation": true,
    "routing": {"fallback": true, "ttl_seconds": 900}, "correlation_id": "deploy-7"
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct MessageBody {
    /// Any text up to 255 bytes; the same id is the same message. Default: from the `Idempotency-Key`, else new.
    #[schema(min_length = 1, max_length = 255)]
    id: Option<String>,
    /// By what it goes first: `auto`, the default, is Telegram where they have it, and then mail.
    channel: Option<MessageChannel>,
    /// Where they are reached.
    to: MessageTo,
    /// The name of a template of the catalog. This or `message`.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    template_key: Option<String>,
    /// What the template needs.
    data: Option<Map<String, Value>>,
    /// The words to send; with `require_confirmation` the question, which the text of a template may be as well.
    message: Option<String>,
    /// The subject of a mail.
    #[schema(max_length = 998)]
    subject: Option<String>,
    /// The language of the template, or of the words around the question, BCP 47.
    #[schema(example = "es-AR", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    locale: Option<String>,
    /// Default: `normal`.
    priority: Option<PriorityWord>,
    /// They are asked yes or no, and the answer is told as that of an ask. Default: false.
    require_confirmation: Option<bool>,
    /// What happens when the first channel does not reach them, and for how long it is worth sending.
    routing: Option<MessageRouting>,
    /// Anything of yours: events tell it again.
    #[schema(max_length = 255)]
    correlation_id: Option<String>,
    /// Anything of yours; kept with the message.
    metadata: Option<Map<String, Value>>,
}

/// By what a message goes first.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum MessageChannel {
    Telegram,
    Email,
    Auto,
}

/// Where somebody is reached: one of them at least.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct MessageTo {
    /// The number of a chat, as a text or as a number, or the name of a public one.
    #[schema(example = "12345")]
    telegram_chat_id: Option<String>,
    /// A bare address.
    #[schema(example = "ana@example.com")]
    email: Option<String>,
}

/// By which other channels it may go, and for how long.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct MessageRouting {
    /// `true`: by the others that are given; `false`: by none; or a list of them. Default: `true` with `auto`, else `false`.
    fallback: Option<MessageFallback>,
    /// Seconds for which it is worth sending, or for which the question stands.
    #[schema(minimum = 1, maximum = 316_224_000)]
    ttl_seconds: Option<u64>,
}

/// Whether others are tried, or which of them.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum MessageFallback {
    Any(bool),
    These(Vec<MessageFallbackItem>),
}

/// The name of a channel, or an object that says when it is tried as well.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum MessageFallbackItem {
    Channel(String),
    When(MessageFallbackObject),
}

/// A channel, and when it is tried.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct MessageFallbackObject {
    /// `telegram` or `email`.
    channel: String,
    /// As in an item of the fallback of a notification. Default: `failed`.
    when: Option<String>,
    /// With `undelivered`, and only then.
    #[schema(minimum = 1, maximum = 2_592_000)]
    after_seconds: Option<u64>,
}
