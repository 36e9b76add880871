//! `/openapi.json`, generated from the handlers, and `/docs`, which shows it in a browser.

pub(crate) mod refusals;

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr};
use utoipa::{IntoResponses, Modify, OpenApi};
use web::fallbacks::unknown_route;
use web::problem::{BadField, ProblemDetails};

use self::refusals::UnreadParameter;
use crate::app::App;
use crate::page::is_of_a_browser;

/// Pages that are in no document.
pub(crate) const PAGES: [&str; 2] = ["/docs", "/openapi.json"];

/// The page needs its own scripts and styles only.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Chasqui",
        description = "Delivers notifications by email, SMS, WhatsApp, Telegram, Slack, push, Web Push, webhook and in the \
                       app. 202 means that the broker has it on disk: it will be delivered at least once, or end in the \
                       dead-letter queue with its reason. Errors are `application/problem+json` (RFC 9457); branch on \
                       their `type`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemDetails, BadField)),
    modifiers(&Bearer),
    tags(
        (name = "Notifications", description = "Publish and cancel."),
        (name = "Deliveries", description = "What became of each notification, and why."),
        (name = "Overview", description = "The whole fleet at one look."),
        (name = "Files", description = "What messages carry and people download."),
        (name = "Asks", description = "Questions to people, and what they have decided."),
        (name = "Inbox", description = "What was told the users of an application, and what they have done with it."),
        (name = "Contacts", description = "People who are known by name, and by what they are reached."),
        (name = "Commands", description = "What services are told to do, and how far they say they are."),
        (name = "Schedules", description = "What is to be sent later, once or again and again."),
        (name = "Suppressions", description = "Who is not written to any more, and why."),
        (name = "Pauses", description = "What waits until somebody resumes it, and why."),
        (name = "Dead letters", description = "What failed for good, and what is to become of it."),
        (name = "Verification", description = "Whose is this address? Codes and links, and who is sent none."),
        (name = "Audit", description = "Who did what, and who was refused."),
        (name = "Endpoints", description = "Who is told what became of notifications, by webhook."),
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
        bearer.description =
            Some("A token of POST /login, or of the issuer that the operator has set, or a key of POST /keys.".into());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let mut service = Http::new(HttpAuthScheme::Bearer);
        service.bearer_format = Some("JWT".into());
        service.description = Some("A token of a registered service, signed with its own key.".into());
        components.add_security_scheme("service", SecurityScheme::Http(service));
    }
}

/// What the document says before any route is in it.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Every operation of the document refuses parameters that it does not read: see `web::unread::Readings`.
pub(crate) fn tell_of_unread(document: &mut utoipa::openapi::OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for (status, response) in UnreadParameter::responses() {
            operation.responses.responses.entry(status).or_insert(response);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
}

/// Every refusal is a problem; the handlers only say what each status means.
pub(crate) fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (status, response) in operations(item).flat_map(|operation| &mut operation.responses.responses) {
            if let RefOr::T(response) = response
                && matches!(status.as_bytes().first(), Some(b'4' | b'5'))
            {
                let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails")));
                let example = example(path, status, &response.description);
                response.content.insert("application/problem+json".into(), problem.example(example).build().into());
            }
        }
    }
    document
}

