//! What the handlers share: the settings, the parts that they use, and the state in which axum hands these out.

use std::sync::Arc;

use axum::extract::State;
use domain::{Clock, Defaults, LoginHasher, RecipientHasher, RequestIds};
use operations::Checker;
use store::Store;
use topology::Publisher;

use crate::accounts::password::Passwords;
use crate::settings::Settings;
use crate::token::Tokens;

/// How every handler gets the parts of the API.
pub(crate) type Shared = State<Arc<App>>;

/// Renders the metrics of this process in the text format of Prometheus.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The parts of the API.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) defaults: Defaults,
    pub(crate) checker: Checker,
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: RenderMetrics,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) request_ids: RequestIds,
    pub(crate) recipients: RecipientHasher,
    pub(crate) logins: LoginHasher,
}
