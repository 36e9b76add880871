//! Commands from their first word to their end: who is asked, what is published, and what is told to whom.

use domain::{Command, CommandReport, CommandState, Registry, Tenant, command_delivery_id, typed_command_id};
use serde_json::{Value, json};
use testkit::keys::{service_public_pem, service_token};
use topology::{Publication, Settlement};

use crate::testing::{ADMIN, Parts, Published, names, parts_with, press, words};
use crate::ticker;

mod typed;

fn services() -> Registry {
    let schema = json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] });
    let written = json!({
        "trading": {
            "base_url": "http://127.0.0.1:9300", "may": ["admins", "ana", "user:ada"], "timeout_seconds": 60,
            "public_key": service_public_pem(),
            "actions": { "stop": { "schema": schema }, "look": { "confirm": false } },
        },
        "vault": {
            "base_url": "http://127.0.0.1:9301", "may": ["ana"], "approvers": ["ben"],
            "actions": { "open": {} },
        },
        "shared": {
            "base_url": "http://127.0.0.1:9302", "may": ["dan"], "tenants": ["default", "acme"],
            "actions": { "look": { "confirm": false } },
        },
    });
    let Value::Object(written) = written else { unreachable!() };
    Registry::read(&written).unwrap()
}

fn request(id: &str, service: &str, action: &str, by: &str) -> Value {
    let arguments = if action == "stop" { json!({ "id": "1" }) } else { json!({}) };
    json!({
        "tenant": "default", "id": id, "service": service, "action": action, "arguments": arguments, "requested_by": by,
        "groups": [], "correlation_id": "t-1", "reply": null,
    })
}

fn report(id: &str, service: &str, state: &str) -> Value {
    json!({ "tenant": "default", "command_id": id, "service": service, "state": state, "output": "done" })
}

async fn row(parts: &Parts, id: &str) -> Command {
    parts.shared.intake.store.command(&testkit::key(id)).await.unwrap().unwrap()
}

/// The deliveries by one channel.
fn by<'p>(published: &'p Published, channel: &str) -> Vec<&'p Value> {
    published.deliveries.iter().filter(|body| body["channel"] == channel).collect()
}

/// What stands behind a button of the ask of a command.
async fn button(parts: &Parts, id: &str, choice: u8) -> String {
    let ask = testkit::key(&row(parts, id).await.ask.unwrap());
    let ask = parts.shared.intake.store.ask(&ask).await.unwrap().unwrap();
    parts.shared.secrets.button(&ask.seed(), choice, 0).unwrap()
}

#[tokio::test]
async fn a_command_that_is_typed_is_asked_for_dispatched_reported_and_told() {
    let mut parts = parts_with(services()).await;
    parts.says("telegram", words("m-1", ADMIN, "/cmd trading.stop id=1")).await;
    let published = parts.published();
    assert!(names(&published).contains("command.pending_confirmation"), "{}", names(&published));
    let chat = by(&published, "telegram");
    assert!(chat.iter().any(|body| body["message"] == "trading.stop waits for its confirmation."), "{chat:?}");
    assert!(by(&published, "service").is_empty(), "nothing is dispatched before somebody has said yes");
    let id = typed_command_id(&Tenant::default(), "telegram", "m-1");
    let yes = button(&parts, &id, 0).await;
    parts.says("telegram", press("p-1", ADMIN, &yes)).await;
    let answered = parts.published();
    parts.take_all(answered).await;
    let published = parts.published();
    assert!(names(&published).contains("command.dispatched"), "{}", names(&published));
    let dispatched = by(&published, "service");
    assert_eq!((dispatched.len(), &dispatched[0]["destination"]), (1, &json!("trading")));
    let command = &dispatched[0]["data"]["command"];
    assert_eq!((&command["command_id"], &command["arguments"]), (&json!(id), &json!({ "id": "1" })));
    let admin = json!(format!("telegram:{ADMIN}"));
    assert_eq!((&command["requested_by"], &command["confirmed_by"]), (&admin, &admin));
    for state in ["running", "succeeded"] {
        parts.asked("/commands/event", report(&id, "trading", state)).await;
    }
    let published = parts.published();
    assert_eq!(names(&published), "command.running command.succeeded");
    let told = by(&published, "telegram");
    assert_eq!(
        (told.len(), &told[0]["template"], &told[0]["destination"]),
        (1, &json!("command_ended"), &json!(ADMIN))
    );
    assert_eq!((&told[0]["data"]["state"], &told[0]["data"]["output"]), (&json!("succeeded"), &json!("done")));
    assert_eq!(row(&parts, &id).await.reply, None, "where it was told is forgotten");
}

