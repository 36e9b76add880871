//! The worker: how much at once, how often, how long, and what to do when an answer was lost.

use std::collections::BTreeMap;
use std::time::Duration;

use ::worker::Settings;
use domain::{Ambiguity, ChannelName, Defaults};

use super::reader::{Reader, did_you_mean};

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
    let list = reader.text("AMBIGUITY").unwrap_or_default();
    let pairs: Vec<&str> = list.split(',').map(str::trim).filter(|pair| !pair.is_empty()).collect();
    let mut policies = BTreeMap::new();
    for (at, pair) in pairs.iter().enumerate() {
        match policy(pair) {
            Ok((channel, _)) if policies.contains_key(&channel) => {
                reader.refuse("AMBIGUITY", format_args!("names {channel} twice: leave one of the two"));
            }
            Ok((channel, policy)) => {
                policies.insert(channel, policy);
            }
            Err(what) => {
                let place = format!("{} of {}", at + 1, pairs.len());
                reader.refuse(
                    "AMBIGUITY",
                    format_args!("must be a list such as sms=hold,email=resend; of number {place}, {what}"),
                );
            }
        }
    }
    policies
}

/// What stands there may be the value of another setting: it is not repeated.
fn policy(pair: &str) -> Result<(ChannelName, Ambiguity), String> {
    let Some((channel, policy)) = pair.split_once('=').map(|(channel, policy)| (channel.trim(), policy.trim())) else {
        return Err("there is no = between a channel and what to do".into());
    };
    let channel = known_channel(channel).ok_or_else(|| {
        let known = ::channels::known();
        format!("the channel is not known, but {}{}", known.join(", "), did_you_mean(channel, known))
    })?;
    let policy = Ambiguity::parse(policy).ok_or_else(|| {
        let known = Ambiguity::ALL.map(Ambiguity::as_str);
        format!("what to do is not known, but {}{}", known.join(", "), did_you_mean(policy, &known))
    })?;
    Ok((channel, policy))
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
