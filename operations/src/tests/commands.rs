//! Commands: what travels, the deliveries that they make, and what people are told.

use domain::{
    Answer, ChannelName, Command, CommandLine, CommandState, Defaults, GivenAnswer, Key, Keyring, Lane, Notification,
    Registry, ReplyTo, Tenant, Unresolved,
};
use serde_json::{Value, json};

use crate::commands::{
    CommandRequest, ReportRequest, accepted, decided, help, no_such_command, of_its_end, question, refusal,
    rejected_line, to_its_service, yes_and_no,
};
use crate::services;
use crate::tests::fixtures::{NOW, tenant};

fn registry() -> Registry {
    let schema = json!({
        "type": "object", "properties": { "id": { "type": "string" }, "n": { "type": "integer" } }, "required": ["id"],
    });
    let written = json!({
        "trading": {
            "base_url": "http://127.0.0.1:9300", "may": ["ana", "traders"], "tenants": ["acme"], "timeout_seconds": 60,
            "actions": { "stop": { "schema": schema }, "look": { "confirm": false }, "wipe": { "may": ["root"] } },
        },
    });
    let Value::Object(written) = written else { unreachable!() };
    Registry::read(&written).unwrap()
}

fn request(action: &str) -> CommandRequest {
    let arguments = if action == "stop" { json!({ "id": "a b" }) } else { json!({}) };
    CommandRequest {
        key: Key { tenant: tenant("acme"), id: "c-1".into() },
        service: "trading".into(),
        action: action.into(),
        arguments: arguments.as_object().unwrap().clone(),
        requested_by: "eve".into(),
        groups: vec!["traders".into()],
        correlation_id: Some("t-1".into()),
        reply: Some(ReplyTo {
            channel: ChannelName::parse("telegram").unwrap(),
            destination: "4711".into(),
            locale: Some("es".into()),
        }),
    }
}

