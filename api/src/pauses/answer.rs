//! One pause as it is shown, and who is told that it is beyond reach.

use domain::{Denied, FieldError, Pause, Scope};
use operations::NotDone;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::{Problem, Warning};

use crate::done::{done, not_allowed};

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
    /// Somebody who acts for all tenants has paused it for another one, or for all: only a token with the scope `tenants`
    /// resumes it, or pauses it otherwise.
    by_platform: bool,
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
        by_platform: pause.by_platform,
        since: pause.since.to_string(),
        until: pause.until.map(|at| at.to_string()),
        warnings: Vec::new(),
    }
}

/// What an operation has done; who may not do it to what is paused for all, or by somebody who acts for all, is told so.
///
/// # Errors
/// As of [`done`].
pub(super) fn done_within_reach<T>(answer: Result<T, NotDone>) -> Result<T, Problem> {
    if let Err(NotDone::Denied(Denied { needed: Scope::Tenants })) = answer {
        let detail = "It is paused for all tenants, or by somebody who acts for all: only a token with the scope tenants \
                      resumes it, or pauses it otherwise.";
        return Err(not_allowed(detail));
    }
    done(answer)
}

/// One that was just made.
pub(super) fn with_doubts(pause: Pause, doubts: &[FieldError]) -> PauseAnswer {
    PauseAnswer { warnings: doubts.iter().map(Warning::from).collect(), ..answer(pause) }
}
