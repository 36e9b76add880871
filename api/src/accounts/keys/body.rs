//! A key as the OpenAPI document shows it: what `POST /keys` is given, which `operations` reads.

use utoipa::ToSchema;

/// What a service may do.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "orders", "scope": "notify"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct KeyBody {
    /// What the key is called, such as the service that has it.
    #[schema(max_length = 500)]
    name: String,
    /// Words separated by spaces, none of which the caller lacks. Either this or `role`.
    #[schema(example = "notify")]
    scope: Option<String>,
    /// `viewer`, `operator` or `admin`.
    role: Option<String>,
    /// Whose notifications it publishes and sees. Default: the token's own tenant; another needs the scope `tenants`.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    tenant: Option<String>,
    /// RFC 3339 with an offset: after this it is refused. Default: it is taken until it is revoked. A key that
    /// makes another gives it no later end than its own.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}
