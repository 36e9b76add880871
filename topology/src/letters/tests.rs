//! What a letter is called, whose it is, and how it goes on.

use domain::{Arrival, PublishedBy, Reason};

use super::*;
use crate::properties;

const AT: i64 = 1_800_000_000;

fn names() -> Names {
    Names::of("notifications")
}

fn of(headers: &Headers) -> Letter {
    let published = properties("order-7", headers, &PublisherProperties::default());
    Letter::new(&published, Bytes::from_static(b"{}"), &names(), None)
}

fn dead(epoch: u32) -> Headers {
    let mark = DeadMark::new(Reason::Exhausted, "503", 4, Timestamp::from_seconds(AT));
    domain::letter_headers(epoch, Lane::Bulk, mark)
}

/// As it arrives when it was published by us.
fn arrived(publication: &Publication) -> Arrival {
    let Publication { message_id, headers, publisher_properties, body, .. } = publication;
    let published = properties(message_id, headers, publisher_properties);
    let key = domain::Key { tenant: Tenant::default(), id: message_id.clone() };
    Arrival::new(key, domain::content_of(body), &read_headers(&published, &names()), false)
}

#[test]
fn a_replay_asks_for_the_budget_after_the_one_in_which_it_died() {
    let replay = of(&dead(2)).replay();
    assert_eq!(replay.to, To::Lane(Lane::Bulk));
    let arrival = arrived(&replay);
    assert_eq!((arrival.published_by, arrival.epoch, arrival.seq), (PublishedBy::OperatorMove, 3, 0));
}

#[test]
fn what_the_broker_dead_lettered_is_replayed_as_a_move_with_one_budget() {
    let counted = Headers { epoch: Some(1), seq: Some(2), attempt: Some(2), ..Headers::default() };
    for (headers, epoch) in [(Headers::default(), 1), (counted, 2)] {
        let arrival = arrived(&of(&headers).replay());
        let got = (arrival.published_by, arrival.epoch, arrival.seq, arrival.attempt);
        assert_eq!(got, (PublishedBy::OperatorMove, epoch, 0, 0));
    }
}

#[test]
fn what_was_kept_of_a_letter_is_the_same_letter() {
    let told = Headers { parent: Some("p".into()), publisher: Some("ada".into()), released: true, ..dead(1) };
    let letter = of(&told);
    let again = Letter::of_kept(&letter.kept(), letter.body.to_vec()).expect("kept");
    assert_eq!(again, letter);
    assert_eq!(again.restore().to, To::DeadLetter);
    assert_eq!(arrived(&again.replay()), arrived(&letter.replay()));
    assert_eq!(Letter::of_kept(b"{}", Vec::new()), None);
}

#[test]
fn a_redirect_is_a_delivery_of_its_own_and_the_same_each_time() {
    let body = br#"{"channel":"sms","destination":"+12025550143","message":"Hola"}"#;
    let letter = of_bytes(body);
    let (to, defaults) = (RedirectTo::parse("whatsapp").expect("a way"), Defaults { channel: None });
    let (of, publication) = letter.redirect(&to, &defaults).expect("it can be read");
    assert_eq!((of.id.as_str(), &publication.to), ("order-7", &To::Lane(Lane::Bulk)));
    assert_ne!(publication.message_id, "order-7");
    assert_eq!(letter.redirect(&to, &defaults), Some((of, publication.clone())));
    let (_, by_provider) = letter.redirect(&RedirectTo::Provider("twilio".into()), &defaults).expect("read");
    assert_ne!(by_provider.message_id, publication.message_id, "each way is a delivery of its own");
    let read = Notification::decode(&by_provider.body, &defaults).expect("a notification");
    assert_eq!((read.channel.as_str(), read.provider.as_deref()), ("sms", Some("twilio")));
    let arrival = arrived(&publication);
    assert_eq!((arrival.published_by, arrival.epoch), (PublishedBy::Publisher, 0));
    assert_eq!(of_bytes(b"{").redirect(&to, &defaults), None);
    let anonymous = Letter { message_id: String::new(), ..letter };
    assert_eq!(anonymous.redirect(&to, &defaults), None, "equal ones would become one delivery");
}

