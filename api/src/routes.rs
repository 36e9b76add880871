//! The routes of an installation: what is not built or not switched on has no route.

use std::sync::Arc;

use axum::http::Method;
use axum::routing::post;
use domain::{AskRequest, FIELDS};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::unread::Readings;

use crate::accounts::{keys, login, register, users};
use crate::app::App;
use crate::notifications::{cancel, publish};
use crate::sandbox::{captures, faults, pages};
use crate::webhooks::{PATH, question, receive};
use crate::{
    answer_page, asks, audit, commands, contacts, dead_letters, deliveries, docs, endpoints, files, health, inbox,
    messages, overview, pauses, schedules, services, suppressions, topics, unsubscribe, verifications,
};

/// Describes every route that an installation may have. A test holds `docs/openapi.json` equal to this description.
pub fn openapi() -> utoipa::openapi::OpenApi {
    docs::complete(all().into_openapi())
}

/// Gives the routes of this installation, and says which of them refuse a query.
pub(crate) fn served(app: &App) -> (OpenApiRouter<Arc<App>>, Readings) {
    let router = always();
    let router = match app.tokens.issues() {
        true => router.merge(with_accounts()),
        false => router.route("/login", post(login::elsewhere)).route("/register", post(login::elsewhere)),
    };
    let router = if app.settings.sandbox { router.merge(with_sandbox()) } else { router };
    let router = if app.settings.files.is_some() { router.merge(with_files()) } else { router };
    let mut router = refusing_unread(router);
    let readings = Readings::of(router.get_openapi_mut(), fields_of);
    let router = if app.settings.files.is_some() { router.merge(probe_of_files()) } else { router };
    let router = router.merge(probes()).route(PATH, post(receive).get(question)).merge(unsubscribe::page().into());
    let router = router.merge(verifications::page::pages().into()).merge(answer_page::page().into());
    let sandbox = if app.settings.sandbox { pages::pages() } else { pages::while_off() };
    let router = router.merge(sandbox.into());
    let router = if app.settings.files.is_some() { router.merge(files::shared::page().into()) } else { router };
    (router, readings)
}

/// Names what to ask where a route does not know the method.
pub(crate) fn instead(method: &Method, route: &str) -> Option<&'static str> {
    match (method, route) {
        (&Method::DELETE, "/deliveries/{id}") => Some("DELETE /notify/{id} cancels a delivery"),
        (&Method::GET, "/notify/{id}") => Some("GET /deliveries/{id} shows what became of it"),
        (&Method::DELETE, "/suppressions") => Some("DELETE /suppressions/{id}?reason=… takes an entry off the list"),
        (&Method::DELETE, "/pauses") => Some("DELETE /pauses/{id} resumes what is paused"),
        (&Method::GET, "/pauses/{id}") => Some("GET /pauses lists what is paused"),
        (&Method::DELETE, "/sandbox/faults") => Some("DELETE /sandbox/faults/{channel} clears what is set for one"),
        (&Method::POST, "/v1/commands") => Some("POST /v1/commands/dispatch has a service do something"),
        (&Method::GET, "/endpoints/{id}") => Some("GET /endpoints lists all of them"),
        (&Method::PUT | &Method::PATCH, "/endpoints/{id}") => {
            Some("to change one, DELETE it and POST another; POST /endpoints/{id}/rotate changes its secret")
        }
        (&Method::PUT | &Method::PATCH, "/asks/{id}") => {
            Some("a question is not changed: DELETE it, and POST another to /asks")
        }
        (&Method::POST, "/contacts") => Some("PUT /contacts/{id} makes one"),
        (&Method::POST | &Method::PATCH, "/contacts/{id}") => Some("PUT /contacts/{id} makes or changes one"),
        (&Method::GET, "/v1/files/{object_name}") => Some("GET /v1/files/download/{object_name} downloads it"),
        (&Method::GET, "/v1/files/upload") => Some("GET /v1/files lists all of them"),
        (&Method::POST, "/v1/files") => Some("POST /v1/files/upload stores one"),
        (&Method::GET, "/keys/{id}") => Some("GET /keys lists all of them"),
        (&Method::POST, "/v1/verification") => Some("POST /v1/verification/start starts one"),
        (&Method::GET, "/v1/verification/start") => Some("GET /v1/verification lists all of them"),
        (&Method::POST, "/users") => Some("POST /register registers a user"),
        (&Method::GET, "/users/{name}") => Some("GET /users lists all of them"),
        (&Method::PUT | &Method::PATCH, "/schedules/{id}") => {
            Some("to change one, DELETE it and POST another; POST /schedules/{id}/pause pauses it")
        }
        _ => None,
    }
}

/// All routes, whichever of them this installation serves.
fn all() -> OpenApiRouter<Arc<App>> {
    refusing_unread(always().merge(with_accounts()).merge(with_sandbox()).merge(with_files()))
        .merge(probe_of_files())
        .merge(probes())
}

/// Says in the document that the routes refuse what they do not read: see [`Readings`].
fn refusing_unread(mut router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    docs::tell_of_unread(router.get_openapi_mut());
    router
}

