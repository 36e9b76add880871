//! `/asks`: what is published of a request, what is refused, and what is shown of what became of it.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    Ask, AskChoice, AskKind, AskRequest, ChannelName, GivenAnswer, Key, Keyring, RecipientHash, RecipientHasher,
    Secrets, Tenant,
};
use serde_json::{Value, json};
use store::{AskCopy, AskOpened, Store};
use tokio_util::sync::CancellationToken;
use topology::{Inbound, Publisher, To};

use crate::tests::app::{NOW, SECRET, TestApp, request, settings, token};
use crate::tests::search::only_its_own_list_goes_on;

/// The secrets of the API of these tests.
pub(crate) fn secrets() -> Secrets {
    Secrets::new(&Keyring::new(SECRET.as_bytes(), None))
}

/// What the row of an ask remembers of this request.
fn content_of(request: &Value) -> RecipientHash {
    let canonical = AskRequest::read(request.as_object().unwrap().clone()).unwrap().canonical();
    Keyring::new(SECRET.as_bytes(), None).recipients().hash(&canonical)
}

/// Ana and Ben of the tenant `acme` are asked, and one of them decides.
pub(crate) fn ask(id: &str) -> Ask {
    let choice = |id: &str, label: &str, refuses| AskChoice { id: id.into(), label: label.into(), refuses };
    Ask {
        key: Key { tenant: Tenant::parse("acme").unwrap(), id: id.into() },
        kind: AskKind::Confirm,
        question: "Deploy <b>version 7</b>?".into(),
        choices: vec![choice("yes", "Sí, ya", false), choice("no", "No", true)],
        audience: vec!["ana".into(), "ben".into()],
        names: Default::default(),
        quorum: 1,
        four_eyes: false,
        may_change: false,
        requested_by: Some("trading".into()),
        correlation_id: Some("deploy-7".into()),
        reply_to: None,
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: *b"0123456789abcdef",
        key_id: secrets().key_id().to_owned(),
        attempts: 0,
        sends: 0,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(600)),
        end: None,
    }
}

/// Opens an ask with one message to Ana.
pub(crate) async fn opened(store: &Store, ask: &Ask) {
    let copy = AskCopy {
        delivery: "d-1".into(),
        place: 0,
        step: 0,
        rung: 0,
        channel: ChannelName::parse("email").unwrap(),
        destination: Some("ana@example.org".into()),
        recipient: RecipientHasher::new(SECRET.as_bytes()).hash("ana@example.org"),
        locale: None,
        due_at: NOW,
    };
    assert_eq!(store.open_ask(ask, &[copy], None).await.unwrap(), AskOpened::New);
}

pub(crate) fn given(approver: &str, choice: &str, id: &str) -> GivenAnswer {
    GivenAnswer {
        id: id.into(),
        approver: approver.into(),
        choice: choice.into(),
        via: "telegram".into(),
        at: NOW,
        evidence: "{}".into(),
    }
}

