//! One key as it is shown: never with its secret, but where that is new.

use operations::accounts::keys::Made;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use store::ApiKey;
use utoipa::ToSchema;

/// The key of a service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    /// The key's id.
    id: String,
    /// What it is called.
    #[schema(example = "orders")]
    name: String,
    /// What it begins with, by which the journal knows it.
    #[schema(example = "chq_0123456789ab")]
    prefix: String,
    /// Whose it is.
    tenant: String,
    /// What it allows.
    #[schema(example = "notify")]
    scope: String,
    /// Who has made it.
    created_by: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it is taken. Null until it is revoked.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was used last, to about a minute.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// When it was revoked.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    /// The id of the key that was made to follow it.
    replaced_by: Option<String>,
    /// All of the key, to be sent as `Authorization: Bearer <secret>`: only where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "chq_0123456789ab_…")]
    secret: Option<String>,
}

pub(super) fn answer(key: ApiKey) -> KeyAnswer {
    KeyAnswer {
        id: key.id,
        name: key.name,
        prefix: format!("chq_{}", key.prefix),
        tenant: key.tenant.to_string(),
        scope: key.scopes.join(" "),
        created_by: key.created_by,
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.map(|at| at.to_string()),
        last_used_at: key.last_used_at.map(|at| at.to_string()),
        revoked_at: key.revoked_at.map(|at| at.to_string()),
        replaced_by: key.replaced_by,
        secret: None,
    }
}

/// The same with all of its text.
pub(super) fn with_secret(made: Made) -> KeyAnswer {
    KeyAnswer { secret: Some(made.text.expose_secret().to_owned()), ..answer(made.key) }
}
