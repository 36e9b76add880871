//! What people press and type: theirs alone, once, and each told what became of it.

use std::time::Duration;

use domain::{AskState, ChannelName, Purpose};
use serde_json::json;
use topology::{Inbound, Settlement};

use crate::testing::{ADMIN, Parts, Published, names, parts, press, words};

async fn asked() -> Parts {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    parts.knows("ben", &[], &[("sms", "+12025550143")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "choices": ["Sí", "No"], "locale": "es", "quorum": 2,
        "to": [{ "contact": "ana" }, { "contact": "ben" }] });
    parts.asks(body).await;
    parts
}

fn verdict(published: &Published) -> &str {
    let [told] = published.deliveries.as_slice() else { panic!("{:?}", published.deliveries) };
    assert_eq!(told["template"], "ask_reply");
    told["data"]["verdict"].as_str().unwrap()
}

async fn attempts(parts: &Parts) -> u32 {
    parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap().attempts
}

async fn version(parts: &Parts) -> u32 {
    parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap().version
}

#[tokio::test]
async fn a_button_is_theirs_for_whom_it_was_made_in_a_chat_of_their_own() {
    let mut parts = asked().await;
    let (own, of_ben) = (parts.button(0, 0).await, parts.button(0, 1).await);
    for (call, expected, event) in [
        (press("1/received", "2", &own), "not_asked", "ask.refused"),
        (press("2/received", "1", &of_ben), "not_yours", "ask.refused"),
        (press("3/received", "1", &own), "counts", "ask.counted"),
        (press("4/received", "1", &own), "same", ""),
    ] {
        parts.says("telegram", call).await;
        let published = parts.published();
        assert_eq!((verdict(&published), names(&published).as_str()), (expected, event));
    }
    let in_a_group = json!({ "id": "5/received", "by": "1", "chat": "-100", "press": own });
    parts.says("telegram", in_a_group).await;
    let published = parts.published();
    assert_eq!((names(&published).as_str(), published.deliveries.len()), ("ask.refused", 0), "nobody else reads it");
    assert_eq!(version(&parts).await, 2);
}

#[tokio::test]
async fn a_button_of_slack_is_theirs_in_a_conversation_with_the_app_alone() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("slack", "U012AB3CD")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "quorum": 2,
        "to": [{ "contact": "ana" }, { "channel": "slack", "destination": "U99999999" }] });
    parts.asks(body).await;
    let own = parts.button(0, 0).await;
    let said = |id: &str, by: &str, chat: &str| json!({ "id": id, "by": by, "chat": chat, "press": own });
    parts.says("slack", said("1/0", "U012AB3CD", "C012AB3CD")).await;
    let in_a_channel = parts.published();
    assert_eq!((names(&in_a_channel).as_str(), in_a_channel.deliveries.len()), ("ask.refused", 0));
    for (call, expected) in
        [(said("2/0", "U99999999", "D99999999"), "not_yours"), (said("3/0", "U012AB3CD", "D012AB3CD"), "counts")]
    {
        parts.says("slack", call).await;
        let published = parts.published();
        assert_eq!(verdict(&published), expected);
        assert!(published.deliveries[0]["destination"].as_str().is_some_and(|to| to.starts_with('U')));
    }
}

#[tokio::test]
async fn a_button_that_we_have_not_made_does_nothing() {
    let mut parts = asked().await;
    let own = parts.button(0, 0).await;
    let forged = format!("{}A", &own[..own.len() - 1]);
    let forged = if forged == own { format!("{}B", &own[..own.len() - 1]) } else { forged };
    parts.says("telegram", press("1/received", "1", &forged)).await;
    let published = parts.published();
    assert_eq!(verdict(&published), "unknown_code");
    parts.says("telegram", press("2/received", "1", "no ticket")).await;
    let published = parts.published();
    assert_eq!(
        (names(&published).as_str(), published.deliveries.len()),
        ("telegram.inbound", 0),
        "it is somebody else's"
    );
    assert_eq!(version(&parts).await, 1);
}

