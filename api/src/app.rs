//! What the handlers share: the settings, the parts that they use, and the state in which axum hands these out.

use std::sync::Arc;

use axum::extract::State;
use domain::{
    Clock, CounterHasher, Defaults, FileLinks, LetterSealer, LinkSealer, LoginHasher, RecipientHasher, RequestIds,
    RequestedBy, Secrets, Tenant, WebhookKeys,
};
use operations::accounts::keys::Keys;
use operations::accounts::log_in::LogIn;
use operations::accounts::passwords::Passwords;
use operations::accounts::revoked::Revoked;
use operations::commands::ServiceKeys;
use operations::overview::Watching;
use operations::verifications::Verifying;
use operations::{Checker, Rules};
use serde_json::Value;
use store::Store;
use topology::Publisher;
use web::probes::RenderMetrics;

use crate::gate::Gate;
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
    pub(crate) file_links: FileLinks,
    pub(crate) letters: LetterSealer,
    pub(crate) secrets: Secrets,
    pub(crate) counters: CounterHasher,
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

    /// What verifying stands on.
    pub(crate) fn verifying(&self) -> Verifying<'_> {
        Verifying {
            store: &self.store,
            publisher: &self.publisher,
            secrets: &self.secrets,
            recipients: &self.recipients,
            counters: &self.counters,
            request_ids: &self.request_ids,
            defaults: &self.defaults,
            limits: &self.settings.verify,
            telling: self.settings.telling,
            has_whatsapp: self.has_whatsapp(),
            clock: self.clock.as_ref(),
        }
    }

    /// Whether the settings of this process name somebody who carries WhatsApp.
    pub(crate) fn has_whatsapp(&self) -> bool {
        self.settings.carriers.iter().any(|carrier| carrier.medium == "whatsapp")
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
