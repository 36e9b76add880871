//! Every page in both languages, and who may see it.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::Tenant;
use futures_util::StreamExt;
use store::{Changed, NewUser, UserChange};
use tower::ServiceExt;

use super::site::Site;
use crate::section::Section;
use crate::words::Lang;

#[tokio::test]
async fn every_page_is_there_in_both_languages() {
    let site = Site::start().await;
    for section in Section::ALL {
        for lang in Lang::ALL {
            let cookies = format!("session=everything; chasqui_lang={}", lang.code());
            let page = site.get(section.path(), &cookies).await;
            assert_eq!(page.status, StatusCode::OK, "{section:?}: {}", page.text);
            assert!(page.text.contains(&format!("<html lang=\"{}\"", lang.code())), "{section:?}: {}", page.text);
            assert!(page.text.contains(section.label(lang)), "{section:?} in {lang:?}");
            assert!(page.text.contains("aria-current=\"page\""), "{section:?} is shown as the one that is open");
        }
    }
}

#[tokio::test]
async fn whoever_has_no_session_is_led_to_the_login_and_back() {
    let site = Site::start().await;
    let page = site.get("/console/deliveries?state=dead", "").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/console/login?next=%2Fconsole%2Fdeliveries%3Fstate%3Ddead");
    let login = site.get(page.header("location"), "").await;
    assert!(login.text.contains("value=\"/console/deliveries?state=dead\""), "{}", login.text);
    let form = "name=operator&password=right&next=%2Fconsole%2Fdeliveries%3Fstate%3Ddead";
    let answer = site.post("/console/login", "", form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/deliveries?state=dead"));
    assert_eq!(answer.header("set-cookie"), "session=operator; Path=/console");
}

#[tokio::test]
async fn a_login_that_fails_says_why_and_keeps_the_name() {
    let site = Site::start().await;
    let answer = site.post("/console/login", "chasqui_lang=es", "name=%3Cana%3E&password=wrong").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("no es correcto") && answer.text.contains("value=\"&lt;ana&gt;\""), "{}", answer.text);
    let answer = site.post("/console/login", "", "name=ana&password=often").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "30"));
}