#[tokio::test]
async fn a_word_and_the_code_answer_and_the_code_is_told_to_nobody() {
    let mut parts = asked().await;
    let code = parts.code(1).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    parts.says("sms", words("SM1/received", "+12025550143", &format!("si {wrong}"))).await;
    let published = parts.published();
    assert_eq!((verdict(&published), names(&published).as_str()), ("unknown_code", "ask.refused"));
    parts.says("sms", words("SM2/received", "+12025550143", &code)).await;
    assert_eq!(verdict(&parts.published()), "unknown_choice");
    let tried = attempts(&parts).await;
    for (n, text) in ["Order 123456", "maybe 123456", "my order is 123456"].into_iter().enumerate() {
        parts.says("sms", words(&format!("SM2{n}/received"), "+12025550143", text)).await;
        let published = parts.published();
        assert_eq!((names(&published).as_str(), published.deliveries.len()), ("sms.inbound", 0), "{text}");
    }
    assert_eq!(attempts(&parts).await, tried, "no code is looked at");
    parts.says("sms", words("SM3/received", "+12025550143", &format!(" SI {} {}", &code[..3], &code[3..]))).await;
    let published = parts.published();
    assert_eq!((verdict(&published), names(&published).as_str()), ("counts", "ask.counted"));
    let told = format!("{:?} {:?}", published.events, published.deliveries);
    assert!(!told.contains(&code), "{told}");
    parts.says("sms", words("SM4/received", "+12025550199", &format!("si {code}"))).await;
    let published = parts.published();
    assert_eq!((names(&published).as_str(), published.deliveries.len()), ("sms.inbound", 0), "nobody has asked them");
}

#[tokio::test]
async fn an_answer_is_heard_as_the_message_says_it_whatever_the_labels_are() {
    let mut parts = parts().await;
    parts.knows("ben", &[], &[("sms", "+12025550143")]).await;
    let long = "x".repeat(64);
    let body = json!({ "id": "a-1", "question": "Which?", "may_change": true, "quorum": 2,
        "choices": ["Plan 1", "2024", "10:00", "A-1", "Sí, a las 5", "👍", long],
        "to": [{ "contact": "ben" }, { "channel": "sms", "destination": "+12025550144" }] });
    let asked = parts.asks(body).await;
    let replies = asked.deliveries[0]["data"]["replies"].as_array().unwrap().clone();
    let code = parts.code(0).await;
    let ask = parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    let typed = replies.iter().map(|reply| reply["word"].as_str().unwrap());
    let typed = typed.zip(&ask.choices).map(|(word, choice)| (format!("{word} {code}"), choice));
    let labels = ask.choices.iter().map(|choice| (format!("{} {}-{}.", choice.label, &code[..2], &code[2..]), choice));
    for (n, (text, choice)) in typed.chain(labels).enumerate() {
        parts.says("sms", words(&format!("SM{n}/received"), "+12025550143", &text)).await;
        let published = parts.published();
        let is_answer = matches!(names(&published).as_str(), "ask.counted" | "ask.changed" | "ask.refused");
        assert!(is_answer && verdict(&published) != "unknown_choice", "{text}: {:?}", published.events);
        if verdict(&published) == "counts" {
            assert_eq!(published.events[0].1["choice"], json!(choice.id), "{text}");
        }
    }
    for text in [format!("1{code}"), format!("Plan 2 {code}"), format!("{code} Plan 1"), format!("8 {code}")] {
        parts.says("sms", words(&format!("{text}/received"), "+12025550143", &text)).await;
        assert_eq!(names(&parts.published()), "sms.inbound", "{text}");
    }
}