fn made(action: &str) -> Command {
    let (registry, request) = (registry(), request(action));
    let wanted = request.wanted(&registry).unwrap();
    request.command(&wanted, NOW)
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn what_travels_reads_as_it_was_written() {
    let request = request("stop");
    assert_eq!(CommandRequest::of(object(request.to_value())), Some(request.clone()));
    let bare = CommandRequest { reply: None, correlation_id: None, groups: Vec::new(), ..request };
    assert_eq!(CommandRequest::of(object(bare.to_value())), Some(bare));
    let key = Key { tenant: tenant("acme"), id: "c-1".into() };
    let report =
        ReportRequest { key, service: "trading".into(), state: CommandState::Failed, output: Some("x".into()) };
    assert_eq!(ReportRequest::of(&object(report.to_value())), Some(report.clone()));
    let with_nul = ReportRequest { output: Some("done\0x".into()), ..report };
    let read = ReportRequest::of(&object(with_nul.to_value())).unwrap();
    assert_eq!(read.output.as_deref(), Some("done\u{fffd}x"), "Postgres keeps no NUL");
    for none in [json!({}), json!({"tenant": "a b", "id": "c-1"}), json!({"tenant": "acme", "id": ""})] {
        assert_eq!(CommandRequest::of(object(none.clone())), None, "{none}");
        assert_eq!(ReportRequest::of(&object(none.clone())), None, "{none}");
    }
}

#[test]
fn a_command_begins_with_an_ask_or_with_its_delivery_and_ends_at_its_time() {
    let (stop, look) = (made("stop"), made("look"));
    assert_eq!(stop.state, CommandState::PendingConfirmation);
    assert_ne!(stop.ask, made("stop").ask, "nobody knows beforehand which ask it has");
    assert_eq!((look.state, look.ask, stop.delivery.is_none()), (CommandState::Dispatched, None, true));
    assert!(look.delivery.is_some() && look.expires_at == NOW.plus(std::time::Duration::from_secs(60)));
    let registry = registry();
    let forbidden = request("wipe").wanted(&registry).unwrap_err();
    assert_eq!(forbidden.to_string(), "you may not have trading.wipe done");
}

#[test]
fn its_delivery_is_marked_and_read_by_every_worker() {
    let keys = Keyring::new(b"a secret of the tests, 32 bytes or more", None).commands();
    assert_eq!(to_its_service(&made("stop"), &keys), None, "it waits for its confirmation");
    let (key, body) = to_its_service(&made("look"), &keys).unwrap();
    let read = Notification::decode(body.to_string().as_bytes(), &Defaults { channel: None }).unwrap();
    let (channel, destination) = (read.channel.as_str(), read.destination.as_str());
    assert_eq!((channel, destination, read.priority.lane()), ("service", "trading", Lane::Urgent));
    let (command, mark) = (&body["data"]["command"], body["data"]["mark"].as_str().unwrap());
    assert!(keys.has_marked(&key, "trading", &command.to_string(), mark));
    assert_eq!((&command["command_id"], &command["requested_by"]), (&json!("c-1"), &json!("eve")));
}

#[test]
fn an_end_is_told_where_it_was_asked_for() {
    let failed = Command { state: CommandState::Failed, output: Some("x".repeat(5_000)), ..made("look") };
    let (key, body) = of_its_end(&failed, None).unwrap();
    assert_eq!(
        (&body["channel"], &body["destination"], &body["locale"]),
        (&json!("telegram"), &json!("4711"), &json!("es"))
    );
    assert_eq!((&body["template"], &body["data"]["state"]), (&json!("command_ended"), &json!("failed")));
    assert_eq!(body["data"]["output"].as_str().unwrap().len(), 500);
    assert_eq!(of_its_end(&failed, None).unwrap().0, key);
    let read = Notification::decode(body.to_string().as_bytes(), &Defaults { channel: None }).unwrap();
    assert!(
        read.expires_at(NOW).is_some_and(|expires| expires > NOW),
        "without an end Telegram sends it no second time"
    );
    assert_eq!(of_its_end(&Command { reply: None, ..failed }, None), None);
}

#[test]
fn an_end_of_which_the_fleet_alone_knows_is_told_in_a_word_for_the_template() {
    let (asked, taken) = (made("stop"), made("look"));
    let ended = |command: &Command, state: CommandState, output: &str| Command {
        state,
        output: Some(output.to_owned()).filter(|output| !output.is_empty()),
        ..command.clone()
    };
    for (command, by, expected) in [
        (ended(&asked, CommandState::Expired, ""), None, json!({ "state": "unconfirmed", "output": "" })),
        (ended(&taken, CommandState::Expired, ""), None, json!({ "state": "expired", "output": "" })),
        (
            ended(&asked, CommandState::Rejected, "refused by telegram:4711"),
            Some("Ana"),
            json!({ "state": "rejected", "output": "", "by": "Ana" }),
        ),
        (ended(&taken, CommandState::Rejected, "closed"), None, json!({ "state": "rejected", "output": "closed" })),
        (
            ended(&asked, CommandState::Rejected, "nobody can be asked: /to is empty"),
            None,
            json!({ "state": "unasked", "output": "" }),
        ),
        (
            ended(&taken, CommandState::Failed, "it could not be delivered to its service"),
            None,
            json!({ "state": "undelivered", "output": "" }),
        ),
    ] {
        let (_, body) = of_its_end(&command, by).unwrap();
        let mut expected = expected;
        expected["service"] = "trading".into();
        expected["action"] = command.action.into();
        assert_eq!(body["data"], expected);
    }
}

#[test]
fn people_are_told_in_their_language_what_they_may_and_why_not() {
    let registry = registry();
    let acme = tenant("acme");
    assert_eq!(
        help(&registry, &[(&acme, vec!["ana"])], None),
        "You may ask for:\n/cmd trading.look\n/cmd trading.stop id=text [n=integer] (is confirmed)"
    );
    assert!(
        help(&registry, &[(&acme, vec!["ana"])], Some("es-AR"))
            .ends_with("/cmd trading.stop id=texto [n=entero] (se confirma)")
    );
    assert_eq!(help(&registry, &[(&Tenant::default(), vec!["ana"])], Some("es")), "No hay nada que puedas pedir.");
    let both = [(&Tenant::default(), vec!["ben"]), (&acme, vec!["ana"])];
    assert!(help(&registry, &both, None).starts_with("You may ask for:\n/cmd acme/trading.look\n"));
    let refused = |line: &str, locale| {
        let line = CommandLine::parse(line, "bot").unwrap().unwrap();
        refusal(&registry.resolve(&line, &acme, &["ana"]).unwrap_err(), locale)
    };
    for (line, spanish) in [
        ("/cmd tradin.stop", "No se hizo: no hay ningún servicio tradin; ¿querías decir trading? Hay trading."),
        ("/cmd trading.fly", "No se hizo: trading no tiene la acción fly; hay look, stop."),
        ("/cmd trading", "No se hizo: falta la acción de trading; tiene look, stop."),
        ("/cmd trading.wipe", "No se hizo: no puedes pedir trading.wipe."),
        ("/cmd trading.stop", "No se hizo: falta id."),
        ("/cmd trading.stop id=1 ids=2", "No se hizo: ids no se conoce: ¿querías decir id?"),
        (
            "/cmd trading.stop n=x foo=1",
            "No se hizo: n debe ser un número entero, como 7; foo no se conoce: lleva id, n; falta id.",
        ),
    ] {
        assert_eq!(refused(line, Some("es")), spanish);
        assert!(refused(line, Some("en")).starts_with("Not done: "));
    }
    let spanish = "No se hizo: no hay ningún comando /hlep; ¿querías decir /help?";
    assert_eq!(no_such_command("/hlep", Some("/help"), Some("es")), spanish);
    let invalid = CommandLine::parse("/cmd", "bot").unwrap().unwrap_err();
    assert!(rejected_line(&invalid, Some("es")).starts_with("Escribe /cmd"));
    assert_eq!(
        refused("/cmd trading.stop n=x", Some("en")),
        "Not done: n must be a whole number, such as 7; id is missing."
    );
    let invalid = CommandLine::parse("/cmd trading.stop now id=\"a", "bot").unwrap().unwrap_err();
    for (locale, expected) in [
        (
            "es",
            "No se hizo: now no tiene valor: escribe nombre=valor, y entre comillas un valor con espacios; a id le falta la \
             comilla de cierre.",
        ),
        (
            "en",
            "Not done: now has no value: write name=value, and quotes around a value with spaces; id has no closing quote.",
        ),
    ] {
        assert_eq!(rejected_line(&invalid, Some(locale)), expected);
    }
}

#[test]
fn where_an_argument_has_few_values_people_are_told_these() {
    let schema = json!({ "type": "object", "properties": {
        "level": { "type": "integer", "enum": [1, 2] }, "room": { "type": "string", "enum": ["kitchen", "the hall"] },
    } });
    let written = json!({ "lights": {
        "base_url": "http://127.0.0.1:9300", "may": ["ana"], "actions": { "on": { "schema": schema, "confirm": false } },
    } });
    let registry = Registry::read(&object(written)).unwrap();
    for locale in ["en", "es"] {
        let told = help(&registry, &[(&Tenant::default(), vec!["ana"])], Some(locale));
        assert!(told.ends_with("\n/cmd lights.on [level=1|2] [room=kitchen|\"the hall\"]"), "{told}");
    }
}

#[test]
fn what_nobody_could_confirm_is_told_in_the_language_of_whoever_asks() {
    let unresolved = Unresolved::NobodyConfirms { service: "trading".into(), by: "ada".into() };
    let spanish = "No se hizo: trading no nombra a quién confirma, y ada no es ningún contacto.";
    assert_eq!(refusal(&unresolved, Some("es")), spanish);
    assert!(refusal(&unresolved, None).contains("trading does, for it names no approvers, and ada is no contact"));
}

#[test]
fn no_value_reads_like_another_argument_or_like_words_of_ours() {
    let asked = |arguments: Value| question(&Command { arguments: arguments.to_string(), ..made("stop") }, None);
    for (value, shown) in [
        (json!("a n=1 who=alice? ben asks for it."), r#"mode = "a n=1 who=alice? ben asks for it.""#),
        (json!("a\nwho = \"alice\""), r#"mode = "a\nwho = \"alice\"""#),
        (json!("\u{202e}ecila\u{2028}"), r#"mode = "\u{202e}ecila\u{2028}""#),
        (json!(999_999), "mode = 999999"),
        (json!(true), "mode = true"),
    ] {
        let expected = format!("Do trading.stop?\n{shown}\nwho = \"mallory\"");
        assert_eq!(asked(json!({"mode": value, "who": "mallory"})), expected);
    }
}

#[test]
fn those_who_confirm_are_asked_what_is_to_be_done() {
    let stop = made("stop");
    assert_eq!(question(&stop, Some("es")), "¿Hacer trading.stop?\nid = \"a b\"");
    assert_eq!(question(&stop, None), "Do trading.stop?\nid = \"a b\"");
    let [yes, no] = yes_and_no(Some("es"));
    assert_eq!((yes.label.as_str(), yes.refuses, no.refuses), ("Sí", false, true));
    assert_eq!(accepted(&stop, None), "trading.stop waits for its confirmation.");
    assert_eq!(accepted(&made("look"), Some("es")), "trading.look está en camino.");
}

#[test]
fn somebody_sees_what_they_may_have_done_and_an_administrator_all_of_it() {
    let registry = registry();
    let acme = tenant("acme");
    let seen = |who: &[&str], sees_all| {
        let shown = services::shown(&registry, &acme, who, sees_all);
        let actions = shown.into_iter().flat_map(|service| service.actions);
        actions.map(|action| (action.name, action.is_allowed)).collect::<Vec<_>>()
    };
    assert!(seen(&["eve"], false).is_empty());
    assert_eq!(seen(&["root"], false), [("wipe".to_owned(), true)]);
    assert_eq!(seen(&["root"], true).len(), 3);
    assert!(services::shown(&registry, &tenant("other"), &["root"], true).is_empty());
}

#[test]
fn the_journal_is_told_who_has_asked_and_who_has_decided_by_what_and_with_which_evidence() {
    let given = GivenAnswer {
        id: "press-1".into(),
        approver: "ben".into(),
        choice: "yes".into(),
        via: "telegram".into(),
        at: NOW,
        evidence: r#"{"event":"7"}"#.into(),
    };
    let answer = Answer { given, late: false, version: 2 };
    for (state, kind, by_whom) in [
        (CommandState::Dispatched, Some("command.confirmed"), Some(&answer)),
        (CommandState::Rejected, Some("command.refused"), Some(&answer)),
        (CommandState::Rejected, Some("command.refused"), None),
        (CommandState::Running, None, Some(&answer)),
        (CommandState::Expired, None, None),
    ] {
        let command = Command { state, updated_at: NOW, ask: Some("a-1".into()), ..made("stop") };
        let told = decided(&command, "ben", by_whom);
        assert_eq!(told.as_ref().map(|entry| entry.kind), kind, "{state:?}");
        let Some(told) = told else { continue };
        assert_eq!((told.actor.as_str(), told.subject.as_str()), ("ben", "c-1"));
        let expected = json!({
            "service": "trading", "action": "stop", "requested_by": "eve", "ask": "a-1",
            "via": by_whom.map(|_| "telegram"), "answer": by_whom.map(|_| "press-1"),
            "evidence": by_whom.map(|_| r#"{"event":"7"}"#),
        });
        assert_eq!(Value::Object(told.data), expected);
    }
}
