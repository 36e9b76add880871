//! Commands to services: the list, the page of one, and the form by which somebody has one done.

use axum::http::StatusCode;
use domain::{Ask, AskKind, Command, CommandReport, CommandState, Registry};
use operations::commands::UNASKED;
use serde_json::{Value, json};
use testkit::{NOW, key};
use tokio::sync::mpsc::UnboundedReceiver;
use topology::Publication;

use super::asks::{answer, ask};
use super::site::Site;

const NEW: &str = "/console/commands/new";
/// In the group of those who may have anything done.
const ADMIN: &str = "session=admin";

fn command(id: &str, state: CommandState) -> Command {
    Command {
        key: key(id),
        service: "trading".into(),
        action: "strategy.pause".into(),
        arguments: r#"{"strategy_id":"<btc>"}"#.into(),
        ask: Some(id.into()),
        delivery: (state != CommandState::PendingConfirmation).then(|| format!("delivery-of-{id}")),
        state,
        version: 1,
        requested_by: "<ana>".into(),
        confirmed_by: None,
        correlation_id: None,
        output: None,
        reply: None,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW.plus(std::time::Duration::from_secs(60)),
    }
}

async fn with_two() -> Site {
    let site = Site::start().await;
    for (id, state) in [("c-1", CommandState::PendingConfirmation), ("c-2", CommandState::Dispatched)] {
        site.store.make_command(&command(id, state), &testkit::told()).await.unwrap();
    }
    let report = CommandReport { service: "trading", state: CommandState::Failed, output: Some("no <such> strategy") };
    let step = |command: &Command| command.reported(&report, NOW);
    site.store.advance_command(&key("c-2"), step, |_| None).await.unwrap().unwrap();
    site
}

async fn commanding() -> (Site, UnboundedReceiver<Publication>) {
    let schema = json!({
        "type": "object", "properties": {"strategy_id": {"type": "string"}, "hard": {"type": "boolean"}},
        "required": ["strategy_id"],
    });
    let written = json!({"trading": {
        "base_url": "http://127.0.0.1:9300", "may": ["admins"], "approvers": ["admins"],
        "actions": {"strategy.pause": {"schema": schema}, "look": {"confirm": false}},
    }});
    let Value::Object(written) = written else { unreachable!() };
    Site::commanding(Registry::read(&written).unwrap()).await
}

#[tokio::test]
async fn commands_are_listed_and_narrowed_in_both_languages() {
    let site = with_two().await;
    for (lang, word) in [("en", "to be confirmed"), ("es", "por confirmar")] {
        let page = site.get("/console/commands", &format!("session=viewer; chasqui_lang={lang}")).await;
        for part in [
            word,
            "title=\"c-1\">trading.",
            "href=\"/console/commands/c-1\"",
            "href=\"/console/commands/c-2\"",
            "&lt;ana&gt;",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains(NEW), "a viewer has nothing done: {}", page.text);
    }
    let failed = site.get("/console/commands?state=failed&service=trading&requested_by=%3Cana%3E", ADMIN).await;
    assert!(failed.text.contains("/commands/c-2") && !failed.text.contains("/commands/c-1"), "{}", failed.text);
    let wrong = site.get("/console/commands?state=runing&from=soon&x=y", ADMIN).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["did you mean running?", "<code>from</code>", "<code>x</code>"] {
        assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
    }
}

#[tokio::test]
async fn the_page_of_a_command_says_how_far_it_is_and_what_its_service_says() {
    let site = with_two().await;
    let waiting = site.get("/console/commands/c-1", ADMIN).await;
    assert!(waiting.text.contains("<title>Command c-1"), "{}", waiting.text);
    for part in ["&lt;btc&gt;", "href=\"/console/asks/c-1\"", "href=\"/console/asks/c-1/cancel\"", "hx-get="] {
        assert!(waiting.text.contains(part), "{part}: {}", waiting.text);
    }
    for (lang, said) in [("en", "Its service says that it has failed."), ("es", "Su servicio dice que falló.")] {
        let page = site.get("/console/commands/c-2", &format!("session=viewer; chasqui_lang={lang}")).await;
        for part in [said, "no &lt;such&gt; strategy", "href=\"/console/deliveries/delivery-of-c-2\""] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains("hx-get=") && !page.text.contains("/cancel\""), "{}", page.text);
        let held = "<div class=\"actions held\"></div><dl class=\"facts\"";
        assert!(page.text.contains(held), "nothing below moves when it ends: {}", page.text);
    }
    assert_eq!(site.get("/console/commands/none", ADMIN).await.status, StatusCode::NOT_FOUND);
    let taken = site.get("/console/commands/none?accepted=true", ADMIN).await;
    assert!(taken.status == StatusCode::OK && taken.text.contains("The broker has it"), "{}", taken.text);
}

