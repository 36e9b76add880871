//! Who is asked: each person once and by their own channels, however they are named, and never whoever has asked.

use serde_json::{Value, json};
use topology::Inbound;

use crate::testing::{ADMIN, names, parts};

#[tokio::test]
async fn one_person_is_asked_once_by_whatever_they_are_named() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", ADMIN), ("email", "ana@example.com")]).await;
    let named = |to: Value| json!({ "id": "a-1", "question": "Deploy?", "to": to });
    let to = json!([
        { "contact": format!("telegram:{ADMIN}") }, { "group": "admins" }, { "contact": "ana" },
        { "channel": "email", "destination": "ana@example.com" },
    ]);
    parts.asks(named(to.clone())).await;
    let ask = parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    assert_eq!(ask.audience, ["ana"], "an administrator who is a contact is that contact");
    let own = json!({ "id": "a-2", "question": "Deploy?", "to": to, "four_eyes": true, "requested_by": "ana" });
    parts.hears(Inbound::own("/asks", &own, parts.now())).await;
    assert_eq!(parts.published().letters, 1, "nobody else is there who may answer");
}

#[tokio::test]
async fn an_address_of_somebody_who_is_known_is_that_person() {
    let mut parts = parts().await;
    parts.knows("carl", &[], &[("telegram", "5003"), ("sms", "+12025550143")]).await;
    parts.knows("ben", &[], &[("telegram", "1")]).await;
    let telegram = json!({ "channel": "telegram", "destination": "5003" });
    let whatsapp = json!({ "channel": "whatsapp", "destination": "+12025550143" });
    let ben = json!({ "contact": "ben" });
    for (n, (to, expected)) in [
        (json!([telegram]), vec!["carl".to_owned()]),
        (json!([telegram, { "contact": "carl" }, ben]), vec!["carl".to_owned(), "ben".to_owned()]),
        (json!([whatsapp, { "contact": "carl" }]), vec!["carl".to_owned()]),
        (json!([{ "channel": "telegram", "destination": ADMIN }]), vec![format!("telegram:{ADMIN}")]),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("n-{n}");
        parts.asks(json!({ "id": id, "question": "Deploy?", "to": to })).await;
        let ask = parts.shared.intake.store.ask(&testkit::key(&id)).await.unwrap().unwrap();
        assert_eq!(ask.audience, expected, "{to}");
    }
    let of_nobody = json!([{ "channel": "sms", "destination": "+12025550199" },
        { "channel": "whatsapp", "destination": "+12025550199" }]);
    parts.asks(json!({ "id": "n-9", "question": "Deploy?", "to": of_nobody })).await;
    let ask = parts.shared.intake.store.ask(&testkit::key("n-9")).await.unwrap().unwrap();
    assert_eq!(ask.audience.len(), 1, "one number is one person");
}

#[tokio::test]
async fn somebody_who_is_named_by_two_addresses_is_asked_by_one_after_the_other() {
    let mut parts = parts().await;
    parts.knows("ana", &["admins"], &[("telegram", "1"), ("email", "ana@example.com"), ("sms", "+12025550143")]).await;
    let email = json!({ "channel": "email", "destination": "ana@example.com" });
    let telegram = json!({ "channel": "telegram", "destination": "1" });
    for (n, (to, later, channels)) in [
        (json!([telegram, email]), json!([{ "group": "admins" }]), vec!["telegram", "email"]),
        (json!([telegram]), json!([email]), vec!["telegram", "email"]),
        (json!([email]), json!([{ "contact": "ana" }]), vec!["email", "telegram", "sms"]),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("n-{n}");
        let body = json!({ "id": id, "question": "Deploy?", "to": to,
            "escalate": [{ "after_seconds": 60, "to": later }] });
        parts.asks(body).await;
        let ask = parts.shared.intake.store.ask(&testkit::key(&id)).await.unwrap().unwrap();
        let copies = parts.shared.intake.store.ask_copies(&ask.key).await.unwrap();
        let asked: Vec<&str> = copies.iter().filter(|copy| copy.place == 0).map(|copy| copy.channel.as_str()).collect();
        assert_eq!(asked, channels, "{to} {later}");
        assert_eq!(ask.audience[0], "ana");
    }
}

