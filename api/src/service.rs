//! The API put together: its parts, its routes, and the edge around them.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use domain::{Clock, Defaults, LoginHasher, RecipientHasher, RequestIds};
use operations::Checker;
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use topology::Publisher;

use crate::edge::Admission;
use crate::password::Passwords;
use crate::problem::Problem;
use crate::settings::{InvalidSettings, Settings};
use crate::token::Tokens;
use crate::{docs, edge, routes, server};

/// Renders the metrics of this process in the text format of Prometheus.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The API, ready to be served.
#[derive(Clone)]
pub struct Api(Arc<App>);

/// What the handlers share.
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

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.0.settings.listen).finish()
    }
}

impl Api {
    /// # Errors
    /// [`InvalidSettings`] naming each setting that must change.
    pub fn new(
        settings: Settings,
        publisher: Publisher,
        store: Store,
        checker: Checker,
        clock: Arc<dyn Clock>,
        metrics: RenderMetrics,
    ) -> Result<Self, InvalidSettings> {
        let keys = settings.jwt.keys();
        Ok(Self(Arc::new(App {
            tokens: Tokens::new(&settings.jwt, &keys, Arc::clone(&clock))?,
            defaults: Defaults { channel: settings.default_channel.clone() },
            passwords: Passwords::default(),
            request_ids: keys.request_ids(),
            recipients: keys.recipients(),
            logins: keys.logins(),
            settings,
            checker,
            publisher,
            store,
            clock,
            metrics,
        })))
    }

    /// The routes without a socket, for callers that bring their own.
    pub fn router(self) -> Router {
        let app = self.0;
        let (served, readings) = routes::served(&app);
        let (router, document) = served.split_for_parts();
        let router = router.merge(docs::pages(document)).with_state(Arc::clone(&app));
        edge::around(with_fallbacks(router), Some(Admission { app, readings }))
    }

    /// Serves until `stop`, then lets the requests in flight end.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let limits = server::Limits::of(&self.0.settings);
        server::serve(self.router(), listener, stop, limits).await;
    }
}

/// What is answered where there is no route.
pub(crate) fn with_fallbacks(router: Router) -> Router {
    router.fallback(unknown_route).method_not_allowed_fallback(wrong_method)
}

pub(crate) async fn unknown_route() -> Problem {
    Problem::not_found("unknown-route", "There is no such route", "GET /docs shows the routes there are.")
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "The route does not know this method",
        "The Allow header names the methods that it knows; GET /docs shows what they do.",
    )
}