#[tokio::test]
async fn whoever_may_ask_takes_no_commands_ask_and_one_that_is_taken_is_told_to_whoever_has_typed() {
    let mut parts = parts_with(services()).await;
    let [foreseen, taken] = ["m-1", "m-2"].map(|of| typed_command_id(&Tenant::default(), "telegram", of));
    parts.asks(json!({ "id": foreseen, "question": "Mine?", "to": [{ "group": "admins" }] })).await;
    parts.says("telegram", words("m-1", ADMIN, "/cmd trading.stop id=1")).await;
    let published = parts.published();
    assert_eq!(published.letters, 0);
    assert_eq!(row(&parts, &foreseen).await.state, CommandState::PendingConfirmation);
    // Somebody has had the id all the same.
    let pending = Command { key: testkit::key(&taken), ask: Some(foreseen.clone()), ..row(&parts, &foreseen).await };
    parts.shared.intake.store.make_command(&pending, &testkit::told()).await.unwrap();
    parts.says("telegram", words("m-2", ADMIN, "/cmd trading.stop id=1")).await;
    let published = parts.published();
    assert_eq!((published.letters, row(&parts, &taken).await.state), (0, CommandState::Rejected));
    assert!(
        by(&published, "telegram").iter().any(|body| body["data"]["state"] == "unasked"),
        "{:?}",
        published.deliveries
    );
}

#[tokio::test]
async fn a_no_ends_it_and_nothing_is_dispatched() {
    let mut parts = parts_with(services()).await;
    parts.says("telegram", words("m-1", ADMIN, "/cmd trading.stop id=1")).await;
    let id = typed_command_id(&Tenant::default(), "telegram", "m-1");
    let no = button(&parts, &id, 1).await;
    parts.says("telegram", press("p-1", ADMIN, &no)).await;
    let answered = parts.published();
    parts.take_all(answered).await;
    let published = parts.published();
    assert!(names(&published).contains("command.rejected"), "{}", names(&published));
    assert!(by(&published, "service").is_empty());
    assert!(by(&published, "telegram").iter().any(|body| body["data"]["state"] == "rejected"));
}

#[tokio::test]
async fn what_needs_no_yes_goes_at_once_and_the_same_message_does_the_same_again() {
    let mut parts = parts_with(services()).await;
    parts.asked("/commands", request("c-1", "trading", "look", "user:ada")).await;
    let first = parts.published();
    assert_eq!((names(&first).as_str(), by(&first, "service").len()), ("command.dispatched", 1));
    parts.asked("/commands", request("c-1", "trading", "look", "user:ada")).await;
    let again = parts.published();
    assert_eq!((&first.deliveries, &first.events), (&again.deliveries, &again.events));
    let other = request("c-1", "trading", "stop", "user:ada");
    let settled = parts.hears(parts.own("/commands", &other)).await;
    assert_ne!(settled, Settlement::Requeue, "another command of its id is a dead letter");
    assert_eq!(parts.published().letters, 1);
    assert_eq!(row(&parts, "c-1").await.action, "look");
}

