//! Who gets in: every operation of the OpenAPI document without a token, with tokens of the wrong scope, and with the token
//! of another tenant. What an operation asks for is read from the document, so that a new one is covered as it comes.

use crate::{Open, Settings};
use axum::http::StatusCode;
use domain::{ChannelName, Key, Lane, Outcome, Tenant, Verification, VerificationState};
use serde_json::{Value, json};
use store::{Capture, IndexedLetter, LetterAction, LetterFilter, LetterPlan, ReplayRule, Sort};

use crate::tests::app::{Answer, TestApp, claims, request, settings, sign, token};
use crate::tests::asks;
use crate::tests::commands::command;
use crate::tests::deliveries::attempted;
use crate::tests::files;
use crate::tests::verifications::verification;

const SCOPES: [&str; 6] = ["notify", "read", "operate", "admin", "tenants", "inbox"];
/// What the tenant `acme` has.
const DELIVERY: &str = "order-7";
const SCHEDULE: &str = "reminder-1";

/// They show the whole fleet, and what its settings say, to everybody, or to each caller what is theirs: they have tests of
/// their own.
const OF_THE_FLEET: [&str; 4] = ["/overview", "/services", "/inbox", "/inbox/counts"];

/// Below it are files, whose names are drawn by lot: they have tests of their own.
const OF_FILES: &str = "/v1/files";

/// Nobody shows a token of ours there.
const PUBLIC: [&str; 3] = ["/login", "/v1/events", "/.well-known/jwks.json"];

/// One operation as the document describes it.
struct Operation {
    method: String,
    path: String,
    is_probe: bool,
    /// A token opens it.
    guarded: bool,
    /// Something else may open it too.
    open: bool,
    /// The scopes that its description names.
    scopes: Vec<&'static str>,
    /// The schema of its body, and an example of one.
    body: Option<(Value, Value)>,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array().cloned().unwrap_or_default();
            let description = operation["description"].as_str().unwrap_or_default();
            let schema = operation["requestBody"]["content"]["application/json"]["schema"].clone();
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                is_probe: operation["tags"] == json!(["Health"]),
                guarded: security.iter().any(|way| way.get("bearer").is_some()),
                open: security.contains(&json!({})),
                scopes: SCOPES.into_iter().filter(|scope| description.contains(&format!("`{scope}`"))).collect(),
                body: (!schema.is_null()).then(|| (schema.clone(), resolved(&document, &schema)["example"].clone())),
            });
        }
    }
    operations
}

fn guarded() -> Vec<Operation> {
    operations().into_iter().filter(|operation| operation.guarded).collect()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn example(&self) -> Option<&Value> {
        self.body.as_ref().map(|(_, example)| example)
    }

    /// With this id in its path, if there is one in it.
    async fn ask(&self, app: &TestApp, token: Option<&str>, id: &str, body: Option<&Value>) -> Answer {
        let filled = |step| if str::starts_with(step, '{') { id } else { step };
        let path = self.path.split('/').map(filled).collect::<Vec<_>>().join("/");
        let request = request(&self.method, &path, token).header("content-type", "application/json");
        // So that two apps give what is published the same id.
        let request = request.header("idempotency-key", "once");
        app.send(request.body(body.map(Value::to_string).unwrap_or_default().into()).unwrap()).await
    }
}

/// Everything that there may be is served.
fn with_everything(open: Open) -> Settings {
    Settings { sandbox: true, open, first_user_from_here: false, files: Some(files::nowhere()), ..settings() }
}

