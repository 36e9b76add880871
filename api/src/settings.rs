//! What the API needs to be told: what its operator sets, and what the process around it knows.

mod operator;
mod verify;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{ChannelName, PumpingLimits, Registry, Telling, Zones};
use files::Files;
use operations::providers::Carrier;
use runtime::Readiness;
use secrecy::SecretString;

pub use self::operator::{Open, OperatorSettings};
use crate::token::JwtSettings;

/// The most bytes of a request body.
pub const BODY_LIMIT: usize = 256 * 1024;
/// The most items of one `POST /notify`.
pub const BATCH_LIMIT: usize = 1000;

/// Typed settings; the names in the comments are those of the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `API_LISTEN`. Whether it is a loopback address decides who may publish without a token.
    pub listen: SocketAddr,
    /// `NOTIFY_OPEN`: who may publish, and look into the sandbox, without a token.
    pub open: Open,
    /// Whether the first user may be registered from this machine without the bootstrap token. That is only for an API
    /// that nobody can have put behind a proxy unknowingly.
    pub first_user_from_here: bool,
    /// `API_HOSTS`: names and addresses, in lower case and without a port, by which the API may be called besides
    /// `localhost` and those that it listens on.
    pub hosts: Vec<String>,
    pub jwt: JwtSettings,
    /// Lets somebody who is not on this machine register the first user; printed at start.
    pub bootstrap_token: SecretString,
    /// `DEFAULT_CHANNEL`
    pub default_channel: Option<ChannelName>,
    /// Serves the page that shows what the sandbox captured.
    pub sandbox: bool,
    /// The names of all providers, which can be paused.
    pub providers: Vec<&'static str>,
    /// Who may carry which medium, the preferred first, as far as the settings of this process say.
    pub carriers: Vec<Carrier>,
    /// The rules of time zones.
    pub zones: Zones,
    /// `SERVICES_FILE`: the services that take commands.
    pub services: Registry,
    /// The origin at which browsers find a gateway; none where it is that of the API.
    pub realtime: Option<String>,
    /// `WEB_VAPID_PUBLIC_KEY`: for which browsers of the console subscribe to Web Push.
    pub push_key: Option<String>,
    /// The most bytes of a request body.
    pub body_limit: usize,
    /// The most items of one `POST /notify`.
    pub batch_limit: usize,
    /// The most connections served at once, half of them of one peer; beyond these, probes are answered.
    pub connection_limit: usize,
    /// `RETENTION_DAYS`: how long ended deliveries are remembered; none for ever.
    pub retention: Option<Duration>,
    /// The names of all who may have answered an attempt, whether this installation has them or not.
    pub answerers: Vec<&'static str>,
    /// How long the three retry queues keep a message, `WORKER_RETRY_DELAY_1` and so on.
    pub retry_delays: [Duration; 3],
    /// How long requests in flight may take after the stop signal.
    pub drain: Duration,
    /// `TELEGRAM_BOT_NAME`: the bot that links of contacts lead to; none makes no links.
    pub bot_name: Option<String>,
    /// Whether browsers reach the API over TLS, as `PUBLIC_URL` says: then sessions are of TLS alone.
    pub is_over_tls: bool,
    /// `EVENTS`: which events are published.
    pub telling: Telling,
    /// `VERIFY_…`: to whom codes go, and how many.
    pub verify: PumpingLimits,
    /// Where files are kept; none has no routes of files.
    pub files: Option<Arc<Files>>,
    /// `PUBLIC_URL`: where the world reaches the API; links to files lead there.
    pub public_url: Option<String>,
    /// The worker in the same process, which knows what is paused. None where there is none.
    pub worker: Option<Readiness>,
}

impl Settings {
    /// Settings that are closed and have nothing that an operator may open; the limits are those of every API.
    pub fn new(listen: SocketAddr, jwt: JwtSettings, bootstrap_token: SecretString) -> Self {
        Self {
            listen,
            open: Open::Nobody,
            first_user_from_here: false,
            hosts: Vec::new(),
            jwt,
            bootstrap_token,
            default_channel: None,
            sandbox: false,
            providers: Vec::new(),
            carriers: Vec::new(),
            zones: Zones::bundled(),
            services: Registry::default(),
            realtime: None,
            push_key: None,
            body_limit: BODY_LIMIT,
            batch_limit: BATCH_LIMIT,
            connection_limit: 1024,
            retention: None,
            answerers: Vec::new(),
            retry_delays: [Duration::ZERO; 3],
            drain: Duration::from_secs(25),
            bot_name: None,
            is_over_tls: false,
            telling: Telling::Off,
            verify: verify::nothing(),
            files: None,
            public_url: None,
            worker: None,
        }
    }
}
