//! How the providers are: who may carry which medium here, in which order, and what the workers have found of each.

use domain::{Pause, PauseKind, Timestamp, Window, WindowUnit};
use store::{LimitUse, ProviderState, Store, StoreError};

use crate::pauses::{self, Reach};

/// A provider that the settings of this process name for a medium.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carrier {
    pub medium: &'static str,
    pub provider: &'static str,
    /// The sandbox captures what it would carry.
    pub is_captured: bool,
    /// How many messages the operator lets it have.
    pub limits: Vec<Window>,
}

/// A provider of a medium, and how it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carried {
    /// Empty for what is found of all media of a provider that the settings of this process do not name.
    pub medium: String,
    pub provider: String,
    /// Whether the settings of this process name it. What only workers have noted comes behind those.
    pub is_configured: bool,
    pub is_captured: bool,
    /// What keeps all its media back, as long as that does, or else this one. None where nobody has noted anything
    /// lately.
    pub known: Option<ProviderState>,
    pub limits: Vec<Limited>,
    /// Its own pauses that are in force, those for everybody first.
    pub pauses: Vec<Pause>,
}

/// One window of a limit, and how much of it the workers have leased.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limited {
    pub unit: WindowUnit,
    /// None where the settings of this process do not say.
    pub messages: Option<u32>,
    pub used: u32,
    /// None where nothing was leased of the present window.
    pub ends: Option<Timestamp>,
}

impl Carried {
    /// Whether nobody gives it messages, by its breaker.
    pub fn is_given_nothing(&self, now: Timestamp) -> bool {
        self.known.as_ref().is_some_and(|known| is_given_nothing(known, now))
    }
}

/// Whether nobody gives messages to a provider of which this was noted.
fn is_given_nothing(known: &ProviderState, now: Timestamp) -> bool {
    known.state == "credentials_refused" || known.open_until.is_some_and(|until| until > now)
}

/// Everybody of `carriers` in their order, then what workers have noted of others. Of the pauses it has those that stop
/// deliveries which the caller may stop.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    store: &Store,
    carriers: &[Carrier],
    reach: &Reach,
    now: Timestamp,
) -> Result<Vec<Carried>, StoreError> {
    let found = store.providers().await?;
    let used = store.limits(now).await?;
    let paused = pauses::list(store, reach, now).await?;
    let mut all: Vec<Carried> = carriers.iter().map(|carrier| configured(carrier, &found, &used, &paused)).collect();
    let others = others(carriers, &found, &used);
    all.extend(others.into_iter().map(|(provider, medium)| noted(provider, medium, &found, &used, &paused)));
    Ok(all)
}

fn configured(carrier: &Carrier, found: &[ProviderState], used: &[LimitUse], paused: &[Pause]) -> Carried {
    let Carrier { medium, provider, is_captured, ref limits } = *carrier;
    let limited = limits.iter().map(|window| {
        let unit = window.unit;
        let found = used.iter().find(|one| is_of(one, provider, medium) && one.window_seconds == unit.seconds());
        let ends = found.map(|found| unit.end(found.began));
        Limited { unit, messages: Some(window.messages), used: found.map_or(0, |found| found.used), ends }
    });
    Carried {
        medium: medium.to_owned(),
        provider: provider.to_owned(),
        is_configured: true,
        is_captured,
        known: worst(found, provider, medium).cloned(),
        limits: limited.collect(),
        pauses: pauses_of(paused, provider),
    }
}

fn noted(provider: String, medium: String, found: &[ProviderState], used: &[LimitUse], paused: &[Pause]) -> Carried {
    let limits = used.iter().filter(|one| is_of(one, &provider, &medium)).filter_map(|one| limited(one, &[]));
    Carried {
        is_configured: false,
        is_captured: false,
        known: worst(found, &provider, &medium).cloned(),
        limits: limits.collect(),
        pauses: pauses_of(paused, &provider),
        medium,
        provider,
    }
}

/// A window of which something was leased, with how much of it there is where one of `carriers` says. None where it is as long
/// as none that is known here.
pub fn limited(one: &LimitUse, carriers: &[Carrier]) -> Option<Limited> {
    let unit = WindowUnit::ALL.into_iter().find(|unit| unit.seconds() == one.window_seconds)?;
    let its_own = carriers.iter().filter(|carrier| is_of(one, carrier.provider, carrier.medium));
    let window = its_own.flat_map(|carrier| &carrier.limits).find(|window| window.unit == unit);
    let messages = window.map(|window| window.messages);
    Some(Limited { unit, messages, used: one.used, ends: Some(unit.end(one.began)) })
}

/// The providers and media of which something is noted and that no carrier is, by their names.
fn others(carriers: &[Carrier], found: &[ProviderState], used: &[LimitUse]) -> Vec<(String, String)> {
    let states = found.iter().map(|state| match state.name.split_once('/') {
        Some((provider, medium)) => (provider.to_owned(), medium.to_owned()),
        None => (state.name.clone(), String::new()),
    });
    let limits = used.iter().map(|one| (one.provider.clone(), one.medium.clone()));
    let is_told = |(provider, medium): &(String, String)| {
        let is_it = |carrier: &Carrier| carrier.provider == provider && (medium.is_empty() || carrier.medium == medium);
        carriers.iter().any(is_it)
    };
    let mut others: Vec<(String, String)> = states.chain(limits).filter(|one| !is_told(one)).collect();
    others.sort();
    others.dedup();
    others
}

fn is_of(one: &LimitUse, provider: &str, medium: &str) -> bool {
    one.provider == provider && one.medium == medium
}

/// What was found of a provider for a medium: what keeps all its media back, as long as that does, or else this one.
fn worst<'a>(found: &'a [ProviderState], provider: &str, medium: &str) -> Option<&'a ProviderState> {
    let of = |name: &str| found.iter().find(|state| state.name == name);
    let credentials = of(provider).filter(|state| state.state != "closed");
    credentials.or_else(|| of(&format!("{provider}/{medium}"))).or_else(|| of(provider))
}

fn pauses_of(all: &[Pause], provider: &str) -> Vec<Pause> {
    let is_its_own = |pause: &&Pause| pause.kind == PauseKind::Provider && pause.name == provider;
    let mut pauses: Vec<Pause> = all.iter().filter(is_its_own).cloned().collect();
    pauses.sort_by(|a, b| a.tenant.cmp(&b.tenant));
    pauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_credentials_are_told_of_every_medium_and_a_failure_of_its_own() {
        let now = Timestamp::from_seconds(1_000_000);
        let row = |name: &str, state: &str| ProviderState {
            name: name.to_owned(),
            state: state.to_owned(),
            open_until: None,
            noted_at: now,
        };
        let told = |found: &[ProviderState]| {
            ["sms", "whatsapp"].map(|medium| worst(found, "twilio", medium).map(|state| state.state.clone()))
        };
        let state = |state: &str| Some(state.to_owned());
        assert_eq!(told(&[]), [None, None]);
        assert_eq!(told(&[row("twilio/whatsapp", "open")]), [None, state("open")]);
        let refused = [row("twilio", "credentials_refused"), row("twilio/whatsapp", "open")];
        assert_eq!(told(&refused), [state("credentials_refused"), state("credentials_refused")]);
        let accepted = [row("twilio", "closed"), row("twilio/whatsapp", "open")];
        assert_eq!(told(&accepted), [state("closed"), state("open")]);
    }
}
