//! The API put together: its parts, its routes, and the edge around them.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use domain::{Clock, Defaults, Secrets};
use operations::Checker;
use operations::commands::ServiceKeys;
use operations::overview::Watching;
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use topology::Publisher;
use web::edge::{self, Admission};
use web::fallbacks::{Known, with_fallbacks};
use web::hosts::Hosts;
use web::probes::RenderMetrics;
use web::server::{self, Limits};

use crate::app::App;
use crate::gate::Gate;
use crate::sandbox::pages;
use crate::settings::Settings;
use crate::token::{InvalidSettings, Tokens};
use crate::{answer_page, docs, doors, files, headers, routes, unsubscribe, verifications, webhooks};

/// The API, ready to be served.
#[derive(Clone)]
pub struct Api(Arc<App>);

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.0.settings.listen).finish()
    }
}

impl Api {
    /// `gate` says which calls of its webhooks are believed, and `overview` is how the fleet is looked at.
    ///
    /// # Errors
    /// [`InvalidSettings`] naming each setting that must change.
    #[expect(clippy::too_many_arguments, reason = "each is another part, made where the process is put together")]
    pub fn new(
        settings: Settings,
        publisher: Publisher,
        store: Store,
        overview: Watching,
        checker: Checker,
        clock: Arc<dyn Clock>,
        metrics: RenderMetrics,
        gate: Gate,
    ) -> Result<Self, InvalidSettings> {
        let keys = settings.jwt.keys();
        Ok(Self(Arc::new(App {
            tokens: Tokens::new(&settings.jwt, &keys, Arc::clone(&clock))?,
            defaults: Defaults { channel: settings.default_channel.clone() },
            passwords: Arc::default(),
            revoked: Arc::default(),
            keys: Arc::default(),
            request_ids: keys.request_ids(),
            recipients: keys.recipients(),
            logins: keys.logins(),
            webhooks: keys.webhooks(),
            links: keys.links(),
            file_links: keys.file_links(),
            letters: keys.letters(),
            secrets: Secrets::new(&keys),
            counters: keys.counters(),
            // What is wrong with a key, whoever has read the file has told.
            service_keys: ServiceKeys::new(&settings.services).unwrap_or_default(),
            jwks: keys.commands().public(),
            settings,
            checker,
            publisher,
            store,
            overview,
            clock,
            metrics,
            gate,
        })))
    }

    /// Gives the routes without a socket, for callers that bring their own.
    pub fn router(self) -> Router {
        self.routed(CancellationToken::new())
    }

    /// The routes; `ending` ends what would be answered for ever.
    fn routed(self, ending: CancellationToken) -> Router {
        let app = self.0;
        let (served, readings) = routes::served(&app);
        let (router, document) = served.split_for_parts();
        let sandbox = app.settings.sandbox.then_some(pages::PAGE);
        let paths: Vec<&str> = docs::PAGES.into_iter().chain(sandbox).chain([console::HOME]).collect();
        let known = Known::of(&document, &paths, routes::instead);
        let known = known.with_unseen(webhooks::PATH, &[Method::POST, Method::GET]);
        // Mail programs post to it, and show nobody the answer.
        let known = known.with_unseen(unsubscribe::PAGE, &[Method::GET, Method::POST]);
        let known = known.with_unseen(answer_page::PAGE, &[Method::GET, Method::POST]);
        let known = known.with_unseen(verifications::page::PAGE, &[Method::GET, Method::POST]);
        let known = known.with_unseen(files::shared::PAGE, &[Method::GET]);
        let router = router.merge(docs::pages(document)).with_state(Arc::clone(&app));
        let router = router.merge(doors::console(&app, ending));
        let settings = &app.settings;
        let hosts = Hosts { listen: settings.listen.ip(), names: settings.hosts.clone(), setting: "API_HOSTS" };
        let admission = Admission { hosts, readings, headers: headers::OF_CHANGES };
        edge::around(with_fallbacks(router, known), Some(admission))
    }

    /// Serves until `stop`, then lets the requests in flight end.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let limits = Limits::of(self.0.settings.connection_limit, self.0.settings.drain);
        let router = self.routed(stop.clone());
        server::serve(router, listener, stop, limits).await;
    }
}
