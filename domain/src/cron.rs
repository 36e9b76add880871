//! Recurring schedules: a cron expression in an IANA time zone, and when it fires next.

mod fields;

use std::ops::Range;

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::{Timestamp, Zones};

/// The years in which a fire time is looked for: croner gives up at the year 5000.
const YEARS: Range<i16> = 1..5000;

/// A cron expression of five fields (minute first) or six (second first), in a time zone with its daylight-saving
/// rules.
#[derive(Clone, Debug)]
pub struct Cron {
    pattern: croner::Cron,
    zone: TimeZone,
}

/// Everything that is wrong with a schedule. The messages say what to write instead. They quote nothing of the schedule
/// but a word that is nearly a month or a day, and a range over the end.
#[derive(Clone, PartialEq, Eq, Debug, Default, thiserror::Error)]
#[error("{}", [.pattern.as_deref(), .zone.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("; "))]
pub struct InvalidCron {
    /// What is wrong with the expression.
    pub pattern: Option<String>,
    /// What is wrong with the time zone.
    pub zone: Option<String>,
}

impl Cron {
    /// Reads a schedule that somebody is writing now: an expression that can only be a mistake is refused.
    ///
    /// # Errors
    /// [`InvalidCron`] with every field of the expression that is wrong, and the zone.
    pub fn parse(pattern: &str, zone: &str, zones: &Zones) -> Result<Self, InvalidCron> {
        let refused = fields::check(pattern);
        let built = if refused.is_empty() { build(pattern).and_then(sometimes) } else { Err(refused.join("; ")) };
        joined(built, zones.find_written(zone))
    }

    /// Reads a schedule that was accepted earlier, by the rules of that day, which may have been milder than those of
    /// [`Cron::parse`].
    ///
    /// # Errors
    /// [`InvalidCron`] for an expression that no version accepted, or a zone that is no longer known.
    pub fn stored(pattern: &str, zone: &str, zones: &Zones) -> Result<Self, InvalidCron> {
        joined(build(pattern), zones.find(zone))
    }

    /// The first fire time after `after`, in whole seconds. A local time that a change of the clock skips fires at the
    /// first instant after the gap, and one that occurs twice fires once. A pattern for every hour (`*` or `*/n` as the
    /// hour) counts the hours that pass instead, so that a change of the clock leaves no hour out.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_second(after.as_micros().div_euclid(1_000_000)).ok()?;
        if !YEARS.contains(&self.zone.to_datetime(after).year()) {
            return None;
        }
        let next = if self.pattern.pattern.hours.from_wildcard {
            self.next_as_time_passes(after)
        } else {
            self.next_on_the_wall(after)
        };
        next.map(|at| Timestamp::from_seconds(at.as_second()))
    }

    /// Walks through local times and looks up when each occurs. Within a doubled hour the first occurrence of a local
    /// time may lie before `after`.
    fn next_on_the_wall(&self, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let mut local = self.zone.to_datetime(after);
        loop {
            local = self.pattern.find_next_occurrence(&local, false).ok()?;
            let at = self.first_instant_of(local)?;
            if at > after {
                return Some(at);
            }
        }
    }

    /// The first instant at which a clock on the wall shows `local`, or has just jumped over it.
    fn first_instant_of(&self, local: DateTime) -> Option<jiff::Timestamp> {
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
            AmbiguousOffset::Gap { before, .. } => {
                // Read by the old offset, a skipped local time lies behind the change, at most as far as the gap is
                // long.
                let behind = seconds_later(before.to_timestamp(local).ok()?, 1)?;
                self.zone.preceding(behind).next().map(|change| change.timestamp())
            }
        }
    }

    /// Searches under the offset of `after`, and again from every later change of the offset.
    fn next_as_time_passes(&self, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let (mut from, mut inclusive) = (after, false);
        loop {
            let offset = self.zone.to_offset(from);
            let local = self.pattern.find_next_occurrence(&offset.to_datetime(from), inclusive).ok()?;
            let next = offset.to_timestamp(local).ok()?;
            if self.zone.to_offset(next) == offset {
                return Some(next);
            }
            (from, inclusive) = (self.change_between(from, next)?, true);
        }
    }

    /// The second at which the offset stops being that of `from`. The caller has found another offset at `to`.
    fn change_between(&self, from: jiff::Timestamp, to: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let (before, mut early, mut late) = (self.zone.to_offset(from), from, to);
        while late.as_second() - early.as_second() > 1 {
            let middle = seconds_later(early, (late.as_second() - early.as_second()) / 2)?;
            if self.zone.to_offset(middle) == before { early = middle } else { late = middle }
        }
        Some(late)
    }
}

fn seconds_later(at: jiff::Timestamp, seconds: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(at.as_second().checked_add(seconds)?).ok()
}

fn build(pattern: &str) -> Result<croner::Cron, String> {
    let plain = fields::without_nickname(pattern);
    CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .dom_and_dow(fields::both_days_must_hold(plain))
        .build()
        .parse(plain)
        .map_err(|_| "must be a cron expression of five fields, or of six with seconds first".into())
}

/// Refuses a date that no year has.
fn sometimes(pattern: croner::Cron) -> Result<croner::Cron, String> {
    match pattern.find_next_occurrence(&DateTime::constant(2000, 1, 1, 0, 0, 0, 0), true) {
        Ok(_) => Ok(pattern),
        Err(_) => Err("never fires: no year has such a day".into()),
    }
}

fn joined(pattern: Result<croner::Cron, String>, zone: Result<TimeZone, String>) -> Result<Cron, InvalidCron> {
    match (pattern, zone) {
        (Ok(pattern), Ok(zone)) => Ok(Cron { pattern, zone }),
        (pattern, zone) => Err(InvalidCron { pattern: pattern.err(), zone: zone.err() }),
    }
}

#[cfg(test)]
mod tests;