#[test]
fn a_call_is_replayed_to_where_it_came_from_and_what_is_none_says_so() {
    let of = |kept: &PublisherProperties| {
        let letter = Letter::new(&properties("c-1", &dead(0), kept), Bytes::from_static(b"{}"), &names(), None);
        Letter::of_kept(&letter.kept(), letter.body.to_vec()).expect("kept")
    };
    let call = Inbound::call("twilio", "/webhook/twilio", Timestamp::from_seconds(AT), "{}");
    let letter = of(&call.properties());
    let replay = letter.replay();
    assert_eq!((replay.to, letter.is_of_no_call()), (To::Inbound, false));
    let again = properties("c-1", &replay.headers, &replay.publisher_properties);
    assert_eq!(Inbound::read(&again, replay.body), Some(call));
    assert!(of(&PublisherProperties::default().of_no_call()).is_of_no_call());
    assert!(!of(&PublisherProperties::default()).is_of_no_call());
}

#[test]
fn what_is_no_notification_is_of_the_tenant_that_its_body_names() {
    let at = Timestamp::from_seconds(AT);
    let tenant_of = |published: &BasicProperties, body: &Bytes, fleet_user| {
        let letter = Letter::new(published, body.clone(), &names(), fleet_user);
        letter.tenant(letter.notification(&Defaults { channel: None }).as_ref()).to_string()
    };
    let published = |kept: &PublisherProperties| properties("a-1", &dead(0), kept);
    let plain = published(&PublisherProperties::default());
    for (body, expected) in [
        (r#"{"tenant":"acme","channel":"sms","message":"Hola"}"#, "acme"),
        (r#"{"ask":{"tenant":"acme","question":""}}"#, "acme"),
        (r#"{"tenant":"acme","ask":{"tenant":"globex"}}"#, "acme"),
        (r#"{"tenant":"a b","ask":{"tenant":"globex"}}"#, "globex"),
        (r#"{"destination":"+1","ask":{"tenant":"globex"}}"#, "default"),
        (r#"{"tenant":"a b"}"#, "default"),
        (r#"{"tenant":7}"#, "default"),
        (r#"{"tenant":"acme","tenant":"globex"}"#, "default"),
        (r#"["acme"]"#, "default"),
        ("{", "default"),
    ] {
        assert_eq!(tenant_of(&plain, &Bytes::from_static(body.as_bytes()), None), expected, "{body}");
    }
    let body = serde_json::json!({ "tenant": "acme", "ask": "a-1" });
    let own = Inbound::own("/asks/ended", &body, at);
    let own_request = published(&own.properties());
    assert_eq!(tenant_of(&own_request, &own.body, None), "acme", "a request of the fleet to itself");
    let call = Inbound::call("twilio", "/webhook/twilio", at, own.body.clone());
    let told = tenant_of(&published(&call.properties()), &call.body, None);
    assert_eq!(told, "default", "a provider names none of our tenants");

    let fleet_user = Some("fleet");
    assert_eq!(tenant_of(&plain, &own.body, fleet_user), "default", "who has published it is not known");
    for (user, expected) in [("globex", "globex"), ("a.b", "default"), ("fleet", "acme")] {
        let of_user = own_request.clone().with_user_id(user.into());
        assert_eq!(tenant_of(&of_user, &own.body, fleet_user), expected, "{user}");
    }
}

fn of_bytes(body: &'static [u8]) -> Letter {
    let published = properties("order-7", &dead(1), &PublisherProperties::default());
    Letter::new(&published, Bytes::from_static(body), &names(), None)
}

#[test]
fn a_letter_has_one_name_until_its_delivery_dies_again() {
    let name = of(&dead(0)).reference;
    assert_eq!(name, of(&dead(0)).reference);
    assert_eq!(name.len(), 32);
    assert_ne!(name, of(&dead(1)).reference);
    let later = DeadMark::new(Reason::Exhausted, "503", 4, Timestamp::from_seconds(AT + 1));
    assert_ne!(name, of(&domain::letter_headers(0, Lane::Bulk, later)).reference);
    let mut given_up = properties("order-7", &dead(0), &PublisherProperties::default());
    let mut table = given_up.headers().clone().expect("a mark");
    table.insert("x-death".into(), AMQPValue::LongString("rejected".into()));
    given_up = given_up.with_headers(table);
    assert_ne!(name, Letter::new(&given_up, Bytes::from_static(b"{}"), &names(), None).reference);
    assert_ne!(name, of(&of(&dead(0)).replay().headers).reference, "a copy that was put back by hand");
}