async fn ana_is_known(app: &TestApp) {
    let request = request("PUT", "/contacts/ana", Some(&token("operate admin")));
    let put = app.send(request.header("content-type", "application/json").body("{}".into()).unwrap()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
}

fn question() -> Value {
    json!({"question": "Deploy?", "to": [{"contact": "ana"}, {"channel": "email", "destination": "ben@example.org"}]})
}

#[tokio::test]
async fn a_request_to_ask_is_published_and_answered_with_its_id() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    ana_is_known(&app).await;
    let request = request("POST", "/asks", Some(&token("notify"))).header("content-type", "application/json");
    let request = request.header("idempotency-key", "deploy-7");
    let answer = app.send(request.body(question().to_string().into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let publication = published.recv().await.unwrap();
    let id = publication.message_id.clone();
    assert_eq!(answer.json(), json!({"id": id, "status": "accepted"}));
    let body: Value = serde_json::from_slice(&publication.body).unwrap();
    let [mut expected, filled] = [question(), json!({"id": id, "tenant": "acme", "requested_by": "ada"})];
    expected.as_object_mut().unwrap().extend(filled.as_object().unwrap().clone());
    assert_eq!((&publication.to, body), (&To::Inbound, expected.clone()));
    let came = Inbound { body: publication.body.clone(), ..Inbound::own("/asks", &expected, NOW) };
    assert_eq!(publication, topology::Publication::of_inbound(id, came));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_request_is_named_at_once_and_nothing_is_published() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let body = json!({"qestion": "Deploy?", "reply_to": "queue", "to": [
        {"channel": "email", "destination": "nobody"}, {"channel": "emial", "destination": "x"},
        {"channel": "push", "destination": "x"}, {"contact": "ana", "channels": ["webhook"]},
    ]});
    let refused = app.post("/asks", Some(&token("notify")), &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/qestion",
            "/question",
            "/reply_to",
            "/to/0/destination",
            "/to/1/channel",
            "/to/2/channel",
            "/to/3/channels/0"
        ],
        "{refused:?}"
    );
    assert!(refused.text.contains("did you mean email?") && !refused.text.contains("nobody"), "{refused:?}");
    let foreign = app.post("/asks", Some(&token("notify")), &with(question(), json!({"tenant": "other"}))).await;
    assert_eq!((foreign.status, foreign.kind().as_str()), (StatusCode::FORBIDDEN, "foreign-tenant"), "{foreign:?}");
    let request = request("POST", "/asks", Some(&token("notify"))).header("content-type", "application/json");
    let both = with(question(), json!({"id": "a-1"})).to_string();
    let both = app.send(request.header("idempotency-key", "k").body(both.into()).unwrap()).await;
    assert_eq!(both.pointers(), ["/id"], "{both:?}");
    assert!(published.try_recv().is_err());
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn an_id_of_another_question_is_a_conflict_as_soon_as_the_ledger_knows_it() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let asked = with(question(), json!({"id": "a-1"}));
    opened(&app.store, &Ask { content: content_of(&asked), ..ask("a-1") }).await;
    let same = app.post("/asks", Some(&token("notify")), &asked).await;
    assert_eq!(same.status, StatusCode::ACCEPTED, "{same:?}");
    published.recv().await.unwrap();
    for more in [json!({"question": "Another?"}), json!({"to": [{"contact": "eve"}]}), json!({"four_eyes": true})] {
        let refused = app.post("/asks", Some(&token("notify")), &with(asked.clone(), more.clone())).await;
        assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::CONFLICT, "key-used"), "{more}");
        assert_eq!(refused.json()["id"], "a-1");
    }
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn a_contact_whom_nobody_knows_is_refused_but_not_of_a_question_that_was_asked_before() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    ana_is_known(&app).await;
    let body = json!({"id": "a-1", "question": "Deploy?", "to": [{"contact": "ana"}, {"contact": "nobody"}],
        "escalate": [{"after_seconds": 60, "to": [{"contact": "telegram:4711"}, {"contact": "nobody else"}]}]});
    let refused = app.post("/asks", Some(&token("notify")), &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(refused.pointers(), ["/to/1/contact", "/escalate/0/to/1/contact"], "{refused:?}");
    assert!(refused.text.contains("is nobody else, and there is no contact of this id"), "{refused:?}");
    assert!(published.try_recv().is_err());
    opened(&app.store, &Ask { content: content_of(&body), ..ask("a-1") }).await;
    let again = app.post("/asks", Some(&token("notify")), &body).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{again:?}");
}

#[tokio::test]
async fn a_group_in_which_nobody_is_is_refused_with_the_one_that_was_meant() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let put = request("PUT", "/contacts/ben", Some(&token("operate admin"))).header("content-type", "application/json");
    let put = app.send(put.body(json!({"groups": ["admins"]}).to_string().into()).unwrap()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    let body = json!({"question": "Deploy?", "to": [{"group": "admin"}, {"group": "admins"}],
        "escalate": [{"after_seconds": 60, "to": [{"contact": "nobody"}, {"group": "sailors"}]}]});
    let refused = app.post("/asks", Some(&token("notify")), &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(
        refused.pointers(),
        ["/escalate/0/to/0/contact", "/to/0/group", "/escalate/0/to/1/group"],
        "{refused:?}"
    );
    assert!(refused.text.contains("is admin, and nobody is in this group; do you mean admins?"), "{refused:?}");
    assert!(published.try_recv().is_err());
    let taken = json!({"question": "Deploy?", "to": [{"group": "admins"}]});
    let taken = app.post("/asks", Some(&token("notify")), &taken).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{taken:?}");
}

#[tokio::test]
async fn without_a_broker_the_answer_is_503_with_the_id_to_repeat_with() {
    let app = TestApp::start().await;
    ana_is_known(&app).await;
    let answer = app.post("/asks", Some(&token("notify")), &with(question(), json!({"id": "a-1"}))).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "broker-unavailable"));
    assert_eq!(answer.json()["id"], "a-1");
}

