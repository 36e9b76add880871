//! What an operator has paused: which deliveries wait for it, until when, and what they are told.

use std::collections::HashMap;
use std::fmt;

use crate::identity::pause_id;
use crate::{ChannelName, Tenant, Timestamp};

/// What can be paused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PauseKind {
    Channel,
    Provider,
    Template,
    Tenant,
}

/// One thing that is paused: its deliveries wait, and spend no attempt. They are accepted and expire as ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pause {
    pub id: String,
    pub kind: PauseKind,
    /// The name of the channel, the provider, the template or the tenant.
    pub name: String,
    /// Whose deliveries wait. None for everybody's; always there where a tenant is paused.
    pub tenant: Option<Tenant>,
    /// In one line, for whoever asks.
    pub why: String,
    pub by: String,
    /// Somebody who acts for all tenants has paused it for another tenant than the own one, or for everybody: only such a one
    /// lets it go on.
    pub by_platform: bool,
    pub since: Timestamp,
    /// After this time nothing waits for it. None until somebody resumes it.
    pub until: Option<Timestamp>,
}

/// All that is paused, found by what a delivery has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pauses(HashMap<PauseKind, HashMap<String, Vec<Pause>>>);

impl PauseKind {
    pub const ALL: [Self; 4] = [Self::Channel, Self::Provider, Self::Template, Self::Tenant];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Provider => "provider",
            Self::Template => "template",
            Self::Tenant => "tenant",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for PauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Pause {
    /// The id of the pause of this thing, for everybody or for one tenant: there is one at a time.
    pub fn id_of(kind: PauseKind, name: &str, tenant: Option<&Tenant>) -> String {
        pause_id(kind.as_str(), name, tenant)
    }

    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// What is paused, as people write it: `the channel sms`, `the provider twilio for acme`.
    pub fn thing(&self) -> String {
        let of = match &self.tenant {
            Some(tenant) if self.kind != PauseKind::Tenant => format!(" for {tenant}"),
            _ => String::new(),
        };
        format!("the {} {}{of}", self.kind, self.name)
    }

    /// Why a delivery waits that this concerns. It names nobody: publishers read it.
    pub fn told(&self) -> String {
        let until = self.until.map(|until| format!(" until {until}")).unwrap_or_default();
        format!("{} is paused{until}: {}", self.thing(), self.why)
    }

    fn concerns(&self, tenant: &Tenant, now: Timestamp) -> bool {
        self.is_in_force(now) && self.tenant.as_ref().is_none_or(|of| of == tenant)
    }
}

impl Pauses {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What keeps a delivery back, whoever would carry it.
    pub fn of_delivery(
        &self,
        tenant: &Tenant,
        channel: &ChannelName,
        template: Option<&str>,
        now: Timestamp,
    ) -> Option<&Pause> {
        let of = |kind, name| self.find(kind, name, tenant, now);
        of(PauseKind::Channel, channel.as_str())
            .or_else(|| of(PauseKind::Tenant, tenant.as_str()))
            .or_else(|| template.and_then(|template| of(PauseKind::Template, template)))
    }

    /// What keeps the deliveries of a tenant back from a provider.
    pub fn of_provider(&self, tenant: &Tenant, provider: &str, now: Timestamp) -> Option<&Pause> {
        self.find(PauseKind::Provider, provider, tenant, now)
    }

    /// All of them, in no order that says anything.
    pub fn all(&self) -> impl Iterator<Item = &Pause> {
        self.0.values().flat_map(HashMap::values).flatten()
    }

    /// All that is in force, those of everybody first, by kind and name.
    pub fn in_force(&self, now: Timestamp) -> Vec<&Pause> {
        let mut found: Vec<&Pause> = self.all().filter(|pause| pause.is_in_force(now)).collect();
        found.sort_by(|a, b| (&a.tenant, a.kind, &a.name).cmp(&(&b.tenant, b.kind, &b.name)));
        found
    }

    /// The one that lasts longest, so that a delivery is looked at again when nothing keeps it back any more.
    fn find(&self, kind: PauseKind, name: &str, tenant: &Tenant, now: Timestamp) -> Option<&Pause> {
        let of_the_name = self.0.get(&kind)?.get(name)?.iter();
        of_the_name.filter(|pause| pause.concerns(tenant, now)).max_by_key(|pause| (pause.until.is_none(), pause.until))
    }
}

impl FromIterator<Pause> for Pauses {
    fn from_iter<T: IntoIterator<Item = Pause>>(pauses: T) -> Self {
        let mut all = Self::default();
        for pause in pauses {
            all.0.entry(pause.kind).or_default().entry(pause.name.clone()).or_default().push(pause);
        }
        all
    }
}

#[cfg(test)]
mod tests;
