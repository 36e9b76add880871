//! The worker: how much at once, how often, how long, and what to do when an answer was lost.

use std::collections::BTreeMap;
use std::time::Duration;

use ::worker::Settings;
use domain::{Ambiguity, ChannelName, Defaults};
use runtime::settings::Reader;

pub(super) fn read(reader: &mut Reader) -> Settings {
    Settings {
        concurrency: reader.number("WORKER_CONCURRENCY", 4..=1600),
        bytes_in_hand: 64 * 1024 * 1024,
        provider_timeout: reader.seconds("PROVIDER_TIMEOUT_SECONDS"),
        lease: reader.seconds("WORKER_LEASE_SECONDS"),
        grace: reader.seconds("WORKER_GRACE_SECONDS"),
        trouble_limit: Duration::from_secs(60),
        max_retries: reader.number("WORKER_MAX_RETRIES", 0..=1000),
        retry_delays: retry_delays(reader),
        throttle_max_age: reader.seconds("THROTTLE_MAX_AGE_SECONDS"),
        ambiguity: ambiguity(reader),
        defaults: Defaults { channel: channel(reader, "DEFAULT_CHANNEL") },
    }
}

fn retry_delays(reader: &mut Reader) -> [Duration; 3] {
    let names = ["WORKER_RETRY_DELAY_1", "WORKER_RETRY_DELAY_2", "WORKER_RETRY_DELAY_3"];
    let delays = names.map(|name| reader.seconds(name));
    if reader.are_right(&names) && !delays.is_sorted() {
        reader.problem(
            "WORKER_RETRY_DELAY_1, _2 and _3 must not fall: each retry waits at least as long as the one before",
        );
    }
    delays
}

fn ambiguity(reader: &mut Reader) -> BTreeMap<ChannelName, Ambiguity> {
    let mut policies = BTreeMap::new();
    for pair in reader.text("AMBIGUITY").unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty()) {
        let policy = pair
            .split_once('=')
            .and_then(|(channel, policy)| Some((known_channel(channel.trim())?, Ambiguity::parse(policy.trim())?)));
        match policy {
            Some((channel, policy)) => {
                policies.insert(channel, policy);
            }
            None => reader
                .problem("AMBIGUITY must be a list such as sms=hold,email=resend with resend, hold or resend_if_fresh"),
        }
    }
    policies
}

fn known_channel(word: &str) -> Option<ChannelName> {
    ChannelName::parse(word).ok().filter(|name| ::channels::known().contains(&name.as_str()))
}

pub(super) fn channel(reader: &mut Reader, name: &str) -> Option<ChannelName> {
    let word = reader.text(name)?;
    let channel = known_channel(&word);
    if channel.is_none() {
        let known = ::channels::known();
        let hint = domain::nearest(&word, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
        reader.refuse(name, format_args!("must be one of {}{}", known.join(", "), hint.unwrap_or_default()));
    }
    channel
}
