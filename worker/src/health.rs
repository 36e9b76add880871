//! How the providers are, as far as this process knows: who carries the next attempt, and what its answer says of those
//! that come next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use channels::{Channels, Enabled};
use domain::{About, Before, Breaker, Candidate, Choice, Closed, Condition, Limit, Outcome, Sign, Timestamp, choose};

/// How often a choice is made anew because others were quicker.
const MAX_ROUNDS: usize = 4;

/// The breaker of each provider's credentials, and the limit of each of its media.
pub(crate) struct Health {
    breakers: HashMap<&'static str, Mutex<Breaker>>,
    limits: HashMap<(&'static str, &'static str), Mutex<Limit>>,
}

/// How a provider is, as far as others should know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    /// The state of its breaker, in a word.
    pub(crate) state: &'static str,
    pub(crate) open_until: Option<Timestamp>,
}

/// Who carries an attempt, and who was passed over for it and why.
pub(crate) struct Chosen<'a> {
    pub(crate) carrier: &'a Enabled,
    pub(crate) passed_over: Option<String>,
}

impl Health {
    pub(crate) fn of(channels: &Channels) -> Self {
        let shared = || channels.all().filter(|carrier| carrier.is_one_place());
        let limit = |carrier: &Arc<Enabled>| (at(carrier), Mutex::new(Limit::new(carrier.max_per_second())));
        Self {
            breakers: shared().map(|carrier| (carrier.provider(), Mutex::default())).collect(),
            limits: shared().map(limit).collect(),
        }
    }

    /// Chooses who carries the next attempt, and takes a place with the chosen one. Every choice is to be followed by
    /// [`Self::note`].
    ///
    /// # Errors
    /// The outcome, when nobody takes the message now.
    pub(crate) fn choose<'a>(
        &self,
        carriers: &'a [Arc<Enabled>],
        before: Before<'_>,
        now: Timestamp,
    ) -> Result<Chosen<'a>, Outcome> {
        let mut parked = Outcome::PutAside;
        for _ in 0..MAX_ROUNDS {
            let candidate = |carrier: &Arc<Enabled>| {
                let condition = self.condition(carrier, now);
                Candidate { provider: carrier.provider(), condition }
            };
            let candidates: Vec<Candidate> = carriers.iter().map(candidate).collect();
            match choose(&candidates, before) {
                Choice::Use { at, passed_over } if self.take(&carriers[at], now) => {
                    return Ok(Chosen { carrier: carriers[at].as_ref(), passed_over });
                }
                Choice::Use { .. } => {}
                Choice::Park { wait, why } => {
                    parked = Outcome::Parked { wait, why };
                    break;
                }
            }
        }
        Err(parked)
    }

    /// Learns from how an attempt ended for which [`Self::choose`] has taken a place.
    pub(crate) fn note(&self, carrier: &Enabled, outcome: &Outcome, now: Timestamp) {
        if let Outcome::Throttled { failure, retry_after } = outcome
            && failure.about == About::Provider
            && let Some(limit) = self.limits.get(&at(carrier))
        {
            lock(limit).throttled(*retry_after, now);
        }
        let Some(breaker) = self.breakers.get(carrier.provider()) else { return };
        let mut breaker = lock(breaker);
        if breaker.note(Sign::of(outcome), now) {
            report(carrier.provider(), &breaker);
        }
    }

    /// How every provider is that has a breaker.
    pub(crate) fn known(&self) -> Vec<(&'static str, Known)> {
        self.breakers.iter().map(|(provider, breaker)| (*provider, Known::of(&lock(breaker)))).collect()
    }

    /// Opens the breaker of this provider because another process has; says how it is now, if there is such a one here.
    pub(crate) fn open_as_others(&self, provider: &str, until: Timestamp) -> Option<(&'static str, Known)> {
        let (&provider, breaker) = self.breakers.get_key_value(provider)?;
        let mut breaker = lock(breaker);
        if !breaker.open_as_others(until) {
            return None;
        }
        report(provider, &breaker);
        Some((provider, Known::of(&breaker)))
    }

    fn condition(&self, carrier: &Enabled, now: Timestamp) -> Condition {
        let Some(breaker) = self.breakers.get(carrier.provider()) else { return Condition::Works };
        let condition = lock(breaker).condition(now);
        if matches!(condition, Condition::Closed { .. }) {
            return condition;
        }
        let wait = self.limits.get(&at(carrier)).and_then(|limit| lock(limit).wait(now));
        wait.map_or(condition, |wait| Condition::Closed { wait, why: Closed::Limit })
    }

    /// False when others were quicker.
    fn take(&self, carrier: &Enabled, now: Timestamp) -> bool {
        let (Some(breaker), Some(limit)) = (self.breakers.get(carrier.provider()), self.limits.get(&at(carrier)))
        else {
            return true;
        };
        let (mut breaker, mut limit) = (lock(breaker), lock(limit));
        limit.wait(now).is_none() && breaker.take(now) && limit.take(now)
    }
}

