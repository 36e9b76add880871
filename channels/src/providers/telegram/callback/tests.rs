//! Who is believed, what an update says, and how a press is answered.

use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use testkit::{NOW, fuzz_cases};

use super::*;
use crate::tests::odd;

fn settings(secret: &str) -> Settings {
    let telegram =
        crate::telegram::Settings { webhook_secret: Some(secret.into()), ..crate::telegram::Settings::default() };
    Settings { telegram, ..crate::settings::of_tests() }
}

fn check(settings: &Settings, said: &[&'static str]) -> Result<(), Refused> {
    let name = HeaderName::from_static(SIGNATURE);
    let mut headers = HeaderMap::new();
    for word in said {
        headers.append(name.clone(), HeaderValue::from_static(word));
    }
    verify(settings, &Callback { target: "/webhook/telegram", headers: &headers, body: b"{}", at: NOW })
}

#[test]
fn only_who_says_the_secret_is_believed() {
    let ours = settings("a-Secret_1");
    assert_eq!(check(&ours, &["a-Secret_1"]), Ok(()));
    for said in ["a-secret_1", "a-Secret_", "a-Secret_11", "x"] {
        assert_eq!(check(&ours, &[said]), Err(Refused::Forged), "{said}");
    }
    for said in [&[][..], &[""], &["a-Secret_1", "a-Secret_1"]] {
        assert_eq!(check(&ours, said), Err(Refused::Unsigned), "{said:?}");
    }
    let nobody = crate::settings::of_tests();
    assert_eq!(check(&nobody, &["a-Secret_1"]), Err(Refused::NotConfigured("TELEGRAM_WEBHOOK_SECRET")));
}

#[test]
fn a_secret_that_telegram_would_not_take_is_warned_of_and_not_quoted() {
    let long = "x".repeat(257);
    for secret in ["two words", "ñ", "a.b", long.as_str()] {
        let told = warnings(&settings(secret));
        assert_eq!(told.len(), 1, "{secret}");
        assert!(told[0].text.starts_with("TELEGRAM_WEBHOOK_SECRET is no ") && !told[0].text.contains(secret));
    }
    for secret in ["a", &long[1..], "A-z_0"] {
        assert!(warnings(&settings(secret)).is_empty(), "{secret}");
    }
    assert!(warnings(&crate::settings::of_tests()).is_empty());
}

fn read(update: &Value) -> Result<Readable, Unreadable> {
    let (headers, body) = (HeaderMap::new(), update.to_string());
    let callback = Callback { target: "/webhook/telegram", headers: &headers, body: body.as_bytes(), at: NOW };
    reports(&settings("x"), &callback)
}

/// What the one report of an update says.
fn one(update: &Value) -> Report {
    let Readable { reports, unread } = read(update).unwrap_or_else(|why| panic!("{update}: {why}"));
    let [report] = reports.as_slice() else { panic!("{update}: {reports:?}") };
    assert_eq!((report.provider, report.event_id.as_str(), unread), ("telegram", "7/received", None));
    assert_eq!((report.about.as_ref(), report.has_copies), (None, false));
    report.clone()
}

/// A message of a person, alone with the bot, with these fields.
fn message(fields: Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": 1_750_857_384, "from": { "id": 4711, "is_bot": false, "first_name": "Ana" },
        "chat": { "id": 4711, "type": "private" },
    });
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "update_id": 7, "message": message })
}

#[test]
fn a_secret_beside_polling_is_warned_of() {
    let mut both = settings("a-Secret_1");
    both.telegram.poll = true;
    let told = warnings(&both);
    assert_eq!(told.len(), 1);
    assert!(told[0].text.starts_with("TELEGRAM_WEBHOOK_SECRET is set beside TELEGRAM_POLL=true"), "{}", told[0].text);
    both.telegram.webhook_secret = None;
    assert!(warnings(&both).is_empty());
}

