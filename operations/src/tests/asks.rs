//! Asks without HTTP: what is read of a request, whom a link is for, and how a question stands for them.

use std::time::Duration;

use domain::{Answer, Ask, AskChoice, AskKind, AskState, GivenAnswer, Keyring, Purpose, Secrets};
use serde_json::{Value, json};
use topology::Publisher;

use crate::asks::{
    Answering, CheckedAsk, Linked, Withdrawn, answer_by_link, answered, called, cancel, chosen, linked, spoken, why,
};
use crate::tests::check::SHIPPED;
use crate::tests::fixtures::{NOW, asking, key, ledger, operator};
use crate::{NotDone, Refused, Rules};

fn secrets() -> Secrets {
    Secrets::new(&Keyring::new(b"a secret of the tests, 32 bytes or more", None))
}

fn ask(id: &str) -> Ask {
    let choice = |id: &str, refuses| AskChoice { id: id.into(), label: id.into(), refuses };
    Ask {
        key: key(id),
        kind: AskKind::Confirm,
        question: "Deploy?".into(),
        choices: vec![choice("yes", false), choice("no", true)],
        audience: vec!["ana".into(), "ben".into()],
        names: Default::default(),
        quorum: 2,
        four_eyes: false,
        may_change: false,
        requested_by: Some("trading".into()),
        correlation_id: None,
        reply_to: None,
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: [7; 16],
        key_id: secrets().key_id().to_owned(),
        attempts: 0,
        sends: 0,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(600)),
        end: None,
    }
}

fn given(approver: &str, choice: &str, late: bool) -> Answer {
    let given = GivenAnswer {
        id: format!("{approver}-{choice}"),
        approver: approver.into(),
        choice: choice.into(),
        via: "telegram".into(),
        at: NOW,
        evidence: "{}".into(),
    };
    Answer { given, late, version: 2 }
}

fn read(body: &Value, idempotency_key: Option<&'static str>) -> Result<CheckedAsk, Refused> {
    CheckedAsk::read(&body.to_string(), "ada", &asking(idempotency_key).rules())
}

#[test]
fn a_request_is_published_with_who_it_is_whose_and_who_has_asked() {
    let body = json!({"question": "Deploy?", "to": [{"contact": "ana"}]});
    let checked = read(&body, Some("k")).unwrap();
    let written: Value = serde_json::from_slice(&checked.body).unwrap();
    assert_eq!((&written["id"], &written["tenant"]), (&checked.key.id.as_str().into(), &"acme".into()));
    assert_eq!((&written["requested_by"], checked.request.requested_by.as_deref()), (&"ada".into(), Some("ada")));
    assert_eq!(read(&body, Some("k")).unwrap().body, checked.body, "a repeat has the same bytes");
    let own = json!({"question": "Deploy?", "to": [{"contact": "ana"}], "id": "a-1", "requested_by": "trading"});
    let own = read(&own, None).unwrap();
    assert_eq!((own.key, own.request.requested_by.as_deref()), (key("a-1"), Some("trading")));
}

#[test]
fn another_tenant_is_refused_where_nothing_else_is_wrong() {
    let foreign = json!({"question": "Deploy?", "to": [{"contact": "ana"}], "tenant": "other"});
    assert!(matches!(read(&foreign, None), Err(Refused::Tenant { .. })));
    let wrong = json!({"question": "", "to": [{"contact": "ana"}], "tenant": "other"});
    assert!(matches!(read(&wrong, None), Err(Refused::Fields(_))));
    assert!(matches!(CheckedAsk::read("[]", "ada", &asking(None).rules()), Err(Refused::Text(_))));
}

#[test]
fn nobody_is_asked_by_mail_alone_where_no_link_can_be_opened() {
    let checker = SHIPPED.clone().linking(false);
    let asking = asking(None);
    let pointers = |to: Value| {
        let body = json!({"question": "Deploy?", "to": to}).to_string();
        match CheckedAsk::read(&body, "ada", &Rules { checker: &checker, ..asking.rules() }) {
            Ok(_) => Vec::new(),
            Err(refused) => refused.errors().iter().map(|error| error.pointer.clone()).collect(),
        }
    };
    for (to, expected) in [
        (json!([{"channel": "email", "destination": "ana@example.org"}]), &["/to/0/channel"][..]),
        (json!([{"contact": "ana"}, {"contact": "ben", "channels": ["email"]}]), &["/to/1/channels"]),
        (json!([{"contact": "ana", "channels": ["email", "telegram"]}]), &[]),
        (json!([{"channel": "sms", "destination": "+12025550143"}]), &[]),
    ] {
        assert_eq!(pointers(to.clone()), expected, "{to}");
    }
    assert!(
        read(&json!({"question": "?", "to": [{"channel": "email", "destination": "a@example.org"}]}), None).is_ok()
    );
}

