//! Users, keys and the own account, as a browser without scripts changes them.

use axum::http::StatusCode;

use super::inline::INLINE;
use super::site::{Answer, Site};
use crate::words::Lang;

const ADMIN: &str = "session=admin";
const ALL: &str = "session=everything";

async fn add(site: &Site, name: &str) -> Answer {
    let form = format!("username={name}&password=correct+horse&role=viewer&scope=&tenant=");
    site.post("/console/users", ADMIN, &form).await
}

/// What the page answered with whatever the browser would load next.
async fn followed(site: &Site, answer: &Answer, cookies: &str) -> Answer {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    site.get(answer.header("location"), cookies).await
}

#[tokio::test]
async fn a_user_is_added_changed_and_deleted() {
    let site = Site::start().await;
    let page = followed(&site, &add(&site, "ada").await, ADMIN).await;
    assert!(page.text.contains("<h1>ada</h1>") && page.text.contains(">viewer</span>"), "{}", page.text);
    let changed = site.post("/console/users/scopes", ADMIN, "name=ada&role=operator&scope=").await;
    let page = followed(&site, &changed, ADMIN).await;
    assert!(page.text.contains("title=\"notify read operate\""), "{}", page.text);
    for (act, said) in [("disable", "disabled"), ("enable", "active"), ("revoke", "active")] {
        let asked = site.get(&format!("/console/users/act?name=ada&act={act}"), ADMIN).await;
        assert!(asked.text.contains("ada"), "{}", asked.text);
        let unsure = site.post("/console/users/act", ADMIN, &format!("name=ada&act={act}")).await;
        assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}: {}", unsure.text);
        let done = site.post("/console/users/act", ADMIN, &format!("name=ada&act={act}&confirmed=1")).await;
        let page = followed(&site, &done, ADMIN).await;
        assert!(page.text.contains(said), "{act}: {}", page.text);
    }
    let deleted = site.post("/console/users/act", ADMIN, "name=ada&act=delete&confirmed=1").await;
    let list = followed(&site, &deleted, ADMIN).await;
    assert!(!list.text.contains("name=ada"), "{}", list.text);
    assert_eq!(site.get("/console/users/one?name=ada", ADMIN).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_chooses_nothing_for_a_new_user_gives_the_least() {
    let site = Site::start().await;
    let page = site.get("/console/users", ADMIN).await;
    assert!(page.text.contains("<option value=\"viewer\" selected>"), "{}", page.text);
    // What was sent stands as it was sent.
    let page = site.post("/console/users", ADMIN, "username=ada&password=short&role=operator&scope=").await;
    assert!(page.text.contains("<option value=\"operator\" selected>"), "{}", page.text);
    assert!(!page.text.contains("<option value=\"viewer\" selected>"), "{}", page.text);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_form_stands_beside_its_fields() {
    let site = Site::start().await;
    let form = "username=%3Ca%3E&password=short&role=admn&scope=&tenant=a+b";
    let page = site.post("/console/users", ALL, form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["said-username", "said-password", "said-role", "said-tenant", "value=\"&lt;a&gt;\"", "<details open"] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert_eq!(page.text.matches("aria-invalid=\"true\"").count(), 4, "{}", page.text);
    assert!(!page.text.contains("value=\"short\""), "{}", page.text);
    add(&site, "ada").await;
    let taken = add(&site, "ada").await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text.contains("another user"), "{}", taken.text);
    let beyond = site.post("/console/users/scopes", ADMIN, "name=ada&role=&scope=tenants").await;
    assert!(beyond.text.contains("needs the scope tenants"), "{}", beyond.text);
    let nothing = site.post("/console/users/scopes", ADMIN, "name=ada&role=&scope=").await;
    assert!(nothing.text.contains("choose a role"), "{}", nothing.text);
    let short = site.post("/console/users/password", ADMIN, "name=ada&password=short").await;
    assert!(short.text.contains("at least 8 characters"), "{}", short.text);
}

#[tokio::test]
async fn a_key_is_shown_once_rotated_and_revoked() {
    let site = Site::start().await;
    let form = "name=%3Corders%3E&role=&scope=notify&tenant=&expires_at=";
    let made = site.post("/console/keys", ADMIN, form).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let key = made.text.split("chq_").nth(1).unwrap();
    let (prefix, secret) = (&key[..12], &key[13..77]);
    assert!(made.text.contains("Copy it now") && made.text.contains("&lt;orders&gt;"), "{}", made.text);
    let list = site.get("/console/keys", ADMIN).await;
    assert!(list.text.contains(prefix) && !list.text.contains(secret), "{}", list.text);
    assert!(list.text.contains("never") && list.text.contains("when revoked"), "{}", list.text);
    let id = list.text.split("/console/keys/rotate?id=").nth(1).unwrap();
    let id = &id[..id.find('"').unwrap()];
    let asked = site.get(&format!("/console/keys/rotate?id={id}"), ADMIN).await;
    assert!(asked.text.contains("value=\"86400\" selected"), "{}", asked.text);
    let refused = site.post("/console/keys/rotate", ADMIN, &format!("id={id}&overlap_seconds=for+ever")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let next = site.post("/console/keys/rotate", ADMIN, &format!("id={id}&overlap_seconds=3600")).await;
    assert!(next.status == StatusCode::CREATED && !next.text.contains(secret), "{}", next.text);
    let revoked = site.post("/console/keys/revoke", ADMIN, &format!("id={id}&confirmed=1")).await;
    let list = followed(&site, &revoked, ADMIN).await;
    assert!(list.text.contains("revoked") && list.text.contains("in force"), "{}", list.text);
    assert_eq!(site.post("/console/keys", ADMIN, "name=&scope=raed").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn whoever_lacks_the_scope_is_told_which() {
    let site = Site::start().await;
    add(&site, "ada").await;
    let paths =
        ["/console/users", "/console/users/one?name=ada", "/console/users/act?name=ada&act=delete", "/console/keys"];
    for path in paths {
        let page = site.get(path, "session=operator").await;
        assert!(page.status == StatusCode::FORBIDDEN && page.text.contains("admin"), "{path}: {}", page.text);
    }
    let forms = [
        ("/console/users", "username=eve&password=correct+horse&role=viewer"),
        ("/console/users/scopes", "name=ada&role=admin"),
        ("/console/users/password", "name=ada&password=correct+horse"),
        ("/console/users/act", "name=ada&act=delete&confirmed=1"),
        ("/console/keys", "name=orders&scope=read"),
    ];
    for (path, form) in forms {
        let page = site.post(path, "session=operator", form).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}: {}", page.text);
    }
    assert_eq!(site.get("/console/users/one?name=ada", ADMIN).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_pages_are_there_in_both_languages_with_nothing_inline() {
    let site = Site::start().await;
    add(&site, "..").await;
    let paths = [
        "/console/users/one?name=..",
        "/console/users/act?name=..&act=delete",
        "/console/keys",
        "/console/account",
        "/console/users?after=zz",
    ];
    for path in paths {
        for lang in Lang::ALL {
            let page = site.get(path, &format!("{ALL}; chasqui_lang={}", lang.code())).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
            assert!(page.text.contains(&format!("<html lang=\"{}\"", lang.code())), "{path}");
            let found: Vec<_> = INLINE.into_iter().filter(|word| page.text.contains(word)).collect();
            assert!(found.is_empty() && !page.text.contains("<everything>"), "{path}: {found:?}");
        }
    }
    for path in ["/console/users?aftr=a", "/console/users/act?name=..&act=burn", "/console/keys?x=1"] {
        assert_eq!(site.get(path, ALL).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

#[tokio::test]
async fn everybody_changes_the_own_account_without_any_scope_of_its_own() {
    let site = Site::start().await;
    let page = site.get("/console/account", "session=viewer").await;
    assert!(page.status == StatusCode::OK && page.text.contains("Change the password"), "{}", page.text);
    assert!(page.text.contains("&lt;viewer&gt;"), "{}", page.text);
    let short = site.post("/console/account/password", "session=viewer", "old_password=x&new_password=short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.text.contains("said-new_password"), "{}", short.text);
    let ended = site.post("/console/account/sessions", "session=viewer", "").await;
    assert_eq!((ended.status, ended.header("location")), (StatusCode::SEE_OTHER, "/console/account"));
}