#[tokio::test]
async fn those_whom_a_service_names_are_asked_and_a_command_of_which_nobody_can_be_asked_ends() {
    let mut parts = parts_with(services()).await;
    parts.asked("/commands", request("c-1", "vault", "open", "ana")).await;
    let published = parts.published();
    assert_eq!(names(&published), "command.pending_confirmation command.rejected", "there is no ben");
    assert_eq!(row(&parts, "c-1").await.output.unwrap(), "nobody can be asked: ben is a group of nobody");
    parts.knows("ben", &[], &[("telegram", "22")]).await;
    parts.asked("/commands", request("c-2", "vault", "open", "ana")).await;
    let published = parts.published();
    assert!(by(&published, "telegram").iter().all(|body| body["destination"] == "22"), "{:?}", published.deliveries);
    assert_eq!(row(&parts, "c-2").await.state, CommandState::PendingConfirmation);
}

#[tokio::test]
async fn whoever_asks_for_what_they_would_confirm_and_is_nobody_who_is_known_is_told_so() {
    let mut parts = parts_with(services()).await;
    parts.asked("/commands", request("c-1", "trading", "stop", "user:ada")).await;
    assert_eq!(names(&parts.published()), "command.pending_confirmation command.rejected");
    let why = row(&parts, "c-1").await.output.unwrap();
    assert!(why.starts_with("nobody can be asked: ") && why.contains("user:ada is no contact"), "{why}");
    assert!(!why.contains("/to/0"), "nobody has written that: {why}");
}

#[tokio::test]
async fn whoever_confirms_what_they_have_typed_is_asked_first_in_the_chat_where_they_have_typed_it() {
    let mut parts = parts_with(services()).await;
    parts.knows("ana", &[], &[("email", "ana@example.org"), ("telegram", "8")]).await;
    let question = |published: &Published| {
        published.deliveries.iter().find(|body| body["template"] == "ask").cloned().expect("somebody is asked")
    };
    parts.says("telegram", words("m-1", "8", "/cmd trading.stop id=1")).await;
    let asked = question(&parts.published());
    assert_eq!((&asked["channel"], &asked["destination"]), (&json!("telegram"), &json!("8")));
    assert_eq!(asked["fallback"][0]["channel"], "email", "the others follow in their order");
    parts.asked("/commands", request("c-1", "trading", "stop", "ana")).await;
    let asked = question(&parts.published());
    assert_eq!(asked["channel"], "email", "nobody has typed it into a chat");
}

#[tokio::test]
async fn what_others_say_of_a_command_or_what_comes_late_changes_nothing() {
    let mut parts = parts_with(services()).await;
    parts.asked("/commands", request("c-1", "trading", "look", "user:ada")).await;
    parts.asked("/commands/event", report("c-1", "trading", "succeeded")).await;
    parts.published();
    for (id, service, state) in [
        ("c-1", "vault", "failed"),
        ("c-1", "trading", "running"),
        ("c-1", "trading", "failed"),
        ("c-1", "trading", "expired"),
        ("c-9", "trading", "running"),
    ] {
        parts.asked("/commands/event", report(id, service, state)).await;
        let published = parts.published();
        assert_eq!((names(&published).as_str(), published.letters), ("", 0), "{id} {service} {state}");
    }
    assert_eq!(row(&parts, "c-1").await.state, CommandState::Succeeded);
    parts.asked("/commands/event", report("c-1", "trading", "succeeded")).await;
    assert_eq!(names(&parts.published()), "command.succeeded", "the same again tells the same again");
}

#[tokio::test]
async fn that_a_command_runs_is_told_also_where_its_end_which_came_later_is_heard_first() {
    let mut parts = parts_with(services()).await;
    parts.asked("/commands", request("c-1", "trading", "look", "user:ada")).await;
    let running = parts.own("/commands/event", &report("c-1", "trading", "running"));
    parts.advance(1);
    parts.asked("/commands/event", report("c-1", "trading", "succeeded")).await;
    parts.published();
    for _ in 0..2 {
        parts.hears(running.clone()).await;
        assert_eq!(names(&parts.published()), "command.running");
    }
    assert_eq!(row(&parts, "c-1").await.state, CommandState::Succeeded);
}

