//! Notifications as the OpenAPI document shows them: no type of a handler is like the body that clients write.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// How urgent it is, in any case: the lane that it goes through.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum PriorityWord {
    Low,
    Normal,
    High,
    Urgent,
}

/// `failed`: once the channel before it has failed for good. `undelivered`: also when nobody has reported after
/// `after_seconds` that the message of the channel before it arrived. `unread`: also when what stands in the inbox (`inapp`) is
/// not read by then.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum WhenWord {
    Failed,
    Undelivered,
    Unread,
}

/// `seen`: once the item was shown. `read`: once it was read.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum UntilWord {
    Seen,
    Read,
}

/// One recipient on one channel. An empty text counts as absent, as `null` does, but in `channel`, `destination` and
/// `message`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "email", "destination": "ada@example.com", "subject": "Hello", "message": "It works."
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct NotificationBody {
    /// In any case. Default: the setting `DEFAULT_CHANNEL`.
    #[schema(schema_with = channel)]
    channel: Option<String>,
    /// An address, a phone number in E.164, a device token, `user:` and an id, `topic:` and a group: one recipient per item.
    #[schema(min_length = 1, max_length = 4096)]
    destination: String,
    /// A subject line or title, where the channel has one.
    #[schema(max_length = 998)]
    subject: Option<String>,
    /// The words to send. Either this or `template`.
    message: Option<String>,
    /// The name of a template of the catalog.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    template: Option<String>,
    /// The language of the template, BCP 47.
    #[schema(example = "es-AR", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    locale: Option<String>,
    /// What the template needs.
    data: Option<Map<String, Value>>,
    /// Of a mail alone: where answers go, bare addresses.
    #[schema(max_items = 10)]
    reply_to: Option<Vec<String>>,
    /// Of a mail alone: who gets a copy and is shown, bare addresses.
    #[schema(max_items = 49)]
    cc: Option<Vec<String>>,
    /// Of a mail alone: who gets a copy and is not shown, bare addresses.
    #[schema(max_items = 49)]
    bcc: Option<Vec<String>>,
    /// Of a mail alone: headers that begin with `X-`, and a few others.
    headers: Option<BTreeMap<String, String>>,
    /// Files that go with it: with a mail, and those that are stored here with telegram and whatsapp.
    #[schema(max_items = 20)]
    attachments: Option<Vec<AttachmentBody>>,
    /// Of a mail alone: the list that it is of, which its recipient may leave by a link.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    list: Option<String>,
    /// Any text up to 255 bytes; the same id is the same delivery. Default: from the `Idempotency-Key`, else new.
    #[schema(min_length = 1, max_length = 255)]
    id: Option<String>,
    /// Over HTTP the tenant comes from the token. Default: `default`.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    tenant: Option<String>,
    /// Default: `normal`.
    priority: Option<PriorityWord>,
    /// The only provider that may carry it, in any case. Default: whoever carries its channel, the preferred first.
    #[schema(example = "smtp", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    provider: Option<String>,
    /// When to send it, RFC 3339 with an offset.
    #[schema(format = DateTime)]
    send_at: Option<String>,
    /// When it stops being worth sending, RFC 3339 with an offset. Either this or `ttl_seconds`.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Seconds for which it is worth sending, from `send_at`, else from now.
    #[schema(minimum = 1, maximum = 316_224_000)]
    ttl_seconds: Option<u64>,
    /// Seconds after `send_at` for which it may still be sent.
    #[schema(minimum = 1, maximum = 316_224_000)]
    max_lateness_seconds: Option<u64>,
    /// Channels to try in this order when this one fails for good.
    #[schema(max_items = 8)]
    fallback: Option<Vec<FallbackBody>>,
    /// Anything of yours; kept with the message. Fields that are not known here belong into it.
    metadata: Option<Map<String, Value>>,
    /// The version of this format: 1.
    #[schema(minimum = 1, maximum = 1)]
    version: Option<u64>,
}

/// The catalog's own names.
fn channel() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(operations::channel_names().iter().copied()))
        .build()
}

/// A file that goes with a mail.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct AttachmentBody {
    /// Its name, without a path. Not beside `file`.
    #[schema(min_length = 1, max_length = 255)]
    filename: Option<String>,
    /// What it is, without parameters. Default: `application/octet-stream`.
    #[schema(example = "application/pdf")]
    content_type: Option<String>,
    /// Its bytes in base64. This, `url` or `file`.
    #[schema(min_length = 1)]
    content: Option<String>,
    /// Where it is fetched from when the mail is sent, by https: 10 MiB for all files of a mail.
    #[schema(max_length = 2048, example = "https://files.example.org/invoice.pdf")]
    url: Option<String>,
    /// The `object_name` of a file that is stored here; it goes with telegram and whatsapp as well. 20 MiB for all files of a
    /// message.
    #[schema(example = "018f2b6c0d3e7a41b6c9d2e5f8a1b4c7.pdf")]
    file: Option<String>,
    /// What a `file` is called in this message. Default: its own name.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Of a mail: the words show it, by `cid:` and its name.
    inline: Option<bool>,
}

/// The next channel to try.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct FallbackBody {
    /// As in a notification, but never left out.
    #[schema(schema_with = channel)]
    channel: String,
    /// As in a notification.
    #[schema(min_length = 1, max_length = 4096)]
    destination: String,
    /// Words of its own. Default: those of the notification.
    #[schema(max_length = 998)]
    subject: Option<String>,
    /// Words of its own. Default: those of the notification.
    message: Option<String>,
    /// A template of its own. Default: that of the notification.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    template: Option<String>,
    /// A language of its own. Default: that of the notification.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    locale: Option<String>,
    /// Data of its own, instead of the notification's.
    data: Option<Map<String, Value>>,
    /// As in a notification, and its own alone.
    #[schema(max_items = 10)]
    reply_to: Option<Vec<String>>,
    /// As in a notification, and its own alone.
    #[schema(max_items = 49)]
    cc: Option<Vec<String>>,
    /// As in a notification, and its own alone.
    #[schema(max_items = 49)]
    bcc: Option<Vec<String>>,
    /// As in a notification, and its own alone.
    headers: Option<BTreeMap<String, String>>,
    /// As in a notification, and its own alone.
    #[schema(max_items = 20)]
    attachments: Option<Vec<AttachmentBody>>,
    /// As in a notification, and its own alone.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    list: Option<String>,
    /// When it is tried. Default: `failed`.
    when: Option<WhenWord>,
    /// With `when: unread`, and only then: what ends the wait. Default: `read`.
    until: Option<UntilWord>,
    /// With `undelivered` and `unread`, and only then: how long to wait after the channel before it has sent, or the inbox has
    /// it.
    #[schema(minimum = 1, maximum = 2_592_000)]
    after_seconds: Option<u64>,
}

/// One notification, or a list of 1 to 1,000.
#[derive(ToSchema)]
#[schema(example = json!({
    "channel": "email", "destination": "ada@example.com", "subject": "Hello", "message": "It works."
}))]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) enum NotifyBody {
    One(Box<NotificationBody>),
    Batch(Vec<NotificationBody>),
}
