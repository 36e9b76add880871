//! How the providers are, as far as this process knows: who carries the next attempt, and what its answer says of those
//! that come next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use channels::{Channels, Enabled};
use domain::{
    About, Before, Breaker, Candidate, Choice, Closed, Condition, Lane, Limit, Outcome, Pause, Pauses, Purse, Sign,
    Tenant, Timestamp, Wanted, choose,
};
use store::Leased;
use tokio::sync::Notify;

/// Stands for the channel where all channels of a provider are kept back.
const ALL: &str = "all";
/// How often a choice is made anew because others were quicker.
const MAX_ROUNDS: usize = 4;

/// How everybody is by whom many messages go the same way.
#[derive(Default)]
pub(crate) struct Health {
    /// By the provider.
    credentials: HashMap<&'static str, Arc<Mutex<Breaker>>>,
    /// By the medium and the provider.
    places: HashMap<(&'static str, &'static str), Place>,
    /// Woken when tokens should be leased.
    low: Arc<Notify>,
}

/// What one message of a medium learns of its provider, and the next should know.
struct Place {
    /// As the ledger has it, beside the names of providers.
    name: String,
    /// Opens by failures: the provider may carry another medium all the same.
    failing: Mutex<Breaker>,
    /// Opens by refusals of our credentials, which all media of the provider share.
    credentials: Arc<Mutex<Breaker>>,
    limit: Mutex<Limit>,
    /// What was leased of the limits of the whole fleet. None where there are none.
    purse: Option<Mutex<Purse>>,
    low: Arc<Notify>,
}

/// What should be leased for one medium of a provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) medium: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) wanted: Wanted,
}

/// How a provider is, as far as others should know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    /// The state of its breaker, in a word.
    pub(crate) state: &'static str,
    pub(crate) open_until: Option<Timestamp>,
}

/// What a delivery wants of whoever carries it.
#[derive(Clone, Copy)]
pub(crate) struct Wants<'a> {
    pub(crate) lane: Lane,
    /// [`Health::reserve`] has taken a place for it among what the limits allow.
    pub(crate) is_reserved: bool,
    /// What is paused, and whose delivery it is. None where nothing is.
    pub(crate) paused: Option<(&'a Pauses, &'a Tenant)>,
}

/// Who carries an attempt, and who was passed over for it and why.
pub(crate) struct Chosen<'a> {
    pub(crate) carrier: &'a Enabled,
    pub(crate) passed_over: Option<String>,
    taken: Taken,
}

/// In which generation of each breaker a message was let through.
#[derive(Clone, Copy, Default)]
struct Taken {
    credentials: u32,
    failing: u32,
}

impl Health {
    pub(crate) fn of(channels: &Channels) -> Self {
        let mut health = Self::default();
        for carrier in channels.all().filter(|carrier| carrier.is_one_place()) {
            let (medium, provider) = (carrier.name(), carrier.provider());
            let place = Place {
                name: format!("{provider}/{medium}"),
                failing: Mutex::default(),
                credentials: Arc::clone(health.credentials.entry(provider).or_default()),
                limit: Mutex::new(Limit::new(carrier.max_per_second())),
                purse: Purse::new(carrier.limits()).map(Mutex::new),
                low: Arc::clone(&health.low),
            };
            health.places.insert((medium, provider), place);
        }
        health
    }