#[tokio::test]
async fn a_code_that_was_tried_too_often_is_looked_at_no_more() {
    let mut parts = asked().await;
    let code = parts.code(1).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for n in 0..super::typed::MAX_ATTEMPTS {
        parts.says("sms", words(&format!("SM{n}/received"), "+12025550143", &format!("si {wrong}"))).await;
    }
    parts.published();
    parts.says("sms", words("SM99/received", "+12025550143", &format!("si {code}"))).await;
    assert_eq!(verdict(&parts.published()), "unknown_code");
    parts.says("sms", words("SM100/received", "+12025550143", &format!("si {code}"))).await;
    let told = parts.published();
    assert_eq!((told.deliveries.len(), names(&told).as_str()), (0, ""), "each word more would cost money");
    assert_eq!(version(&parts).await, 1);
}

#[tokio::test]
async fn whoever_answers_all_that_they_are_asked_has_no_attempt_less() {
    let mut parts = asked().await;
    let store = parts.shared.intake.store.clone();
    for n in 2..30 {
        let body = json!({ "id": format!("a-{n}"), "question": "Deploy?", "to": [{ "contact": "ben" }] });
        parts.asks(body).await;
    }
    for n in 2..30 {
        let ask = store.ask(&testkit::key(&format!("a-{n}"))).await.unwrap().unwrap();
        let code = parts.shared.secrets.code(&ask.seed(), Purpose::Answer, 0).unwrap();
        let text = format!("yes {}", code.shown());
        parts.says("sms", words(&format!("SM{n}/received"), "+12025550143", &text)).await;
        assert_eq!(verdict(&parts.published()), "ends", "{n}");
    }
    assert_eq!(attempts(&parts).await, 0);
    let code = parts.code(1).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    parts.says("sms", words("SM99/received", "+12025550143", &format!("si {wrong}"))).await;
    assert_eq!((verdict(&parts.published()), attempts(&parts).await), ("unknown_code", 1));
}

#[tokio::test]
async fn an_answer_that_is_kept_is_known_again_beyond_the_last_attempt() {
    let mut parts = asked().await;
    let code = parts.code(1).await;
    let said = words("SM1/received", "+12025550143", &format!("si {code}"));
    parts.says("sms", said.clone()).await;
    let first = parts.published();
    for _ in 0..super::typed::MAX_ATTEMPTS {
        parts.shared.intake.store.count_ask_attempts(&[testkit::key("a-1")]).await.unwrap();
    }
    parts.says("sms", said).await;
    let again = parts.published();
    assert_eq!((again.events, again.deliveries), (first.events, first.deliveries), "a repeat is told the same");
}

#[tokio::test]
async fn a_code_is_tried_once_by_a_call_that_waits_for_something_else() {
    let parts = asked().await;
    let said = words("SM1/received", "+12025550143", "si 000000");
    let inbound = topology::Inbound::call("test", "/webhook/sms", parts.now(), said.to_string());
    let inbound = inbound.marked(&parts.shared.secrets);
    parts.takes(topology::Publication::of_inbound("m-1".to_owned(), inbound.clone())).await;
    assert_eq!(attempts(&parts).await, 1);
    parts.takes(topology::Publication::of_inbound_later("m-1".to_owned(), inbound, 1)).await;
    assert_eq!(attempts(&parts).await, 1);
}

#[tokio::test]
async fn a_code_that_is_typed_in_a_group_is_no_answer() {
    let mut parts = asked().await;
    let code = parts.code(0).await;
    let in_a_group = json!({ "id": "1/received", "by": "1", "chat": "-100", "text": format!("si {code}") });
    parts.says("telegram", in_a_group).await;
    assert_eq!((names(&parts.published()).as_str(), version(&parts).await), ("telegram.inbound", 1));
}