#[test]
fn what_people_write_is_told_with_who_it_was() {
    let reply = |text: &str, media: &[&str], keyword| Reported::Reply {
        from: "4711".into(),
        text: text.into(),
        media: media.iter().map(|id| (*id).to_owned()).collect(),
        keyword,
    };
    let (stop, start) = (Some(Keyword::Stop), Some(Keyword::Start));
    for (fields, expected) in [
        (json!({ "text": "Hola" }), reply("Hola", &[], None)),
        (json!({ "text": " Baja " }), reply(" Baja ", &[], stop)),
        (json!({ "text": "/stop" }), reply("/stop", &[], stop)),
        (json!({ "text": "/STOP@the_bot" }), reply("/STOP@the_bot", &[], stop)),
        (json!({ "text": "/start" }), reply("/start", &[], start)),
        (json!({ "text": "/start a-token" }), reply("/start a-token", &[], start)),
        (json!({ "text": "/status stop" }), reply("/status stop", &[], None)),
        (json!({ "text": "/" }), reply("/", &[], None)),
        (json!({ "text": "stop texting me" }), reply("stop texting me", &[], None)),
        (
            json!({ "caption": "mira", "photo": [{ "file_id": "small" }, { "file_id": "large" }] }),
            reply("mira", &["large"], None),
        ),
        (json!({ "voice": { "file_id": "v-1" } }), reply("", &["v-1"], None)),
        (json!({ "location": { "latitude": 1, "longitude": 2 } }), reply("", &[], None)),
    ] {
        let report = one(&message(fields.clone()));
        assert_eq!(report.said, expected, "{fields}");
        assert_eq!(report.at, Some(Timestamp::from_seconds(1_750_857_384)));
        assert_eq!((report.recipient.as_deref(), report.provider_id), (Some("4711"), None));
    }
    let answered = one(&message(json!({ "text": "sí", "reply_to_message": { "message_id": 3 } })));
    assert_eq!(answered.provider_id.as_deref(), Some("3"));
}

#[test]
fn who_has_enough_of_a_group_has_not_had_enough_of_us() {
    let group = json!({ "id": -1_004_711, "type": "supergroup" });
    for text in ["STOP", "/stop", "/start"] {
        let report = one(&message(json!({ "chat": group, "text": text })));
        assert!(matches!(&report.said, Reported::Reply { from, keyword: None, .. } if from == "4711"), "{report:?}");
        assert_eq!(report.recipient.as_deref(), Some("-1004711"));
    }
}

#[test]
fn who_has_pressed_which_button_is_told_with_the_message_above_it() {
    let query = json!({
        "id": "77", "from": { "id": 4711, "is_bot": false }, "chat_instance": "1", "data": "ask-1-yes",
        "message": { "message_id": 5, "date": 0, "chat": { "id": -1_004_711, "type": "supergroup" } },
    });
    let report = one(&json!({ "update_id": 7, "callback_query": query }));
    assert_eq!(report.said, Reported::Button { payload: "ask-1-yes".into(), by: "4711".into() });
    assert_eq!((report.provider_id.as_deref(), report.recipient.as_deref()), (Some("5"), Some("-1004711")));
    assert_eq!(report.at, None);
    let alone = json!({ "id": "77", "from": { "id": 4711 }, "data": "x" });
    let report = one(&json!({ "update_id": 7, "callback_query": alone }));
    assert_eq!((report.provider_id, report.recipient.as_deref()), (None, Some("4711")));
}

/// A change of what the bot may do in a chat.
fn standing(status: &str, chat: Value) -> Value {
    let member = json!({ "status": status, "user": { "id": 1, "is_bot": true }, "until_date": 0 });
    let change = json!({
        "chat": chat, "from": { "id": 4711 }, "date": 1_750_857_384, "old_chat_member": {}, "new_chat_member": member,
    });
    json!({ "update_id": 7, "my_chat_member": change })
}