    /// Chooses who carries the next attempt of a delivery, and takes a place with the chosen one. Whoever is paused for its
    /// tenant is passed over. Every choice is to be followed by [`Self::note`].
    ///
    /// # Errors
    /// The outcome, when nobody takes the message now.
    pub(crate) fn choose<'a>(
        &self,
        carriers: &'a [Arc<Enabled>],
        before: Before<'_>,
        wants: Wants<'_>,
        now: Timestamp,
    ) -> Result<Chosen<'a>, Outcome> {
        let candidate = |carrier: &Arc<Enabled>| {
            let condition = self.place(carrier).map_or(Condition::Works, |place| place.condition(wants, now));
            Candidate { provider: carrier.provider(), condition, paused: wants.paused_with(carrier, now) }
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
                    let taken = |place: &Place| place.take(wants, now);
                    let taken = self.place(carrier).map_or(Some(Taken::default()), taken);
                    if let Some(taken) = taken {
                        return Ok(Chosen { carrier, passed_over, taken });
                    }
                }
                Choice::Park { wait, why, is_limit } => return Err(Outcome::Parked { wait, why, is_limit }),
                Choice::Pause { until, why } => return Err(Outcome::Paused { until, why }),
            }
        }
        Err(Outcome::PutAside)
    }

    /// How long a message would be kept back by a limit alone. None where several may carry it: another one takes it then.
    /// None where it is kept back by a pause either, which no limit ends.
    pub(crate) fn limit_wait(&self, carriers: &[Arc<Enabled>], wants: Wants<'_>, now: Timestamp) -> Option<Duration> {
        let [only] = carriers else { return None };
        if wants.paused_with(only, now).is_some() {
            return None;
        }
        match self.place(only)?.condition(wants, now) {
            Condition::Closed { wait, why: Closed::Limit } => Some(wait),
            _ => None,
        }
    }

    /// Takes a place for a message among what the limits allow, before its provider is chosen.
    ///
    /// # Errors
    /// How long to wait for one; nothing where there is no single provider to wait for.
    pub(crate) fn reserve(
        &self,
        carriers: &[Arc<Enabled>],
        wants: Wants<'_>,
        now: Timestamp,
    ) -> Result<(), Option<Duration>> {
        let [only] = carriers else { return Err(None) };
        let place = self.place(only).ok_or(None)?;
        if place.take_of_limits(wants.lane, now) { Ok(()) } else { Err(self.limit_wait(carriers, wants, now)) }
    }

    /// How long it takes until one of the carriers may be asked other than the chosen one. None where there is no other.
    pub(crate) fn other(
        &self,
        carriers: &[Arc<Enabled>],
        chosen: &Chosen<'_>,
        wants: Wants<'_>,
        now: Timestamp,
    ) -> Option<Duration> {
        let is_other = |carrier: &Arc<Enabled>| carrier.provider() != chosen.carrier.provider();
        let others = carriers.iter().filter(|carrier| is_other(carrier) && wants.paused_with(carrier, now).is_none());
        let wants = Wants { is_reserved: false, ..wants };
        let wait = |carrier: &Arc<Enabled>| match self.place(carrier)?.condition(wants, now) {
            Condition::Works | Condition::TriedOut => Some(Duration::ZERO),
            Condition::Closed { wait, .. } => Some(wait),
        };
        others.filter_map(wait).min()
    }

    /// Learns from how an attempt ended for which [`Self::choose`] has taken a place.
    pub(crate) fn note(&self, chosen: &Chosen<'_>, outcome: &Outcome, now: Timestamp) {
        let Chosen { carrier, taken, .. } = *chosen;
        let Some(place) = self.place(carrier) else { return };
        match outcome {
            Outcome::Sent { .. } | Outcome::Captured | Outcome::Posted | Outcome::FannedOut => {
                lock(&place.limit).accepted();
            }
            Outcome::Throttled { failure, retry_after } if failure.about == About::Provider => {
                lock(&place.limit).throttled(*retry_after, now);
            }
            Outcome::Retriable { failure, .. } | Outcome::Ambiguous { failure } if failure.about == About::Provider => {
                lock(&place.limit).close(failure.retry_after.unwrap_or_default(), now);
            }
            _ => {}
        }
        let (of_credentials, of_failing) = match Sign::of(outcome) {
            Sign::RefusesUs => (Sign::RefusesUs, Sign::None),
            Sign::Works => (Sign::Works, Sign::Works),
            other @ (Sign::Fails | Sign::None) => (Sign::None, other),
        };
        let provider = carrier.provider();
        change(&place.credentials, provider, ALL, |breaker| breaker.note(of_credentials, taken.credentials, now));
        change(&place.failing, provider, carrier.name(), |breaker| breaker.note(of_failing, taken.failing, now));
    }

    /// How everybody is who has a breaker: the credentials by the name of the provider, the rest by that and the medium.
    pub(crate) fn known(&self) -> Vec<(&str, Known)> {
        let credentials = self.credentials.iter().map(|(provider, breaker)| (*provider, Known::of(&lock(breaker))));
        let failing = self.places.values().map(|place| (place.name.as_str(), Known::of(&lock(&place.failing))));
        credentials.chain(failing).collect()
    }

    /// Opens the breaker of that name because another process has; says how it is now, if it was opened by that. Others
    /// may have other credentials, so that only what opens by failures is opened.
    pub(crate) fn open_as_others(&self, name: &str, until: Timestamp, now: Timestamp) -> Option<(&str, Known)> {
        let (&(medium, provider), place) = self.places.iter().find(|(_, place)| place.name == name)?;
        let opened = change(&place.failing, provider, medium, |breaker| breaker.open_as_others(until, now))?;
        Some((place.name.as_str(), Known::of(&opened)))
    }

    /// Waits until tokens should be leased.
    pub(crate) async fn until_low(&self) {
        self.low.notified().await;
    }

    /// What should be leased now.
    pub(crate) fn leases(&self, now: Timestamp) -> Vec<Lease> {
        let mut leases = Vec::new();
        for ((medium, provider), purse) in self.purses() {
            let wanted = lock(purse).wants(now).into_iter();
            leases.extend(wanted.map(|wanted| Lease { medium, provider, wanted }));
        }
        leases
    }

    /// Adds what was leased.
    pub(crate) fn leased(&self, lease: Lease, Leased { tokens, used }: Leased) {
        let place = self.places.get(&(lease.medium, lease.provider));
        if let Some(purse) = place.and_then(|place| place.purse.as_ref()) {
            lock(purse).put(lease.wanted, tokens, used);
        }
    }

    /// When the first of the windows ends. None where the fleet has no limits.
    pub(crate) fn window_ends(&self, now: Timestamp) -> Option<Timestamp> {
        self.purses().filter_map(|(_, purse)| lock(purse).end(now)).min()
    }

    fn purses(&self) -> impl Iterator<Item = ((&'static str, &'static str), &Mutex<Purse>)> {
        self.places.iter().filter_map(|(name, place)| Some((*name, place.purse.as_ref()?)))
    }

    /// None where each recipient is a server of its own.
    fn place(&self, carrier: &Enabled) -> Option<&Place> {
        self.places.get(&(carrier.name(), carrier.provider()))
    }
}