#[tokio::test]
async fn a_link_connects_an_account_once() {
    let mut parts = parts().await;
    let store = parts.shared.intake.store.clone();
    let ana = parts.knows("ana", &[], &[]).await;
    let until = parts.now().plus(std::time::Duration::from_secs(60));
    store.renew_contact_link(&ana.key, (&[5; 16], &ana.key_id), until, &testkit::told()).await.unwrap();
    let ana = store.contact(&ana.key).await.unwrap().unwrap();
    let ticket = parts.shared.secrets.link(&ana.seed(), Purpose::Connect, 0).unwrap();
    for (id, by, chat, text, expected) in [
        ("1/received", "1", "-100", format!("/start@acme_bot {ticket}"), None),
        ("2/received", "1", "1", format!("/start {ticket}"), Some("linked")),
        ("3/received", "1", "1", format!("/start {ticket}"), Some("linked")),
        ("4/received", "2", "2", format!("/start {ticket}"), Some("link_ended")),
    ] {
        parts.says("telegram", json!({ "id": id, "by": by, "chat": chat, "text": text })).await;
        let published = parts.published();
        match expected {
            None => assert!(published.deliveries.is_empty()),
            Some(expected) => assert_eq!(verdict(&published), expected, "{id}"),
        }
        assert_eq!(names(&published), "", "the link is told to nobody");
    }
    let linked = store.contact(&ana.key).await.unwrap().unwrap();
    assert_eq!(linked.addresses.iter().map(|address| address.destination.as_str()).collect::<Vec<_>>(), ["1"]);
}

#[tokio::test]
async fn commands_are_of_those_who_are_known_and_other_words_are_told_as_they_were() {
    let mut parts = parts().await;
    parts.says("telegram", words("1/received", "2", "/cmd trading.deploy")).await;
    let published = parts.published();
    assert_eq!((verdict(&published), names(&published).as_str()), ("not_allowed", ""));
    parts
        .says("telegram", json!({ "id": "2/received", "by": ADMIN, "chat": "-100", "text": "/cmd trading.deploy" }))
        .await;
    assert!(parts.published().deliveries.is_empty(), "not even an administrator in a group");
    for (n, text) in ["/cmd@other_bot x.y", "/commands", "hello", "SI", "order 12"].into_iter().enumerate() {
        parts.says("telegram", words(&format!("{n}/other"), ADMIN, text)).await;
        let published = parts.published();
        assert_eq!((names(&published).as_str(), published.deliveries.len()), ("telegram.inbound", 0), "{text}");
    }
    parts.says("telegram", words("9/received", ADMIN, "/help")).await;
    assert_eq!(parts.published().deliveries.len(), 1, "an administrator is told what there is");
}

#[tokio::test]
async fn an_answer_after_the_end_is_told_who_came_first() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    parts.knows("ben", &[], &[("telegram", "2")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }, { "contact": "ben" }] });
    parts.asks(body).await;
    let (of_ana, of_ben) = (parts.button(0, 0).await, parts.button(1, 1).await);
    parts.says("telegram", press("1/received", "1", &of_ana)).await;
    let ended = parts.published();
    assert_eq!(verdict(&ended), "ends");
    parts.take_all(ended).await;
    parts.published();
    parts.says("telegram", press("2/received", "2", &of_ben)).await;
    let late = parts.published();
    assert_eq!((verdict(&late), names(&late).as_str()), ("late", "ask.late"));
    assert_eq!(
        (&late.deliveries[0]["data"]["by"], &late.deliveries[0]["data"]["decided"]),
        (&json!("ana"), &json!("Yes"))
    );
    let ask = parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    assert_eq!(ask.state(), AskState::Answered);
}

#[tokio::test]
async fn words_that_come_twice_are_told_once() {
    let mut parts = parts().await;
    for expected in ["telegram.inbound", ""] {
        parts.says("telegram", words("1/received", "2", "hello")).await;
        assert_eq!(names(&parts.published()), expected);
    }
}