#[tokio::test]
async fn of_a_command_that_never_reached_its_service_it_is_said_why_and_not_as_words_of_its_service() {
    let site = Site::start().await;
    for (id, why) in [("c-4", format!("{UNASKED}: <why>")), ("c-5", "refused by ana".to_owned())] {
        let output = Some(why);
        let ended = Command { output, delivery: None, ..command(id, CommandState::Rejected) };
        site.store.make_command(&ended, &testkit::told()).await.unwrap();
    }
    for (lang, unasked, refused, says) in [
        ("en", "Nobody could be asked to confirm it", "those who were asked refused it", "What its service says"),
        ("es", "No había a quién pedir que lo confirmara", "lo rechazaron quienes fueron", "Lo que dice su servicio"),
    ] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let page = site.get("/console/commands/c-4", &cookies).await;
        assert!(page.text.contains(unasked) && page.text.contains("&lt;why&gt;"), "{}", page.text);
        assert!(!page.text.contains(says) && !page.text.contains("/console/asks/c-4"), "{}", page.text);
        let page = site.get("/console/commands/c-5", &cookies).await;
        assert!(page.text.contains(refused) && page.text.contains("/console/asks/c-5"), "{}", page.text);
        assert!(!page.text.contains(says), "{}", page.text);
    }
}

#[tokio::test]
async fn the_question_of_a_command_its_answer_and_people_are_in_the_words_of_whoever_looks() {
    let site = Site::start().await;
    site.store.make_command(&command("c-6", CommandState::PendingConfirmation), &testkit::told()).await.unwrap();
    let names = [("<ana>".to_owned(), "Ana <A>".to_owned()), ("ana".to_owned(), "The other".to_owned())].into();
    let question = operations::commands::question(&command("c-6", CommandState::PendingConfirmation), Some("en"));
    let asked = Ask { kind: AskKind::Command, question, names, quorum: 1, ..ask("c-6") };
    site.store.open_ask(&asked, &[], None).await.unwrap();
    answer(&site, "c-6", "ana", "yes").await;
    for (lang, steps) in [
        ("en", ["Ana &lt;A&gt; has asked for it.", "The question ended: Yes, by The other."]),
        ("es", ["Ana &lt;A&gt; lo pidió.", "La pregunta terminó: Sí, por The other."]),
    ] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let page = site.get("/console/commands/c-6", &cookies).await;
        for part in steps.into_iter().chain(["Ana &lt;A&gt; <code class=\"soft\">"]) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let list = site.get("/console/commands", &cookies).await;
        assert!(list.text.contains("<span title=\"&lt;ana&gt;\">Ana &lt;A&gt;</span>"), "{}", list.text);
        let page = site.get("/console/asks/c-6", &cookies).await;
        let is_translated = !page.text.contains("Do trading.strategy.pause?");
        assert_eq!(is_translated, lang == "es", "{}", page.text);
    }
}

