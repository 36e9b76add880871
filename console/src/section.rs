//! The pages that the navigation leads to.

use domain::Scope;

use crate::words::Lang;

/// Where faults of the sandbox are set and cleared.
pub(crate) const FAULTS: &str = "/console/sandbox/faults";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Section {
    Overview,
    Deliveries,
    DeadLetters,
    Asks,
    Commands,
    Verifications,
    Sandbox,
    Inbox,
    Gateways,
    Files,
    Templates,
    Schedules,
    Suppressions,
    Providers,
    Pauses,
    Users,
    Keys,
    Audit,
    TryIt,
    /// What everybody has: the name of whoever looks leads there, and the navigation does not.
    Account,
    /// A path that no page has: it is none of the others.
    Nowhere,
}

impl Section {
    /// What the navigation leads to, in its order.
    pub(crate) const ALL: [Self; 19] = [
        Self::Overview,
        Self::Deliveries,
        Self::DeadLetters,
        Self::Asks,
        Self::Commands,
        Self::Verifications,
        Self::Sandbox,
        Self::Inbox,
        Self::Gateways,
        Self::Files,
        Self::Templates,
        Self::Schedules,
        Self::Suppressions,
        Self::Providers,
        Self::Pauses,
        Self::Users,
        Self::Keys,
        Self::Audit,
        Self::TryIt,
    ];

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Overview | Self::Nowhere => "/console",
            Self::Deliveries => "/console/deliveries",
            Self::DeadLetters => "/console/dead-letters",
            Self::Asks => "/console/asks",
            Self::Commands => "/console/commands",
            Self::Verifications => "/console/verifications",
            Self::Sandbox => "/console/sandbox",
            Self::Inbox => "/console/inbox",
            Self::Gateways => "/console/gateways",
            Self::Files => "/console/files",
            Self::Templates => "/console/templates",
            Self::Schedules => "/console/schedules",
            Self::Suppressions => "/console/suppressions",
            Self::Providers => "/console/providers",
            Self::Pauses => "/console/pauses",
            Self::Users => "/console/users",
            Self::Keys => "/console/keys",
            Self::Audit => "/console/audit",
            Self::TryIt => "/console/try-it",
            Self::Account => "/console/account",
        }
    }

    pub(crate) fn label(self, lang: Lang) -> &'static str {
        let words = &lang.words().sections;
        match self {
            Self::Overview => words.overview,
            Self::Deliveries => words.deliveries,
            Self::DeadLetters => words.dead_letters,
            Self::Asks => words.asks,
            Self::Commands => words.commands,
            Self::Verifications => words.verifications,
            Self::Sandbox => words.sandbox,
            Self::Inbox => words.inbox,
            Self::Gateways => words.gateways,
            Self::Files => words.files,
            Self::Templates => words.templates,
            Self::Schedules => words.schedules,
            Self::Suppressions => words.suppressions,
            Self::Providers => words.providers,
            Self::Pauses => words.pauses,
            Self::Users => words.users,
            Self::Keys => words.keys,
            Self::Audit => words.audit,
            Self::TryIt => words.try_it,
            Self::Account => words.account,
            Self::Nowhere => lang.words().problems.not_found,
        }
    }

    /// The key that leads here after `g`.
    pub(crate) const fn key(self) -> Option<&'static str> {
        match self {
            Self::Overview => Some("o"),
            Self::Deliveries => Some("d"),
            Self::DeadLetters => Some("l"),
            Self::Asks => Some("a"),
            Self::Commands => Some("c"),
            Self::Verifications => Some("v"),
            Self::Sandbox => Some("s"),
            Self::Inbox => Some("i"),
            Self::Gateways => Some("g"),
            Self::Files => Some("f"),
            _ => None,
        }
    }

    /// Whether it is looked at every day, and so always in sight: each of them has a key.
    pub(crate) const fn is_often(self) -> bool {
        self.key().is_some() && !matches!(self, Self::Inbox | Self::Gateways | Self::Files)
    }

    /// Without this scope the navigation does not lead here.
    pub(crate) const fn needs(self) -> Scope {
        match self {
            Self::Users | Self::Keys | Self::Audit => Scope::Admin,
            Self::TryIt => Scope::Notify,
            _ => Scope::Read,
        }
    }
}
