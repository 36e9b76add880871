//! Asks as they are opened, answered and ended, by what is published and kept.

use domain::{AskState, When};
use serde_json::{Value, json};
use topology::Inbound;

use crate::testing::{ADMIN, Parts, names, parts, press};
use crate::ticker;

mod asked;
mod spoken;

async fn state(parts: &Parts) -> AskState {
    parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap().state()
}

fn to_two() -> Value {
    json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }, { "group": "admins" }], "quorum": 2,
        "requested_by": "ben", "correlation_id": "order-7", "reply_to": "orders.replies" })
}

#[tokio::test]
async fn a_question_is_asked_by_the_first_channel_of_each_and_then_by_the_others() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("email", "ana@example.com")]).await;
    let published = parts.asks(to_two()).await;
    assert_eq!(names(&published), "ask.opened");
    let [first, second] = published.deliveries.as_slice() else { panic!("{:?}", published.deliveries) };
    assert_eq!((first["channel"].as_str(), first["destination"].as_str()), (Some("telegram"), Some("1")));
    assert_eq!((&first["template"], &first["priority"]), (&json!("ask"), &json!("urgent")));
    let data = json!({ "question": "Deploy?", "choices": ["Yes", "No"], "expires": "13:00 UTC", "requested_by": "ben",
        "replies": [{ "word": "YES" }, { "word": "NO" }] });
    assert_eq!(first["data"], data);
    assert_eq!(first["metadata"], json!({ "ask": "a-1" }));
    assert_eq!(first["interactive"]["approver"], 0);
    let fallback = &first["fallback"][0];
    assert_eq!((&fallback["channel"], &fallback["when"]), (&json!("email"), &json!(When::Unanswered.as_str())));
    assert_ne!(fallback["interactive"]["mark"], first["interactive"]["mark"], "each has its own");
    assert_eq!((&second["destination"], &second["interactive"]["approver"]), (&json!(ADMIN), &json!(1)));
    let ask = parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    assert_eq!(ask.audience, ["ana".to_owned(), format!("telegram:{ADMIN}")]);
    let copies = parts.shared.intake.store.ask_copies(&ask.key).await.unwrap();
    let child = domain::child_id(&testkit::key(&copies[0].delivery), 1);
    assert_eq!(copies.iter().map(|copy| copy.rung).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(copies[1].delivery, child, "as the worker names it");
    let code = parts.code(0).await;
    assert!(!format!("{first} {second}").contains(&code), "what is answered with stands nowhere");
}

#[tokio::test]
async fn without_links_a_mail_is_left_out_of_the_channels_of_a_person() {
    let mut parts = parts().await;
    std::sync::Arc::get_mut(&mut parts.shared).expect("nothing runs yet").settings.has_links = false;
    parts.knows("ana", &[], &[("email", "ana@example.com"), ("telegram", "1")]).await;
    let published = parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }] })).await;
    let [asked] = published.deliveries.as_slice() else { panic!("{:?}", published.deliveries) };
    assert_eq!((&asked["channel"], asked.get("fallback")), (&json!("telegram"), None));
}

#[tokio::test]
async fn a_request_that_comes_again_asks_the_same_again_and_opens_nothing() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("sms", "+12025550143")]).await;
    let first = parts.asks(to_two()).await;
    parts.knows("ana", &[], &[("telegram", "2")]).await;
    parts.advance(60);
    let again = parts.asks(to_two()).await;
    assert_eq!((&again.deliveries, &again.events), (&first.deliveries, &first.events));
    let mut sooner = to_two();
    sooner["next_channel_after"] = json!(30);
    assert_eq!(parts.asks(sooner).await.deliveries, first.deliveries, "what was sent once is never another message");
    let other = json!({ "id": "a-1", "question": "Another?", "to": [{ "contact": "ana" }], "quorum": 2 });
    let inbound = Inbound::own("/asks", &other, parts.now());
    parts.hears(inbound).await;
    let refused = parts.published();
    assert_eq!((refused.letters, refused.deliveries.len()), (1, 0), "it is another question");
}

#[tokio::test]
async fn reminders_and_steps_wait_with_the_scheduler() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("email", "ana@example.com")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }], "remind_after": 600,
        "escalate": [{ "after_seconds": 900, "to": [{ "channel": "sms", "destination": "+12025550143" }] }] });
    let published = parts.asks(body).await;
    let due: Vec<_> = published.deliveries.iter().map(|body| body["send_at"].as_str().is_some()).collect();
    assert_eq!(due, [false, true, true]);
    assert_eq!(published.deliveries[1].get("fallback"), None, "somebody is reminded once");
    assert_eq!(published.deliveries[2]["channel"], "sms");
    let ask = parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    assert!(ask.audience[1].starts_with("sms:") && !ask.audience[1].contains("0143"), "{:?}", ask.audience);
}

