//! Topics: who is told what is for them, and how far that is.

use domain::Tenant;

use crate::MemberPut;
use crate::tests::database::{Database, HOUR, arrival, at, candidate, key};
use crate::tests::letters::{index, letter};
use crate::tests::on_both;

on_both!(
    members_of_a_topic_are_those_put_there_and_the_contacts_of_a_group_each_once,
    a_fan_out_is_noted_page_by_page_and_never_goes_back,
    a_fan_out_that_never_ended_is_forgotten_after_its_delivery_and_its_letter,
);

async fn members_of_a_topic_are_those_put_there_and_the_contacts_of_a_group_each_once(db: &Database) {
    let (store, tenant, told) = (db.store().await, Tenant::default(), testkit::told());
    for user in ["caro", "ana"] {
        assert_eq!(store.put_topic_member(&tenant, "ops", user, &told).await.unwrap(), MemberPut::New);
    }
    assert_eq!(store.put_topic_member(&tenant, "ops", "ana", &told).await.unwrap(), MemberPut::Known);
    for (id, groups) in [("ana", vec!["ops".to_owned()]), ("ben", vec!["ops".into()]), ("eve", Vec::new())] {
        let contact = crate::Contact {
            key: key(id),
            name: id.into(),
            locale: None,
            groups,
            addresses: Vec::new(),
            salt: [7; 16],
            key_id: "0a0b0c0d".into(),
            link_until: None,
            created_at: at(1),
            updated_at: at(1),
        };
        store.put_contact(&contact, &told).await.unwrap();
    }
    let all = async |after: &str, limit| store.everybody_of_a_topic(&tenant, "ops", after, limit).await.unwrap();
    assert_eq!(all("", 9).await, ["ana", "ben", "caro"]);
    assert_eq!(all("", 2).await, ["ana", "ben"]);
    assert_eq!(all("ben", 2).await, ["caro"]);
    assert_eq!(store.topic_members(&tenant, "ops", "", 9).await.unwrap(), ["ana", "caro"]);
    assert!(store.delete_topic_member(&tenant, "ops", "caro", &told).await.unwrap());
    assert!(!store.delete_topic_member(&tenant, "ops", "caro", &told).await.unwrap());
    assert_eq!(all("", 9).await, ["ana", "ben"]);
}

async fn a_fan_out_is_noted_page_by_page_and_never_goes_back(db: &Database) {
    let store = db.store().await;
    let begun = store.begin_fan_out(&key("t-1"), at(1)).await.unwrap();
    assert_eq!((begun.member.as_str(), begun.told, begun.ended_at), ("", 0, None));
    store.note_fan_out(&key("t-1"), "ben", 2).await.unwrap();
    store.note_fan_out(&key("t-1"), "ana", 1).await.unwrap();
    let on = store.begin_fan_out(&key("t-1"), at(2)).await.unwrap();
    assert_eq!((on.member.as_str(), on.told), ("ben", 2));
    store.end_fan_out(&key("t-1"), at(3)).await.unwrap();
    assert_eq!(store.forget_fan_outs(at(3), 9).await.unwrap(), 0);
    assert_eq!(store.forget_fan_outs(at(4), 9).await.unwrap(), 1);
}

async fn a_fan_out_that_never_ended_is_forgotten_after_its_delivery_and_its_letter(db: &Database) {
    let store = db.store().await;
    for id in ["t-1", "t-2", "t-3"] {
        store.begin_fan_out(&key(id), at(1)).await.unwrap();
        store.note_fan_out(&key(id), "ben", 2).await.unwrap();
    }
    store.claim(candidate("t-1"), &arrival("t-1"), HOUR).await.unwrap();
    index(&store, &[letter("l-2", "t-2")]).await;
    assert_eq!(store.forget_fan_outs(at(1), 9).await.unwrap(), 0, "they began at that time");
    assert_eq!(store.forget_fan_outs(at(2), 9).await.unwrap(), 1);
    let mut told = Vec::new();
    for id in ["t-1", "t-2", "t-3"] {
        told.push(store.begin_fan_out(&key(id), at(9)).await.unwrap().told);
    }
    assert_eq!(told, [2, 2, 0], "of one there is a delivery, and of one a letter");
    db.execute("DELETE FROM deliveries").await;
    db.execute("DELETE FROM letters").await;
    assert_eq!(store.forget_fan_outs(at(2), 1).await.unwrap(), 1, "no more at once");
    assert_eq!(store.forget_fan_outs(at(2), 9).await.unwrap(), 1);
    assert_eq!(store.forget_fan_outs(at(2), 9).await.unwrap(), 0, "the third has begun again since");
}
