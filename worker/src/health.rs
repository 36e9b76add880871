//! How the providers are, as far as this process knows: who carries the next attempt, and what its answer says of those
//! that come next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use channels::{Channels, Enabled};
use domain::{
    About, Before, Breaker, Candidate, Choice, Closed, Condition, Lane, Limit, Outcome, Purse, Sign, Timestamp, Wanted,
    choose,
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

    /// Chooses who carries the next attempt of a delivery of this lane, and takes a place with the chosen one. Every choice
    /// is to be followed by [`Self::note`].
    ///
    /// # Errors
    /// The outcome, when nobody takes the message now.
    pub(crate) fn choose<'a>(
        &self,
        carriers: &'a [Arc<Enabled>],
        before: Before<'_>,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Chosen<'a>, Outcome> {
        self.choose_with(carriers, before, (lane, false), now)
    }

    /// Chooses in the same way for a delivery whose place among what the limits allow [`Self::reserve`] has taken.
    ///
    /// # Errors
    /// The outcome, when nobody takes the message now.
    pub(crate) fn choose_reserved<'a>(
        &self,
        carriers: &'a [Arc<Enabled>],
        before: Before<'_>,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Chosen<'a>, Outcome> {
        self.choose_with(carriers, before, (lane, true), now)
    }

    fn choose_with<'a>(
        &self,
        carriers: &'a [Arc<Enabled>],
        before: Before<'_>,
        (lane, is_reserved): (Lane, bool),
        now: Timestamp,
    ) -> Result<Chosen<'a>, Outcome> {
        let candidate = |carrier: &Arc<Enabled>| {
            let condition = |place: &Place| match is_reserved {
                true => place.breakers(lane, now),
                false => place.condition(lane, now),
            };
            let condition = self.place(carrier).map_or(Condition::Works, condition);
            Candidate { provider: carrier.provider(), condition }
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
                    let taken = |place: &Place| place.take(lane, is_reserved, now);
                    let taken = self.place(carrier).map_or(Some(Taken::default()), taken);
                    if let Some(taken) = taken {
                        return Ok(Chosen { carrier, passed_over, taken });
                    }
                }
                Choice::Park { wait, why, is_limit } => return Err(Outcome::Parked { wait, why, is_limit }),
            }
        }
        Err(Outcome::PutAside)
    }

    /// How long a message would be kept back by a limit alone. None where several may carry it: another one takes it then.
    pub(crate) fn limit_wait(&self, carriers: &[Arc<Enabled>], lane: Lane, now: Timestamp) -> Option<Duration> {
        let [only] = carriers else { return None };
        match self.place(only)?.condition(lane, now) {
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
        lane: Lane,
        now: Timestamp,
    ) -> Result<(), Option<Duration>> {
        let [only] = carriers else { return Err(None) };
        let place = self.place(only).ok_or(None)?;
        if place.take_of_limits(lane, now) { Ok(()) } else { Err(self.limit_wait(carriers, lane, now)) }
    }

    /// How long it takes until one of the carriers may be asked other than the chosen one. None where there is no other.
    pub(crate) fn other(
        &self,
        carriers: &[Arc<Enabled>],
        chosen: &Chosen<'_>,
        lane: Lane,
        now: Timestamp,
    ) -> Option<Duration> {
        let others = carriers.iter().filter(|carrier| carrier.provider() != chosen.carrier.provider());
        let wait = |carrier: &Arc<Enabled>| match self.place(carrier)?.condition(lane, now) {
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
            Outcome::Sent { .. } | Outcome::Captured => lock(&place.limit).accepted(),
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

impl Place {
    fn condition(&self, lane: Lane, now: Timestamp) -> Condition {
        let condition = self.breakers(lane, now);
        if matches!(condition, Condition::Closed { .. }) {
            return condition;
        }
        let wait = lock(&self.limit).wait(now, lane).max(self.wait_for_token(lane, now));
        wait.map_or(condition, |wait| Condition::Closed { wait, why: Closed::Limit })
    }

    fn breakers(&self, lane: Lane, now: Timestamp) -> Condition {
        let condition = lock(&self.credentials).condition(now, lane);
        condition.and(lock(&self.failing).condition(now, lane))
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
    fn take(&self, lane: Lane, is_reserved: bool, now: Timestamp) -> Option<Taken> {
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
mod tests {
    use channels::{Settings, twilio, whatsapp_cloud};
    use domain::{Ambiguity, ChannelName, Failure, Window, WindowUnit};
    use testkit::NOW;

    use super::*;

    const BEFORE: Before<'static> = Before { last: None, ambiguous: false, policy: Ambiguity::ResendIfFresh };

    /// SMS and WhatsApp by Twilio, of each two messages a second.
    fn channels() -> Channels {
        channels_of_a_fleet(&[])
    }

    /// The same in a fleet that has these limits.
    fn channels_of_a_fleet(limits: &[Window]) -> Channels {
        Channels::enable(&settings_of_a_fleet(limits)).unwrap()
    }

    fn settings_of_a_fleet(limits: &[Window]) -> Settings {
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
        settings.limits.insert("twilio", limits.to_vec());
        settings
    }

    fn carriers<'a>(channels: &'a Channels, medium: &str) -> &'a [Arc<Enabled>] {
        channels.carriers(&ChannelName::parse(medium).unwrap(), "+14155550100").unwrap()
    }

    fn at(millis: u64) -> Timestamp {
        NOW.plus(Duration::from_millis(millis))
    }

    /// A message that is being sent.
    fn sent<'a>(health: &Health, carriers: &'a [Arc<Enabled>], now: Timestamp) -> Chosen<'a> {
        health.choose(carriers, BEFORE, Lane::Urgent, now).unwrap_or_else(|outcome| panic!("{outcome:?}"))
    }

    /// For how many milliseconds a message waits at this time; none if it is sent.
    fn waits(health: &Health, carriers: &[Arc<Enabled>], now: Timestamp) -> Option<u128> {
        match health.choose(carriers, BEFORE, Lane::Urgent, now) {
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
        health.note(&sent(&health, sms, at(0)), &throttled(About::Message), at(0));
        health.note(&sent(&health, sms, at(1000)), &throttled(About::Provider), at(1000));
        assert_eq!(waits(&health, sms, at(1000)), Some(30_000));
        assert_eq!(waits(&health, sms, at(31_000)), None);
    }

    #[test]
    fn credentials_that_are_refused_keep_back_every_medium_of_the_provider_but_for_one_message() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        let failure = Failure::new("twilio", Some("20003".into()), "refused").about(About::Credentials);
        let refused = Outcome::Retriable { failure, alarm: true, maybe_sent: false };
        health.note(&sent(&health, sms, at(0)), &refused, at(0));
        let both = |now| ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), now));
        assert_eq!(both(at(1000)), [Some(119_000), Some(119_000)]);
        let asks = sent(&health, sms, at(120_000));
        assert_eq!(both(at(120_000)), [Some(5000), Some(5000)], "one message asks again");
        let accepted = Outcome::Sent { provider: "twilio", provider_id: None, code: None };
        health.note(&asks, &accepted, at(120_000));
        assert_eq!(both(at(121_000)), [None, None]);
    }

    #[test]
    fn a_medium_that_fails_keeps_back_no_other_medium_of_its_provider() {
        let channels = channels();
        let (health, whatsapp) = (Health::of(&channels), carriers(&channels, "whatsapp"));
        let failure = Failure::new("twilio", Some("503".into()), "down").about(About::Provider);
        for n in 0..20 {
            let failed = Outcome::Retriable { failure: failure.clone(), alarm: false, maybe_sent: false };
            health.note(&sent(&health, whatsapp, at(n * 1000)), &failed, at(n * 1000));
        }
        assert_eq!(waits(&health, whatsapp, at(19_000)), Some(5000));
        assert_eq!(waits(&health, carriers(&channels, "sms"), at(19_000)), None);
        let mut shown: Vec<_> =
            health.known().into_iter().map(|(name, known)| (name.to_owned(), known.state)).collect();
        shown.sort();
        let expected = [("twilio", "closed"), ("twilio/sms", "closed"), ("twilio/whatsapp", "open")];
        assert_eq!(shown, expected.map(|(name, state)| (name.to_owned(), state)));
    }

    #[test]
    fn it_is_known_when_another_provider_may_be_asked_where_there_is_another() {
        let mut settings = settings_of_a_fleet(&[]);
        settings.whatsapp_cloud = whatsapp_cloud::Settings {
            access_token: Some("EAA".into()),
            phone_number_id: Some("106540352242922".into()),
            base_url: "http://127.0.0.1:1/v24.0".into(),
            ..whatsapp_cloud::Settings::default()
        };
        let channels = Channels::enable(&settings).unwrap();
        let (health, whatsapp) = (Health::of(&channels), carriers(&channels, "whatsapp"));
        let first = sent(&health, whatsapp, at(0));
        let other = || health.other(whatsapp, &first, Lane::Urgent, at(0));
        assert_eq!(other(), Some(Duration::ZERO));
        let after_it = Before { last: Some(first.carrier.provider()), ..BEFORE };
        let second = health.choose(whatsapp, after_it, Lane::Urgent, at(0)).unwrap();
        let failure = Failure::new(second.carrier.provider(), None, "slow down").about(About::Provider);
        let throttled = Outcome::Throttled { failure, retry_after: Some(Duration::from_secs(30)) };
        health.note(&second, &throttled, at(0));
        assert_eq!(other(), Some(Duration::from_secs(30)));
        let sms = carriers(&channels, "sms");
        assert_eq!(health.other(sms, &sent(&health, sms, at(0)), Lane::Urgent, at(0)), None, "SMS has one provider");
    }

    #[test]
    fn a_failure_that_names_a_time_keeps_all_messages_back_until_then() {
        let channels = channels();
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        let failure = Failure::new("twilio", None, "it broke off").about(About::Provider);
        let lost = Outcome::Ambiguous { failure: failure.not_before(Some(Duration::from_secs(20))) };
        health.note(&sent(&health, sms, at(0)), &lost, at(0));
        assert_eq!(
            ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), at(0))),
            [Some(20_000), None]
        );
    }

    #[test]
    fn a_message_that_finds_no_token_of_the_fleet_waits_and_the_other_medium_has_its_own() {
        let channels = channels_of_a_fleet(&[Window { unit: WindowUnit::Minute, messages: 1 }]);
        let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
        let began = NOW.minus(Duration::from_micros(NOW.as_micros().rem_euclid(60_000_000).unsigned_abs()));
        let at = |millis| began.plus(Duration::from_millis(millis));
        assert_eq!(waits(&health, sms, at(0)), Some(100), "nothing is leased yet");
        let leases = health.leases(at(0));
        assert_eq!(leases.len(), 2);
        let lease = *leases.iter().find(|lease| lease.medium == "sms").expect("of SMS");
        health.leased(lease, Leased { tokens: 1, used: 1 });
        assert_eq!([0, 1000].map(|millis| waits(&health, sms, at(millis))), [None, Some(100)]);
        assert_eq!(waits(&health, carriers(&channels, "whatsapp"), at(1000)), Some(100));
        health.leased(lease, Leased { tokens: 0, used: 1 });
        assert_eq!(waits(&health, sms, at(1000)), Some(59_000), "the fleet has used the minute up");
        assert_eq!(health.window_ends(at(1000)), Some(at(60_000)));
        assert_eq!(waits(&health, sms, at(60_000)), Some(100));
    }

    #[test]
    fn without_limits_of_the_fleet_nothing_is_leased() {
        let channels = channels();
        let health = Health::of(&channels);
        assert!(health.places.values().all(|place| place.purse.is_none()));
        assert_eq!((health.leases(NOW).len(), health.window_ends(NOW)), (0, None));
    }
}
