//! The bodies as the OpenAPI document shows them; `operations` reads them.

use utoipa::ToSchema;

/// Whom to send a code to, and what for.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "email", "to": "ada@example.com", "purpose": "login", "client_ip": "203.0.113.7",
    "session": "9f1c2b", "locale": "es"
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct StartBody {
    /// `sms`, `whatsapp`, `email`, `telegram`; or `auto`: those that `to` has an address for, the cheapest first, and the
    /// next one while the code has not been entered for a minute.
    #[schema(example = "email")]
    channel: String,
    /// The number (E.164), the address or the chat's id.
    to: SentTo,
    /// What the code is for, in a few words that its reader understands, in one line.
    #[schema(max_length = 100, example = "login")]
    purpose: String,
    /// The IP address of whoever has asked you: it is counted, and kept as a hash. Without it your own server is not
    /// limited, and neither is whoever asks it a thousand times.
    #[schema(example = "203.0.113.7")]
    client_ip: Option<String>,
    /// Their session with you, under any name: it is counted, and kept as a hash.
    #[schema(max_length = 255)]
    session: Option<String>,
    /// The language of the message, such as `es-AR`.
    #[schema(max_length = 35)]
    locale: Option<String>,
}

/// One address, or several for `auto`.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum SentTo {
    One(String),
    Several(Addresses),
}

/// At least one of them.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+34600123456", "email": "ada@example.com"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct Addresses {
    /// In E.164 form.
    phone: Option<String>,
    /// An address of mail.
    email: Option<String>,
    /// The id of a chat with our bot: the person has written to it before.
    telegram_chat_id: Option<String>,
}

/// To whom to send the same code once more.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "ada@example.com"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct ResendBody {
    /// What the verification was started with: its row has a hash of it alone.
    to: SentTo,
    /// The language of the message.
    #[schema(max_length = 35)]
    locale: Option<String>,
}

/// The code that somebody has typed.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "482193"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct ConfirmBody {
    /// As it was typed: spaces and hyphens between the digits are none of it.
    #[schema(max_length = 32)]
    code: String,
}
