//! Recurring schedules: a cron expression in an IANA time zone, and when it fires next.

use std::str::FromStr;

use chrono_tz::Tz;

use crate::Timestamp;

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
        let pattern = croner::parser::CronParser::builder()
            .seconds(croner::parser::Seconds::Optional)
            .build()
            .parse(pattern)
            .map_err(|error| InvalidCron::Pattern(error.to_string()))?;
        let zone = Tz::from_str(zone).map_err(|_| InvalidCron::Zone)?;
        Ok(Self { pattern, zone })
    }

    /// The first instant after `after`. A local time that does not exist fires at the first instant
    /// after the gap; one that occurs twice fires once.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let local = after.to_utc().with_timezone(&self.zone);
        let next = self.pattern.find_next_occurrence(&local, false).ok()?;
        Some(Timestamp::from(next.to_utc()))
    }

    /// # Errors
    /// [`InvalidCron::Never`] for a date that no year has.
    pub fn first_after(&self, after: Timestamp) -> Result<Timestamp, InvalidCron> {
        self.next_after(after).ok_or(InvalidCron::Never)
    }
}
