//! What is read of a request, and everything for which one is refused.

use super::*;

fn read(text: &str) -> Result<AskRequest, Vec<FieldError>> {
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { panic!("{text} is no object") };
    AskRequest::read(object)
}

fn faults(text: &str) -> Vec<String> {
    read(text).map_or_else(|errors| errors.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// The faults of a question to Ana with these fields beside it.
fn faults_with(fields: &str) -> Vec<String> {
    faults(&format!(r#"{{"question": "Deploy?", "to": [{{"contact": "ana"}}], {fields}}}"#))
}

fn labels(choices: &[AskChoice]) -> Vec<String> {
    let one = |choice: &AskChoice| format!("{}={}{}", choice.id, choice.label, if choice.refuses { "!" } else { "" });
    choices.iter().map(one).collect()
}

#[test]
fn a_question_and_somebody_to_ask_are_enough() {
    let request = read(r#"{"question": "Deploy?", "to": [{"contact": "ana"}], "id": null, "locale": ""}"#).unwrap();
    assert_eq!(
        (request.id.as_deref(), request.tenant.as_str(), request.question.as_str()),
        (None, "default", "Deploy?")
    );
    assert_eq!((request.quorum, request.four_eyes, request.may_change), (1, false, false));
    assert_eq!((request.expires_in.as_secs(), request.next_channel_after.as_secs()), (3_600, 120));
    assert_eq!((request.remind_after, request.escalate.len(), request.metadata.len()), (None, 0, 0));
    assert_eq!(request.to, [Addressee::Contact { id: "ana".into(), channels: Vec::new() }]);
}

#[test]
fn every_field_is_read() {
    let request = read(
        r#"{"version": 1, "id": "a-1", "tenant": "acme", "question": "¿Sí?", "choices": ["Sí", {"id": "nunca", "label": "No",
            "refuses": true}], "to": [{"contact": "ana", "channels": ["Telegram", "email"]}, {"group": "admins"},
            {"channel": "email", "destination": "ana@example.org", "name": "Ana", "locale": "es-AR"}], "quorum": 2.0,
            "four_eyes": true, "may_change": true, "expires_in": 600, "correlation_id": "order-7", "reply_to": "answers",
            "requested_by": "trading", "locale": "es", "next_channel_after": 30, "remind_after": 60,
            "escalate": [{"after_seconds": 120, "to": [{"group": "bosses"}]}], "metadata": {"order": 7}}"#,
    )
    .unwrap();
    assert_eq!((request.id.as_deref(), request.tenant.as_str(), request.quorum), (Some("a-1"), "acme", 2));
    assert_eq!(labels(&request.choices), ["si=Sí", "nunca=No!"]);
    assert_eq!(request.offered("en"), request.choices);
    let channel = |name| ChannelName::parse(name).unwrap();
    let ana = Addressee::Contact { id: "ana".into(), channels: vec![channel("telegram"), channel("email")] };
    assert_eq!(request.to[0], ana);
    assert_eq!(request.to[1], Addressee::Group { name: "admins".into(), channels: Vec::new() });
    let Addressee::Address { destination, name, locale, .. } = &request.to[2] else { panic!("an address") };
    assert_eq!(
        (destination.as_str(), name.as_deref(), locale.as_deref()),
        ("ana@example.org", Some("Ana"), Some("es-AR"))
    );
    assert_eq!((request.correlation_id.as_deref(), request.reply_to.as_deref()), (Some("order-7"), Some("answers")));
    assert_eq!((request.requested_by.as_deref(), request.four_eyes, request.may_change), (Some("trading"), true, true));
    assert_eq!(
        (request.remind_after, request.escalate[0].after),
        (Some(Duration::from_secs(60)), Duration::from_secs(120))
    );
    assert_eq!((request.next_channel_after.as_secs(), &request.metadata["order"]), (30, &7.into()));
}

#[test]
fn yes_and_no_are_in_the_language_of_the_question() {
    for (own, default, expected) in [
        (None, "en", ["yes=Yes", "no=No"]),
        (None, "es", ["yes=Sí", "no=No"]),
        (Some("es-AR"), "en", ["yes=Sí", "no=No"]),
        (Some("ES"), "en", ["yes=Sí", "no=No"]),
        (Some("est"), "es", ["yes=Yes", "no=No"]),
    ] {
        let mut request = read(r#"{"question": "?", "to": [{"contact": "ana"}]}"#).unwrap();
        request.locale = own.map(str::to_owned);
        assert_eq!(labels(&request.offered(default)), expected, "{own:?} {default}");
    }
}

#[test]
fn a_label_gives_its_choice_an_id() {
    for (given, expected) in [
        (r#"["Sí", "No"]"#, ["si=Sí", "no=No"]),
        (r#"["¡Más tarde!", "Ñandú"]"#, ["mas-tarde=¡Más tarde!", "nandu=Ñandú"]),
        (r#"["はい", "いいえ"]"#, ["choice-1=はい", "choice-2=いいえ"]),
        (r#"["12025550143", {"label": "Otro"}]"#, ["choice-1=12025550143", "otro=Otro"]),
    ] {
        let text = format!(r#"{{"question": "?", "to": [{{"contact": "ana"}}], "choices": {given}}}"#);
        assert_eq!(labels(&read(&text).unwrap().choices), expected, "{given}");
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let text = r#"{"qestion": "?", "to": [{"contct": "ana"}, 7, {"channel": "e mail", "destination": ""}], "quorum": 0,
        "four_eyes": "yes", "expires_in": 9, "choices": [], "tenant": "a b", "recipients": 1, "surprise": 1}"#;
    assert_eq!(
        faults(text),
        [
            "/tenant must be 1 to 64 letters, digits, '_' or '-'",
            "/question is missing",
            "/choices must not be empty",
            "/to/0 must have contact, group, or channel and destination",
            "/to/0/contct is not known: did you mean contact?",
            "/to/1 must be an object with contact, with group, or with channel and destination, not a number",
            "/to/2/channel must be a channel's name: 1 to 32 letters, digits, '_' or '-'",
            "/to/2/destination is missing",
            "/quorum must be a whole number from 1 to 50",
            "/four_eyes must be true or false, not a string",
            "/expires_in must be a whole number of seconds from 10 to 2592000 (30 days)",
            "/qestion is not known: did you mean question?",
            "/recipients is not known: did you mean to?",
            "/surprise is not known: fields of your own belong into metadata",
        ]
    );
}

#[test]
fn each_field_has_its_limits() {
    let long = "x".repeat(1_001);
    assert_eq!(faults(&format!(r#"{{"question": "{long}", "to": [{{"contact": "ana"}}]}}"#)).len(), 1);
    let many = vec![r#"{"contact": "ana"}"#; 51].join(",");
    assert_eq!(faults(&format!(r#"{{"question": "?", "to": [{many}]}}"#)), ["/to has 51 items, and may have 50"]);
    for (fields, expected) in [
        (r#""choices": ["a", "A"]"#, "/choices/1 has the id of another choice"),
        (
            r#""choices": [{"id": "a", "label": "Sí"}, {"id": "b", "label": "sí"}]"#,
            "/choices/1 has the label of another choice",
        ),
        (r#""choices": [{"label": "No", "refuses": true}]"#, "/choices must have one at least that does not refuse"),
        (r#""choices": [" "]"#, "/choices/0 must have 1 to 64 characters"),
        (r#""choices": [{"id": "a b", "label": "x"}]"#, "/choices/0/id must be 1 to 64 letters, digits, '_' or '-'"),
        (r#""choices": [{"id": "a", "labl": "x"}]"#, "/choices/0/label is missing"),
        (r#""expires_in": 2592001"#, "/expires_in must be a whole number of seconds from 10 to 2592000 (30 days)"),
        (r#""expires_in": 1.5"#, "/expires_in must be a whole number of seconds from 10 to 2592000 (30 days)"),
        (r#""remind_after": 3600"#, "/remind_after must be less than expires_in: the question has ended by then"),
        (r#""escalate": [{"to": [{"group": "b"}]}]"#, "/escalate/0/after_seconds is missing"),
        (r#""escalate": [{"after_seconds": 9}]"#, "/escalate/0/to is missing: name who is asked"),
        (
            r#""escalate": [{"after_seconds": 9, "to": [{"group": "b"}]}, {"after_seconds": 9, "to": [{"group": "c"}]}]"#,
            "/escalate/1/after_seconds must be more than that of the step before",
        ),
        (r#""choices": ["Yes", "Ye\u200bs"]"#, "/choices/1 must not contain the invisible character U+200B"),
        (r#""correlation_id": "a\nb""#, "/correlation_id must not contain "),
        (r#""metadata": 7"#, "/metadata must be an object, not a number"),
        (r#""quorum": 2"#, "/quorum must be 1 to 1: so many may answer"),
        (r#""version": 2"#, "/version must be the number 1"),
    ] {
        let found = faults_with(fields);
        assert!(found.iter().any(|fault| fault.starts_with(expected)), "{fields}: {found:?}");
    }
}

#[test]
fn a_question_turns_no_text_and_nobody_is_called_as_an_administrator() {
    for (question, expected) in [
        ("Deploy?\\n\\t- one\\r\\n- \\u2067two\\u2069", None),
        ("Deploy \\u202eoN?", Some("/question must not contain the invisible character U+202E")),
        ("Deploy?\\n\\u2067x", Some("/question must close each isolate")),
        ("Deploy?\\u0000", Some("/question must not contain the control character U+0000")),
    ] {
        let found = faults(&format!(r#"{{"question": "{question}", "to": [{{"contact": "ana"}}]}}"#));
        assert_eq!(found.first().map(|fault| fault.starts_with(expected.unwrap_or_default())), expected.map(|_| true));
    }
    for good in ["Ana", "Turno: noche", "Zoë O'Brien", "علی\u{200c}رضا"] {
        assert_eq!(refusal_as_a_name(good), None, "{good}");
    }
    for bad in [
        "telegram:4712",
        "Telegram : 4712",
        "SLACK:U1",
        "command  line:ada",
        "telegram\u{ff1a}4712",
        "***12",
        "A\u{200b}na",
        "\u{feff}Ana",
        "Ana\u{e0041}",
        "\u{202e}anA",
    ] {
        assert!(refusal_as_a_name(bad).is_some_and(|must| must.starts_with("must not ")), "{bad:?}");
    }
    let to = r#"{"question": "?", "to": [{"channel": "sms", "destination": "+12025550143", "name": "telegram:4712"}]}"#;
    assert!(faults(to)[0].starts_with("/to/0/name must not begin "), "{:?}", faults(to));
}

#[test]
fn whoever_is_named_twice_or_in_two_ways_is_refused() {
    for (people, expected) in [
        (r#"{"contact": "ana"}, {"contact": "ana", "channels": ["sms"]}"#, "/to/1 is named before"),
        (r#"{"contact": "ana", "group": "admins"}"#, "/to/0 must have one of contact, group and channel"),
        (r#"{"contact": "ana", "destination": "x"}"#, "/to/0/destination belongs to channel and destination"),
        (
            r#"{"channel": "sms", "destination": "x", "channels": ["sms"]}"#,
            "/to/0/channels belongs to a contact or a group",
        ),
        (r#"{"contact": "ana", "channels": ["sms", "SMS"]}"#, "/to/0/channels/1 is named before"),
        (r#"{"contact": "ana", "channels": [7]}"#, "/to/0/channels/0 must be a string, not a number"),
        (r#"{"destination": "ana@example.org"}"#, "/to/0/channel is missing"),
        (
            r#"{"channel": "telegram", "destination": "-1001234"}"#,
            "/to/0/destination must be a person's chat: their number",
        ),
        (
            r#"{"channel": "Telegram", "destination": "@deploys"}"#,
            "/to/0/destination must be a person's chat: their number",
        ),
        (
            r#"{"channel": "slack", "destination": "C012AB3CD"}"#,
            "/to/0/destination must be a person: their id, which begins with U or W",
        ),
    ] {
        let found = faults(&format!(r#"{{"question": "?", "to": [{people}]}}"#));
        assert_eq!(found, [expected], "{people}");
    }
}