#[tokio::test]
async fn that_a_command_runs_is_told_also_where_its_end_has_overtaken_whoever_died_with_that() {
    let mut parts = parts_with(services()).await;
    for id in ["c-1", "c-2"] {
        parts.asked("/commands", request(id, "trading", "look", "user:ada")).await;
    }
    parts.published();
    // One dialog has written the row of c-1 and died; of c-2 nobody ever said that it runs.
    let says = |state| CommandReport { service: "trading", state, output: None };
    let at = parts.now();
    let step = |command: &Command| command.reported(&says(CommandState::Running), at);
    let store = &parts.shared.intake.store;
    assert!(store.advance_command(&testkit::key("c-1"), step, |_| None).await.unwrap().is_some());
    for id in ["c-1", "c-2"] {
        parts.asked("/commands/event", report(id, "trading", "succeeded")).await;
    }
    assert_eq!(names(&parts.published()), "command.succeeded command.succeeded");
    for (id, expected) in [("c-1", "command.running"), ("c-2", "")] {
        parts.asked("/commands/event", report(id, "trading", "running")).await;
        assert_eq!(names(&parts.published()), expected, "{id}");
        assert_eq!(row(&parts, id).await.state, CommandState::Succeeded);
    }
}

/// What a service publishes of a command, with a token of these claims besides those that it needs.
fn message(parts: &Parts, id: &str, state: &str, claims: &Value) -> Publication {
    let at = parts.now().as_micros() / 1_000_000;
    let mut all = json!({ "sub": "trading", "aud": "chasqui", "exp": at + 3600, "command_id": "c-1" });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let body = json!({ "command_id": id, "state": state, "output": "done" }).to_string();
    Publication::of_command("any", "m-9".to_owned(), body.into(), &service_token(&all), None)
}

#[tokio::test]
async fn a_service_reports_by_a_message_that_is_believed_by_its_own_token_whoever_may_publish() {
    let mut parts = parts_with(services()).await;
    parts.asked("/commands", request("c-1", "trading", "look", "user:ada")).await;
    parts.published();
    for (state, fleet, user) in
        [("running", None, None), ("succeeded", Some("fleet"), Some("trading")), ("succeeded", None, None)]
    {
        let publication = message(&parts, "c-1", state, &json!({}));
        assert_eq!(parts.takes_of(fleet, user, publication).await, Settlement::Ack);
        assert_eq!(names(&parts.published()), format!("command.{state}"));
    }
    assert_eq!(row(&parts, "c-1").await.output.as_deref(), Some("done"));
}