#[tokio::test]
async fn whoever_has_answered_is_asked_no_more_while_others_still_are() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("email", "ana@example.com")]).await;
    parts.knows("ben", &[], &[("telegram", "2"), ("email", "ben@example.com")]).await;
    let to = json!([{ "contact": "ana" }, { "contact": "ben" }]);
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": to, "quorum": 2, "remind_after": 600 })).await;
    let button = parts.button(0, 0).await;
    parts.says("telegram", press("7/received", "1", &button)).await;
    let counted = parts.published();
    parts.take_all(counted).await;
    let store = &parts.shared.intake.store;
    let mut called_off = Vec::new();
    for copy in store.ask_copies(&testkit::key("a-1")).await.unwrap() {
        let row = store.delivery(&testkit::key(&copy.delivery)).await.unwrap().map(|shown| shown.row.state);
        if row == Some(domain::State::Cancelled) {
            called_off.push((copy.place, copy.step, copy.rung));
        }
    }
    assert_eq!(called_off, [(0, 0, 0), (0, 1, 0)], "the question of ana, with its next channel, and her reminder");
}

#[tokio::test]
async fn an_answer_is_told_and_the_last_one_ends_the_ask_and_forgets_where_it_went() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("email", "ana@example.com")]).await;
    parts.asks(to_two()).await;
    let button = parts.button(0, 0).await;
    parts.says("telegram", press("7/received", "1", &button)).await;
    let first = parts.published();
    assert_eq!(names(&first), "ask.counted");
    assert_eq!(first.deliveries[0]["data"]["verdict"], "counts");
    assert_eq!(
        (&first.deliveries[0]["template"], &first.deliveries[0]["destination"]),
        (&json!("ask_reply"), &json!("1"))
    );
    assert!(first.deliveries[0]["ttl_seconds"].is_u64(), "without an end Telegram sends it no second time");
    assert_eq!((first.requests.len(), first.replies.len()), (1, 0), "those that were sent are to tell how far it is");
    parts.says("telegram", press("7/received", "1", &button)).await;
    let again = parts.published();
    assert_eq!((again.events, again.deliveries), (first.events, first.deliveries), "a repeat is told the same");
    let button = parts.button(0, 1).await;
    parts.says("telegram", press("8/received", ADMIN, &button)).await;
    let last = parts.published();
    assert_eq!(
        (names(&last).as_str(), last.replies.as_slice()),
        ("ask.counted ask.answered", ["orders.replies".to_owned()].as_slice())
    );
    assert_eq!((last.requests.len(), state(&parts).await), (1, AskState::Answered));
    parts.take_all(last).await;
    let copies = parts.shared.intake.store.ask_copies(&testkit::key("a-1")).await.unwrap();
    assert!(copies.iter().all(|copy| copy.destination.is_none()));
    let waiting = parts.shared.intake.store.delivery(&testkit::key(&copies[0].delivery)).await.unwrap().unwrap();
    assert_eq!(waiting.row.state, domain::State::Cancelled, "what nobody has sent yet is not sent");
    parts.asked("/asks/ended", json!({ "tenant": "default", "ask": "a-1" })).await;
    assert!(parts.published().deliveries.is_empty(), "done again it does nothing");
}

#[tokio::test]
async fn a_no_that_counts_is_told_as_one_while_another_can_still_say_yes() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    let choices = json!([{ "id": "yes", "label": "Yes" }, { "id": "no", "label": "No", "refuses": true }]);
    let body = json!({ "id": "a-1", "question": "Deploy?", "choices": choices,
        "to": [{ "contact": "ana" }, { "group": "admins" }] });
    parts.asks(body).await;
    let (no, yes) = (parts.button(1, 0).await, parts.button(0, 1).await);
    parts.says("telegram", press("7/received", "1", &no)).await;
    let refused = parts.published();
    let data = &refused.deliveries[0]["data"];
    assert_eq!((&data["verdict"], &data["choice"], &data["refuses"]), (&json!("counts"), &json!("No"), &json!(true)));
    assert_eq!(state(&parts).await, AskState::Open, "it is no veto");
    parts.says("telegram", press("8/received", ADMIN, &yes)).await;
    let decided = parts.published();
    let data = &decided.deliveries[0]["data"];
    assert_eq!((&data["verdict"], &data["choice"], data.get("refuses")), (&json!("ends"), &json!("Yes"), None));
    assert_eq!(state(&parts).await, AskState::Answered);
}

