//! How the providers are, as far as this process knows: who carries the next attempt, and what its answer says of those
//! that come next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use channels::{Channels, Enabled};
use domain::{
    About, Before, Breaker, Candidate, Choice, Closed, Condition, Limit, Outcome, Pauses, Sign, Tenant, Timestamp,
    choose,
};

/// How often a choice is made anew because others were quicker.
const MAX_ROUNDS: usize = 4;

/// How everybody is by whom many messages go the same way.
#[derive(Default)]
pub(crate) struct Health {
    /// By the provider.
    breakers: HashMap<&'static str, Arc<Mutex<Breaker>>>,
    /// By the medium and the provider.
    places: HashMap<(&'static str, &'static str), Place>,
}

/// What one message of a medium learns of its provider, and the next should know.
struct Place {
    /// Of the credentials, which all media of the provider share.
    breaker: Arc<Mutex<Breaker>>,
    limit: Mutex<Limit>,
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
        let mut health = Self::default();
        for carrier in channels.all().filter(|carrier| carrier.is_one_place()) {
            let breaker = Arc::clone(health.breakers.entry(carrier.provider()).or_default());
            let limit = Mutex::new(Limit::new(carrier.max_per_second()));
            health.places.insert((carrier.name(), carrier.provider()), Place { breaker, limit });
        }
        health
    }

    /// Chooses who carries the next attempt, and takes a place with the chosen one. Whoever is paused for this tenant is
    /// passed over. Every choice is to be followed by [`Self::note`].
    ///
    /// # Errors
    /// The outcome, when nobody takes the message now.
    pub(crate) fn choose<'a>(
        &self,
        carriers: &'a [Arc<Enabled>],
        before: Before<'_>,
        paused: Option<(&Pauses, &Tenant)>,
        now: Timestamp,
    ) -> Result<Chosen<'a>, Outcome> {
        let candidate = |carrier: &Arc<Enabled>| {
            let condition = self.place(carrier).map_or(Condition::Works, |place| place.condition(now));
            let paused = paused.and_then(|(pauses, tenant)| pauses.of_provider(tenant, carrier.provider(), now));
            Candidate { provider: carrier.provider(), condition, paused }
        };
        for _ in 0..MAX_ROUNDS {
            let choice = match carriers {
                // Nearly every medium has one provider: it needs no list on the heap.
                [only] => choose(&[candidate(only)], before),
                many => choose(&many.iter().map(candidate).collect::<Vec<_>>(), before),
            };
            match choice {
                Choice::Use { at, passed_over } => {
                    let carrier = carriers[at].as_ref();
                    if self.place(carrier).is_none_or(|place| place.take(now)) {
                        return Ok(Chosen { carrier, passed_over });
                    }
                }
                Choice::Park { wait, why } => return Err(Outcome::Parked { wait, why }),
                Choice::Pause { until, why } => return Err(Outcome::Paused { until, why }),
            }
        }
        Err(Outcome::PutAside)
    }

    /// Learns from how an attempt ended for which [`Self::choose`] has taken a place.
    pub(crate) fn note(&self, carrier: &Enabled, outcome: &Outcome, now: Timestamp) {
        let Some(place) = self.place(carrier) else { return };
        match outcome {
            Outcome::Sent { .. } => lock(&place.limit).accepted(),
            Outcome::Throttled { failure, retry_after } if failure.about == About::Provider => {
                lock(&place.limit).throttled(*retry_after, now);
            }
            Outcome::Retriable { failure, .. } | Outcome::Ambiguous { failure } if failure.about == About::Provider => {
                lock(&place.limit).close(failure.retry_after.unwrap_or_default(), now);
            }
            _ => {}
        }
        let mut breaker = lock(&place.breaker);
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

    /// None where each recipient is a server of its own.
    fn place(&self, carrier: &Enabled) -> Option<&Place> {
        self.places.get(&(carrier.name(), carrier.provider()))
    }
}

impl Place {
    fn condition(&self, now: Timestamp) -> Condition {
        let condition = lock(&self.breaker).condition(now);
        if matches!(condition, Condition::Closed { .. }) {
            return condition;
        }
        let wait = lock(&self.limit).wait(now);
        wait.map_or(condition, |wait| Condition::Closed { wait, why: Closed::Limit })
    }

    /// False when others were quicker.
    fn take(&self, now: Timestamp) -> bool {
        let (mut breaker, mut limit) = (lock(&self.breaker), lock(&self.limit));
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a breaker was opened or closed.
fn report(provider: &'static str, breaker: &Breaker) {
    let (state, is_open) = (breaker.as_str(), breaker.is_open());
    metrics::gauge!("chasqui_provider_open", "provider" => provider).set(f64::from(u8::from(is_open)));
    let what = match is_open {
        true if breaker.refuses_us() => {
            "this provider refuses our credentials: one message every two minutes asks again"
        }
        true => "this provider fails: a few messages try it out",
        false => "this provider is given messages again",
    };
    if is_open {
        tracing::error!(provider, state, "{what}, and all others wait and spend no attempt");
    } else {
        tracing::info!(provider, state, "{what}");
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
        match health.choose(carriers, BEFORE, None, now) {
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
    fn credentials_that_are_refused_keep_back_every_medium_of_the_provider_but_for_one_message() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        assert_eq!(waits(&health, sms, at(0)), None);
        let failure = Failure::new("twilio", Some("20003".into()), "refused").about(About::Credentials);
        health.note(&sms[0], &Outcome::Retriable { failure, alarm: true, maybe_sent: false }, at(0));
        let both = |now| ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), now));
        assert_eq!(both(at(1000)), [Some(119_000), Some(119_000)]);
        assert_eq!(both(at(120_000)), [None, Some(5000)], "one message asks again");
        let sent = Outcome::Sent { provider: "twilio", provider_id: None, code: None };
        health.note(&sms[0], &sent, at(120_000));
        assert_eq!(both(at(121_000)), [None, None]);
    }

    #[test]
    fn a_failure_that_names_a_time_keeps_all_messages_back_until_then() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        let failure = Failure::new("twilio", None, "it broke off").about(About::Provider);
        let lost = Outcome::Ambiguous { failure: failure.not_before(Some(Duration::from_secs(20))) };
        assert_eq!(waits(&health, sms, at(0)), None);
        health.note(&sms[0], &lost, at(0));
        assert_eq!(
            ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), at(0))),
            [Some(20_000), None]
        );
    }
}
