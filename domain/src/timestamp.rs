//! Instants as the wire, the ledger and the rules share them: microseconds since the Unix epoch, UTC.

use std::fmt;
use std::time::Duration;

use chrono::format::ParseErrorKind;
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

/// So much earlier may a time be that was read for one step than one that was read for another beside it.
const UNEVEN: Duration = Duration::from_secs(1);

/// An instant in UTC with microsecond precision. The ledger stores it as BIGINT, because date columns of SQLite compare
/// as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(i64);

/// Why a text is no RFC 3339 date-time with an offset. Each message is read after the name of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidTimestamp {
    #[error("must be a date and time with an offset (RFC 3339), such as 2026-03-01T09:00:00-03:00")]
    Form,
    #[error("has no offset from UTC: write one behind it, such as 2026-03-01T09:00:00-03:00, or Z for UTC itself")]
    NoOffset,
    #[error("has an offset that is not written as hours:minutes: write it with a colon, such as +03:00")]
    NoColon,
    #[error("is a date or a time that does not exist, as February 30 or 25:00")]
    NeverOccurs,
}

impl Timestamp {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z (the unit of the AMQP `timestamp` property).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// # Errors
    /// [`InvalidTimestamp`] for anything but RFC 3339 with an offset.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidTimestamp> {
        DateTime::parse_from_rfc3339(text).map(|at| Self(at.timestamp_micros())).map_err(|error| match error.kind() {
            ParseErrorKind::OutOfRange | ParseErrorKind::Impossible => InvalidTimestamp::NeverOccurs,
            _ if text.parse::<NaiveDateTime>().is_ok() => InvalidTimestamp::NoOffset,
            _ if DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z").is_ok() => InvalidTimestamp::NoColon,
            _ => InvalidTimestamp::Form,
        })
    }

    /// Saturates at the ends of the representable range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to `self`, zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The time between two instants, whichever is the later.
    pub fn apart(self, other: Self) -> Duration {
        self.since(other).max(other.since(self))
    }

    /// How long after `now` a wait ends that ends here, and that never is longer than `longest`; none when it is over. One
    /// that seems longer was begun before the clock was set back, or by a process whose clock is wrong: it is over too,
    /// or it would last as long as the clocks are apart.
    pub(crate) fn left(self, now: Self, longest: Duration) -> Option<Duration> {
        let left = self.since(now);
        (!left.is_zero() && left <= longest.saturating_add(UNEVEN)).then_some(left.min(longest))
    }

    /// The instant as a chrono value, for calendar arithmetic. Saturates at the ends of chrono's range.
    pub fn to_utc(self) -> DateTime<Utc> {
        let end = if self.0 < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_micros(self.0).unwrap_or(end)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// Gives the current time. Whoever starts a role passes the clock in, so that tests can hold time still.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests;
