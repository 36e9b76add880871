//! An entry as the OpenAPI document shows it: what `POST /suppressions` is given, which `operations` reads.

use utoipa::ToSchema;

/// Whom not to write to, and why.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "email", "destination": "ada@example.com", "reason": "complaint", "note": "called us on Monday"
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct SuppressionBody {
    /// The channel on which nothing is to be sent.
    #[schema(example = "email")]
    channel: String,
    /// The recipient, as a notification names it: in any form that reaches the same.
    #[schema(max_length = 4096)]
    destination: String,
    /// `complaint`, `hard_bounce`, `soft_bounce`, `unsubscribe`, `stop`, `gone`, `provider` or `manual`, which is the
    /// default.
    reason: Option<String>,
    /// `marketing` (the lane bulk), `all_but_urgent` (all but the lane urgent) or `all`. The default is that of the reason:
    /// `all_but_urgent` for a complaint, `marketing` for who unsubscribes, `all` for every other.
    scope: Option<String>,
    /// After this it stops nothing, RFC 3339 with an offset. Default: until it is lifted.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Whatever there is to say about it, in one line. Do not write the recipient into it: it is shown.
    #[schema(max_length = 500)]
    note: Option<String>,
}