#[test]
fn who_blocks_the_bot_and_lets_it_in_again_is_told() {
    let by = || "4711".to_owned();
    for (status, expected) in [("kicked", Reported::Blocked { by: by() }), ("member", Reported::Unblocked { by: by() })]
    {
        let report = one(&standing(status, json!({ "id": 4711, "type": "private" })));
        assert_eq!(report.said, expected);
        assert_eq!(report.recipient, Some(by()));
        assert_eq!(report.at, Some(Timestamp::from_seconds(1_750_857_384)));
    }
}

#[test]
fn what_is_not_known_says_nothing_and_what_has_an_odd_shape_is_named() {
    let group = json!({ "id": -1, "type": "group" });
    for nothing in [
        json!({ "update_id": 7 }),
        json!({ "update_id": 7, "my_chat_member": { "from": { "id": 1 } } }),
        standing("kicked", json!({ "id": -1, "type": "group" })),
        standing("restricted", json!({ "id": 4711, "type": "private" })),
        json!({ "update_id": 7, "edited_message": { "text": "x" } }),
        json!({ "update_id": 7, "callback_query": { "id": "1", "from": { "id": 1 }, "game_short_name": "x" } }),
        message(json!({ "from": { "id": 1, "is_bot": true }, "text": "x" })),
        message(json!({ "chat": group, "new_chat_members": [] })),
    ] {
        assert_eq!(read(&nothing), Ok(Readable::default()), "{nothing}");
    }
    for (odd, why) in [
        (json!([]), "it is no JSON object"),
        (json!({}), "the update has no number"),
        (json!({ "update_id": "7" }), "the update has no number"),
        (json!({ "update_id": 7, "message": 1 }), "it is no JSON object"),
        (json!({ "update_id": 7, "callback_query": null }), "it is no JSON object"),
        (json!({ "update_id": 7, "my_chat_member": 1 }), "it is no JSON object"),
        (message(json!({ "from": null })), "it does not say who has written"),
        (message(json!({ "from": { "id": "4711" } })), "it does not say who has written"),
        (message(json!({ "chat": {} })), "it does not say in which chat"),
        (json!({ "update_id": 7, "callback_query": { "data": "x" } }), "it does not say who has pressed"),
    ] {
        assert_eq!(read(&odd), Err(Unreadable(why)), "{odd}");
    }
    let headers = HeaderMap::new();
    for body in [&b""[..], b"{", &odd::too_long()[..]] {
        let callback = Callback { target: "/", headers: &headers, body, at: NOW };
        assert!(reports(&settings("x"), &callback).is_err(), "{:?}", body.get(..9));
    }
}

fn answered(body: &str) -> (&'static str, String) {
    let headers = HeaderMap::new();
    answer(&Callback { target: "/webhook/telegram", headers: &headers, body: body.as_bytes(), at: NOW })
}

#[test]
fn a_press_is_answered_so_that_its_button_waits_no_longer_and_nothing_else_is() {
    let (content_type, body) = answered(r#"{"update_id":7,"callback_query":{"id":"77\"","data":"x"}}"#);
    let said: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(content_type, "application/json");
    assert_eq!(said, json!({ "method": "answerCallbackQuery", "callback_query_id": "77\"" }));
    for body in ["", "{", "{}", "[]", r#"{"callback_query":{"id":7}}"#, r#"{"callback_query":{"id":"a\nb"}}"#] {
        assert_eq!(answered(body), ("text/plain; charset=utf-8", String::new()), "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(10_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_update_of_telegram_makes_the_reader_panic(body in odd::bodies(vec![
        message(json!({ "text": "/stop", "photo": [{ "file_id": "a" }] })).to_string().into(),
        json!({ "update_id": 7, "callback_query": {
            "id": "1", "from": { "id": 1 }, "data": "x", "message": { "message_id": 1, "chat": { "id": -1 } },
        } }).to_string().into(),
    ])) {
        odd::bounded("telegram", &settings("x"), &body);
        let headers = HeaderMap::new();
        let (_, said) = answer(&Callback { target: "/", headers: &headers, body: &body, at: NOW });
        prop_assert!(said.len() <= 1024);
    }
}
