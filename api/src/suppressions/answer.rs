//! One entry of the suppression list as it is shown, on the list or lifted.

use domain::Suppression;
use serde::Serialize;
use store::Lift;
use utoipa::ToSchema;

/// Somebody who is not written to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuppressionAnswer {
    /// The entry's id.
    id: String,
    /// Whose list it is on.
    tenant: String,
    /// The channel on which nothing is sent.
    #[schema(example = "email")]
    channel: String,
    /// The recipient, masked.
    #[schema(example = "***@example.com")]
    recipient: String,
    /// `complaint`, `hard_bounce`, `soft_bounce`, `unsubscribe`, `stop`, `gone`, `provider` or `manual`.
    #[schema(example = "complaint")]
    reason: &'static str,
    /// What is not sent: `marketing` (the lane bulk), `all_but_urgent` (all but the lane urgent), `all`.
    #[schema(example = "all_but_urgent")]
    scope: &'static str,
    /// When it was put on the list.
    #[schema(format = DateTime)]
    since: String,
    /// After this it stops nothing. Null until it is lifted.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Who has put it on the list, or renewed it.
    #[schema(example = "ada")]
    by: String,
    /// What they had to say about it.
    note: Option<String>,
    /// Who has taken it off the list. Absent while it is on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    lifted: Option<LiftedAnswer>,
}

/// Who has taken an entry off the list, when, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiftedAnswer {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who.
    #[schema(example = "ada")]
    by: String,
    /// Why, in their words.
    #[schema(example = "asked us by phone to write again")]
    reason: String,
}

/// On the list.
pub(super) fn answer(suppression: Suppression) -> SuppressionAnswer {
    SuppressionAnswer {
        id: suppression.id,
        tenant: suppression.tenant.to_string(),
        channel: suppression.channel.to_string(),
        recipient: suppression.recipient_mask,
        reason: suppression.reason.as_str(),
        scope: suppression.scope.as_str(),
        since: suppression.since.to_string(),
        until: suppression.until.map(|at| at.to_string()),
        by: suppression.by,
        note: suppression.note,
        lifted: None,
    }
}

/// Taken off the list.
pub(super) fn lifted(lift: Lift) -> SuppressionAnswer {
    let told = LiftedAnswer { at: lift.at.to_string(), by: lift.by, reason: lift.why };
    SuppressionAnswer { lifted: Some(told), ..answer(lift.suppression) }
}