fn always() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(docs::base())
        .routes(routes!(audit::list::list))
        .routes(routes!(publish::notify))
        .routes(routes!(publish::notify_auth))
        .routes(routes!(cancel::cancel))
        .routes(routes!(deliveries::list::list))
        .routes(routes!(deliveries::show::show))
        .routes(routes!(deliveries::explain::explain))
        .routes(routes!(overview::overview))
        .routes(routes!(schedules::create::create, schedules::list::list))
        .routes(routes!(schedules::show::show, schedules::delete::delete))
        .routes(routes!(schedules::pause::pause))
        .routes(routes!(schedules::pause::resume))
        .routes(routes!(schedules::run::run))
        .routes(routes!(suppressions::create::create, suppressions::list::list))
        .routes(routes!(suppressions::lift::lift))
        .routes(routes!(pauses::create::create, pauses::list::list))
        .routes(routes!(pauses::resume::resume))
        .routes(routes!(commands::dispatch::dispatch))
        .routes(routes!(commands::list::list))
        .routes(routes!(commands::show::show))
        .routes(routes!(services::list::list))
        .routes(routes!(services::report::report))
        .routes(routes!(services::jwks::jwks))
        .routes(routes!(dead_letters::list::list))
        .routes(routes!(dead_letters::groups::groups))
        .routes(routes!(dead_letters::acknowledge::acknowledge))
        .routes(routes!(dead_letters::read::read))
        .routes(routes!(dead_letters::plan::plan))
        .routes(routes!(dead_letters::jobs::jobs))
        .routes(routes!(dead_letters::show::show, dead_letters::cancel::cancel))
        .routes(routes!(dead_letters::start::start))
        .routes(routes!(dead_letters::failures::failures))
        .routes(routes!(dead_letters::edit::edit))
        .routes(routes!(dead_letters::resume::resume))
        .routes(routes!(endpoints::create::create, endpoints::list::list))
        .routes(routes!(endpoints::delete::delete))
        .routes(routes!(endpoints::rotate::rotate))
        .routes(routes!(asks::create::create, asks::list::list))
        .routes(routes!(asks::show::show, asks::cancel::cancel))
        .routes(routes!(contacts::list::list))
        .routes(routes!(contacts::show::show, contacts::put::put, contacts::delete::delete))
        .routes(routes!(contacts::link::link))
        .routes(routes!(inbox::list::list))
        .routes(routes!(inbox::counts::counts))
        .routes(routes!(inbox::read::read))
        .routes(routes!(inbox::snooze::snooze))
        .routes(routes!(inbox::act::act))
        .routes(routes!(topics::list::list))
        .routes(routes!(topics::put::put, topics::delete::delete))
        .routes(routes!(messages::send::send))
        .routes(routes!(verifications::list::list))
        .routes(routes!(verifications::conversions::conversions))
        .routes(routes!(verifications::start::start))
        .routes(routes!(verifications::show::show, verifications::cancel::cancel))
        .routes(routes!(verifications::confirm::confirm))
        .routes(routes!(verifications::resend::resend))
        .routes(routes!(keys::create::create, keys::list::list))
        .routes(routes!(keys::revoke::revoke))
        .routes(routes!(keys::rotate::rotate))
}

fn probes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

fn with_accounts() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(login::login))
        .routes(routes!(register::register))
        .routes(routes!(users::list::list))
        .routes(routes!(users::act::delete))
        .routes(routes!(users::act::disable))
        .routes(routes!(users::act::enable))
        .routes(routes!(users::act::revoke))
        .routes(routes!(users::password::set))
        .routes(routes!(users::password::change))
}

fn with_sandbox() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(captures::captures))
        .routes(routes!(faults::set, faults::list))
        .routes(routes!(faults::clear))
}

fn with_files() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(files::list::list))
        .routes(routes!(files::upload::upload))
        .routes(routes!(files::download::download))
        .routes(routes!(files::url::url))
        .routes(routes!(files::template::template))
        .routes(routes!(files::delete::delete))
}

fn probe_of_files() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(files::health::health))
}

/// The fields that the body of a request to a route may hold.
fn fields_of(method: &Method, route: &str) -> &'static [&'static str] {
    match (method, route) {
        (&Method::POST, "/notify" | "/notify-auth") => &FIELDS,
        (&Method::POST, "/schedules") => &operations::schedules::FIELDS,
        (&Method::POST, "/schedules/{id}/pause") => &operations::schedules::PAUSE_FIELDS,
        (&Method::POST, "/suppressions") => &operations::suppressions::FIELDS,
        (&Method::POST, "/pauses") => &operations::pauses::FIELDS,
        (&Method::POST, "/sandbox/faults") => &operations::faults::FIELDS,
        (&Method::POST, "/v1/commands/dispatch") => &operations::commands::FIELDS,
        (&Method::POST, "/v1/events") => &operations::commands::REPORT_FIELDS,
        (&Method::POST, "/endpoints") => &operations::endpoints::FIELDS,
        (&Method::POST, "/asks") => &AskRequest::FIELDS,
        (&Method::PUT, "/contacts/{id}") => &operations::contacts::FIELDS,
        (&Method::POST, "/inbox/{id}/snooze") => &operations::inbox::SNOOZE_FIELDS,
        (&Method::POST, "/inbox/read") => &operations::inbox::READ_FIELDS,
        (&Method::POST, "/v1/messages/send") => &operations::messages::FIELDS,
        (&Method::POST, "/dead-letters/plans") => &operations::dead_letters::FIELDS,
        (&Method::POST, "/v1/files/upload") => &operations::files::FIELDS,
        (&Method::POST, "/keys") => &operations::accounts::keys::FIELDS,
        (&Method::POST, "/password") => &["old_password", "new_password"],
        (&Method::PUT, "/users/{name}/password") => &["password"],
        (&Method::POST, "/dead-letters/{id}/edit") => &operations::dead_letters::EDIT_FIELDS,
        (&Method::POST, "/v1/verification/start") => &operations::verifications::FIELDS,
        (&Method::POST, "/v1/verification/{id}/confirm") => &operations::verifications::CODE_FIELDS,
        (&Method::POST, "/v1/verification/{id}/resend") => &operations::verifications::RESEND_FIELDS,
        (&Method::POST, "/login") => &["username", "password"],
        (&Method::POST, "/register") => &["username", "password", "scope", "tenant"],
        _ => &[],
    }
}