#[tokio::test]
async fn what_somebody_else_has_published_as_a_call_decides_nothing() {
    let mut parts = asked().await;
    let (button, code) = (parts.button(0, 0).await, parts.code(1).await);
    let others = domain::Secrets::new(&domain::Keyring::new(b"a secret of others, 32 bytes or more", None));
    for (channel, mut call) in [
        ("telegram", press("1/received", "1", &button)),
        ("telegram", words("2/received", ADMIN, "/cmd trading.deploy")),
        ("sms", words("SM1/received", "+12025550143", &format!("si {code}"))),
    ] {
        for is_marked in [false, true] {
            call["id"] = format!("{}/{is_marked}", call["id"].as_str().unwrap()).into();
            let forged = topology::Inbound::call("test", format!("/webhook/{channel}"), parts.now(), call.to_string());
            parts.hears(if is_marked { forged.marked(&others) } else { forged }).await;
            let published = parts.published();
            assert!(published.deliveries.is_empty(), "{channel}: nobody is answered");
            assert_eq!(names(&published), format!("{channel}.inbound"));
        }
    }
    assert_eq!((version(&parts).await, attempts(&parts).await), (1, 0));
    let years = std::time::Duration::from_secs(3 * 365 * 86_400);
    let call = press("9/received", "1", &button);
    let ahead = topology::Inbound::call("test", "/webhook/telegram", parts.now().plus(years), call.to_string());
    parts.hears(ahead).await;
    parts.published();
    parts.says("telegram", call).await;
    assert_eq!(verdict(&parts.published()), "counts", "nobody makes an answer late");
}

#[tokio::test]
async fn nobody_commands_by_an_account_that_a_tenant_has_only_put() {
    let mut parts = parts().await;
    let store = parts.shared.intake.store.clone();
    let known = parts.knows("known", &[], &[("telegram", "6")]).await;
    let put = async |tenant: &str, id: &str, number: &str, proved: bool| {
        let mut contact = store::Contact { key: testkit::key_of(tenant, id), ..known.clone() };
        let address = &mut contact.addresses[0];
        address.destination = number.to_owned();
        address.recipient = operations::recipient_of(&address.channel, number, &parts.shared.intake.hasher);
        address.proved = proved;
        store.put_contact(&contact, &testkit::told()).await.unwrap();
    };
    put("acme", "eve", ADMIN, false).await;
    put("acme", "cleo", "7", false).await;
    put("acme", "dora", "8", true).await;
    put("default", "dan", "8", true).await;
    let behind = async |number: &str| {
        let channel = domain::ChannelName::parse("telegram").unwrap();
        let people = crate::people::behind(&parts.shared, &channel, number).await.unwrap();
        people.into_iter().map(|person| person.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        behind(ADMIN).await,
        [format!("default/telegram:{ADMIN}")],
        "no other tenant takes an administrator over"
    );
    assert_eq!(behind("7").await, [""; 0]);
    assert_eq!(behind("8").await, ["default/dan", "acme/dora"]);
    put("default", "ada", ADMIN, false).await;
    assert_eq!(behind(ADMIN).await, ["default/ada"], "the settings vouch for the account");
    parts.says("telegram", words("1/received", "7", "/cmd trading.deploy")).await;
    assert_eq!(verdict(&parts.published()), "not_allowed");
}

#[tokio::test]
async fn whoever_writes_or_presses_by_whatsapp_has_been_heard() {
    let parts = parts().await;
    let (whatsapp, sms) = (ChannelName::parse("whatsapp").unwrap(), ChannelName::parse("sms").unwrap());
    let store = &parts.shared.intake.store;
    let of =
        |channel: &ChannelName, number: &str| operations::recipient_of(channel, number, &parts.shared.intake.hasher);
    let (ana, ben, eve) = ("+12025550143", "+12025550144", "+12025550145");
    parts.says("whatsapp", words("1/received", ana, "hola")).await;
    parts.advance(60);
    parts.says("whatsapp", press("2/received", ben, "no ticket")).await;
    parts.says("sms", words("3/received", ana, "hola")).await;
    let unmarked = Inbound::call(
        "test",
        "/webhook/whatsapp".to_owned(),
        parts.now(),
        words("4/received", eve, "hola").to_string(),
    );
    assert_eq!(parts.hears(unmarked).await, Settlement::Ack);
    let now = parts.now();
    for (channel, number, expected) in [
        (&whatsapp, ana, Some(now.minus(Duration::from_secs(60)))),
        (&whatsapp, ben, Some(now)),
        (&sms, ana, None),
        (&whatsapp, eve, None),
    ] {
        assert_eq!(store.heard(channel, of(channel, number)).await.unwrap(), expected, "{channel} {number}");
    }
}
