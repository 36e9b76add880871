//! What the ledger says of lately.

use std::time::Duration;

use domain::{Pause, Tenant, Timestamp};
use store::{Ahead, Lately, LimitUse, ProviderState, SandboxFault, Store, StoreError};

use crate::faults;
use crate::overview::{MINUTES, Overview, ProviderNow};
use crate::pauses::{self, Reach};

/// So far back is looked for what is in flight or waits.
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE_MICROS: i64 = 60_000_000;

/// Everything that one look reads.
#[derive(Clone, Debug)]
pub(super) struct FromLedger {
    pub(super) at: Timestamp,
    pub(super) first_minute: Timestamp,
    pub(super) lately: Lately,
    ahead: Ahead,
    open_groups: u32,
    pauses: Vec<Pause>,
    faults: Vec<SandboxFault>,
    providers: Vec<ProviderNow>,
}

impl FromLedger {
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn read(store: &Store, tenant: Option<&Tenant>, now: Timestamp) -> Result<Self, StoreError> {
        let first_minute = first_minute(now);
        let lately = store.lately(tenant, now.minus(DAY), first_minute).await?;
        let ahead = store.jobs_ahead(tenant).await?;
        let open_groups = store.open_letter_groups(tenant).await?;
        let reach = tenant.cloned().map_or(Reach::Everybody, Reach::Only);
        let pauses = pauses::list(store, &reach, now).await?;
        let faults = faults::list(store, tenant).await?;
        let providers = providers(store.providers().await?, store.limits(now).await?);
        Ok(Self { at: now, first_minute, lately, ahead, open_groups, pauses, faults, providers })
    }

    /// Puts in what needs no counting.
    pub(super) fn put_into(self, overview: &mut Overview) {
        overview.scheduled.jobs = Some(self.ahead.jobs.into());
        overview.scheduled.next_due = self.ahead.next_due;
        overview.dead.open_groups = Some(self.open_groups.into());
        overview.pauses = self.pauses;
        overview.faults = self.faults;
        overview.providers = self.providers;
    }
}

/// When the first of the minutes began, the last of which is the present one.
fn first_minute(now: Timestamp) -> Timestamp {
    let present = now.as_micros().div_euclid(MINUTE_MICROS);
    let before = i64::try_from(MINUTES).unwrap_or(i64::MAX) - 1;
    Timestamp::from_micros(present.saturating_sub(before).saturating_mul(MINUTE_MICROS))
}

fn providers(states: Vec<ProviderState>, limits: Vec<LimitUse>) -> Vec<ProviderNow> {
    let mut all: Vec<ProviderNow> = states.into_iter().map(of_state).collect();
    for limit in limits {
        let is_its = |now: &&mut ProviderNow| {
            now.provider == limit.provider && now.medium.as_deref() == Some(limit.medium.as_str())
        };
        match all.iter_mut().find(is_its) {
            Some(now) => now.limits.push(limit),
            None => all.push(ProviderNow {
                provider: limit.provider.clone(),
                medium: Some(limit.medium.clone()),
                state: None,
                open_until: None,
                noted_at: None,
                limits: vec![limit],
            }),
        }
    }
    all.sort_by_key(ProviderNow::name);
    all
}

fn of_state(state: ProviderState) -> ProviderNow {
    let (provider, medium) = match state.name.split_once('/') {
        Some((provider, medium)) => (provider.to_owned(), Some(medium.to_owned())),
        None => (state.name, None),
    };
    ProviderNow {
        provider,
        medium,
        state: Some(state.state),
        open_until: state.open_until,
        noted_at: Some(state.noted_at),
        limits: Vec::new(),
    }
}
