//! The routes of the console, and what every answer of it has.

use axum::Router;
use axum::middleware;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use crate::console::Console;
use crate::pages::{
    asks, audit, commands, dead_letters, deliveries, delivery, files, gateways, inbox, jobs, login, look, nowhere,
    overview, pauses, plans, providers, sandbox, schedules, suppressions, templates, try_it, users, verifications,
};
use crate::{assets, document};

/// Where the console begins.
pub const HOME: &str = "/console";

/// Every route below [`HOME`]. Whoever serves them puts the edge around them, as around its own.
pub fn router(console: Console) -> Router {
    Router::new()
        .merge(overview::routes())
        .merge(deliveries::routes())
        .merge(delivery::routes())
        .merge(dead_letters::routes())
        .merge(plans::routes())
        .merge(jobs::routes())
        .merge(asks::routes())
        .merge(commands::routes())
        .merge(verifications::routes())
        .merge(sandbox::routes())
        .merge(inbox::routes())
        .merge(gateways::routes())
        .merge(files::routes())
        .merge(templates::routes())
        .merge(schedules::routes())
        .merge(suppressions::routes())
        .merge(providers::routes())
        .merge(pauses::routes())
        .merge(users::routes())
        .merge(audit::routes())
        .merge(try_it::routes())
        .merge(login::routes())
        .route("/console/", get(async || Redirect::to(HOME)))
        .route("/console/look", post(look::change))
        .route("/console/assets/{name}", get(assets::file))
        .route("/console/{*path}", get(nowhere::nowhere))
        .layer(middleware::map_response(async |mut response: Response| {
            document::set_headers(response.headers_mut());
            response
        }))
        .with_state(console)
}
