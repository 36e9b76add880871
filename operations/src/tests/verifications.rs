//! Verifications: what is published for one and what never is, what a repeat does, and what becomes of codes and links.

mod attempts;
mod guard;

use std::time::Duration;

use domain::{
    Actor, Checked, CounterHasher, Key, Notification, PumpingLimits, RecipientHasher, RequestIds, Revealed, Scope,
    Secrets, Telling, Timestamp, Verification, VerificationState, child_id, verification_send_id,
};
use serde_json::{Value, json};
use store::Store;
use tokio::sync::mpsc::UnboundedReceiver;
use topology::{Publication, Publisher, To};

use crate::Refused;
use crate::tests::fixtures::{DEFAULTS, Ledger, NOW, Still, keyring, ledger, recipients, tenant};
use crate::verifications::{Asked, NotVerified, Verifying, read_code};

const MADRID: &str = "+34600123456";

/// An API with a ledger of its own, without a broker: what it publishes arrives in `published`.
struct World {
    ledger: Ledger,
    publisher: Publisher,
    published: UnboundedReceiver<Publication>,
    secrets: Secrets,
    recipients: RecipientHasher,
    counters: CounterHasher,
    request_ids: RequestIds,
    limits: PumpingLimits,
    clock: Still,
}

fn limits() -> PumpingLimits {
    PumpingLimits {
        countries: vec!["+34".into(), "+54".into()],
        per_address: 3,
        per_client: 50,
        per_session: 5,
        per_prefix: 10,
        per_country: 10_000,
        conversion_percent: 20,
        conversion_after: 20,
    }
}

fn sender() -> Actor {
    Actor { name: "shop".into(), tenant: tenant("acme"), scopes: vec![Scope::Notify] }
}

async fn world() -> World {
    let (publisher, published) = Publisher::reporting();
    let keys = keyring();
    World {
        ledger: ledger().await,
        publisher,
        published,
        secrets: Secrets::new(&keys),
        recipients: recipients(),
        counters: keys.counters(),
        request_ids: keys.request_ids(),
        limits: limits(),
        clock: Still(NOW),
    }
}

impl World {
    fn store(&self) -> &Store {
        &self.ledger.store
    }

    fn verifying(&self) -> Verifying<'_> {
        Verifying {
            store: self.store(),
            publisher: &self.publisher,
            secrets: &self.secrets,
            recipients: &self.recipients,
            counters: &self.counters,
            request_ids: &self.request_ids,
            defaults: &DEFAULTS,
            limits: &self.limits,
            telling: Telling::All,
            has_whatsapp: true,
            clock: &self.clock,
        }
    }

    async fn start(&self, body: &Value, key: Option<&str>) -> Result<Verification, NotVerified> {
        let asked = Asked::read(&body.to_string(), true).unwrap();
        self.verifying().start(&sender(), &asked, key).await
    }

    async fn confirm(&self, of: &Verification, code: &str, key: Option<&str>) -> Checked {
        self.verifying().confirm(&sender(), of.key.id.clone(), code, key).await.unwrap()
    }

    /// What was published since the last look.
    fn seen(&mut self) -> Vec<Publication> {
        std::iter::from_fn(|| self.published.try_recv().ok()).collect()
    }

    /// The messages among what was published since the last look, and the last words of the keys of the events.
    fn messages(&mut self) -> (Vec<Value>, Vec<String>) {
        let (mut messages, mut events) = (Vec::new(), Vec::new());
        for publication in self.seen() {
            match publication.to {
                To::Event(key) => events.push(key.rsplit('.').next().unwrap().to_owned()),
                _ => messages.push(serde_json::from_slice(&publication.body).unwrap()),
            }
        }
        (messages, events)
    }

    /// What a worker derives for the reader of a message, or of an item of its fallback.
    fn revealed(&self, message: &Value) -> Revealed {
        self.revealed_to(message, message["destination"].as_str().unwrap()).unwrap()
    }

    fn revealed_to(&self, message: &Value, destination: &str) -> Option<Revealed> {
        let mut message = message.clone();
        message["destination"] = destination.into();
        let read = Notification::decode(message.to_string().as_bytes(), &DEFAULTS).unwrap();
        let url = Some("https://n.example.org");
        read.interactive.as_ref().unwrap().revealed(&self.secrets, &tenant("acme"), &read.shown(), url).ok()
    }

    async fn read(&self, of: &Verification) -> Verification {
        self.store().verification(&of.key).await.unwrap().unwrap()
    }
}

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "to": to, "purpose": "login"})
}

fn code_of(revealed: &Revealed) -> &str {
    revealed.code.as_deref().unwrap()
}

fn later(seconds: u64) -> Still {
    Still(NOW.plus(Duration::from_secs(seconds)))
}

/// Whether a text has this code, and not only its digits within a longer word.
fn has_code(text: &str, code: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code)
}

