//! `/v1/files`: what comes in, what is refused, and who gets it out again.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use domain::{ObjectName, Tenant};
use files::{Files, Settings as FileSettings};
use serde_json::{Value, json};
use store::FileUsage;
use tempfile::TempDir;

use crate::Settings;
use crate::tests::app::{Answer, TestApp, claims, request, settings, sign, token};

const TABLE: &[u8] = b"name,amount\nAna,7\n";

/// Files that nobody stores: their folder is made with the first of them.
pub(crate) fn nowhere() -> Arc<Files> {
    let folder = std::env::temp_dir().join("chasqui-nothing-is-stored-here");
    Arc::new(Files::new(FileSettings::in_folder(folder)).unwrap())
}

async fn app_with(change: impl FnOnce(&mut FileSettings)) -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = FileSettings::in_folder(folder.path().join("files"));
    change(&mut kept);
    let files = Some(Arc::new(Files::new(kept).unwrap()));
    (TestApp::with(Settings { files, ..settings() }).await, folder)
}

async fn app() -> (TestApp, TempDir) {
    app_with(|_| {}).await
}

/// A form with this file, and these fields beside it.
fn form(name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, text) in fields {
        form.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes());
    }
    form.extend(format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes());
    form.extend(bytes);
    form.extend(b"\r\n--x--\r\n");
    form
}

async fn send(app: &TestApp, token: &str, form: Vec<u8>) -> Answer {
    let request = request("POST", "/v1/files/upload", Some(token));
    app.send(request.header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(Body::from(form)).unwrap()).await
}

async fn upload(app: &TestApp, name: &str, bytes: &[u8]) -> Answer {
    send(app, &token("notify"), form(name, bytes, &[])).await
}

fn object(answer: &Answer) -> String {
    answer.json()["object_name"].as_str().unwrap().to_owned()
}

/// How many files there are below a folder.
fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
}