#[tokio::test]
async fn what_was_sent_tells_how_far_it_is_with_its_buttons_and_an_edit_that_comes_late_is_stopped() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("email", "ana@example.com")]).await;
    parts.asks(to_two()).await;
    let button = parts.button(0, 0).await;
    parts.says("telegram", press("7/received", "1", &button)).await;
    let counted = parts.published();
    parts.take_all(counted).await;
    assert!(parts.published().deliveries.is_empty(), "nothing was sent yet that could tell it");
    let store = &parts.shared.intake.store;
    let ask = store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    let copies = store.ask_copies(&ask.key).await.unwrap();
    assert_eq!(ask.so_far(&store.answers(&ask.key).await.unwrap()), 1);
    let told = |copy, id| super::message::progress(&ask, copy, id, 1, &parts.shared.secrets, "en");
    let (key, body) = told(&copies[0], "5/77").unwrap();
    assert_eq!((&body["template"], &body["destination"]), (&json!("ask"), &json!("5")));
    assert_eq!(body["data"]["progress"], json!({ "counted": 1, "quorum": 2 }));
    assert_eq!((&body["data"]["telegram"], &body["interactive"]["approver"]), (&json!({ "edit": "77" }), &json!(0)));
    assert_eq!(told(&copies[1], "77"), None, "a mail stays as it is");
    let later = domain::Ask { version: ask.version + 1, ..ask };
    assert!(!super::progress::call_off_before(&parts.shared, &later, &copies[0]).await.unwrap());
    let stopped = store.delivery(&key).await.unwrap().unwrap();
    assert_eq!(stopped.row.state, domain::State::Cancelled, "before anybody has seen it");
}

#[tokio::test]
async fn a_message_tells_how_far_it_is_and_the_end_on_each_channel_that_lets_it_be_changed() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("slack", "U012AB3CD"), ("telegram", "1"), ("email", "ana@example.com")]).await;
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }] })).await;
    let button = parts.button(0, 0).await;
    let pressed = json!({ "id": "7/0", "by": "U012AB3CD", "chat": "D012AB3CD", "press": button });
    parts.says("slack", pressed).await;
    let store = &parts.shared.intake.store;
    let ask = store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    assert_eq!(ask.state(), AskState::Answered);
    let copies = store.ask_copies(&ask.key).await.unwrap();
    let [by_slack, by_telegram, by_mail] = copies.as_slice() else { panic!("{copies:?}") };
    let edit = |copy, id| super::message::edit(&ask, copy, id, "en");
    let progress = |copy, id| super::message::progress(&ask, copy, id, 1, &parts.shared.secrets, "en");
    for (copy, provider_id, channel, destination, message) in [
        (by_slack, "D012AB3CD/1712345678.123456", "slack", "D012AB3CD", "1712345678.123456"),
        (by_slack, "1712345678.123456", "slack", "U012AB3CD", "1712345678.123456"),
        (by_telegram, "77", "telegram", "1", "77"),
        (by_telegram, "-100/77", "telegram", "-100", "77"),
    ] {
        let (so_far, end) = (progress(copy, provider_id), edit(copy, provider_id));
        let ((_, so_far), (_, body)) = so_far.zip(end).unwrap_or_else(|| panic!("{provider_id}"));
        for body in [&so_far, &body] {
            assert_eq!((&body["channel"], &body["destination"]), (&json!(channel), &json!(destination)));
            assert_eq!(body["data"][channel], json!({ "edit": message }));
        }
        assert_eq!((&so_far["template"], &so_far["data"]["progress"]["counted"]), (&json!("ask"), &json!(1)));
        assert!(so_far["interactive"].is_object() && so_far["data"].get("buttons").is_none(), "it keeps its buttons");
        assert_eq!((&body["template"], &body["data"]["outcome"]), (&json!("ask_ended"), &json!("Yes")));
        assert_eq!(body["data"]["buttons"], json!([]));
    }
    assert_eq!((progress(by_mail, "x"), edit(by_mail, "x")), (None, None));
}

#[tokio::test]
async fn an_answer_by_a_link_counts_as_any_other() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("email", "ana@example.com")]).await;
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }] })).await;
    let body = json!({ "tenant": "default", "ask": "a-1", "approver": "ana", "choice": "yes", "id": "x", "via": "link",
        "evidence": "{}" });
    parts.asked("/asks/answer", body).await;
    let published = parts.published();
    assert_eq!((names(&published).as_str(), published.requests.len()), ("ask.counted ask.answered", 1));
    assert!(published.deliveries.is_empty(), "the page tells");
}

