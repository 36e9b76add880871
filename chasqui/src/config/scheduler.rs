//! The scheduler: how long things are remembered, whose zone rules, and the demo schedule.

use std::time::Duration;

use domain::{Cron, InvalidCron, Zones};
use runtime::settings::Reader;

use super::roles::Role;
use super::worker::channel;
use crate::zones;

/// Zero days are for ever.
pub(super) fn retention(reader: &mut Reader) -> Option<Duration> {
    let days: u32 = reader.number("RETENTION_DAYS", 0..=36_500);
    (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
}

/// Other roles do without reading them.
pub(super) fn zones(reader: &mut Reader, role: Role) -> Zones {
    if !role.knows_zones() {
        return Zones::bundled();
    }
    zones::newest(reader.path("ZONEINFO_DIR").as_deref()).unwrap_or_else(|error| {
        reader.problem(format!("{error:#}"));
        Zones::bundled()
    })
}

/// Everything that is wrong with the demo is told, whether it is on or not, and each thing once.
pub(super) fn demo(reader: &mut Reader, zones: &Zones) -> Option<::scheduler::Demo> {
    let cron = reader.required_text("SCHEDULER_DEMO_CRON");
    let timezone = reader.required_text("SCHEDULER_DEMO_TIMEZONE");
    let channel = channel(reader, "SCHEDULER_DEMO_CHANNEL");
    let destination = reader.required_text("SCHEDULER_DEMO_DESTINATION");
    let subject = reader.text("SCHEDULER_DEMO_SUBJECT");
    let message = reader.required_text("SCHEDULER_DEMO_MESSAGE");
    let enabled = reader.flag("SCHEDULER_DEMO_ENABLED");
    if let Err(InvalidCron { pattern, zone }) = Cron::parse(&cron, &timezone, zones) {
        let wrong = [("SCHEDULER_DEMO_CRON", pattern), ("SCHEDULER_DEMO_TIMEZONE", zone)];
        for (name, wrong) in wrong.into_iter().filter_map(|(name, wrong)| Some((name, wrong?))) {
            reader.problem(format!("{name}: {wrong}"));
        }
    }
    // What the other fields may hold depends on it.
    let channel = channel?;
    for wrong in operations::check_plain(&channel, &destination, subject.as_deref(), &message) {
        let setting = wrong.pointer.trim_start_matches('/').to_ascii_uppercase();
        reader.refuse(&format!("SCHEDULER_DEMO_{setting}"), wrong.detail);
    }
    enabled.then_some(::scheduler::Demo { cron, timezone, channel, destination, subject, message })
}