#[tokio::test]
async fn what_a_service_says_in_json_has_a_line_for_each_of_its_parts() {
    let site = with_two().await;
    site.store.make_command(&command("c-9", CommandState::Dispatched), &testkit::told()).await.unwrap();
    let output = Some(r#"{"paused":true,"venues":["<one>"]}"#);
    let report = CommandReport { service: "trading", state: CommandState::Succeeded, output };
    let step = |command: &Command| command.reported(&report, NOW);
    site.store.advance_command(&key("c-9"), step, |_| None).await.unwrap().unwrap();
    let page = site.get("/console/commands/c-9", "session=viewer").await;
    let lines = [
        "<pre>{",
        "  &quot;paused&quot;: true,",
        "  &quot;venues&quot;: [",
        "    &quot;&lt;one&gt;&quot;",
        "  ]",
        "}</pre>",
    ];
    assert!(page.text.contains(&lines.join("\n")), "{}", page.text);
}

#[tokio::test]
async fn a_question_that_nobody_has_ended_is_told_without_a_name() {
    let site = Site::start().await;
    site.store.make_command(&command("c-7", CommandState::PendingConfirmation), &testkit::told()).await.unwrap();
    let asked = Ask { kind: AskKind::Command, ..ask("c-7") };
    site.store.open_ask(&asked, &[], None).await.unwrap();
    assert_eq!(site.store.expire_asks(asked.expires_at).await.unwrap(), 1);
    for (lang, told) in [("en", "The question ended: expired."), ("es", "La pregunta terminó: vencida.")] {
        let page = site.get("/console/commands/c-7", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert!(page.text.contains(told), "{}", page.text);
    }
}

#[tokio::test]
async fn the_steps_of_a_command_are_told_and_that_one_has_no_time() {
    let site = Site::start().await;
    let made = Command { ask: None, ..command("c-3", CommandState::Dispatched) };
    site.store.make_command(&made, &testkit::told()).await.unwrap();
    let page = site.get("/console/commands/c-3", ADMIN).await;
    assert_eq!(page.text.matches("It is on its way to its service").count(), 2, "{}", page.text);
    for state in [CommandState::Running, CommandState::Succeeded] {
        let report = CommandReport { service: "trading", state, output: None };
        let step = |command: &Command| command.reported(&report, NOW.plus(std::time::Duration::from_secs(1)));
        site.store.advance_command(&key("c-3"), step, |_| None).await.unwrap().unwrap();
    }
    for (lang, steps) in [
        ("en", ["It was dispatched to its service.", "when is not kept", "Its service has begun.", "has done it."]),
        ("es", ["Se envió a su servicio.", "cuándo no se guarda", "Su servicio empezó.", "Su servicio lo hizo."]),
    ] {
        let page = site.get("/console/commands/c-3", &format!("session=viewer; chasqui_lang={lang}")).await;
        let timeline = page.text.split("<ol class=\"timeline\"").nth(1).unwrap();
        let places = steps.map(|step| timeline.find(step).unwrap_or_else(|| panic!("{step}: {timeline}")));
        assert!(places.is_sorted(), "{places:?}: {timeline}");
        assert!(!page.text.contains(">in 60 s<") && !page.text.contains(">en 60 s<"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_command() {
    let (site, mut published) = commanding().await;
    let page = site.get(NEW, ADMIN).await;
    assert!(page.text.contains("href=\"/console/commands/new?action=trading.strategy.pause\""), "{}", page.text);
    let spanish = site.get(NEW, &format!("{ADMIN}; chasqui_lang=es")).await;
    for part in ["Se confirma", "sí: se pregunta antes", "no: se hace enseguida"] {
        assert!(spanish.text.contains(part), "{part}: {}", spanish.text);
    }
    let page = site.get(&format!("{NEW}?action=trading.strategy.pause"), ADMIN).await;
    assert!(page.text.contains("name=\"argument-strategy_id\""), "{}", page.text);
    assert!(page.text.contains(">May be left out</small>"), "{}", page.text);
    let form = "action=trading.strategy.pause&asked=7&argument-strategy_id=btc&argument-hard=true";
    let mut led = Vec::new();
    for _ in 0..2 {
        let answer = site.post(NEW, ADMIN, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let publication = published.recv().await.unwrap();
        let request: Value = serde_json::from_slice(&publication.body).unwrap();
        assert_eq!(request["arguments"], json!({"strategy_id": "btc", "hard": true}));
        assert_eq!((&request["service"], &request["action"]), (&json!("trading"), &json!("strategy.pause")));
        assert_eq!(request["requested_by"], json!("<admin>"));
        led.push((answer.header("location").to_owned(), publication.message_id));
    }
    assert_eq!(led[0], led[1]);
    assert_eq!(led[0].0, format!("/console/commands/{}?accepted=true", led[0].1));
}

#[tokio::test]
async fn arguments_that_are_wrong_are_told_beside_their_fields_and_nothing_is_published() {
    let (site, mut published) = commanding().await;
    let form = "action=trading.strategy.pause&asked=7&argument-hard=perhaps";
    let page = site.post(NEW, ADMIN, form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    assert_eq!(page.text.matches("aria-invalid=\"true\"").count(), 2, "{}", page.text);
    let none = site.post(NEW, ADMIN, "action=trading.wipe&asked=7").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn who_may_not_has_nothing_done() {
    let (site, mut published) = commanding().await;
    let form = "action=trading.look&asked=7";
    for path in [NEW, "/console/commands"] {
        assert_eq!(site.get(path, "session=nothing").await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(site.get(NEW, "session=viewer").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(NEW, "session=viewer", form).await.status, StatusCode::FORBIDDEN);
    let stranger = site.get(NEW, "session=operator").await;
    assert!(stranger.text.contains("There is nothing that you may have done"), "{}", stranger.text);
    assert_eq!(site.post(NEW, "session=operator", form).await.status, StatusCode::NOT_FOUND);
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn who_has_asked_is_called_the_same_whether_there_is_a_question_or_not() {
    let site = Site::start().await;
    let by = "command line:uid 0";
    let question = Ask { kind: AskKind::Command, requested_by: Some(by.into()), ..ask("c-6") };
    site.store.open_ask(&question, &[], None).await.unwrap();
    for (id, asked) in [("c-6", true), ("c-7", false)] {
        let made = command(id, CommandState::Dispatched);
        let made = Command { requested_by: by.into(), ask: asked.then(|| id.into()), ..made };
        site.store.make_command(&made, &testkit::told()).await.unwrap();
    }
    for (lang, other) in [("en", "an operator"), ("es", "un operador")] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        for (path, times) in [("commands", 2), ("asks", 1)] {
            let list = site.get(&format!("/console/{path}"), &cookies).await;
            assert_eq!(list.text.matches(&format!(">{by}</span>")).count(), times, "{path}: {}", list.text);
        }
        for path in ["commands/c-6", "commands/c-7", "asks/c-6"] {
            let page = site.get(&format!("/console/{path}"), &cookies).await;
            assert!(page.text.contains("uid 0") && !page.text.contains(other), "{path}: {}", page.text);
        }
    }
}