#[tokio::test]
async fn a_start_publishes_a_message_from_which_its_reader_alone_has_the_code() {
    let mut world = world().await;
    let started = world.start(&sms(MADRID), None).await.unwrap();
    assert_eq!((started.state, started.sends, started.expires_at), (VerificationState::Pending, 1, at(600)));
    assert_eq!((started.dial_code.as_deref(), started.recipient_mask.as_str()), (Some("+34"), "***56"));
    let published = world.seen();
    let keys: Vec<&To> = published.iter().map(|one| &one.to).collect();
    let event = |name| To::Event(format!("acme.verification.{name}"));
    assert_eq!(keys, [&event("started"), &To::Lane(domain::Lane::Urgent), &event("sent")]);
    let message: Value = serde_json::from_slice(&published[1].body).unwrap();
    let code = code_of(&world.revealed(&message)).to_owned();
    assert!(world.revealed_to(&message, "+34600123457").is_none(), "a copy for another reader reveals nothing");
    for publication in &published {
        let text = format!("{:?} {}", publication.headers, String::from_utf8_lossy(&publication.body));
        assert!(!has_code(&text, &code), "{text}");
    }
    assert!(!has_code(&format!("{:?}", world.read(&started).await), &code));
    let expected = json!({
        "id": verification_send_id(&started.key, 1), "tenant": "acme", "channel": "sms", "destination": MADRID,
        "template": "verify", "data": {"purpose": "login", "minutes": 10}, "priority": "urgent",
        "expires_at": "2026-03-01T12:10:00Z", "metadata": {"verification": started.key.id},
        "interactive": message["interactive"],
    });
    assert_eq!(message, expected);
    assert_eq!(world.confirm(&started, &code, None).await, Checked::Approved);
    assert_eq!(world.messages(), (vec![], vec!["approved".to_owned()]));
    assert_eq!(world.store().untold_verifications().await.unwrap(), []);
}

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_repeat_of_a_start_goes_on_where_it_was_interrupted_and_sends_nothing_twice() {
    let mut world = world().await;
    let begun = world.start(&sms(MADRID), Some("k")).await.unwrap();
    let (messages, _) = world.messages();
    assert_eq!(world.start(&sms(MADRID), Some("k")).await.unwrap(), begun);
    assert_eq!(world.messages(), (vec![], vec![]), "it was sent");

    // The process died after the row, and after the message: both look alike to whoever comes next.
    let mut other = self::world().await;
    let interrupted = Verification { version: 1, sends: 0, last_sent_at: None, ..begun.clone() };
    let to = [interrupted.recipient];
    other.store().begin_verification(&interrupted, &to, NOW, |_| Vec::new()).await.unwrap();
    assert_eq!(other.start(&sms(MADRID), Some("k")).await.unwrap(), begun);
    assert_eq!(other.messages(), (messages, vec!["started".to_owned(), "sent".to_owned()]), "the same delivery");

    // It was let through as its row was written, and is not judged again.
    let mut guarded = self::world().await;
    guarded.limits.countries.clear();
    guarded.store().begin_verification(&interrupted, &to, NOW, |_| Vec::new()).await.unwrap();
    assert_eq!(guarded.start(&sms(MADRID), Some("k")).await.unwrap(), begun);

    for another in [sms("+34600123457"), json!({"channel": "sms", "to": MADRID, "purpose": "payment"})] {
        let refused = other.start(&another, Some("k")).await;
        assert_eq!(refused, Err(NotVerified::Another { id: begun.key.id.clone() }), "{another}");
    }
    assert_eq!(other.messages(), (vec![], vec![]));
}

#[tokio::test]
async fn a_ladder_has_one_code_and_what_costs_money_comes_last() {
    let mut world = world().await;
    let to = json!({"phone": MADRID, "email": "ana@example.org", "telegram_chat_id": 42});
    let body = json!({"channel": "auto", "to": to, "purpose": "login", "locale": "es"});
    let started = world.start(&body, None).await.unwrap();
    let (messages, _) = world.messages();
    let message = &messages[0];
    let items = message["fallback"].as_array().unwrap();
    let rungs: Vec<(&str, &str)> = std::iter::once(message)
        .chain(items)
        .map(|one| (one["channel"].as_str().unwrap(), one["destination"].as_str().unwrap()))
        .collect();
    let expected = [("telegram", "42"), ("email", "ana@example.org"), ("whatsapp", MADRID), ("sms", MADRID)];
    assert_eq!((rungs.as_slice(), &message["locale"]), (&expected[..], &json!("es")));
    let code = code_of(&world.revealed(message)).to_owned();
    for item in items {
        assert_eq!((&item["when"], &item["after_seconds"]), (&json!("unanswered"), &json!(60)));
        // Its child has the words of the message itself.
        let (mut child, item) = (message.clone(), item.as_object().unwrap());
        child.as_object_mut().unwrap().remove("fallback");
        for name in ["channel", "destination", "interactive"] {
            child[name] = item[name].clone();
        }
        assert_eq!(code_of(&world.revealed(&child)), code);
        let mut elsewhere = child.clone();
        elsewhere["interactive"] = message["interactive"].clone();
        assert!(world.revealed_to(&elsewhere, item["destination"].as_str().unwrap()).is_none());
    }
    assert_eq!((started.channel.as_str(), started.dial_code.as_deref()), ("telegram", Some("+34")));
    let asked = Asked::read(&body.to_string(), false).unwrap();
    let channels: Vec<&str> = asked.ladder.channels().map(domain::ChannelName::as_str).collect();
    assert_eq!(channels, ["telegram", "email", "sms"], "nobody carries WhatsApp");
}