#[tokio::test]
async fn an_ask_is_shown_with_its_answers_and_without_a_destination() {
    let app = TestApp::start().await;
    let unknown = app.get("/asks/a-1", Some(&token("read"))).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-ask"));
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let unanswered = app.get("/asks/a-1", Some(&token("read"))).await;
    assert_eq!(unanswered.json()["answers"], serde_json::json!([]), "nobody has answered yet");
    app.store.answer_ask(&ask.key, &given("ana", "yes", "t-1")).await.unwrap();
    let shown = app.get("/asks/a-1", Some(&token("read"))).await;
    let json = shown.json();
    assert_eq!(
        (&json["state"], &json["choice"], &json["ended_by"]),
        (&"answered".into(), &"yes".into(), &"ana".into())
    );
    assert_eq!((&json["answers"][0]["approver"], &json["answers"][0]["late"]), (&"ana".into(), &false.into()));
    assert_eq!(json["copies"][0]["recipient"], "***@example.org");
    assert_eq!((&json["copies"][0]["approver"], &json["copies"][0]["delivery"]), (&"ana".into(), &"d-1".into()));
    assert!(!shown.text.contains("ana@"), "{shown:?}");
}

#[tokio::test]
async fn asks_are_listed_by_what_is_asked_for_page_by_page() {
    let app = TestApp::start().await;
    for (id, kind) in [("a-1", AskKind::Confirm), ("a-2", AskKind::Command), ("a-3", AskKind::Confirm)] {
        opened(&app.store, &Ask { kind, ..ask(id) }).await;
    }
    let ids = async |query: &str| {
        let page = app.get(&format!("/asks{query}"), Some(&token("read"))).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        let page = page.json();
        let ids = page["asks"].as_array().unwrap().iter().map(|ask| ask["id"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>().join(" "), page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(ids("").await, ("a-3 a-2 a-1".into(), None));
    assert_eq!(ids("?kind=confirm&state=open").await.0, "a-3 a-1");
    assert_eq!(ids("?correlation_id=deploy-7&limit=1000").await.0, "a-3 a-2 a-1");
    assert_eq!(ids("?correlation_id=deploy-8").await.0, "");
    let (first, next) = ids("?limit=2").await;
    assert_eq!((first.as_str(), ids(&format!("?cursor={}", next.unwrap())).await.0.as_str()), ("a-3 a-2", "a-1"));
    let others = ["/asks?limit=1", "/asks?kind=confirm&state=open", "/dead-letters?limit=1"];
    only_its_own_list_goes_on(&app, "/asks?kind=confirm&limit=1", &others, &token("read")).await;
    let wrong = app.get("/asks?state=opne&cursor=x&limit=0&colour=red", Some(&token("read"))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("did you mean open?"), "{wrong:?}");
}

#[tokio::test]
async fn a_question_is_taken_back_once_and_the_journal_is_told() {
    let app = TestApp::start().await;
    opened(&app.store, &ask("a-1")).await;
    let cancelled = app.delete("/asks/a-1", Some(&token("notify"))).await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (StatusCode::OK, &"cancelled".into()));
    assert_eq!(cancelled.json()["ended_by"], "ada");
    let again = app.delete("/asks/a-1", Some(&token("operate"))).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::CONFLICT, "too-late"), "{again:?}");
    assert_eq!(again.json()["state"], "cancelled");
    let unknown = app.delete("/asks/a-2", Some(&token("operate"))).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-ask"));
    let journal = app.get("/audit?kind=ask.cancelled", Some(&token("admin"))).await.json();
    assert_eq!(journal["entries"].as_array().map(Vec::len), Some(1), "{journal}");
}
