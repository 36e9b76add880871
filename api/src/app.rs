//! What the handlers share: the settings, the parts that they use, and the state in which axum hands these out.

use std::sync::Arc;

use axum::extract::State;
use domain::{
    Clock, Defaults, LetterSealer, LinkSealer, LoginHasher, RecipientHasher, RequestIds, RequestedBy, Tenant,
    WebhookKeys,
};
use operations::accounts::keys::Keys;
use operations::accounts::log_in::LogIn;
use operations::accounts::passwords::Passwords;
use operations::accounts::revoked::Revoked;
use operations::overview::Watching;
use operations::{Checker, Rules};
use serde_json::Value;
use store::Store;
use topology::Publisher;
use web::probes::RenderMetrics;

use crate::gate::Gate;
use crate::services::keys::ServiceKeys;
use crate::settings::Settings;
use crate::token::Tokens;

/// How every handler gets the parts of the API.
pub(crate) type Shared = State<Arc<App>>;

/// The parts of the API.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) defaults: Defaults,
    pub(crate) checker: Checker,
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) overview: Watching,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: RenderMetrics,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) revoked: Arc<Revoked>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) request_ids: RequestIds,
    pub(crate) recipients: RecipientHasher,
    pub(crate) logins: LoginHasher,
    pub(crate) gate: Gate,
    pub(crate) webhooks: WebhookKeys,
    pub(crate) links: LinkSealer,
    pub(crate) letters: LetterSealer,
    pub(crate) service_keys: ServiceKeys,
    /// The public keys of what we sign for services.
    pub(crate) jwks: Value,
}

impl App {
    /// What a login stands on.
    pub(crate) fn log_in(&self) -> LogIn<'_> {
        let Self { store, passwords, logins, clock, .. } = self;
        LogIn { store, passwords, hasher: logins, clock: clock.as_ref() }
    }

    /// What besides its body decides about a notification in a request.
    pub(crate) fn rules<'a>(
        &'a self,
        tenant: &'a Tenant,
        by: RequestedBy,
        idempotency_key: Option<&'a str>,
    ) -> Rules<'a> {
        Rules {
            defaults: &self.defaults,
            tenant,
            by,
            request_ids: &self.request_ids,
            idempotency_key,
            checker: &self.checker,
            clock: self.clock.as_ref(),
        }
    }
}