#[tokio::test]
async fn what_is_over_by_its_time_is_told_once_and_ended() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }], "expires_in": 60,
        "reply_to": "orders.replies" });
    parts.asks(body).await;
    ticker::look(&parts.shared).await.unwrap();
    assert_eq!(state(&parts).await, AskState::Open);
    assert_eq!(names(&parts.published()), "");
    parts.advance(60);
    ticker::look(&parts.shared).await.unwrap();
    assert_eq!(names(&parts.published()), "", "another dialog may have an answer in hand that came in time");
    parts.advance(1);
    ticker::look(&parts.shared).await.unwrap();
    let published = parts.published();
    assert_eq!((names(&published).as_str(), published.requests.len()), ("ask.expired", 1));
    assert_eq!(published.replies, ["orders.replies"]);
    ticker::look(&parts.shared).await.unwrap();
    assert_eq!(names(&parts.published()), "", "it is told once");
    let button = parts.button(0, 0).await;
    parts.says("telegram", press("7/received", "1", &button)).await;
    let late = parts.published();
    assert_eq!((names(&late).as_str(), &late.deliveries[0]["data"]["verdict"]), ("ask.late", &json!("late")));
}

#[tokio::test]
async fn a_request_in_which_something_is_wrong_is_dead_lettered_with_all_of_it() {
    let mut parts = parts().await;
    for (target, body) in [
        ("/asks", json!({ "id": "a-1", "question": "", "to": [] })),
        ("/asks", json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "nobody" }] })),
        ("/asks", json!({ "id": "a-1", "question": "Deploy?", "to": [{ "group": "nobody" }] })),
        ("/asks/answer", json!({ "tenant": "default", "ask": "a-1" })),
        ("/asks/ended", json!({ "tenant": "a b", "ask": "a-1" })),
        ("/nothing", json!({})),
        ("/asks", json!([])),
    ] {
        parts.hears(parts.own(target, &body)).await;
        assert_eq!(parts.published().letters, 1, "{target} {body}");
        assert_eq!(parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap(), None, "{target} {body}");
    }
}

#[tokio::test]
async fn as_many_as_are_over_at_once_are_told_by_one_look() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }], "expires_in": 60 })).await;
    let store = &parts.shared.intake.store;
    let ask = store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    for n in 0..600 {
        let another = domain::Ask { key: testkit::key(&format!("n-{n}")), ..ask.clone() };
        store.open_ask(&another, &[], None).await.unwrap();
    }
    parts.advance(61);
    ticker::look(&parts.shared).await.unwrap();
    let published = parts.published();
    assert_eq!((published.events.len(), published.requests.len()), (601, 601));
}

#[tokio::test]
async fn a_question_that_has_ended_is_sent_to_nobody_where_its_request_comes_again() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }] });
    parts.asks(body.clone()).await;
    // Whoever ends it forgets where it went between two looks of whoever opens it.
    parts.shared.intake.store.forget_destinations(&testkit::key("a-1")).await.unwrap();
    let again = parts.asks(body).await;
    assert_eq!((again.deliveries.len(), again.letters), (0, 0));
}

#[tokio::test]
async fn what_decides_for_somebody_is_believed_of_the_fleet_alone() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("email", "ana@example.com")]).await;
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }] })).await;
    let body = json!({ "tenant": "default", "ask": "a-1", "approver": "ana", "choice": "yes", "id": "x", "via": "link",
        "evidence": "{}" });
    let of_another = parts.own("/commands", &body);
    for inbound in [
        Inbound::own("/asks/answer", &body, parts.now()),
        Inbound { target: "/asks/answer".into(), ..of_another },
        Inbound::own("/commands", &json!({ "tenant": "default", "id": "c-1" }), parts.now()),
        Inbound::own("/commands/event", &json!({ "tenant": "default" }), parts.now()),
    ] {
        parts.hears(inbound).await;
        assert_eq!(parts.published().letters, 1);
    }
    assert_eq!(state(&parts).await, AskState::Open);
}

#[tokio::test]
async fn a_request_of_the_same_id_for_something_else_is_a_conflict() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    parts.knows("ben", &[], &[("telegram", "2")]).await;
    let first = json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }], "requested_by": "ada" });
    parts.asks(first.clone()).await;
    for (field, value, letters) in [
        ("requested_by", json!("ben"), 0),
        ("correlation_id", json!("order-7"), 0),
        ("to", json!([{ "contact": "ben" }]), 1),
        ("choices", json!(["Now", "Later"]), 1),
        ("expires_in", json!(60), 1),
        ("four_eyes", json!(true), 1),
    ] {
        let mut other = first.clone();
        other[field] = value;
        parts.hears(Inbound::own("/asks", &other, parts.now())).await;
        assert_eq!(parts.published().letters, letters, "{field}");
    }
}