#[test]
fn every_operation_but_probes_and_the_login_says_which_scope_opens_it() {
    for operation in operations() {
        let is_public = operation.is_probe || PUBLIC.contains(&operation.path.as_str());
        assert_eq!(operation.guarded, !is_public, "{}", operation.name());
        assert_eq!(operation.scopes.is_empty(), is_public, "{}", operation.name());
        assert!(operation.example().is_none_or(|body| body.is_object()), "{} has no example", operation.name());
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_shown_or_done_but_where_the_operator_has_opened_it() {
    for open in [Open::Nobody, Open::Everybody] {
        let app = TestApp::with(with_everything(open)).await;
        for operation in guarded().iter().filter(|operation| open == Open::Nobody || !operation.open) {
            let answer = operation.ask(&app, None, DELIVERY, operation.example()).await;
            let got = (answer.status, answer.kind());
            assert_eq!(got, (StatusCode::UNAUTHORIZED, "missing-token".to_owned()), "{}", operation.name());
            assert_eq!(answer.headers["www-authenticate"], "Bearer", "{}", operation.name());
            let answer = operation.ask(&app, Some("forged"), DELIVERY, operation.example()).await;
            let got = (answer.status, answer.kind());
            assert_eq!(got, (StatusCode::UNAUTHORIZED, "invalid-token".to_owned()), "{}", operation.name());
        }
    }
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_are_named_for_and_nothing_else() {
    for open in [Open::Nobody, Open::Everybody] {
        let app = TestApp::with(with_everything(open)).await;
        for operation in guarded() {
            let (named, others): (Vec<_>, Vec<_>) =
                SCOPES.into_iter().partition(|scope| operation.scopes.contains(scope));
            for scopes in [String::new(), others.join(" ")] {
                let answer = operation.ask(&app, Some(&token(&scopes)), DELIVERY, operation.example()).await;
                let got = (answer.status, answer.kind());
                let expected = (StatusCode::FORBIDDEN, "missing-scope".to_owned());
                assert_eq!(got, expected, "{} with `{scopes}`", operation.name());
            }
            let answer = operation.ask(&app, Some(&token(&named.join(" "))), DELIVERY, operation.example()).await;
            assert!(![401, 403].contains(&answer.status.as_u16()), "{} {answer:?}", operation.name());
        }
    }
}

/// A delivery that the sandbox has captured, a schedule, somebody who is not written to, a pause, a fault of the sandbox, an
/// endpoint, a user and a key.
async fn give_acme_something(app: &TestApp) {
    let capture = Capture {
        channel: ChannelName::parse("sms").unwrap(),
        destination: "+12025550143".into(),
        subject: None,
        text: "Hola".into(),
        html: None,
    };
    attempted(app, DELIVERY, Outcome::Captured, Some(capture)).await;
    let notification = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola", "id": SCHEDULE});
    let schedule = json!({"send_at": "2026-03-02T09:00:00Z", "notification": notification});
    let made = app.post("/schedules", Some(&token("operate")), &schedule).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let suppression = json!({"channel": "sms", "destination": "+12025550143"});
    let listed = app.post("/suppressions", Some(&token("operate")), &suppression).await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
    let paused =
        app.post("/pauses", Some(&token("operate")), &json!({"kind": "channel", "name": "sms", "why": "x"})).await;
    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    let fault = json!({"channel": "sms", "next": 3, "status": 503});
    let set = app.post("/sandbox/faults", Some(&token("operate")), &fault).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    let endpoint = json!({"url": "https://hooks.example.org/acme"});
    let made = app.post("/endpoints", Some(&token("operate")), &endpoint).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let grace = json!({"username": "grace", "password": "correct horse"});
    let made = app.post("/register", Some(&token("admin")), &grace).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let key = json!({"name": "orders", "scope": "notify"});
    let made = app.post("/keys", Some(&token("admin notify")), &key).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    asks::opened(&app.store, &asks::ask(DELIVERY)).await;
    let contact = json!({"addresses": [{"channel": "sms", "destination": "+12025550143"}]}).to_string();
    let put = request("PUT", &format!("/contacts/{DELIVERY}"), Some(&token("operate")));
    let made = app.send(put.header("content-type", "application/json").body(contact.into()).unwrap()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    app.store.put_topic_member(&Tenant::parse("acme").unwrap(), DELIVERY, "ana", &testkit::told()).await.unwrap();
    give_acme_a_command(app).await;
    give_acme_a_dead_letter(app).await;
    give_acme_a_verification(app).await;
}

/// One that was approved.
async fn give_acme_a_verification(app: &TestApp) {
    let acme = Tenant::parse("acme").unwrap();
    let key = Key { tenant: acme, id: DELIVERY.into() };
    let state = VerificationState::Approved;
    let approved = Verification { state, sends: 1, ended_at: Some(testkit::NOW), ..verification(key) };
    let of = [approved.recipient];
    app.store.begin_verification(&approved, &of, testkit::NOW, |_| Vec::new()).await.unwrap();
}

/// A command of the id of the delivery.
async fn give_acme_a_command(app: &TestApp) {
    let key = Key { tenant: Tenant::parse("acme").unwrap(), id: DELIVERY.into() };
    app.store.make_command(&command(key), &testkit::told()).await.unwrap();
}

/// A dead letter in the queue, as a scheduler has read it, and a plan of the id of the delivery.
async fn give_acme_a_dead_letter(app: &TestApp) {
    let acme = Tenant::parse("acme").unwrap();
    let sample = IndexedLetter {
        letter: "0a".into(),
        tenant: acme.clone(),
        id: DELIVERY.into(),
        epoch: 0,
        lane: Lane::Normal,
        channel: "sms".into(),
        provider: "twilio".into(),
        class: "permanent".into(),
        code: "21211".into(),
        template: String::new(),
        reason: "permanent".into(),
        error: "no such number".into(),
        fingerprint: "1-a".into(),
        attempts: 1,
        dead_at: testkit::NOW,
        expires_at: None,
        copies: 1,
    };
    app.store.index_letters(1, &[Sort { sample, words: "no such number".into() }], testkit::NOW).await.unwrap();
    let plan = LetterPlan {
        id: DELIVERY.into(),
        action: LetterAction::Replay,
        filter: LetterFilter { tenant: acme.clone(), ..LetterFilter::default() },
        of_job: None,
        wanted: "{}".into(),
        why: "it is mended".into(),
        by: "ada".into(),
        rate: 50,
        canary: 0,
        rule: ReplayRule { max_moves: 3, even_waiting: false },
        redirect: None,
    };
    app.store.plan_letters(&acme, &plan, testkit::NOW).await.unwrap();
}

/// A token of the tenant `other` that may do everything in it.
fn others_token() -> String {
    let mut claims = claims("notify read operate admin");
    claims["tenant"] = json!("other");
    sign(&claims)
}

/// What each guarded operation without effects answers about what `acme` has.
async fn seen(app: &TestApp, token: &str) -> Vec<(String, Answer)> {
    let mut seen = Vec::new();
    for operation in guarded()
        .iter()
        .filter(|operation| operation.method == "GET" && !OF_THE_FLEET.contains(&operation.path.as_str()))
        .filter(|operation| !operation.path.starts_with(OF_FILES))
    {
        for id in [DELIVERY, SCHEDULE] {
            seen.push((operation.name(), operation.ask(app, Some(token), id, None).await));
        }
    }
    seen
}

/// An answer without an error, in which there is something.
fn shows_something(answer: &Answer) -> bool {
    let is_empty_list = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    // Whoever opens a list has the queue read, which says nothing of what is in it.
    let says_nothing = |(name, value): (&String, &Value)| name == "being_read" || is_empty_list(value);
    answer.status == StatusCode::OK && !answer.json().as_object().unwrap().iter().all(says_nothing)
}

/// An answer without what is drawn by lot: an endpoint or a key has an id of its own each time that it is made, and a secret.
fn told(answer: &Answer) -> (StatusCode, String) {
    let mut text = answer.text.clone();
    if let Ok(Value::Object(mut shown)) = serde_json::from_str(&answer.text)
        && shown.remove("secret").is_some()
    {
        shown.remove("id");
        shown.remove("prefix");
        text = Value::Object(shown).to_string();
    }
    (answer.status, text)
}

#[tokio::test]
async fn another_tenants_token_is_answered_as_if_there_were_nothing() {
    let app = TestApp::with(with_everything(Open::Nobody)).await;
    let empty = TestApp::with(with_everything(Open::Nobody)).await;
    give_acme_something(&app).await;
    let (acme, other) = (token("notify read operate admin"), others_token());
    let before = seen(&app, &acme).await;
    for (name, _) in &before {
        let shown = before.iter().any(|(one, answer)| one == name && shows_something(answer));
        assert!(shown, "{name} shows acme nothing that another could see");
    }
    for (name, answer) in seen(&app, &other).await {
        assert!(answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::OK, "{name} {answer:?}");
        assert!(!shows_something(&answer), "{name} {answer:?}");
    }
    for operation in guarded().into_iter().filter(|operation| !OF_THE_FLEET.contains(&operation.path.as_str())) {
        for id in [DELIVERY, SCHEDULE] {
            let answer = operation.ask(&app, Some(&other), id, operation.example()).await;
            let expected = operation.ask(&empty, Some(&other), id, operation.example()).await;
            let (got, expected) = (told(&answer), told(&expected));
            assert_eq!(got, expected, "{} {id}", operation.name());
        }
    }
    let texts = |seen: Vec<(String, Answer)>| seen.into_iter().map(|(_, answer)| answer.text).collect::<Vec<_>>();
    assert_eq!(texts(before), texts(seen(&app, &acme).await), "another tenant has changed what acme has");
}

/// Writes `acme` wherever the schema knows a tenant.
fn name_acme(document: &Value, schema: &Value, body: &mut Value) {
    let schema = resolved(document, schema);
    for alternative in schema["oneOf"].as_array().into_iter().flatten() {
        name_acme(document, alternative, body);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if name == "tenant" {
            body[name] = json!("acme");
        } else if body[name].is_object() {
            name_acme(document, schema, &mut body[name]);
        }
    }
}

#[tokio::test]
async fn a_body_that_names_another_tenant_is_refused() {
    let app = TestApp::with(with_everything(Open::Nobody)).await;
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let mut refused = 0;
    for operation in guarded() {
        let Some((schema, example)) = &operation.body else { continue };
        let mut body = example.clone();
        name_acme(&document, schema, &mut body);
        if body == *example {
            continue;
        }
        let answer = operation.ask(&app, Some(&others_token()), DELIVERY, Some(&body)).await;
        assert!([403, 422].contains(&answer.status.as_u16()), "{} {answer:?}", operation.name());
        assert!(answer.pointers().iter().all(|at| at.ends_with("/tenant")), "{} {answer:?}", operation.name());
        assert!(!answer.pointers().is_empty(), "{} {answer:?}", operation.name());
        refused += 1;
    }
    assert!(refused > 0, "no operation takes a tenant");
}