#[tokio::test]
async fn a_stream_and_a_script_without_a_session_get_401() {
    let site = Site::start().await;
    for (name, value) in [("accept", "text/html, text/event-stream"), ("hx-request", "true")] {
        let request = Request::get("/console").header(name, value).body(Body::empty()).unwrap();
        let answer = site.send(request).await;
        assert_eq!((answer.status, answer.header("hx-redirect")), (StatusCode::UNAUTHORIZED, "/console/login"));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let site = Site::start().await;
    for path in ["/console/login", "/console/logout", "/console/look"] {
        let request = Request::post(path).header("origin", "https://evil.example").header("host", "ours.example");
        let answer = site.send(request.body(Body::from("name=operator&password=right")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn the_look_is_kept_and_leads_back() {
    let site = Site::start().await;
    let form = "lang=es&theme=dark&next=%2Fconsole%2Faudit%3Fx%3D1";
    let answer = site.post("/console/look", "session=viewer", form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/audit?x=1"));
    let kept: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(kept[0].starts_with("chasqui_lang=es;") && kept[1].starts_with("chasqui_theme=dark;"), "{kept:?}");
    let page = site.get("/console", "session=viewer; chasqui_theme=dark").await;
    assert!(page.text.contains("data-theme=\"dark\""), "{}", page.text);
    let elsewhere = site.post("/console/look", "", "lang=es&next=%2F%2Fevil.example").await;
    assert_eq!(elsewhere.header("location"), "/console");
}

#[tokio::test]
async fn the_navigation_leads_only_where_somebody_may_go() {
    let site = Site::start().await;
    let viewer = site.get("/console", "session=viewer").await;
    assert!(!viewer.text.contains("href=\"/console/users\"") && !viewer.text.contains("href=\"/console/try-it\""));
    assert!(!viewer.text.contains("href=\"/console/keys\""), "{}", viewer.text);
    let admin = site.get("/console", "session=admin").await;
    assert!(admin.text.contains("href=\"/console/keys\"") && admin.words().contains("API keys"), "{}", admin.text);
    assert!(admin.text.contains("href=\"/console/users\"") && admin.text.contains("href=\"/console/try-it\""));
}

#[tokio::test]
async fn pages_that_are_rarely_looked_at_are_folded_and_the_one_that_is_open_is_named() {
    let site = Site::start().await;
    for (lang, folded, often) in [
        ("en", ["More: Schedules", "Pages: Schedules"], ["More</span>", "Pages: Deliveries"]),
        ("es", ["Más: Programación", "Páginas: Programación"], ["Más</span>", "Páginas: Entregas"]),
    ] {
        for (path, told) in [("/console/schedules", folded), ("/console/deliveries", often)] {
            let page = site.get(path, &format!("session=viewer; chasqui_lang={lang}")).await;
            for part in told {
                assert!(page.text.contains(part), "{part}: {}", page.text);
            }
            let bar = page.text.split("<details class=\"more\"").next().unwrap();
            assert!(bar.contains("data-key=\"d\"") && !bar.contains("href=\"/console/schedules\""), "{bar}");
        }
    }
    let nothing = site.get("/console/account", "session=nothing").await;
    assert!(!nothing.text.contains("class=\"more\""), "nothing is to be unfolded: {}", nothing.text);
}

#[tokio::test]
async fn each_key_leads_to_one_page_also_to_one_that_is_folded() {
    let site = Site::start().await;
    let page = site.get("/console", "session=everything").await;
    for (section, key) in Section::ALL.into_iter().filter_map(|section| Some((section, section.key()?))) {
        let leads = format!("data-key=\"{key}\"");
        assert_eq!(page.text.matches(&leads).count(), 1, "{section:?}: {}", page.text);
        assert!(page.text.contains(&format!("<kbd>g {key}</kbd>")), "{section:?} is among the keys that are told");
    }
}

#[tokio::test]
async fn what_stands_below_a_field_begins_as_a_sentence() {
    let site = Site::start().await;
    add_users(&site).await;
    let others = [
        "/console/sandbox/faults",
        "/console/pauses/new",
        "/console/suppressions/new",
        "/console/account",
        "/console/users/one?name=ben",
    ];
    let mut told = 0;
    for path in Section::ALL.map(Section::path).into_iter().chain(others) {
        for lang in Lang::ALL {
            let page = site.get(path, &format!("session=everything; chasqui_lang={}", lang.code())).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
            for hint in page.text.split("<small class=\"soft\">").skip(1) {
                assert!(hint.starts_with(char::is_uppercase), "{path}: {hint}");
                told += 1;
            }
        }
    }
    assert!(told > 20, "only {told} hints");
}

#[tokio::test]
async fn a_long_word_leaves_what_can_be_done_in_sight() {
    let site = Site::start().await;
    let long = "x".repeat(54);
    for (path, form, list, column) in [
        ("/console/pauses/new", format!("kind=channel&name=sms&why={long}"), "/console/pauses", "Why"),
        (
            "/console/suppressions/new",
            format!("channel=email&destination=ana%40example.com&reason=manual&note={long}"),
            "/console/suppressions",
            "Note",
        ),
        ("/console/keys", format!("name={long}&role=viewer&scope=&expires_at="), "/console/keys", "Name"),
        (
            "/console/users",
            format!("username={long}&password=correct+horse&role=viewer&scope=&tenant="),
            "/console/users",
            "Name",
        ),
        ("", String::new(), "/console/audit", "To what"),
    ] {
        if !path.is_empty() {
            let made = site.post(path, "session=admin", &form).await;
            assert!(made.status.is_redirection() || made.status.is_success(), "{path}: {}", made.text);
        }
        let page = site.get(list, "session=admin").await;
        let head = format!("<td data-label=\"{column}\"");
        let cells = page.text.split(head.as_str()).skip(1);
        let cell = cells.map(|cell| cell.split("</td>").next().unwrap()).find(|cell| cell.contains(&long));
        let cell = cell.unwrap_or_else(|| panic!("{list}: {}", page.text));
        assert!(cell.contains(&format!("<span class=\"most\">{long}</span>")), "{list}: {cell}");
    }
}

#[tokio::test]
async fn the_fold_is_marked_wherever_the_open_page_is_in_it() {
    let site = Site::start().await;
    for (path, marked) in [
        ("/console", "<summary class=\"within\">"),
        ("/console/deliveries", "<summary class=\"within\">"),
        ("/console/schedules", "<summary class=\"within here\">"),
        ("/console/account", "<summary class=\"\">"),
    ] {
        let page = site.get(path, "session=viewer").await;
        assert!(page.text.contains(marked), "{path}, {marked}: {}", page.text);
    }
}

#[tokio::test]
async fn nothing_stands_behind_the_keys_that_they_would_move() {
    let site = Site::start().await;
    let page = site.get("/console", "session=viewer").await;
    assert!(page.text.contains("<a href=\"/docs/\">API</a><details id=\"keys\">"), "{}", page.text);
    assert!(page.text.contains("</details></footer>"), "{}", page.text);
}

#[tokio::test]
async fn an_instant_of_every_filter_is_marked_as_one() {
    let site = Site::start().await;
    for path in [
        "/console/deliveries",
        "/console/dead-letters/letters",
        "/console/audit",
        "/console/asks",
        "/console/commands",
        "/console/verifications",
    ] {
        let page = site.get(path, "session=admin").await;
        assert_eq!(page.text.matches("class=\"field instant\"").count(), 2, "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_page_that_says_so() {
    let site = Site::start().await;
    let page = site.get("/console/nothing/here", "session=viewer").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("There is no such page"), "{}", page.text);
    assert!(!page.text.contains("aria-current"), "it is none of the pages: {}", page.text);
}

#[tokio::test]
async fn who_was_known_goes_on_reading_while_the_ledger_is_away() {
    let site = Site::start().await;
    assert_eq!(site.get("/console", "session=viewer").await.status, StatusCode::OK);
    site.doors.is_away.store(true, Ordering::SeqCst);
    assert_eq!(site.get("/console", "session=viewer").await.status, StatusCode::OK);
    let unknown = site.get("/console", "session=admin").await;
    assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(unknown.text.contains("The ledger does not answer"), "{}", unknown.text);
}

#[tokio::test]
async fn whoever_has_logged_out_is_not_remembered_whatever_the_look_was() {
    let site = Site::start().await;
    for cookies in ["session=viewer", "session=viewer; chasqui_lang=es"] {
        assert_eq!(site.get("/console", cookies).await.status, StatusCode::OK);
    }
    let left = site.post("/console/logout", "session=viewer; chasqui_theme=dark", "").await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);
    site.doors.is_away.store(true, Ordering::SeqCst);
    for cookies in ["session=viewer", "session=viewer; chasqui_lang=es", "session=viewer; chasqui_theme=dark"] {
        assert_eq!(site.get("/console", cookies).await.status, StatusCode::SERVICE_UNAVAILABLE, "{cookies}");
    }
}

/// Users of whom the console knows by their sessions already.
async fn add_users(site: &Site) {
    for name in ["<viewer>", "ben"] {
        let user = NewUser {
            name: name.into(),
            tenant: Tenant::default(),
            password_hash: "$argon2id$hash".to_owned().into(),
            scopes: vec!["read".into()],
        };
        assert!(site.store.create_user(user, &testkit::told()).await.unwrap());
    }
}

/// Another process disables the viewer; that this one disables somebody else has it read the list.
async fn disable_the_viewer(site: &Site) {
    let changed = site.store.change_user("<viewer>", None, &UserChange::Disable, true, &testkit::told()).await.unwrap();
    assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
    let disabled = site.post("/console/users/act", "session=admin", "name=ben&act=disable&confirmed=1").await;
    assert_eq!(disabled.status, StatusCode::SEE_OTHER, "{}", disabled.text);
}

#[tokio::test]
async fn whoever_was_disabled_before_the_ledger_went_away_is_not_known_any_more() {
    let site = Site::start().await;
    add_users(&site).await;
    assert_eq!(site.get("/console", "session=viewer").await.status, StatusCode::OK);
    disable_the_viewer(&site).await;
    assert_eq!(site.get("/console", "session=admin").await.status, StatusCode::OK);
    site.doors.is_away.store(true, Ordering::SeqCst);
    assert_eq!(site.get("/console", "session=viewer").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.get("/console", "session=admin").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_stream_of_the_overview_begins_at_once_and_ends_with_the_process() {
    let site = Site::start().await;
    let request = Request::get("/console/overview/stream").header("cookie", "session=viewer");
    let answer = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let mut events = answer.into_body().into_data_stream();
    let first = events.next().await.unwrap().unwrap();
    let first = String::from_utf8_lossy(&first).into_owned();
    assert!(first.starts_with("data:") && first.contains("<div id=\"live\""), "{first}");
    site.ending.cancel();
    // What is left ends by itself.
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn the_stream_of_the_overview_ends_when_its_reader_may_do_other_things() {
    let site = Site::start().await;
    let request = Request::get("/console/overview/stream").header("cookie", "session=operator");
    let answer = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut events = answer.into_body().into_data_stream();
    assert!(events.next().await.unwrap().unwrap().starts_with(b"data:"));
    site.doors.is_read_only.store(true, Ordering::SeqCst);
    // The session is looked at now and then: from here on the time passes by itself while nothing else happens.
    tokio::time::pause();
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn the_stream_of_the_overview_ends_with_its_disabled_reader_although_no_session_can_be_looked_at() {
    let site = Site::start().await;
    add_users(&site).await;
    let request = Request::get("/console/overview/stream").header("cookie", "session=viewer");
    let answer = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut events = answer.into_body().into_data_stream();
    assert!(events.next().await.unwrap().unwrap().starts_with(b"data:"));
    disable_the_viewer(&site).await;
    // What is known of its user is all that can end it now.
    site.doors.is_away.store(true, Ordering::SeqCst);
    tokio::time::pause();
    while events.next().await.is_some() {}
}
