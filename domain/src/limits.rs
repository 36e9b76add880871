//! Limits that hold for every notification, whoever looks at one.

use std::time::Duration;

/// The longest id, in bytes, as AMQP has it for a `message_id`.
pub const MAX_ID_BYTES: usize = 255;
/// The longest time that anybody may name: ten years. Whatever lies beyond is a slip.
pub const MAX_SPAN: Duration = Duration::from_secs(3_660 * 86_400);
/// How far behind a `send_at` may lie and be no mistake: clocks differ, and a request takes its time.
pub const SEND_AT_GRACE: Duration = Duration::from_secs(60);
