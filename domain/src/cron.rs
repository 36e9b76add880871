//! Recurring schedules: a cron expression in an IANA time zone, and when it fires next.

use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use croner::parser::{CronParser, Seconds, Year};

use crate::Timestamp;

/// Where the search works: croner gives up at the year 5000.
const YEARS: Range<i32> = 1..5000;

/// Five fields (minute first), or six (second first), in a time zone with its daylight-saving rules.
#[derive(Clone, Debug)]
pub struct Cron {
    pattern: croner::Cron,
    zone: Tz,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidCron {
    #[error("must be a cron expression of five fields (or six, with seconds first): {0}")]
    Pattern(String),
    #[error("must be an IANA time zone such as America/Argentina/Buenos_Aires")]
    Zone,
    #[error("never fires")]
    Never,
}

impl Cron {
    /// # Errors
    /// [`InvalidCron`] naming what is wrong.
    pub fn parse(pattern: &str, zone: &str) -> Result<Self, InvalidCron> {
        let has_holes = |field: &str| field.split(',').any(str::is_empty);
        if pattern.split_whitespace().any(has_holes) {
            return Err(InvalidCron::Pattern("a list has an empty place".into()));
        }
        let pattern = CronParser::builder()
            .seconds(Seconds::Optional)
            .year(Year::Disallowed)
            .build()
            .parse(pattern)
            .map_err(|error| InvalidCron::Pattern(error.to_string()))?;
        let zone = Tz::from_str(zone).map_err(|_| InvalidCron::Zone)?;
        Ok(Self { pattern, zone })
    }

    /// The first instant after `after`, a whole second. A local time that does not exist fires at the
    /// first instant after the gap, one that occurs twice fires once; but a pattern for every hour (`*` or
    /// `*/n` in its place) goes by the time that passes, so that a change of the clock makes no hole.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after = DateTime::from_timestamp(after.as_micros().div_euclid(1_000_000), 0)?;
        if !YEARS.contains(&after.year()) {
            return None;
        }
        let next = if self.pattern.pattern.hours.from_wildcard {
            self.next_as_time_passes(after)
        } else {
            self.next_on_the_wall(after)
        };
        next.map(Timestamp::from)
    }

    /// Walks through local times and looks up when each occurs. Within a doubled hour their first
    /// occurrence may lie before `after`.
    fn next_on_the_wall(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut local = after.with_timezone(&self.zone).naive_local();
        loop {
            local = self.pattern.find_next_occurrence(&local.and_utc(), false).ok()?.naive_utc();
            let at = match self.zone.from_local_datetime(&local).earliest() {
                Some(at) => at,
                None => GapInfo::new(&local, &self.zone)?.end?,
            };
            if at > after {
                return Some(at.to_utc());
            }
        }
    }

    /// Searches under the offset of the moment, and again from every change of the offset on.
    fn next_as_time_passes(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (mut from, mut inclusive) = (after, false);
        loop {
            let offset = self.offset_at(from);
            let next = self.pattern.find_next_occurrence(&from.with_timezone(&offset), inclusive).ok()?.to_utc();
            if self.offset_at(next) == offset {
                return Some(next);
            }
            (from, inclusive) = (self.change_between(from, next), true);
        }
    }

    /// The second at which the offset stops being that of `from`. It is another one at `to`.
    fn change_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
        let (before, mut early, mut late) = (self.offset_at(from), from, to);
        while late - early > TimeDelta::seconds(1) {
            let middle = early + TimeDelta::seconds((late - early).num_seconds() / 2);
            if self.offset_at(middle) == before { early = middle } else { late = middle }
        }
        late
    }

    fn offset_at(&self, at: DateTime<Utc>) -> FixedOffset {
        self.zone.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    /// # Errors
    /// [`InvalidCron::Never`] for a date that no year has.
    pub fn first_after(&self, after: Timestamp) -> Result<Timestamp, InvalidCron> {
        self.next_after(after).ok_or(InvalidCron::Never)
    }
}

#[cfg(test)]
mod tests;
