//! `/openapi.json`, generated from the handlers, and `/docs`, which shows it in a browser.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::middleware;
use axum::response::Response;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem::{BadField, ProblemDetails};
use crate::routes;
use crate::service::App;

/// The page needs its own scripts and styles only.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Chasqui",
        description = "Delivers notifications by email, SMS, WhatsApp and push. 202 means that the broker has it on \
                       disk: it will be delivered at least once, or end in the dead-letter queue with its reason. \
                       Errors are `application/problem+json` (RFC 9457); branch on their `type`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemDetails, BadField)),
    modifiers(&Bearer),
    tags(
        (name = "Notifications", description = "Publish and cancel."),
        (name = "Deliveries", description = "What became of each notification, and why."),
        (name = "Schedules", description = "What is to be sent later, once or again and again."),
        (name = "Users", description = "Who may do what."),
        (name = "Sandbox", description = "What would have been sent."),
        (name = "Health", description = "For orchestrators and Prometheus."),
    ),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".into());
        bearer.description = Some("A token of POST /login, or of the issuer that the operator has set.".into());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// What the document says before any route is in it.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Every route that an installation may have. `docs/openapi.json` is this, held equal by a test.
pub fn openapi() -> utoipa::openapi::OpenApi {
    complete(routes::all().into_openapi())
}

/// Every refusal is a problem; the handlers only say what each status means.
fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails"))).build();
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| [&mut item.get, &mut item.post, &mut item.delete]).flatten();
    for (status, response) in operations.flat_map(|operation| &mut operation.responses.responses) {
        if let RefOr::T(response) = response
            && matches!(status.as_bytes().first(), Some(b'4' | b'5'))
        {
            response.content.insert("application/problem+json".into(), problem().into());
        }
    }
    document
}

/// The document of the routes that are served, and the page that shows it.
pub(crate) fn pages(document: utoipa::openapi::OpenApi) -> Router<Arc<App>> {
    let config = Config::new(["/openapi.json"]).validator_url("none").try_it_out_enabled(true);
    let pages = SwaggerUi::new("/docs").url("/openapi.json", complete(document)).config(config);
    Router::from(pages).layer(middleware::map_response(async |mut response: Response| {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        response
    }))
}
