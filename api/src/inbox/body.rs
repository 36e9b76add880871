//! Bodies of requests about inboxes as the OpenAPI document shows them; `operations` reads them.

use utoipa::ToSchema;

/// Until when an item is not shown.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": "2036-03-01T09:00:00Z"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct SnoozeBody {
    /// RFC 3339 with an offset, ahead.
    #[schema(format = DateTime)]
    until: String,
}

/// Up to where everything is read.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"through": 42}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct ReadThroughBody {
    /// The `seq` of the newest item that was read.
    #[schema(minimum = 0)]
    through: u64,
}
