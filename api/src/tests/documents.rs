//! The OpenAPI document, its page, and the answers outside of any route.

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::StatusCode;
use domain::{MAX_ID_BYTES, MAX_SPAN};
use serde_json::json;
use store::{MAX_PAGE, USUAL_PAGE};
use testkit::documents::hold_to;

use crate::tests::app::{TestApp, request, settings};

const WRITTEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

#[test]
fn the_written_document_is_the_generated_one() {
    let generated = serde_json::to_string_pretty(&crate::openapi()).unwrap() + "\n";
    hold_to(Path::new(WRITTEN), &generated, "cargo test -p api");
}

#[test]
fn every_operation_says_what_it_does_and_what_it_refuses() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["tags"].is_array(), "{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].is_string(), "{method} {path} {status}");
                let problem = response["content"].get("application/problem+json").is_some();
                assert_eq!(problem, status.as_str() >= "400", "{method} {path} {status}");
            }
        }
    }
}

#[test]
fn its_limits_are_those_of_the_code() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    for (body, field) in [
        ("NotificationBody", "ttl_seconds"),
        ("NotificationBody", "max_lateness_seconds"),
        ("ScheduleBody", "max_lateness_seconds"),
    ] {
        let most = &document["components"]["schemas"][body]["properties"][field]["maximum"];
        assert_eq!(most, &json!(MAX_SPAN.as_secs()), "{body} {field}");
    }
    let id = &document["components"]["schemas"]["NotificationBody"]["properties"]["id"];
    assert_eq!(id["maxLength"], json!(MAX_ID_BYTES));
    let parameters = |item: &serde_json::Value| item["get"]["parameters"].as_array().cloned().unwrap_or_default();
    let all: Vec<_> = document["paths"].as_object().unwrap().values().flat_map(parameters).collect();
    let limits: Vec<_> = all.iter().filter(|parameter| parameter["name"] == "limit").collect();
    assert_eq!(limits.len(), 15, "{limits:?}");
    for limit in limits {
        assert_eq!(limit["schema"]["maximum"], json!(MAX_PAGE));
        let told = limit["description"].as_str().unwrap();
        assert!(told.starts_with(&format!("1 to 1,000; default {USUAL_PAGE}.")), "{told}");
    }
}

