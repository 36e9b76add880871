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
