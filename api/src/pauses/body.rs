//! A pause as the OpenAPI document shows it: what `POST /pauses` is given, which `operations` reads.

use utoipa::ToSchema;

/// What is to wait, and why.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "channel", "name": "sms", "why": "the provider has an outage"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct PauseBody {
    /// `channel`, `provider`, `template` or `tenant`.
    #[schema(example = "channel")]
    kind: String,
    /// The name of the channel, the provider, the template or the tenant. A channel and a provider must exist.
    #[schema(max_length = 255, example = "sms")]
    name: String,
    /// Whose deliveries are to wait, or `*` for those of all tenants. Default: the token's own; any other needs the scope
    /// `tenants`. Left out where a tenant is paused.
    tenant: Option<String>,
    /// Why, in one line, for whoever asks later. The events of what waits say so too: do not write a recipient into it.
    #[schema(max_length = 500)]
    why: String,
    /// When it ends by itself, RFC 3339 with an offset. Default: when it is resumed.
    #[schema(format = DateTime)]
    until: Option<String>,
}
