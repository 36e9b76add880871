//! How a worker behaves: slots, timeouts, the retry policy of each channel, and which templates it has for questions and codes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::{Ambiguity, ChannelName, Policy};
use media::whatsapp::Approved;
use runtime::settings::{Reader, did_you_mean, place_in_list};

const MIB: usize = 1024 * 1024;

/// The settings `WORKER_*` and their companions, and limits that nobody can set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most deliveries in hand at once, over all lanes.
    pub concurrency: usize,
    /// While the bodies in hand have this many bytes, no further message is admitted.
    pub bytes_in_hand: usize,
    /// How many bytes of bodies may wait that the broker has sent ahead.
    pub prefetch_bytes: usize,
    /// How long one send may take before its outcome is ambiguous.
    pub provider_timeout: Duration,
    /// How long a claim holds its row without an answer.
    pub lease: Duration,
    /// How long a stop waits for sends in flight.
    pub grace: Duration,
    /// How long one delivery's step with the ledger is repeated while the steps of others succeed.
    pub trouble_limit: Duration,
    pub max_retries: u32,
    pub retry_delays: [Duration; 3],
    pub throttle_max_age: Duration,
    /// Channels whose ambiguity policy differs from their own default.
    pub ambiguity: BTreeMap<ChannelName, Ambiguity>,
    pub approved: ApprovedFor,
}

/// The templates that WhatsApp has approved for what the fleet asks, `WHATSAPP_…_TEMPLATE`: one for each provider and
/// language.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApprovedFor {
    pub questions: Vec<Approved>,
    /// With two quick replies, yes and no.
    pub yes_or_no: Vec<Approved>,
    pub codes: Vec<Approved>,
}

/// Settings with which a worker could send twice without knowing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the lease of {lease:?} is too short for a provider timeout of {provider_timeout:?}: it must be longer than 1.5 times \
     the timeout plus 10 s, or a slow answer would be taken for a crash; raise WORKER_LEASE_SECONDS or lower \
     PROVIDER_TIMEOUT_SECONDS"
)]
pub struct InvalidSettings {
    pub lease: Duration,
    pub provider_timeout: Duration,
}

impl Settings {
    /// `retry_delays` are those of the whole fleet, whose retry queues have them too.
    pub fn read(reader: &mut Reader, retry_delays: [Duration; 3]) -> Self {
        Self {
            concurrency: reader.number("WORKER_CONCURRENCY", 4..=1600),
            bytes_in_hand: 64 * MIB,
            prefetch_bytes: reader.number("WORKER_PREFETCH_MIB", 4..=65_536_usize) * MIB,
            provider_timeout: reader.seconds("PROVIDER_TIMEOUT_SECONDS"),
            lease: reader.seconds("WORKER_LEASE_SECONDS"),
            grace: reader.seconds("WORKER_GRACE_SECONDS"),
            trouble_limit: Duration::from_secs(60),
            max_retries: reader.number("WORKER_MAX_RETRIES", 0..=1000),
            retry_delays,
            throttle_max_age: reader.seconds("THROTTLE_MAX_AGE_SECONDS"),
            ambiguity: ambiguity(reader),
            approved: ApprovedFor {
                questions: approved(reader, "WHATSAPP_ASK_TEMPLATE"),
                yes_or_no: approved(reader, "WHATSAPP_YES_NO_TEMPLATE"),
                codes: approved(reader, "WHATSAPP_VERIFY_TEMPLATE"),
            },
        }
    }

    /// # Errors
    /// [`InvalidSettings`] when a lease could run out under a live send.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let least = self.provider_timeout.mul_f64(1.5) + Duration::from_secs(10);
        if self.lease < least {
            return Err(InvalidSettings { lease: self.lease, provider_timeout: self.provider_timeout });
        }
        Ok(())
    }

    /// Until when a send may begin. A later one could still run when the claim's lease ends and another worker sends.
    pub(crate) fn send_until(&self, claimed: Instant) -> Instant {
        claimed + self.lease.saturating_sub(self.provider_timeout)
    }

    pub(crate) fn policy(&self, channel: &ChannelName) -> Policy {
        let ambiguity = self.ambiguity.get(channel).copied().unwrap_or_else(|| channels::default_ambiguity(channel));
        Policy {
            max_retries: self.max_retries,
            delays: self.retry_delays,
            throttle_max_age: self.throttle_max_age,
            ambiguity,
        }
    }
}

/// Templates with commas between them.
fn approved(reader: &mut Reader, name: &str) -> Vec<Approved> {
    let list = reader.text(name).unwrap_or_default();
    let given: Vec<&str> = list.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let mut approved = Vec::new();
    for (at, text) in given.iter().enumerate() {
        match Approved::parse(text) {
            Some(template) => approved.push(template),
            None => {
                let place =
                    place_in_list(at, given.len()).map(|place| format!("; {place} is neither")).unwrap_or_default();
                reader.refuse(
                    name,
                    format_args!(
                        "must be templates with commas between them: the SID of Twilio's, HX and 32 hexadecimal digits, with \
                         :es behind it where there are several languages, or the name of Meta's with its language, such as \
                         ask:es_AR{place}"
                    ),
                );
            }
        }
    }
    approved
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
                let place = place_in_list(at, pairs.len()).map(|place| format!("of {place}, ")).unwrap_or_default();
                reader.refuse("AMBIGUITY", format_args!("must be a list such as sms=hold,email=resend; {place}{what}"));
            }
        }
    }
    policies
}

/// Reads one pair. An error does not quote the pair, because it may be the value of another setting.
fn policy(pair: &str) -> Result<(ChannelName, Ambiguity), String> {
    let Some((channel, policy)) = pair.split_once('=').map(|(channel, policy)| (channel.trim(), policy.trim())) else {
        return Err("there is no = between a channel and what to do".into());
    };
    if policy.contains('=') {
        return Err("there is no comma before the next pair".into());
    }
    let channel = known_channel(channel).ok_or_else(|| {
        let known = channels::known();
        format!("the channel must be one of {}{}", known.join(", "), did_you_mean(channel, known))
    })?;
    let policy = Ambiguity::parse(policy).ok_or_else(|| {
        let known = Ambiguity::ALL.map(Ambiguity::as_str);
        format!("what to do must be one of {}{}", known.join(", "), did_you_mean(policy, &known))
    })?;
    Ok((channel, policy))
}

fn known_channel(word: &str) -> Option<ChannelName> {
    ChannelName::parse(word).ok().filter(|name| channels::known().contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_that_begins_in_time_ends_before_its_lease_and_a_later_one_does_not_begin() {
        let settings = Settings {
            concurrency: 1,
            bytes_in_hand: 1,
            prefetch_bytes: 1,
            provider_timeout: Duration::from_secs(10),
            lease: Duration::from_secs(30),
            grace: Duration::ZERO,
            trouble_limit: Duration::ZERO,
            max_retries: 0,
            retry_delays: [Duration::ZERO; 3],
            throttle_max_age: Duration::ZERO,
            ambiguity: BTreeMap::new(),
            approved: ApprovedFor::default(),
        };
        let claimed = Instant::now();
        let latest = settings.send_until(claimed);
        assert_eq!(latest + settings.provider_timeout, claimed + settings.lease);
    }
}