#[tokio::test]
async fn a_link_is_for_one_person_and_no_other_text_is_one() {
    let ledger = ledger().await;
    let (ask, secrets) = (ask("a-1"), secrets());
    ledger.store.open_ask(&ask, &[], None).await.unwrap();
    let link = |purpose, place| secrets.link(&ask.seed(), purpose, place).unwrap();
    let found =
        async |ticket: &str| linked(&ledger.store, &secrets, ticket).await.unwrap().map(|linked| linked.approver);
    assert_eq!(found(&link(Purpose::Answer, 1)).await.as_deref(), Some("ben"));
    for wrong in
        [link(Purpose::Answer, 2), link(Purpose::Verify, 0), secrets.button(&ask.seed(), 0, 0).unwrap(), "x".into()]
    {
        assert_eq!(found(&wrong).await, None, "{wrong}");
    }
}

#[test]
fn a_question_stands_as_its_row_and_the_clock_say() {
    let of = |ask: Ask, answers: Vec<Answer>| Linked { ask, approver: "ana".into(), locale: None, answers };
    let open = of(ask("a-1"), vec![given("ben", "yes", false)]);
    let standing = open.standing(NOW);
    assert_eq!((standing.own, standing.may_answer, standing.answered), (None, true, 1));
    let answered = of(ask("a-1"), vec![given("ana", "yes", false)]);
    assert_eq!((answered.standing(NOW).own, answered.standing(NOW).may_answer), (Some("yes"), false));
    let changeable = of(Ask { may_change: true, ..ask("a-1") }, vec![given("ana", "yes", false)]);
    assert!(changeable.standing(NOW).may_answer);
    let own = of(Ask { four_eyes: true, requested_by: Some("ana".into()), ..ask("a-1") }, Vec::new());
    assert!(!own.standing(NOW).may_answer);
    let over = of(ask("a-1"), vec![given("ana", "no", true)]);
    let standing = over.standing(NOW.plus(Duration::from_secs(600)));
    assert_eq!((standing.ask.state(), standing.is_late), (AskState::Expired, true), "nobody has noted it yet");
}

#[test]
fn a_question_is_read_in_the_language_of_its_reader() {
    let choices = |labels: [&str; 2]| {
        let choice = |(id, label): (&str, &str)| AskChoice { id: id.into(), label: label.into(), refuses: false };
        [("yes", labels[0]), ("no", labels[1])].map(choice).to_vec()
    };
    let question = "¿Hacer trading.stop?\nid = \"Do x?\"";
    let command =
        Ask { kind: AskKind::Command, question: question.into(), choices: choices(["Sí", "No"]), ..ask("a-1") };
    for (ask, locale, expected) in [
        (&command, Some("en-GB"), ("Do trading.stop?\nid = \"Do x?\"", "Yes")),
        (&command, Some("es"), (question, "Sí")),
        (&command, Some("fr"), (question, "Sí")),
        (&command, None, (question, "Sí")),
        (&Ask { kind: AskKind::Confirm, ..command.clone() }, Some("en"), (question, "Yes")),
        (&Ask { choices: choices(["Yes", "Never"]), ..command.clone() }, Some("es"), (question, "Yes")),
        (&Ask { question: "Now?".into(), ..command.clone() }, Some("en"), ("Now?", "Yes")),
    ] {
        let read = spoken(ask, locale);
        assert_eq!((read.question.as_str(), read.choices[0].label.as_str()), expected, "{locale:?}");
    }
}

#[test]
fn people_are_called_by_their_names_and_nobody_by_a_number() {
    let named = Ask { names: [("u-1".to_owned(), "Ana".to_owned())].into(), ..ask("a-1") };
    for (id, locale, expected) in [
        ("u-1", None, "Ana"),
        ("u-2", None, "u-2"),
        ("command line:uid 0", Some("es-AR"), "un operador"),
        ("command line:uid 0", Some("en"), "an operator"),
        ("command line:uid 0", None, "an operator"),
        ("command line:ada", Some("es"), "ada"),
        ("telegram:123456789", None, "***89"),
        ("telegram:4711", None, "telegram:4711"),
    ] {
        assert_eq!(called(&named, id, locale), expected, "{id} {locale:?}");
    }
}

