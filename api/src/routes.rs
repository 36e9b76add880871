//! The routes there are: what is not built, or not switched on, does not exist.

use std::sync::Arc;

use axum::extract::State;
use axum::middleware;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::App;
use crate::{accounts, cancel, deliveries, docs, health, login, notify, query, sandbox, schedules};

/// How every handler gets the parts of the API.
pub(crate) type Shared = State<Arc<App>>;

/// The routes of this installation.
pub(crate) fn served(app: &App) -> OpenApiRouter<Arc<App>> {
    let router = always();
    let router = match app.tokens.issues() {
        true => router.merge(with_accounts()),
        false => router.route("/login", post(login::elsewhere)).route("/register", post(login::elsewhere)),
    };
    let router = if app.settings.sandbox { router.merge(with_sandbox()) } else { router };
    let router = refusing_unread(router).merge(probes());
    if app.settings.sandbox { router.merge(sandbox::pages().into()) } else { router }
}

/// Every route that an installation may have, for the OpenAPI document.
pub(crate) fn all() -> OpenApiRouter<Arc<App>> {
    refusing_unread(always().merge(with_accounts()).merge(with_sandbox())).merge(probes())
}

/// What these routes do not read is refused, and the document says so.
fn refusing_unread(mut router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    docs::tell_of_unread(router.get_openapi_mut());
    router.route_layer(middleware::from_fn(query::refuse_unread))
}

fn always() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(docs::base())
        .routes(routes!(notify::notify))
        .routes(routes!(notify::notify_auth))
        .routes(routes!(cancel::cancel))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::show))
        .routes(routes!(schedules::create, schedules::list))
        .routes(routes!(schedules::show, schedules::delete))
}

fn probes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

fn with_accounts() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(login::login)).routes(routes!(accounts::register))
}

fn with_sandbox() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(sandbox::captures))
}
