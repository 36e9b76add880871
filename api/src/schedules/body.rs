//! A schedule as the OpenAPI document shows it: what `POST /schedules` is given, which `operations` reads.

use utoipa::ToSchema;

use crate::notifications::document::NotificationBody;

/// When, and what to send then.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "cron": "0 9 * * MON-FRI", "timezone": "America/Argentina/Buenos_Aires", "name": "morning greeting",
    "notification": {"channel": "email", "destination": "ada@example.com", "message": "Good morning."}
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct ScheduleBody {
    /// Five fields, minute first, or six with seconds first. Either this or `send_at`.
    #[schema(max_length = 500)]
    cron: Option<String>,
    /// The IANA time zone of `cron`, with its daylight-saving rules. Default `UTC`.
    #[schema(max_length = 256)]
    timezone: Option<String>,
    /// The one instant to send at, RFC 3339 with an offset: not more than a minute ago.
    #[schema(format = DateTime)]
    send_at: Option<String>,
    /// A label for people, with `cron`.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// Seconds after its time for which a run may still be sent.
    #[schema(minimum = 1, maximum = 316_224_000)]
    max_lateness_seconds: Option<u64>,
    /// What to send. With `cron`, every run is a delivery with an id of its own.
    notification: NotificationBody,
}