/// An answer of this status; none for bad fields, of which the schema has an example.
fn example(path: &str, status: &str, description: &str) -> Option<Value> {
    let publishes = path.starts_with("/notify") && !path.contains("{id}");
    let ledger = !publishes && !description.starts_with("The broker");
    let kind = match status {
        "400"
            if ["/asks/", "/contacts/", "/endpoints/", "/inbox/", "/suppressions/", "/pauses/", "/topics/"]
                .iter()
                .any(|under| path.starts_with(under)) =>
        {
            "unknown-header"
        }
        "400" => "malformed-body",
        "401" if path == "/login" => "wrong-credentials",
        "401" if path == "/v1/events" => "not-a-service",
        "401" => "missing-token",
        "403" if path == "/v1/verification/start" => "verification-blocked",
        "403" if path == "/v1/events" => "foreign-command",
        "403" => "missing-scope",
        "404" if path.starts_with("/asks") => "unknown-ask",
        "404" if path.starts_with("/contacts") => "unknown-contact",
        "404" if path.starts_with("/inbox") => "unknown-item",
        "404" if path.starts_with("/topics") => "unknown-member",
        "404" if path.starts_with("/v1/verification") => "unknown-verification",
        "404" if path.starts_with("/v1/files") => "unknown-file",
        "404" if path.starts_with("/v1/") => "unknown-command",
        "404" if path.starts_with("/schedules") => "unknown-schedule",
        "404" if path.starts_with("/suppressions") => "unknown-suppression",
        "404" if path.starts_with("/pauses") => "unknown-pause",
        "404" if path.starts_with("/endpoints") => "unknown-endpoint",
        "404" if path.starts_with("/dead-letters/groups") => "unknown-group",
        "404" if path.starts_with("/dead-letters") => "unknown-job",
        "404" if path.starts_with("/users") || path == "/password" => "unknown-user",
        "404" if path.starts_with("/keys") => "unknown-key",
        "404" => "not-taken-yet",
        "408" => "slow-body",
        "409" if path.ends_with("/link") => "no-bot",
        "409" if path.starts_with("/contacts") => "address-taken",
        "409" if path.starts_with("/inbox") => "no-user",
        "409" if path == "/register" => "name-taken",
        "409" if path.starts_with("/schedules") => "id-taken",
        "409" if path == "/dead-letters/plans" => "too-many-plans",
        "409" if path.starts_with("/dead-letters") => "not-planned",
        "409" if path.starts_with("/users") => "last-administrator",
        "409" if path.starts_with("/keys") => "too-many-keys",
        "409" if path == "/v1/verification/start" => "key-used",
        "409" if path.starts_with("/v1/verification") => "verification-used",
        "409" if path.ends_with("/rotate") => "rotated-lately",
        "409" if path.starts_with("/pauses") => "too-many-pauses",
        "409" if path.starts_with("/v1/files") => "over-quota",
        "409" if path.starts_with("/endpoints") => "endpoint-exists",
        "409" => "too-late",
        "410" => "verification-expired",
        "413" => "body-too-large",
        "415" => "unsupported-media-type",
        "429" if path.ends_with("/resend") => "too-soon",
        "429" if path.starts_with("/v1/verification") => "too-many-attempts",
        "429" => "too-many-failures",
        "503" if path == "/v1/files/health" || path.starts_with("/v1/files/templates") => "files-unavailable",
        "503" if path.starts_with("/health") => "not-ready",
        "503" if ledger => "ledger-unavailable",
        "503" => "broker-unavailable",
        _ => return None,
    };
    let number: u16 = status.parse().ok()?;
    let title = StatusCode::from_u16(number).ok()?.canonical_reason()?;
    Some(json!({"type": kind, "title": title, "status": number, "detail": description}))
}

/// `/`: people are led to the console, programs are told where everything is.
async fn root(headers: HeaderMap) -> Response {
    if is_of_a_browser(&headers) {
        return Redirect::to(console::HOME).into_response();
    }
    let places = json!({
        "name": "Chasqui", "console": console::HOME, "docs": "/docs", "openapi": "/openapi.json", "health": "/health",
    });
    Json(places).into_response()
}

/// The document of the routes that are served, and the page that shows it.
pub(crate) fn pages(document: utoipa::openapi::OpenApi) -> Router<Arc<App>> {
    // Written once: it costs more than all other answers, and anybody may ask for it.
    let document = serde_json::to_vec(&complete(document)).expect("the document has only texts as names");
    let document = Bytes::from(document);
    Router::new()
        .route("/", get(root))
        .route("/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], document)))
        .route("/docs", get(async || Redirect::to("/docs/")))
        .route("/docs/", get(file))
        .route("/docs/{*name}", get(file))
        .layer(middleware::map_response(async |mut response: Response| {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            response
        }))
}

/// The page is ours; what it loads besides is Swagger UI's. The name is taken as it was sent, for none needs an escape.
async fn file(uri: Uri) -> Response {
    let (kind, text) = match uri.path().strip_prefix("/docs/").unwrap_or_default() {
        "" | "index.html" => ("text/html; charset=utf-8", include_str!("docs/page.html")),
        "page.css" => ("text/css; charset=utf-8", include_str!("docs/page.css")),
        "page.js" => ("text/javascript; charset=utf-8", include_str!("docs/page.js")),
        "theme.js" => ("text/javascript; charset=utf-8", include_str!("docs/theme.js")),
        name @ ("swagger-ui.css" | "swagger-ui-bundle.js") => return of_swagger_ui(name).await,
        _ => return unknown_route().await.into_response(),
    };
    ([(CONTENT_TYPE, kind)], text).into_response()
}

async fn of_swagger_ui(name: &str) -> Response {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(name, Arc::default()) else {
        return unknown_route().await.into_response();
    };
    // Not copied for each answer: one has more than a megabyte.
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    ([(CONTENT_TYPE, file.content_type)], bytes).into_response()
}
