//! The settings of the scheduler: when something counts as stuck, how much inboxes keep, and the demo schedule.

use std::time::Duration;

use domain::{ChannelName, Cron, InvalidCron, Zones, reversed_sign};
use runtime::settings::Reader;
use store::InboxLimits;

use crate::demo::Demo;

/// The settings `SCHEDULER_*`, `INBOX_*` and `STUCK_AFTER_SECONDS`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `None`: the demo schedule is off.
    pub demo: Option<Demo>,
    /// How long past its time something must be to count as stuck.
    pub stuck_after: Duration,
    /// How much inboxes keep.
    pub inboxes: InboxLimits,
}

/// What the media know of the demo's notification. The scheduler itself knows no medium.
pub struct Media<'a> {
    pub known: &'a [&'a str],
    /// The names of the fields that are wrong, each with what is wrong.
    pub check: &'a dyn Fn(&Demo) -> Vec<(String, String)>,
}

impl Settings {
    pub fn read(reader: &mut Reader, zones: &Zones, media: &Media<'_>) -> Self {
        let (demo, stuck_after) = (demo(reader, zones, media), reader.seconds("STUCK_AFTER_SECONDS"));
        Self { demo, stuck_after, inboxes: inboxes(reader) }
    }
}

/// Reads how much inboxes keep; zero days stand for ever.
fn inboxes(reader: &mut Reader) -> InboxLimits {
    let days: u32 = reader.number("INBOX_RETENTION_DAYS", 0..=36_500);
    let keep_for = (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60));
    InboxLimits { keep_for, most: reader.number("INBOX_MAX_ITEMS", 1..=100_000) }
}

/// Reads the demo. Everything that is wrong with it is reported, whether it is on or not, and each thing once.
fn demo(reader: &mut Reader, zones: &Zones, media: &Media<'_>) -> Option<Demo> {
    let cron = reader.required_text("SCHEDULER_DEMO_CRON");
    let timezone = reader.required_text("SCHEDULER_DEMO_TIMEZONE");
    let channel = reader.known_word("SCHEDULER_DEMO_CHANNEL", media.known);
    let channel = channel.and_then(|word| ChannelName::parse(word).ok());
    let destination = reader.required_text("SCHEDULER_DEMO_DESTINATION");
    let subject = reader.text("SCHEDULER_DEMO_SUBJECT");
    let message = reader.required_text("SCHEDULER_DEMO_MESSAGE");
    let enabled = reader.flag("SCHEDULER_DEMO_ENABLED");
    if let Err(InvalidCron { pattern, zone }) = Cron::parse(&cron, &timezone, zones) {
        let wrong = [("SCHEDULER_DEMO_CRON", pattern), ("SCHEDULER_DEMO_TIMEZONE", zone)];
        for (name, wrong) in wrong.into_iter().filter_map(|(name, wrong)| Some((name, wrong?))) {
            reader.problem(format!("{name}: {wrong}"));
        }
    } else if let Some(doubt) = reversed_sign(&timezone) {
        reader.warn(format!("SCHEDULER_DEMO_TIMEZONE: {doubt}"));
    }
    // What the other fields may hold depends on the channel.
    let demo = Demo { cron, timezone, channel: channel?, destination, subject, message };
    for (field, wrong) in (media.check)(&demo) {
        reader.refuse(&format!("SCHEDULER_DEMO_{}", field.to_ascii_uppercase()), wrong);
    }
    enabled.then_some(demo)
}