impl<'a> Wants<'a> {
    /// What keeps the delivery back from this carrier, whatever its condition.
    fn paused_with(&self, carrier: &Enabled, now: Timestamp) -> Option<&'a Pause> {
        let (pauses, tenant) = self.paused?;
        pauses.of_provider(tenant, carrier.provider(), now)
    }
}

impl Place {
    fn condition(&self, Wants { lane, is_reserved, .. }: Wants<'_>, now: Timestamp) -> Condition {
        let condition = lock(&self.credentials).condition(now, lane);
        let condition = condition.and(lock(&self.failing).condition(now, lane));
        if is_reserved || matches!(condition, Condition::Closed { .. }) {
            return condition;
        }
        let wait = lock(&self.limit).wait(now, lane).max(self.wait_for_token(lane, now));
        wait.map_or(condition, |wait| Condition::Closed { wait, why: Closed::Limit })
    }

    /// How long it takes until a message may be sent by the limits of the whole fleet. Whoever leases is woken where more
    /// may be leased.
    fn wait_for_token(&self, lane: Lane, now: Timestamp) -> Option<Duration> {
        let mut purse = lock(self.purse.as_ref()?);
        let wait = purse.wait(now, lane);
        if wait.is_some() && purse.is_low(now) {
            self.low.notify_one();
        }
        wait
    }

    /// None when others were quicker.
    fn take(&self, Wants { lane, is_reserved, .. }: Wants<'_>, now: Timestamp) -> Option<Taken> {
        let (mut credentials, mut failing) = (lock(&self.credentials), lock(&self.failing));
        let condition = credentials.condition(now, lane).and(failing.condition(now, lane));
        // Nothing is taken of one where another has nothing left.
        let is_closed = matches!(condition, Condition::Closed { .. });
        if is_closed || !(is_reserved || self.take_of_limits(lane, now)) {
            return None;
        }
        Some(Taken { credentials: credentials.take(now, lane)?, failing: failing.take(now, lane)? })
    }

    /// False where a limit is reached.
    fn take_of_limits(&self, lane: Lane, now: Timestamp) -> bool {
        let mut limit = lock(&self.limit);
        let mut purse = self.purse.as_ref().map(lock);
        if purse.as_mut().is_some_and(|purse| purse.wait(now, lane).is_some()) || !limit.take(now, lane) {
            return false;
        }
        if let Some(purse) = &mut purse {
            purse.take(now, lane);
            if purse.is_low(now) {
                self.low.notify_one();
            }
        }
        true
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

/// Changes a breaker, and reports it where the change says that it was opened or closed. Then it is returned.
fn change(
    breaker: &Mutex<Breaker>,
    provider: &'static str,
    channel: &'static str,
    by: impl FnOnce(&mut Breaker) -> bool,
) -> Option<Breaker> {
    let mut guard = lock(breaker);
    if !by(&mut guard) {
        return None;
    }
    let changed = guard.clone();
    // In the order of the changes.
    metrics::gauge!("chasqui_provider_open", "provider" => provider, "channel" => channel)
        .set(f64::from(u8::from(changed.keeps_back().is_some())));
    drop(guard);
    report(provider, channel, &changed);
    Some(changed)
}

/// Says that a breaker was opened or closed. Whoever writes the log may be slow, so that no lock is held meanwhile.
fn report(provider: &'static str, channel: &'static str, breaker: &Breaker) {
    let state = breaker.as_str();
    let what = match breaker.keeps_back() {
        None => return tracing::info!(provider, channel, state, "this provider is given messages again"),
        Some(Closed::Credentials) => "this provider refuses our credentials: one message every two minutes asks again",
        Some(Closed::Failing | Closed::Limit) => "this provider fails: a few messages try it out",
    };
    tracing::error!(
        provider,
        channel,
        state,
        "{what}; all others go by another provider of their channel, or wait and spend no attempt"
    );
}

#[cfg(test)]
mod tests;