#[tokio::test]
async fn whoever_has_asked_is_kept_out_by_whatever_they_are_named() {
    let mut parts = parts().await;
    parts.knows("carl", &[], &[("telegram", "5003"), ("sms", "+12025550143")]).await;
    parts.knows("carla", &[], &[("whatsapp", "+12025550143")]).await;
    parts.knows("ada", &[], &[("telegram", ADMIN)]).await;
    for (requested_by, to) in [
        ("carl", json!([{ "channel": "telegram", "destination": "5003" }])),
        ("carl", json!([{ "channel": "whatsapp", "destination": "+12025550143" }])),
        ("carl", json!([{ "contact": "carla" }])),
        ("ada", json!([{ "channel": "telegram", "destination": ADMIN }])),
        (format!("telegram:{ADMIN}").as_str(), json!([{ "contact": "ada" }])),
    ] {
        let own = json!({ "id": "a-2", "question": "Deploy?", "to": to, "four_eyes": true,
            "requested_by": requested_by });
        parts.hears(Inbound::own("/asks", &own, parts.now())).await;
        assert_eq!(parts.published().letters, 1, "{requested_by} {to}: nobody else is there who may answer");
    }
    assert_eq!(parts.shared.intake.store.ask(&testkit::key("a-2")).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_may_not_answer_what_they_have_asked_is_neither_asked_nor_reminded() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1"), ("email", "ana@example.com")]).await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }, { "group": "admins" }],
        "four_eyes": true, "requested_by": "ana", "remind_after": 60 });
    let published = parts.asks(body).await;
    assert!(!published.deliveries.is_empty());
    for asked in &published.deliveries {
        assert_eq!((&asked["destination"], &asked["interactive"]["approver"]), (&json!(ADMIN), &json!(1)), "{asked}");
    }
    let copies = parts.shared.intake.store.ask_copies(&testkit::key("a-1")).await.unwrap();
    assert_eq!(copies.iter().map(|copy| copy.place).collect::<Vec<_>>(), [1, 1], "the question and its reminder");
}

#[tokio::test]
async fn an_administrator_of_the_settings_is_asked_where_an_administrator_says() {
    let mut parts = parts().await;
    for (groups, channels) in [(&[][..], &["telegram"][..]), (&["admins"][..], &["email", "telegram"][..])] {
        parts.knows("ana", groups, &[("email", "eve@example.com"), ("telegram", ADMIN)]).await;
        let id = format!("a-{}", groups.len());
        parts.asks(json!({ "id": id, "question": "Deploy?", "to": [{ "group": "admins" }] })).await;
        let copies = parts.shared.intake.store.ask_copies(&testkit::key(&id)).await.unwrap();
        let asked: Vec<&str> = copies.iter().map(|copy| copy.channel.as_str()).collect();
        assert_eq!(asked, channels, "of the groups {groups:?}");
    }
}

#[tokio::test]
async fn whoever_waits_is_told_that_nobody_could_be_asked() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    // A contact of an older version, which has taken a group and a channel.
    parts.knows("many", &["team"], &[("telegram", "-1001234567890"), ("slack", "C012AB3CD")]).await;
    for (to, why) in [
        (json!([{ "contact": "nobody" }]), "/to/0 is nobody who is known"),
        (json!([{ "contact": "many" }]), "/to/0 has no address of their own"),
        (json!([{ "group": "team" }]), "/to/0 is a group of which nobody has an address"),
        (json!([{ "group": "nobody" }]), "/to/0 is a group of nobody"),
        (json!([{ "contact": "ana" }]), "/four_eyes leaves nobody"),
    ] {
        let body = json!({ "id": "a-1", "question": "Deploy?", "to": to, "requested_by": "ana", "four_eyes": true,
            "correlation_id": "order-7", "reply_to": "orders.replies" });
        parts.hears(Inbound::own("/asks", &body, parts.now())).await;
        let published = parts.published();
        assert_eq!((names(&published).as_str(), published.letters), ("ask.rejected", 1), "{to}");
        assert!(published.events[0].1["reason"].as_str().unwrap().starts_with(why), "{:?}", published.events);
        assert_eq!(published.replies, ["orders.replies"]);
    }
}
