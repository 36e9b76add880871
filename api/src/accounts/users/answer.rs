//! One user as it is shown: never with anything of its password.

use serde::Serialize;
use store::User;
use utoipa::ToSchema;

/// Somebody who may log in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// The user's name.
    username: String,
    /// The user's tenant.
    tenant: String,
    /// What the user may do.
    #[schema(example = "notify read")]
    scope: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    created_at: String,
    /// Since when it cannot log in. Null while it can.
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
    /// When it got another password. Null while it has its first.
    #[schema(format = DateTime)]
    password_changed_at: Option<String>,
}

pub(super) fn answer(user: User) -> UserView {
    UserView {
        username: user.name,
        tenant: user.tenant.to_string(),
        scope: user.scopes.join(" "),
        created_at: user.created_at.to_string(),
        disabled_at: user.disabled_at.map(|at| at.to_string()),
        password_changed_at: user.password_changed_at.map(|at| at.to_string()),
    }
}
