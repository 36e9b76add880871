//! A gateway without sockets and without a broker: who is let in, what is told to whom, and what a client may ask.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::NOW;
use tokio::sync::mpsc;
use topology::{Owner, Settle, Told};

use crate::entry;
use crate::hear::hear;
use crate::inbox::Since;
use crate::requests::{self, Place, Refresh, Seen, Topic};
use crate::testing::{Parts, SHARED_SECRET, identity, parts};

/// What a client has sent.
fn asked<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn token(user: &str, role: &str, seconds: i64) -> String {
    let ends = NOW.as_micros() / 1_000_000 + seconds;
    let claims = json!({ "user_id": user, "role": role, "exp": ends });
    let key = EncodingKey::from_secret(SHARED_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

fn of_inbox(user: &str) -> Value {
    json!({
        "type": "chasqui.inapp.delivered", "tenant": "default", "data": {
            "id": "a-1", "inbox": { "user": user, "seq": 1, "epoch": 5, "unread": 1, "unseen": 1 },
        },
    })
}

/// Has the gateway hear these, by the fleet or by an application, and waits until they are told.
async fn heard(parts: &Parts, told: &[(bool, &str, Value)]) {
    let (say, source) = mpsc::channel(16);
    let mut settled = Vec::new();
    for (by_the_fleet, key, body) in told {
        let (settle, done) = Settle::reporting();
        settled.push(done);
        let body = body.to_string().into_bytes().into();
        let told = Told { by_the_fleet: *by_the_fleet, key: (*key).to_owned(), body, owner: Owner::Body, settle };
        say.send(told).await.unwrap();
    }
    drop(say);
    hear(parts.shared.clone(), source).await;
    for done in settled {
        assert_eq!(done.await, Ok(topology::Settlement::Ack), "whatever it was");
    }
}

#[tokio::test]
async fn a_client_is_told_first_where_it_is_and_what_it_has_missed() {
    let parts = parts().await;
    let support = parts.enter(identity("ana", Some("SUPPORT")));
    let ready = entry::ready(&parts.shared, &support.entered.client, Since::default()).await;
    let data: Value = serde_json::from_str(ready.data.get()).unwrap();
    assert_eq!(data["rooms"], json!(["user:ana", "role:admin"]));
    assert_eq!(data["inbox"]["items"], json!([{ "id": "a-1" }]));
    assert_eq!(ready.cursor.map(|cursor| (cursor.epoch, cursor.seq)), Some((5, 1)));
    let known = Since { epoch: Some(5), seq: Some(1) };
    let again = entry::ready(&parts.shared, &support.entered.client, known).await;
    assert!(again.data.get().contains(r#""items":[]"#), "{:?}", again.data);
    parts.asked.is_away.store(true, Ordering::SeqCst);
    let away = entry::ready(&parts.shared, &support.entered.client, Since::default()).await;
    assert!(!away.data.get().contains("inbox"), "{:?}", away.data);
}

#[tokio::test]
async fn an_item_is_read_once_for_all_who_hear_of_it_and_for_nobody_if_there_is_none() {
    let parts = parts().await;
    heard(&parts, &[(true, "default.inapp.delivered", of_inbox("ana"))]).await;
    assert_eq!(parts.asked.items.load(Ordering::SeqCst), 0, "nobody is there");
    let windows = [parts.enter(identity("ana", None)), parts.enter(identity("ana", None))];
    let ben = parts.enter(identity("ben", None));
    heard(&parts, &[(true, "default.inapp.delivered", of_inbox("ana"))]).await;
    assert_eq!(parts.asked.items.load(Ordering::SeqCst), 1);
    for window in &windows {
        let told = window.told();
        assert_eq!((told.len(), told[0].0.as_str()), (1, "inbox"), "{told:?}");
        assert_eq!((&told[0].1["unread"], &told[0].1["item"]["id"]), (&json!(1), &json!("a-1")));
    }
    assert_eq!(ben.told(), []);
    parts.asked.is_away.store(true, Ordering::SeqCst);
    heard(&parts, &[(true, "default.inapp.seen", of_inbox("ana"))]).await;
    let told = windows[0].told();
    assert_eq!((told.len(), told[0].1.get("item")), (1, None), "told all the same: {told:?}");
}

#[tokio::test]
async fn an_application_tells_its_rooms_and_cannot_speak_as_the_fleet() {
    let parts = parts().await;
    let (ana, support) = (parts.enter(identity("ana", None)), parts.enter(identity("eva", Some("ADMIN"))));
    heard(
        &parts,
        &[
            (false, "default.inapp.delivered", of_inbox("ana")),
            (false, "solicitud.creada", json!({ "solicitud_id": 7, "usuario_id": "ana" })),
            (true, "default.inapp.delivered", json!({ "type": "chasqui.inapp.delivered" })),
        ],
    )
    .await;
    for client in [&ana, &support] {
        let told = client.told();
        assert_eq!((told.len(), told[0].0.as_str()), (1, "solicitud.creada"), "{told:?}");
    }
}

#[tokio::test]
async fn a_client_joins_what_its_token_lets_it_join_and_as_many_as_it_may() {
    let parts = parts().await;
    let ana = parts.enter(identity("ana", Some("CLIENT")));
    let join = async |topic: &str| {
        let asked = asked::<Topic>(json!({ "topic": topic }));
        requests::join(parts.shared.clone(), ana.entered.client.clone(), asked).await.map_err(|refused| refused.code)
    };
    assert_eq!(join("solicitud_7").await, Ok(json!({ "joined": "solicitud_7" })));
    for foreign in ["solicitud_8", "admin", "role:admin", ""] {
        assert_eq!(join(foreign).await, Err("forbidden"), "{foreign}");
    }
    let support = parts.enter(identity("eva", Some("SUPPORT")));
    let mut codes = Vec::new();
    for number in 0..4 {
        let asked = asked::<Topic>(json!({ "topic": format!("solicitud_{number}") }));
        let joined = requests::join(parts.shared.clone(), support.entered.client.clone(), asked).await;
        codes.push(joined.err().map(|refused| refused.code));
    }
    assert_eq!(codes, [None, None, Some("too-many-rooms"), Some("too-many-rooms")]);
    let asked = asked::<Topic>(json!({ "topic": "solicitud_7" }));
    requests::leave(parts.shared.clone(), ana.entered.client.clone(), asked).await.unwrap();
    heard(&parts, &[(false, "solicitud.creada", json!({ "solicitud_id": 7 }))]).await;
    assert_eq!(ana.told(), []);
}

#[tokio::test]
async fn a_client_says_what_its_owner_has_seen_and_asks_for_what_it_has_missed() {
    let parts = parts().await;
    let ana = parts.enter(identity("ana", None));
    let (shared, client) = (&parts.shared, &ana.entered.client);
    let seen =
        async |id: &str| requests::seen(shared.clone(), client.clone(), asked::<Seen>(json!({ "id": id }))).await;
    assert_eq!(seen("a-1").await, Ok(json!({ "seen": "a-1" })));
    assert_eq!(seen("b-1").await.map_err(|refused| refused.code), Err("not-found"));
    assert_eq!(parts.asked.seen.lock().unwrap()[0], ("ana".to_owned(), "a-1".to_owned()));
    let place = asked::<Place>(json!({ "since": 1, "epoch": 5 }));
    let synced = requests::sync(shared.clone(), client.clone(), place).await.unwrap();
    assert_eq!((&synced["items"], &synced["unread"]), (&json!([]), &json!(1)));
    parts.asked.is_away.store(true, Ordering::SeqCst);
    assert_eq!(seen("a-1").await.map_err(|refused| refused.code), Err("unavailable"));
}

#[tokio::test]
async fn a_later_token_of_the_same_person_goes_on_with_its_role_and_no_other_does() {
    let parts = parts().await;
    let ana = parts.enter(identity("ana", Some("ADMIN")));
    let (shared, client) = (&parts.shared, &ana.entered.client);
    let refresh = async |token: String| {
        requests::refresh(shared.clone(), client.clone(), asked::<Refresh>(json!({ "token": token }))).await
    };
    for wrong in [token("ben", "ADMIN", 9_000), token("ana", "ADMIN", -1), "nonsense".to_owned()] {
        assert_eq!(refresh(wrong).await.map_err(|refused| refused.code), Err("unauthorized"));
    }
    let topic = asked::<Topic>(json!({ "topic": "solicitud_7" }));
    requests::join(shared.clone(), client.clone(), topic).await.unwrap();
    assert!(refresh(token("ana", "CLIENT", 7_200)).await.is_ok());
    heard(&parts, &[(false, "solicitud.creada", json!({ "solicitud_id": 7 }))]).await;
    assert_eq!(ana.told(), [], "the later token does not let it into that topic");
    parts.clock.advance(Duration::from_secs(5_000));
    assert_eq!(requests::admitted(shared, client), Ok(()));
    heard(&parts, &[(false, "cliente.nuevo", json!({}))]).await;
    assert_eq!(ana.told(), [], "it is no administrator any more");
    parts.clock.advance(Duration::from_secs(3_000));
    assert_eq!(requests::admitted(shared, client).map_err(|refused| refused.code), Err("unauthorized"));
}

#[tokio::test]
async fn whoever_floods_the_gateway_is_sent_away() {
    let parts = parts().await;
    let ana = parts.enter(identity("ana", None));
    let admitted = || requests::admitted(&parts.shared, &ana.entered.client);
    let taken = (0..25).filter(|_| admitted().is_ok()).count();
    assert!((20..25).contains(&taken), "{taken}");
    assert!(!ana.is_cut());
    for _ in 0..200 {
        let _refused = admitted();
    }
    assert!(ana.is_cut());
}

#[tokio::test]
async fn whoever_is_let_go_is_in_no_room_and_makes_room() {
    let parts = parts().await;
    let mut windows: Vec<_> = (0..3).map(|_| parts.enter(identity("ana", None))).collect();
    assert_eq!(parts.shared.clients.counts(), (3, 1));
    windows.pop();
    assert_eq!(parts.shared.clients.counts(), (2, 1));
    windows.clear();
    assert_eq!(parts.shared.clients.counts(), (0, 0));
    assert!(parts.shared.clients.people().is_empty());
}
