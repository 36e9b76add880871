//! `/login` and `/register`: who becomes the first user, and what failures get.

mod guessing;
mod keys;
mod users;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::app::{Answer, BOOTSTRAP, TestApp, from_peer, request, request_for, settings, token};

const HERE: &str = "127.0.0.1:50000";
const ELSEWHERE: &str = "192.0.2.7:50000";

fn ada() -> Value {
    json!({"username": "ada", "password": "correct horse battery"})
}

async fn register(app: &TestApp, peer: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let host = headers.iter().find(|(name, _)| *name == "host").map_or("localhost:8080", |(_, host)| host);
    let mut request = request_for(host, "POST", "/register", None).header("content-type", "application/json");
    for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
        request = request.header(*name, *value);
    }
    app.send(from_peer(request.body(Body::from(body.to_string())).unwrap(), peer)).await
}

async fn login(app: &TestApp, name: &str, password: &str) -> Answer {
    app.post("/login", None, &json!({"username": name, "password": password})).await
}

#[tokio::test]
async fn the_first_user_from_this_machine_is_admin_and_the_second_is_not_let_in() {
    let app = TestApp::start().await;
    let first = register(&app, HERE, &[], &ada()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(
        first.json(),
        json!({"username": "ada", "tenant": "default", "scope": "notify read operate admin tenants inbox"})
    );
    let second = register(
        &app,
        HERE,
        &[("x-bootstrap-token", BOOTSTRAP)],
        &json!({"username": "eve", "password": "correct horse"}),
    )
    .await;
    assert_eq!(second.status, StatusCode::UNAUTHORIZED);
    let answer = login(&app, "ada", "correct horse battery").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(1800)));
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(app.get("/deliveries", Some(token)).await.status, StatusCode::OK);
    let grace = json!({"username": "grace", "password": "correct horse", "scope": "read", "tenant": "acme"});
    let third = app.post("/register", Some(token), &grace).await;
    assert_eq!((third.status, third.json()["tenant"].clone()), (StatusCode::CREATED, json!("acme")));
    assert_eq!(app.post("/register", Some(token), &grace).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_first_user_from_elsewhere_needs_the_token_printed_at_start() {
    let app = TestApp::start().await;
    let refused = [
        (ELSEWHERE, vec![]),
        (ELSEWHERE, vec![("x-bootstrap-token", "wrong")]),
        (ELSEWHERE, vec![("x-bootstrap-token", "")]),
        (HERE, vec![("x-forwarded-for", "192.0.2.7")]),
    ];
    for (peer, headers) in refused {
        let answer = register(&app, peer, &headers, &ada()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{peer} {headers:?}");
    }
    let rebound = register(&app, HERE, &[("host", "rebound.example")], &ada()).await;
    assert_eq!((rebound.status, rebound.kind().as_str()), (StatusCode::MISDIRECTED_REQUEST, "unknown-host"));
    let answer = register(&app, ELSEWHERE, &[("x-bootstrap-token", BOOTSTRAP)], &ada()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_mistyped_header_of_the_bootstrap_token_is_named_and_its_value_is_not() {
    let app = TestApp::start().await;
    for name in ["x-boostrap-token", "bootstrap-token", "x-bootstrap", "x_bootstrap_token"] {
        let answer = register(&app, ELSEWHERE, &[(name, BOOTSTRAP)], &ada()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
        let words = format!("The header {name} is not known: did you mean X-Bootstrap-Token?");
        assert!(answer.text.contains(&words) && !answer.text.contains(BOOTSTRAP), "{name}: {}", answer.text);
    }
    let answer = register(&app, ELSEWHERE, &[("x-request-id", "1")], &ada()).await;
    assert!(!answer.text.contains("did you mean"), "{}", answer.text);
}

#[tokio::test]
async fn an_api_that_may_stand_behind_a_proxy_always_asks_for_the_bootstrap_token() {
    let mut alone = settings();
    alone.first_user_from_here = false;
    let app = TestApp::with(alone).await;
    assert_eq!(register(&app, HERE, &[], &ada()).await.status, StatusCode::UNAUTHORIZED);
    let answer = register(&app, HERE, &[("x-bootstrap-token", BOOTSTRAP)], &ada()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_page_of_another_origin_registers_nobody() {
    let app = TestApp::start().await;
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "http://localhost:3000"),
        ("origin", "http://127.0.0.1:8080"),
        ("origin", "null"),
        ("origin", "chrome-extension://localhost:8080"),
        ("origin", "file://localhost:8080"),
        ("origin", "https://"),
        ("origin", "http://"),
        ("origin", "://localhost:8080"),
        ("origin", "localhost:8080"),
        ("origin", ""),
        ("origin", "http://localhost:8080/"),
        ("origin", "http://localhost:8080, http://localhost:8080"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for header in foreign {
        for path in ["/register", "/login", "/notify"] {
            let request = request("POST", path, None).header("content-type", "application/json");
            let request = request.header(header.0, header.1).body(Body::from(ada().to_string())).unwrap();
            let answer = app.send(from_peer(request, HERE)).await;
            assert_eq!(
                (answer.status, answer.kind().as_str()),
                (StatusCode::FORBIDDEN, "foreign-origin"),
                "{header:?}"
            );
        }
    }
    // What a page can send without asking first.
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
        let request = request("POST", "/register", None).header("content-type", kind);
        let request = request.body(Body::from("username=eve&password=correct+horse")).unwrap();
        let answer = app.send(from_peer(request, HERE)).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    assert_eq!(app.store.count_users().await.unwrap(), 0);
    let own = [("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")];
    assert_eq!(register(&app, HERE, &own, &ada()).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_admin_of_one_tenant_registers_nobody_of_another() {
    let app = TestApp::start().await;
    let user = |more: Value| {
        let mut user = json!({"username": "eve", "password": "correct horse"});
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        user
    };
    // The token is of the tenant acme.
    for (more, pointer) in [(json!({"tenant": "globex"}), "/tenant"), (json!({"scope": "admin tenants"}), "/scope")] {
        let answer = app.post("/register", Some(&token("admin")), &user(more)).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::FORBIDDEN, "foreign-tenant"));
        assert_eq!(answer.pointers(), [pointer]);
    }
    let own = app.post("/register", Some(&token("admin")), &user(json!({"tenant": "acme", "scope": "admin"}))).await;
    assert_eq!((own.status, own.json()["tenant"].clone()), (StatusCode::CREATED, json!("acme")));
    let all = user(json!({"username": "grace", "tenant": "globex"}));
    assert_eq!(app.post("/register", Some(&token("admin tenants")), &all).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn of_two_first_users_at_once_one_is_registered() {
    let app = TestApp::start().await;
    let grace = json!({"username": "grace", "password": "correct horse"});
    let (ada, grace) = (ada(), grace);
    let (one, two) = tokio::join!(register(&app, HERE, &[], &ada), register(&app, HERE, &[], &grace));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
}

#[tokio::test]
async fn only_an_admin_registers_others() {
    let app = TestApp::start().await;
    let answer = app.post("/register", Some(&token("notify read operate")), &ada()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::FORBIDDEN, "missing-scope"));
}

#[tokio::test]
async fn bad_names_passwords_and_scopes_are_named_together() {
    let app = TestApp::start().await;
    let body = json!({"username": "a b", "password": "short", "scope": "read everything", "tenant": "a/b"});
    let answer = app.post("/register", Some(&token("admin")), &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.pointers(), ["/username", "/password", "/scope", "/tenant"]);
    assert!(!answer.text.contains("short"));
    let long = json!({"username": "ada", "password": "x".repeat(129)});
    assert_eq!(app.post("/register", Some(&token("admin")), &long).await.pointers(), ["/password"]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_registration_is_named_at_once() {
    let app = TestApp::start().await;
    let told = async |body: Value| {
        let answer = app.post("/register", Some(&token("admin")), &body).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields"));
        assert!(!answer.text.contains("s3cr3t"), "{answer:?}");
        answer.pointers()
    };
    let all = json!({"scop": "read", "password": "s3cr3t", "scope": ["read"], "tenant": "globex"});
    assert_eq!(told(all).await, ["/scop", "/username", "/password", "/scope", "/tenant"]);
    assert_eq!(told(json!({})).await, ["/username", "/password"]);
    assert_eq!(told(json!({"user": "ada", "password": 7})).await, ["/user", "/password"]);
    let empty = json!({"username": "ada", "password": "correct horse", "scope": " "});
    assert_eq!(told(empty).await, ["/scope"]);
    let form = request("POST", "/register", Some(&token("admin")))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("username=a+b&pasword=correct+horse&scope="));
    let answer = app.send(form.unwrap()).await;
    assert_eq!(answer.pointers(), ["/pasword", "/username", "/scope"], "{answer:?}");
    assert_eq!(app.store.count_users().await.unwrap(), 0);
}

#[tokio::test]
async fn the_first_user_is_told_what_it_cannot_choose() {
    let app = TestApp::start().await;
    for (name, value) in [("scope", json!("notify")), ("scope", json!("")), ("tenant", json!("acme"))] {
        let mut user = ada();
        user[name] = value;
        let answer = register(&app, HERE, &[], &user).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert_eq!(answer.pointers(), [format!("/{name}")]);
        assert!(answer.text.contains("must be left out: the first user"), "{answer:?}");
    }
    let mut user = ada();
    (user["tenant"], user["scope"]) = (json!("default"), json!(null));
    assert_eq!(register(&app, HERE, &[], &user).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_html_form_logs_in_too() {
    let app = TestApp::start().await;
    register(&app, HERE, &[], &json!({"username": "ada", "password": "correct+horse & battery"})).await;
    let form = |body: &str| {
        let request = request("POST", "/login", None).header("content-type", "application/x-www-form-urlencoded");
        request.body(Body::from(body.to_owned())).unwrap()
    };
    let good = app.send(form("grant_type=password&username=ada&password=correct%2Bhorse+%26+battery")).await;
    assert_eq!(good.status, StatusCode::OK, "{good:?}");
    assert_eq!(app.send(form("username=ada&password=wrong")).await.status, StatusCode::UNAUTHORIZED);
    let incomplete = app.send(form("username=ada")).await;
    assert_eq!(incomplete.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_form_whose_escapes_cannot_be_read_registers_nobody_and_logs_nobody_in() {
    let app = TestApp::start().await;
    let ada = json!({"username": "ada", "password": "correct horse\u{fffd}\u{fffd}"});
    register(&app, HERE, &[], &ada).await;
    let sent = async |path: &str, body: &str| {
        let form = "application/x-www-form-urlencoded";
        let request = request("POST", path, Some(&token("admin"))).header("content-type", form);
        app.send(request.body(Body::from(body.to_owned())).unwrap()).await
    };
    for broken in ["%f1%f1", "%e9%fe", "%", "%f", "%zz", "%+1", "a%C3"] {
        for (body, pointer) in [
            (format!("username=ada&password=correct+horse{broken}"), "/password"),
            (format!("&username=ada{broken}&&password=correct+horse"), "/username"),
            (format!("username=ada&password=correct+horse&s3cr3t=a{broken}"), ""),
        ] {
            for path in ["/login", "/register"] {
                let answer = sent(path, &body).await;
                assert_eq!(
                    (answer.status, answer.kind().as_str()),
                    (StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields")
                );
                assert!(answer.pointers().iter().any(|named| named == pointer), "{path} {body} {answer:?}");
                assert!(!answer.text.contains("s3cr3t") && !answer.text.contains("horse"), "{answer:?}");
            }
        }
    }
    assert_eq!(app.store.count_users().await.unwrap(), 1);
    let right = sent("/login", "username=%61da&password=correct+horse%EF%BF%BD\u{fffd}").await;
    assert_eq!(right.status, StatusCode::OK, "{right:?}");
}

#[tokio::test]
async fn a_field_that_is_not_read_is_named_with_the_one_that_was_meant() {
    let app = TestApp::start().await;
    let form = |path: &str, body: &str| {
        let form = "application/x-www-form-urlencoded";
        let request = request("POST", path, Some(&token("admin"))).header("content-type", form);
        request.body(Body::from(body.to_owned())).unwrap()
    };
    let json = json!({"user": "ada", "scop": "read", "password": "s3cr3t horse"});
    let registered = app.post("/register", Some(&token("admin")), &json).await;
    let by_form = app.send(form("/register", "user=ada&scop=read&password=s3cr3t+horse")).await;
    for answer in [registered, by_form] {
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields"));
        assert!(answer.text.contains("did you mean username?") && answer.text.contains("did you mean scope?"));
        assert!(!answer.text.contains("s3cr3t"), "{answer:?}");
    }
    let login = app.send(form("/login", "username=ada&password=s3cr3t&grant_typ=x&scope=notify&rest")).await;
    assert_eq!(login.status, StatusCode::UNPROCESSABLE_ENTITY, "{login:?}");
    assert_eq!(login.pointers(), ["/grant_typ", "/scope", ""]);
    assert!(!login.text.contains("s3cr3t") && !login.text.contains("/rest"), "{login:?}");
}

#[tokio::test]
async fn an_unreadable_login_does_not_come_back_in_the_answer() {
    let app = TestApp::start().await;
    let answer = app.post_text("/login", None, r#"{"username": "ada", "password": 4711471147}"#).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(!answer.text.contains("4711"));
}

#[tokio::test]
async fn a_page_that_came_in_clear_is_not_our_own_where_ours_come_over_tls() {
    let app = TestApp::start().await;
    let by = async |origin: &str, forwarded: Option<&str>| {
        let mut headers = vec![("origin", origin)];
        headers.extend(forwarded.map(|scheme| ("x-forwarded-proto", scheme)));
        register(&app, HERE, &headers, &json!({})).await.kind()
    };
    for forwarded in [None, Some("https"), Some("http"), Some("https, http")] {
        assert_ne!(by("https://localhost:8080", forwarded).await, "foreign-origin", "{forwarded:?}");
        let in_clear = by("http://localhost:8080", forwarded).await == "foreign-origin";
        assert_eq!(in_clear, forwarded.is_some_and(|scheme| scheme.contains("https")), "{forwarded:?}");
    }
}

#[tokio::test]
async fn a_name_is_taken_in_the_same_words_whoever_has_it() {
    let app = TestApp::start().await;
    let user = |name: &str, tenant: &str| json!({"username": name, "password": "correct horse", "tenant": tenant});
    for (name, tenant) in [("own", "acme"), ("foreign", "globex")] {
        let answer = app.post("/register", Some(&token("admin tenants")), &user(name, tenant)).await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    let own = app.post("/register", Some(&token("admin")), &user("own", "acme")).await;
    let foreign = app.post("/register", Some(&token("admin")), &user("foreign", "acme")).await;
    assert_eq!((own.status, own.kind().as_str()), (StatusCode::CONFLICT, "name-taken"));
    assert_eq!((own.status, own.text), (foreign.status, foreign.text));
}

#[tokio::test]
async fn a_session_gives_a_token_for_the_inbox_and_nothing_else() {
    let app = TestApp::start().await;
    register(&app, HERE, &[], &ada()).await;
    let form = Body::from("name=ada&password=correct+horse+battery");
    let login = request("POST", "/console/login", None).header("sec-fetch-site", "same-origin");
    let session = app.send(from_peer(login.body(form).unwrap(), HERE)).await;
    let cookie = session.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let asked = request("POST", "/console/try-it/token", None).header("sec-fetch-site", "same-origin");
    let given = app.send(asked.header("cookie", cookie).body(Body::empty()).unwrap()).await;
    assert_eq!(given.status, StatusCode::OK, "{given:?}");
    let said = given.json();
    let token = said["access_token"].as_str().unwrap();
    assert_eq!(app.get("/deliveries", Some(token)).await.status, StatusCode::FORBIDDEN);
}