#[tokio::test]
async fn what_changes_nothing_is_not_waited_for() {
    let (publisher, mut published) = Publisher::reporting();
    let answered =
        Linked { ask: ask("a-1"), approver: "ana".into(), locale: None, answers: vec![given("ana", "yes", false)] };
    let choose = async |linked: &Linked, choice: &str| {
        answer_by_link(&publisher, &secrets(), linked, choice, NOW).await.unwrap()
    };
    assert_eq!(choose(&answered, "maybe").await, Answering::UnknownChoice);
    assert_eq!(choose(&answered, "yes").await, Answering::Said);
    assert!(published.try_recv().is_err(), "nothing is published of either");
    let Answering::Published { is_awaited, .. } = choose(&answered, "no").await else { panic!("a second thought") };
    assert!(!is_awaited, "the first one stands");
    let fresh = Linked { answers: Vec::new(), ..answered };
    let Answering::Published { id, is_awaited } = choose(&fresh, "no").await else { panic!("an answer") };
    assert!(is_awaited && published.try_recv().is_ok());
    assert_eq!(published.try_recv().unwrap().message_id, id);
}

#[tokio::test]
async fn a_question_is_taken_back_by_whoever_may() {
    let ledger = ledger().await;
    ledger.store.open_ask(&ask("a-1"), &[], None).await.unwrap();
    let viewer = domain::Actor { scopes: vec![domain::Scope::Read], ..operator("acme") };
    assert!(matches!(cancel(&ledger.store, &viewer, "a-1", None, NOW).await, Err(NotDone::Denied(_))));
    let why = Some("no longer needed");
    let taken_back = async |of: &str, id: &str| cancel(&ledger.store, &operator(of), id, why, NOW).await.unwrap();
    assert_eq!(taken_back("other", "a-1").await, Withdrawn::Unknown);
    assert!(matches!(taken_back("acme", "a-1").await, Withdrawn::Cancelled(_)));
    assert!(matches!(taken_back("acme", "a-1").await, Withdrawn::Ended(_)));
}

#[tokio::test]
async fn the_question_of_a_command_is_taken_back_by_whoever_may_have_one_done() {
    let ledger = ledger().await;
    for (id, kind) in [("c-1", domain::AskKind::Command), ("a-1", domain::AskKind::Confirm)] {
        ledger.store.open_ask(&Ask { kind, ..ask(id) }, &[], None).await.unwrap();
    }
    let sender = domain::Actor { scopes: vec![domain::Scope::Notify], ..operator("acme") };
    let denied = cancel(&ledger.store, &sender, "c-1", None, NOW).await;
    assert!(matches!(denied, Err(NotDone::Denied(_))), "{denied:?}");
    let taken_back = cancel(&ledger.store, &sender, "a-1", None, NOW).await;
    assert!(matches!(taken_back, Ok(Withdrawn::Cancelled(_))), "{taken_back:?}");
    let by_operator = cancel(&ledger.store, &operator("acme"), "c-1", None, NOW).await;
    assert!(matches!(by_operator, Ok(Withdrawn::Cancelled(_))), "{by_operator:?}");
}

#[tokio::test]
async fn of_each_person_the_last_answer_in_time_counts_once() {
    let answers =
        [given("ana", "no", false), given("ben", "no", false), given("ana", "yes", false), given("ben", "yes", true)];
    assert_eq!(chosen(&answers).into_iter().collect::<Vec<_>>(), [("ana", "yes"), ("ben", "no")]);
    let ledger = ledger().await;
    let asks = [ask("a-1"), ask("a-2")];
    for ask in &asks {
        ledger.store.open_ask(ask, &[], None).await.unwrap();
    }
    ledger.store.answer_ask(&asks[1].key, &given("ana", "yes", false).given).await.unwrap();
    assert_eq!(answered(&ledger.store, &asks).await.unwrap(), [0, 1]);
    assert_eq!(why(" no longer needed "), Ok("no longer needed".to_owned()));
    assert!(why("").is_err() && why("a\nb").is_err());
}