#[test]
fn every_operation_but_probes_says_that_it_refuses_what_it_does_not_read() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_probe = operation["tags"] == json!(["Health"]);
            let refuses = operation["responses"].get("422").is_some();
            assert_eq!(refuses, !is_probe, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_served() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json", None).await;
    assert_eq!(document.status, StatusCode::OK);
    assert!(document.json()["paths"].get("/notify").is_some());
    assert!(document.json()["paths"].get("/sandbox/captures").is_none(), "the sandbox is off");
    let page = app.get("/docs/", None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(app.get("/docs", None).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_page_fits_a_phone_follows_the_dark_and_loads_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.get("/docs/", None).await.text;
    assert!(page.contains(r#"<meta name="viewport" content="width=device-width, initial-scale=1">"#), "{page}");
    let policy =
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
    let loaded = page.split('"').filter(|text| text.starts_with("/docs/"));
    let mut files = Vec::new();
    for path in loaded {
        let file = app.get(path, None).await;
        let allowed = file.headers["content-security-policy"].to_str().unwrap();
        assert_eq!((file.status, allowed), (StatusCode::OK, policy), "{path}");
        let kind = if path.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert!(file.headers["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        files.push((path.to_owned(), file.text));
    }
    let text = |name: &str| &files.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("{name}")).1;
    assert!(text("theme.js").contains("(prefers-color-scheme: dark)") && text("theme.js").contains("dark-mode"));
    assert!(text("page.css").contains("@media (max-width: 40rem)") && text("page.css").contains("html.dark-mode"));
    assert!(text("swagger-ui.css").contains("html.dark-mode .swagger-ui"));
    assert!(text("swagger-ui-bundle.js").contains("SwaggerUIBundle"));
    assert!(text("page.js").contains("/openapi.json"));
    for outside in ["http://", "https://", "src=\"//", "unsafe"] {
        assert!(!page.contains(outside) && !text("page.css").contains(outside) && !text("page.js").contains(outside));
    }
}

/// How light a colour of six hexadecimal digits is, from 0 to 1 (WCAG 2, relative luminance).
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[tokio::test]
async fn the_colours_of_the_page_in_the_light_can_be_read_on_its_darkest_ground() {
    let app = TestApp::start().await;
    let styles = app.get("/docs/page.css", None).await.text;
    let light = styles.lines().filter(|line| line.starts_with("html:not(.dark-mode)"));
    let colours: Vec<&str> = light.flat_map(|line| line.split('#').skip(1)).map(|rest| &rest[..6]).collect();
    assert!(colours.len() >= 10, "{colours:?}");
    for colour in colours {
        let contrast = (luminance("e3e3e3") + 0.05) / (luminance(colour) + 0.05);
        assert!(contrast >= 4.5, "{colour}: {contrast}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let app = TestApp::start().await;
    for path in [
        "/nothing",
        "/sandbox",
        "/sandbox/captures",
        "/notify/a/b",
        "/docs/%ff",
        "/docs/nothing.js",
        "/docs/../docs.rs",
        "/docs/%2e%2e/docs.rs",
        "/%ff",
    ] {
        let answer = app.get(path, None).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-route"), "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    let answer = app.send(request("PUT", "/notify", None).body("".into()).unwrap()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "wrong-method"));
    assert_eq!(answer.headers["allow"], "POST");
}

#[tokio::test]
async fn a_method_that_a_route_does_not_know_is_told_with_those_it_knows_and_what_does_it_elsewhere() {
    let app = TestApp::start().await;
    for (method, path, said) in [
        ("PUT", "/notify", "It knows POST."),
        ("PATCH", "/schedules", "It knows GET and POST."),
        ("DELETE", "/deliveries/order-7", "It knows GET; DELETE /notify/{id} cancels a delivery."),
        ("GET", "/notify/order-7", "It knows DELETE; GET /deliveries/{id} shows what became of it."),
        (
            "PATCH",
            "/schedules/a",
            "It knows GET and DELETE; to change one, DELETE it and POST another; POST /schedules/{id}/pause pauses it.",
        ),
        ("POST", "/docs", "It knows GET."),
    ] {
        let answer = app.send(request(method, path, None).body("".into()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(said), "{method} {path}: {detail}");
        assert!(!detail.contains("order-7"), "{detail}");
    }
}

#[tokio::test]
async fn a_path_that_is_nearly_a_route_is_told_with_it() {
    let mut with_sandbox = settings();
    with_sandbox.sandbox = true;
    let (app, sandboxed) = (TestApp::start().await, TestApp::with(with_sandbox).await);
    for (app, method, path, meant) in [
        (&app, "POST", "/notfy", "did you mean POST /notify?"),
        (&app, "POST", "/notify/", "did you mean POST /notify?"),
        (&app, "GET", "/schedule/ana@example.com", "did you mean GET /schedules/{id}?"),
        (&app, "DELETE", "/delivery/ana@example.com?limit=1", "did you mean GET /deliveries/{id}?"),
        (&app, "GET", "/openapi.jsn", "did you mean GET /openapi.json?"),
        (&sandboxed, "GET", "/sandbx", "did you mean GET /sandbox?"),
        (&sandboxed, "GET", "/sandbox/capture", "did you mean GET /sandbox/captures?"),
    ] {
        let answer = app.send(request(method, path, None).body("".into()).unwrap()).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-route"), "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(meant) && detail.contains("GET /docs"), "{path}: {detail}");
        assert!(!answer.text.contains("ana@"), "{answer:?}");
    }
    // What is not served is not named, and neither is anything for a path that is near to none.
    for path in ["/sandbx", "/sandbox/capture", "/nothing", "/notify/a/b"] {
        let answer = app.get(path, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(!answer.text.contains("did you mean"), "{answer:?}");
    }
}

#[tokio::test]
async fn the_sandbox_is_served_when_it_is_on() {
    let mut with_sandbox = settings();
    with_sandbox.sandbox = true;
    let app = TestApp::with(with_sandbox).await;
    let page = app.get("/sandbox", None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let captures = app.get("/sandbox/captures", None).await;
    assert_eq!((captures.status, captures.json()), (StatusCode::OK, json!({"captures": []})));
    let forwarded = request("GET", "/sandbox/captures", None).header("x-forwarded-for", "192.0.2.1");
    assert_eq!(app.send(forwarded.body("".into()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_looks_for_the_sandbox_while_it_is_off_is_told_how_it_is_switched_on() {
    let app = TestApp::start().await;
    for (language, title) in [("en", "<h1>The sandbox is off</h1>"), ("es", "<h1>El sandbox está apagado</h1>")] {
        let asked = request("GET", "/sandbox", None).header("accept", "text/html").header("accept-language", language);
        let page = app.send(asked.body("".into()).unwrap()).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{page:?}");
        assert!(page.text.contains(title) && page.text.contains("SANDBOX=missing"), "{page:?}");
        assert!(page.text.contains("href=\"sandbox/page.css\""), "{page:?}");
    }
    assert_eq!(app.get("/sandbox/page.css", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_served_as_prometheus_reads_them() {
    let app = TestApp::start().await;
    let answer = app.get("/metrics", None).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "chasqui_example_total 1\n"));
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
}

#[tokio::test]
async fn the_root_leads_people_and_programs_on() {
    let app = TestApp::start().await;
    let browser = app.send(request("GET", "/", None).header("accept", "text/html,*/*").body("".into()).unwrap()).await;
    assert_eq!((browser.status, browser.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/console"));
    let program = app.get("/", None).await;
    assert_eq!((program.status, program.json()["openapi"].clone()), (StatusCode::OK, json!("/openapi.json")));
}

#[tokio::test]
async fn each_error_is_shown_with_an_example_of_its_own() {
    let document = TestApp::start().await.get("/openapi.json", None).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let example = &response["content"]["application/problem+json"]["example"];
                let needs = status.as_str() >= "400" && status != "422";
                assert_eq!(
                    example["status"].as_u64().map(|shown| shown.to_string()),
                    needs.then(|| status.clone()),
                    "{method} {path} {status}"
                );
            }
        }
    }
}
