//! What the pages share: the parts of the fleet that they ask, and what they knew of it last.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Clock, Defaults, LetterSealer, LoginHasher, RecipientHasher, Registry, RequestIds, Secrets, Timestamp, Zones,
};
use operations::Checker;
use operations::accounts::keys::Keys;
use operations::accounts::log_in::LogIn;
use operations::accounts::passwords::Passwords;
use operations::accounts::revoked::Revoked;
use operations::files::Files;
use operations::overview::Watching;
use operations::providers::Carrier;
use store::Store;
use tokio_util::sync::CancellationToken;
use topology::Publisher;

use crate::doors::Doors;
use crate::feed::Feed;
use crate::remembered::Remembered;
use crate::standing::LastKnown;

/// The console, ready to be served. A clone is cheap and has the same parts.
#[derive(Clone)]
pub struct Console {
    parts: Arc<Parts>,
    pub(crate) known: Arc<LastKnown>,
    pub(crate) remembered: Arc<Remembered>,
    pub(crate) feed: Arc<Feed>,
}

/// The parts of the fleet that pages ask.
pub struct Parts {
    pub store: Store,
    /// How the fleet is looked at.
    pub overview: Watching,
    pub publisher: Publisher,
    pub checker: Checker,
    pub clock: Arc<dyn Clock>,
    pub accounts: Accounts,
    pub doors: Arc<dyn Doors>,
    pub defaults: Defaults,
    pub request_ids: RequestIds,
    pub recipients: RecipientHasher,
    /// What opens letters that a scheduler has kept for somebody.
    pub letters: LetterSealer,
    /// What marks the fleet's own requests.
    pub secrets: Secrets,
    /// Where files are kept; none where this process keeps none.
    pub files: Option<Arc<Files>>,
    pub settings: Settings,
    /// Ends every open stream. Whoever serves the console cancels it on the stop signal, because a stream would
    /// otherwise hold the listener open until its drain is over.
    pub ending: CancellationToken,
}

/// What accounts are changed with: the same as every other entrance of this process has, so that what is changed here
/// counts there at once.
#[derive(Clone)]
pub struct Accounts {
    pub passwords: Arc<Passwords>,
    pub logins: LoginHasher,
    pub revoked: Arc<Revoked>,
    pub keys: Arc<Keys>,
}

/// What the process around the console knows.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the sandbox captures what would be sent.
    pub sandbox: bool,
    /// The names of all providers, which can be paused.
    pub providers: Vec<&'static str>,
    /// Who may carry which medium, the preferred first, as far as the settings of this process say.
    pub carriers: Vec<Carrier>,
    /// The names of all who may have answered an attempt.
    pub answerers: Vec<&'static str>,
    /// How long ended deliveries are remembered; none for ever.
    pub retention: Option<Duration>,
    /// How long the three retry queues keep a message.
    pub retry_delays: [Duration; 3],
    /// The rules of time zones.
    pub zones: Zones,
    /// The services that take commands.
    pub services: Registry,
    /// The origin at which browsers find a gateway, such as `https://ws.example.com`; none where it is the console's own.
    pub realtime: Option<String>,
    /// `WEB_VAPID_PUBLIC_KEY`: for which browsers subscribe to Web Push; none offers it to nobody.
    pub push_key: Option<String>,
    /// The most bytes of a form.
    pub body_limit: usize,
}

impl Console {
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), known: Arc::default(), remembered: Arc::default(), feed: Arc::default() }
    }

    /// What a login stands on.
    pub(crate) fn log_in(&self) -> LogIn<'_> {
        let Accounts { passwords, logins, .. } = &self.parts.accounts;
        LogIn { store: &self.parts.store, passwords, hasher: logins, clock: self.parts.clock.as_ref() }
    }

    /// Whether, as far as this process knows, all that a user had at this time has been revoked since: by whoever has
    /// disabled or deleted them, logged them out everywhere, or changed their password or rights.
    pub(crate) async fn is_revoked(&self, user: &str, had_at: Timestamp) -> bool {
        let Parts { store, clock, accounts, .. } = &*self.parts;
        let second = had_at.as_micros().div_euclid(1_000_000) as f64;
        accounts.revoked.has(store, clock.as_ref(), user, Some(second)).await
    }
}

impl Deref for Console {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Console").field(&self.parts.settings).finish()
    }
}
