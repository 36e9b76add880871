//! Settings that several roles go by, so that none of the roles has them to itself.

use std::time::Duration;

use domain::{ChannelName, Defaults};
use runtime::settings::Reader;

/// Reads how long each retry waits. The delays are a policy of the worker, and arguments of the retry queues.
pub(super) fn retry_delays(reader: &mut Reader) -> [Duration; 3] {
    let names = ["WORKER_RETRY_DELAY_1", "WORKER_RETRY_DELAY_2", "WORKER_RETRY_DELAY_3"];
    let delays = names.map(|name| reader.seconds(name));
    if reader.are_right(&names) && !delays.is_sorted() {
        reader.problem(
            "WORKER_RETRY_DELAY_1, _2 and _3 must not fall: each retry waits at least as long as the one before",
        );
    }
    delays
}

/// Reads what stands for the fields that a body leaves out.
pub(super) fn defaults(reader: &mut Reader) -> Defaults {
    let word = reader.known_word("DEFAULT_CHANNEL", channels::known());
    Defaults { channel: word.and_then(|word| ChannelName::parse(word).ok()) }
}

/// Reads the retention; zero days stand for ever.
pub(super) fn retention(reader: &mut Reader) -> Option<Duration> {
    let days: u32 = reader.number("RETENTION_DAYS", 0..=36_500);
    (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
}