#[tokio::test]
async fn the_same_code_is_sent_again_to_the_same_address_alone() {
    let mut world = world().await;
    let to = json!({"email": "ana@example.org", "phone": MADRID});
    let started = world.start(&json!({"channel": "auto", "to": to, "purpose": "login"}), None).await.unwrap();
    let (first, _) = world.messages();
    let id = || started.key.id.clone();
    let wish = json!({ "to": to }).to_string();
    let soon = world.verifying().resend(&sender(), id(), &wish).await;
    assert_eq!(soon, Err(NotVerified::TooSoon(Duration::from_secs(30))));
    world.clock = later(30);
    for elsewhere in [
        json!({"to": "eva@example.org"}),
        json!({"to": {"email": "ana@example.org", "phone": "+5491122334455"}}),
        json!({"to": {"email": "ana@example.org", "phone": "+34600123457"}}),
        json!({"to": {"email": "ana@example.org", "telegram_chat_id": 42}}),
        json!({"to": {"phone": MADRID}}),
        json!({"to": MADRID}),
        json!({}),
    ] {
        let refused = world.verifying().resend(&sender(), id(), &elsewhere.to_string()).await;
        assert!(matches!(refused, Err(NotVerified::Refused(_))), "{elsewhere}: {refused:?}");
    }
    assert_eq!(world.messages(), (vec![], vec![]));
    let sent = world.verifying().resend(&sender(), id(), &wish).await.unwrap();
    assert_eq!((sent.sends, sent.expires_at), (2, started.expires_at));
    let (second, events) = world.messages();
    assert_eq!((events.as_slice(), &second[0]["data"]["minutes"]), (&["sent".to_owned()][..], &json!(9)));
    assert_ne!(second[0]["id"], first[0]["id"]);
    assert_eq!(code_of(&world.revealed(&second[0])), code_of(&world.revealed(&first[0])));
    // The message before is not sent any more, if it was not yet.
    let before = Key { tenant: tenant("acme"), id: verification_send_id(&started.key, 1) };
    let row = world.store().delivery(&before).await.unwrap().unwrap().row;
    assert_eq!(row.state, domain::State::Cancelled);
    assert!(world.store().delivery(&Key { id: child_id(&before, 1), ..before }).await.unwrap().is_none());
}

#[test]
fn every_bad_field_is_named_at_once_and_no_value_is_repeated() {
    let pointers = |body: Value| match Asked::read(&body.to_string(), true) {
        Err(Refused::Fields(errors)) => {
            let told = errors.iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect::<Vec<_>>();
            assert!(!told.join(" ").contains("0143"), "{told:?}");
            errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        }
        other => panic!("{body}: {other:?}"),
    };
    assert_eq!(pointers(json!({})), ["/channel", "/to", "/purpose"]);
    let bad = json!({
        "channel": "sms", "to": "555 0143", "purpose": "a\nb", "client_ip": "here", "session": "s".repeat(256),
        "locale": "español", "code": "0143",
    });
    assert_eq!(pointers(bad), ["/to", "/purpose", "/client_ip", "/session", "/locale", "/code"]);
    let of = |channel: &str, to: Value| pointers(json!({"channel": channel, "to": to, "purpose": "login"}));
    assert_eq!(of("smss", json!(MADRID)), ["/channel"]);
    assert_eq!(of("sms", json!({"phone": MADRID})), ["/to"]);
    assert_eq!(of("sms", json!(34)), ["/to"]);
    assert_eq!(of("telegram", json!("-1001234567890")), ["/to"], "a group");
    assert_eq!(of("telegram", json!("@everybody")), ["/to"]);
    assert_eq!(of("auto", json!(MADRID)), ["/to"]);
    assert_eq!(of("auto", json!({})), ["/to"]);
    assert_eq!(of("auto", json!({"phone": "0143", "email": "x", "fax": "1"})), ["/to/fax", "/to/email", "/to/phone"]);
    for code in [json!({}), json!({"code": 123_456})] {
        assert!(matches!(read_code(&code.to_string()), Err(Refused::Fields(_))), "{code}");
    }
    for code in ["", "12345", "1234567", "abcdef", &format!("{}123456", " ".repeat(33))] {
        let code = json!({ "code": code });
        assert!(matches!(read_code(&code.to_string()), Err(Refused::Fields(_))), "{code}");
    }
    assert_eq!(read_code(r#"{"code": "123 456"}"#), Ok("123 456".to_owned()));
}