impl Known {
    fn of(breaker: &Breaker) -> Self {
        Self { state: breaker.as_str(), open_until: breaker.open_until() }
    }
}

/// A breaker that has seen nothing yet.
impl Default for Known {
    fn default() -> Self {
        Self::of(&Breaker::default())
    }
}

fn at(carrier: &Enabled) -> (&'static str, &'static str) {
    (carrier.name(), carrier.provider())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a breaker was opened, or was closed or is being tried out.
fn report(provider: &'static str, breaker: &Breaker) {
    let state = breaker.as_str();
    let is_open = breaker.is_open();
    metrics::gauge!("chasqui_provider_open", "provider" => provider).set(f64::from(u8::from(is_open)));
    if is_open {
        tracing::error!(provider, state, "this provider is given no messages for now: they wait, and spend no attempt");
    } else {
        tracing::info!(provider, state, "this provider is given messages again");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use channels::{Settings, twilio};
    use domain::{Ambiguity, ChannelName, Failure};
    use testkit::NOW;

    use super::*;

    const BEFORE: Before<'static> = Before { last: None, ambiguous: false, policy: Ambiguity::ResendIfFresh };

    /// SMS and WhatsApp by Twilio, of each two messages a second.
    fn channels() -> Channels {
        let mut settings = Settings::unset(Duration::from_secs(10));
        settings.twilio = twilio::Settings {
            account_sid: Some(format!("AC{}", "0".repeat(32))),
            auth_token: Some("t".into()),
            from_number: Some("+14155550101".into()),
            whatsapp_from: Some("+14155550101".into()),
            base_url: "http://127.0.0.1:1".into(),
            max_per_second: Some(2),
            ..twilio::Settings::default()
        };
        Channels::enable(&settings).unwrap()
    }

    fn carriers<'a>(channels: &'a Channels, medium: &str) -> &'a [Arc<Enabled>] {
        channels.carriers(&ChannelName::parse(medium).unwrap(), "+14155550100").unwrap()
    }

    fn at(millis: u64) -> Timestamp {
        NOW.plus(Duration::from_millis(millis))
    }

    /// For how many milliseconds a message waits at this time; none if it is sent.
    fn waits(health: &Health, carriers: &[Arc<Enabled>], now: Timestamp) -> Option<u128> {
        match health.choose(carriers, BEFORE, now) {
            Ok(_) => None,
            Err(Outcome::Parked { wait, .. }) => Some(wait.as_millis()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_exceeds_the_ceiling_of_a_sender_waits_until_it_may_be_sent_and_no_other_sender_does() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        assert_eq!([0, 0, 0].map(|millis| waits(&health, sms, at(millis))), [None, None, Some(500)]);
        assert_eq!(waits(&health, carriers(&channels, "whatsapp"), at(0)), None);
        assert_eq!(waits(&health, sms, at(500)), None);
    }

    #[test]
    fn a_wait_that_a_provider_names_holds_for_all_its_messages_unless_it_is_about_one() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        let throttled = |about| Outcome::Throttled {
            failure: Failure::new("twilio", None, "slow down").about(about),
            retry_after: Some(Duration::from_secs(30)),
        };
        assert_eq!(waits(&health, sms, at(0)), None);
        health.note(&sms[0], &throttled(About::Message), at(0));
        assert_eq!(waits(&health, sms, at(1000)), None);
        health.note(&sms[0], &throttled(About::Provider), at(1000));
        assert_eq!(waits(&health, sms, at(1000)), Some(30_000));
        assert_eq!(waits(&health, sms, at(31_000)), None);
    }

    #[test]
    fn credentials_that_are_refused_keep_back_every_medium_of_the_provider() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        assert_eq!(waits(&health, sms, at(0)), None);
        let failure = Failure::new("twilio", Some("20003".into()), "refused").about(About::Credentials);
        health.note(&sms[0], &Outcome::Retriable { failure, alarm: true, maybe_sent: false }, at(0));
        let later = at(3_600_000);
        assert_eq!(
            ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), later)),
            [Some(120_000), Some(120_000)]
        );
    }
}