#[tokio::test]
async fn a_report_whose_token_is_no_services_or_of_another_command_is_a_dead_letter_and_changes_nothing() {
    let mut parts = parts_with(services()).await;
    for id in ["c-1", "c-2"] {
        parts.asked("/commands", request(id, "trading", "look", "user:ada")).await;
    }
    parts.published();
    let now = parts.now().as_micros() / 1_000_000;
    for (id, claims) in [
        ("c-2", json!({})),
        ("c-1", json!({ "command_id": null })),
        ("c-1", json!({ "aud": "trading" })),
        ("c-1", json!({ "sub": "vault" })),
        ("c-1", json!({ "exp": now })),
        ("c-1", json!({ "exp": now + 86_401 })),
        ("", json!({})),
    ] {
        parts.takes(message(&parts, id, "succeeded", &claims)).await;
        let published = parts.published();
        assert_eq!((names(&published).as_str(), published.letters), ("", 1), "{id} {claims}");
    }
    for id in ["c-1", "c-2"] {
        assert_eq!(row(&parts, id).await.state, CommandState::Dispatched, "{id}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_done_is_a_dead_letter() {
    let mut parts = parts_with(services()).await;
    for body in [
        request("c-1", "nowhere", "look", "user:ada"),
        request("c-1", "trading", "look", "eve"),
        json!({ "tenant": "default" }),
    ] {
        parts.hears(parts.own("/commands", &body)).await;
        assert_eq!(parts.published().letters, 1, "{body}");
    }
    assert_eq!(parts.shared.intake.store.command(&testkit::key("c-1")).await.unwrap(), None);
}

#[tokio::test]
async fn the_end_of_its_time_is_told_where_it_was_asked_for() {
    let mut parts = parts_with(services()).await;
    parts.says("telegram", words("m-1", ADMIN, "/cmd trading.look")).await;
    parts.published();
    parts.advance(60);
    let store = &parts.shared.intake.store;
    assert_eq!(store.expire_commands(parts.now()).await.unwrap(), 1);
    let untold = store.untold_commands().await.unwrap();
    assert!(super::expired(&parts.shared, &untold[0]).await.is_ok());
    let published = parts.published();
    assert_eq!((&published.deliveries[0]["data"]["state"], published.deliveries.len()), (&json!("expired"), 1));
}

#[tokio::test]
async fn of_a_command_that_nobody_has_confirmed_in_time_nothing_else_is_told() {
    let mut parts = parts_with(services()).await;
    parts.says("telegram", words("m-1", ADMIN, "/cmd trading.stop id=1")).await;
    parts.published();
    parts.advance(60);
    let store = &parts.shared.intake.store;
    assert_eq!(store.expire_commands(parts.now()).await.unwrap(), 1);
    let untold = store.untold_commands().await.unwrap();
    assert!(super::expired(&parts.shared, &untold[0]).await.is_ok());
    let published = parts.published();
    assert_eq!((&published.deliveries[0]["data"]["state"], published.deliveries.len()), (&json!("unconfirmed"), 1));
}

#[tokio::test]
async fn a_command_that_cannot_be_delivered_is_told_also_where_whoever_has_seen_that_died() {
    let mut parts = parts_with(services()).await;
    parts.says("telegram", words("m-1", ADMIN, "/cmd trading.look")).await;
    parts.published();
    let id = typed_command_id(&Tenant::default(), "telegram", "m-1");
    let delivery = testkit::key(&command_delivery_id(&testkit::key(&id)));
    let nobody = |_: Option<&[u8]>| -> Option<store::Target> { None };
    parts.shared.intake.store.cancel(&delivery, parts.now(), &nobody, None).await.unwrap();
    super::undelivered(&parts.shared).await.unwrap();
    assert_eq!((row(&parts, &id).await.state, names(&parts.published()).as_str()), (CommandState::Failed, ""));
    ticker::look(&parts.shared).await.unwrap();
    let published = parts.published();
    assert_eq!((names(&published).as_str(), published.deliveries.len()), ("command.failed", 1));
    assert_eq!(published.deliveries[0]["data"]["state"], "undelivered");
    assert_eq!(row(&parts, &id).await.reply, None, "where it was told is forgotten");
    ticker::look(&parts.shared).await.unwrap();
    assert_eq!(names(&parts.published()), "", "it is told once");
}

#[tokio::test]
async fn a_command_that_nobody_could_read_is_not_done() {
    let mut parts = parts_with(services()).await;
    let line = format!("/cmd trading.stop id={}", "1".repeat(1_000));
    parts.says("telegram", words("m-1", ADMIN, &line)).await;
    let published = parts.published();
    assert_eq!(names(&published), "command.pending_confirmation command.rejected");
    let [told] = published.deliveries.as_slice() else { panic!("{:?}", published.deliveries) };
    assert_eq!((&told["template"], &told["data"]["state"]), (&json!("command_ended"), &json!("unasked")));
    let id = typed_command_id(&Tenant::default(), "telegram", "m-1");
    let why = row(&parts, &id).await.output.unwrap();
    assert!(why.contains("/question has 1"), "{why}");
}
