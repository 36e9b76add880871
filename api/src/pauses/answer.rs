//! One pause as it is shown.

use domain::{FieldError, Pause};
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Warning;

/// Something whose deliveries wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PauseAnswer {
    /// The pause's id: `DELETE /pauses/{id}` ends it.
    id: String,
    /// `channel`, `provider`, `template` or `tenant`.
    #[schema(example = "channel")]
    kind: &'static str,
    /// The name of the channel, the provider, the template or the tenant.
    #[schema(example = "sms")]
    name: String,
    /// Whose deliveries wait. Null for those of all tenants.
    tenant: Option<String>,
    /// Why, in the words of whoever has paused it.
    #[schema(example = "the provider has an outage")]
    why: String,
    /// Who has paused it, or renewed the pause.
    #[schema(example = "ada")]
    by: String,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// When it ends by itself. Null until it is resumed.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// What of it may be a slip. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
}

pub(super) fn answer(pause: Pause) -> PauseAnswer {
    PauseAnswer {
        id: pause.id,
        kind: pause.kind.as_str(),
        name: pause.name,
        tenant: pause.tenant.map(|tenant| tenant.to_string()),
        why: pause.why,
        by: pause.by,
        since: pause.since.to_string(),
        until: pause.until.map(|at| at.to_string()),
        warnings: Vec::new(),
    }
}

/// One that was just made.
pub(super) fn with_doubts(pause: Pause, doubts: &[FieldError]) -> PauseAnswer {
    PauseAnswer { warnings: doubts.iter().map(Warning::from).collect(), ..answer(pause) }
}