#[tokio::test]
async fn a_file_is_stored_downloaded_listed_and_deleted() {
    let (app, folder) = app().await;
    let stored = upload(&app, "..\\año\u{202e} 2026.csv", TABLE).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    let told = stored.json();
    assert_eq!(
        (&told["name"], &told["bytes"], &told["scan"]),
        (&json!("año 2026.csv"), &json!(18), &json!("not_scanned"))
    );
    assert_eq!((&told["content_type"], &told["expires_at"]), (&json!("text/csv"), &Value::Null));
    let path = format!("/v1/files/download/{}", object(&stored));
    let got = app.get(&path, Some(&token("read"))).await;
    assert_eq!((got.status, got.text.as_bytes()), (StatusCode::OK, TABLE));
    assert_eq!(got.headers[CONTENT_TYPE], "text/csv");
    assert!(got.headers[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; filename=\"a_o 2026.csv\""));
    assert!(got.headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
    assert_eq!(got.headers["x-content-type-options"], "nosniff");
    let page = app.get("/v1/files", Some(&token("read"))).await.json();
    assert_eq!((&page["files"][0], &page["stored_files"], &page["stored_bytes"]), (&told, &json!(1), &json!(18)));
    let deleted = app.delete(&format!("/v1/files/{}", object(&stored)), Some(&token("operate"))).await;
    assert_eq!((deleted.status, &deleted.json()["status"]), (StatusCode::OK, &json!("deleted")));
    assert_eq!(app.get(&path, Some(&token("read"))).await.kind(), "unknown-file");
    let again = app.delete(&format!("/v1/files/{}", object(&stored)), Some(&token("operate"))).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-file"));
    assert_eq!(count(folder.path()), 0, "nothing is left");
    assert_eq!(app.store.file_usage(&Tenant::parse("acme").unwrap()).await.unwrap(), FileUsage::default());
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_a_file() {
    let (app, _folder) = app().await;
    let stored = object(&upload(&app, "a.csv", TABLE).await);
    let mut others = claims("notify read operate admin");
    others["tenant"] = json!("other");
    let other = sign(&others);
    for path in ["download", "url"] {
        let answer = app.get(&format!("/v1/files/{path}/{stored}"), Some(&other)).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-file"), "{path}");
    }
    assert_eq!(app.delete(&format!("/v1/files/{stored}"), Some(&other)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/v1/files", Some(&other)).await.json()["files"], json!([]));
    assert_eq!(app.get(&format!("/v1/files/download/{stored}"), Some(&token("read"))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_needs_no_token_and_ends() {
    let (app, _folder) = app().await;
    let stored = object(&upload(&app, "a.csv", TABLE).await);
    let path = format!("/v1/files/url/{stored}?expires_in_seconds=60");
    let link = app.get(&path, Some(&token("notify"))).await;
    assert_eq!((link.status, &link.json()["expires_at"]), (StatusCode::OK, &json!("2026-03-01T12:01:00Z")), "{link:?}");
    let url = link.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://localhost:8080").unwrap();
    let got = app.get(path, None).await;
    assert_eq!((got.status, got.text.as_bytes()), (StatusCode::OK, TABLE));
    let forged = path.replace("1772366460", "1772366461");
    assert_eq!(app.get(&forged, None).await.kind(), "unknown-file");
    app.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(app.get(path, None).await.kind(), "unknown-file", "its time is over");
    let wrong = app.get(&format!("/v1/files/url/{stored}?expires_in_seconds=7"), Some(&token("read"))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_lies_about_itself_is_refused_and_nothing_is_left_of_it() {
    let (app, folder) = app().await;
    for (name, bytes, fault) in [
        ("a.pdf", TABLE, "not_its_kind"),
        ("a.png", b"%PDF-1.7\n%%EOF\n".as_slice(), "not_its_kind"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"<html><script>x</script></html>", "not_its_kind"),
        ("a.pdf", b"%PDF-1.7\n<</S /JavaScript /JS (x)>>\n%%EOF\n", "active_content"),
        ("a.exe", b"MZ", "kind_not_allowed"),
        ("a.csv.exe", b"MZ", "kind_not_allowed"),
        ("csv", b"a", "kind_not_allowed"),
    ] {
        let refused = upload(&app, name, bytes).await;
        assert_eq!(
            (refused.status, refused.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "file-refused"),
            "{name}"
        );
        assert_eq!(refused.json()["fault"], fault, "{refused:?}");
    }
    assert_eq!(count(folder.path()), 0);
}

#[tokio::test]
async fn a_form_says_everything_that_is_wrong_with_it_at_once() {
    let (app, folder) = app().await;
    let wrong = form("a.csv", TABLE, &[("expires_in_seconds", "soon"), ("expires_in_second", "60"), ("x", "1")]);
    let refused = send(&app, &token("notify"), wrong).await;
    assert_eq!(refused.pointers(), ["/expires_in_seconds", "/expires_in_second", "/x"], "{refused:?}");
    assert!(refused.text.contains("did you mean expires_in_seconds?"), "{refused:?}");
    let without = b"--x\r\nContent-Disposition: form-data; name=\"expires_in_seconds\"\r\n\r\n60\r\n--x--\r\n".to_vec();
    assert_eq!(send(&app, &token("notify"), without).await.pointers(), ["/file"]);
    let cut = form("a.csv", TABLE, &[]);
    let cut = send(&app, &token("notify"), cut[..cut.len() - 12].to_vec()).await;
    assert_eq!(cut.status, StatusCode::BAD_REQUEST, "{cut:?}");
    let json = app.post("/v1/files/upload", Some(&token("notify")), &json!({})).await;
    assert_eq!((json.status, json.kind().as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"));
    assert_eq!(count(folder.path()), 0);
}

#[tokio::test]
async fn a_file_that_is_too_large_or_too_much_is_refused() {
    let (app, folder) = app_with(|settings| (settings.max_bytes, settings.quota_files) = (1_000, 2)).await;
    let large = upload(&app, "a.csv", &b"a\n".repeat(501)).await;
    assert_eq!((large.status, large.kind().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"), "{large:?}");
    assert_eq!(count(folder.path()), 0);
    for _ in 0..2 {
        assert_eq!(upload(&app, "a.csv", TABLE).await.status, StatusCode::CREATED);
    }
    let third = upload(&app, "a.csv", TABLE).await;
    assert_eq!((third.status, third.kind().as_str()), (StatusCode::CONFLICT, "over-quota"), "{third:?}");
    assert_eq!(count(folder.path()), 2);
}

#[tokio::test]
async fn a_file_whose_time_is_over_is_not_served() {
    let (app, _folder) = app().await;
    let stored = send(&app, &token("notify"), form("a.csv", TABLE, &[("expires_in_seconds", "60")])).await;
    assert_eq!(stored.json()["expires_at"], "2026-03-01T12:01:00Z");
    let link = app.get(&format!("/v1/files/url/{}", object(&stored)), Some(&token("read"))).await;
    assert_eq!(link.json()["expires_at"], "2026-03-01T12:01:00Z", "a link does not work longer than its file");
    app.clock.advance(std::time::Duration::from_secs(60));
    let gone = app.get(&format!("/v1/files/download/{}", object(&stored)), Some(&token("read"))).await;
    assert_eq!((gone.status, gone.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-file"));
}

#[tokio::test]
async fn templates_are_those_of_the_operator_and_nothing_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clients.csv"), TABLE).unwrap();
    std::fs::write(folder.path().join("secret.key"), b"s3cr3t").unwrap();
    let templates = folder.path().to_owned();
    let (app, _folder) = app_with(|settings| settings.templates = Some(templates)).await;
    let got = app.get("/v1/files/templates/clients.csv", Some(&token("read"))).await;
    assert_eq!((got.status, got.text.as_bytes()), (StatusCode::OK, TABLE));
    for name in ["none.csv", "secret.key", "..%2Fx.csv", "%2Fetc%2Fpasswd", "%FF.csv", ".csv"] {
        let answer = app.get(&format!("/v1/files/templates/{name}"), Some(&token("read"))).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-file"), "{name}");
    }
}

#[tokio::test]
async fn a_storage_that_is_away_says_so_and_serves_nothing() {
    let (app, folder) = app().await;
    let healthy = app.get("/v1/files/health", None).await;
    assert_eq!((healthy.status, healthy.json()), (StatusCode::OK, json!({"status": "ok", "scanner": "off"})));
    std::fs::remove_dir_all(folder.path().join("files/stored")).unwrap();
    std::fs::write(folder.path().join("files/stored"), b"no folder").unwrap();
    let away = upload(&app, "a.csv", TABLE).await;
    assert_eq!((away.status, away.kind().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "files-unavailable"), "{away:?}");
    assert!(away.headers.contains_key("retry-after") && !away.text.contains("folder"), "{away:?}");
    assert_eq!(app.get("/v1/files/health", None).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let object = ObjectName::parse("00000000000000000000000000000007.csv").unwrap();
    let path = format!("/v1/files/download/{object}");
    assert_eq!(app.get(&path, Some(&token("read"))).await.status, StatusCode::NOT_FOUND);
}
