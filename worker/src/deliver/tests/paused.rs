//! What an operator has paused waits without an attempt, whatever it is that is paused.

use domain::{Pause, PauseKind, Tenant, Timestamp};

use super::*;

fn pause(kind: PauseKind, name: &str, tenant: Option<&str>) -> Pause {
    let tenant = tenant.map(|name| Tenant::parse(name).unwrap());
    Pause {
        id: Pause::id_of(kind, name, tenant.as_ref()),
        kind,
        name: name.into(),
        tenant,
        why: "wrong text".into(),
        by: "ada".into(),
        by_platform: false,
        since: Timestamp::from_seconds(0),
        until: None,
    }
}

fn learn(parts: &Parts, pauses: &[Pause]) {
    parts.shared.paused.learn(pauses.to_vec(), parts.shared.intake.clock.now());
}

#[tokio::test]
async fn what_is_paused_waits_without_an_attempt_until_it_is_resumed() {
    let mut parts = parts().await;
    learn(&parts, &[pause(PauseKind::Channel, "sms", None)]);
    let mut copy = Copy::published(Some("d-1"), SMS);
    for (seq, tier) in [(1, 1), (2, 2), (3, 3), (4, 3)] {
        assert_eq!(parts.consume(copy).await, Settlement::Ack);
        let row = parts.row("d-1").await.expect("a row");
        assert_eq!((row.state, row.attempt, row.seq, row.order), (State::Waiting, 0, seq, Order::Retry { tier }));
        assert_eq!(row.passed_over.as_deref(), Some("the channel sms is paused: wrong text"));
        let mut published = parts.published();
        copy = Copy::of(published.pop().expect("a retry"));
        assert_eq!((published, parts.sent().await.len()), (vec![], 0));
        assert_eq!(parts.told(), [], "nothing has happened to it");
    }
    learn(&parts, &[]);
    assert_eq!(parts.consume(copy).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt, row.passed_over), (State::Captured, 1, None));
}

#[tokio::test]
async fn what_is_not_concerned_by_a_pause_goes() {
    let parts = parts().await;
    learn(
        &parts,
        &[
            pause(PauseKind::Channel, "email", None),
            pause(PauseKind::Channel, "sms", Some("acme")),
            pause(PauseKind::Tenant, "acme", Some("acme")),
            pause(PauseKind::Template, "welcome", None),
            pause(PauseKind::Provider, "twilio", None),
        ],
    );
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Captured);
}

#[tokio::test]
async fn a_paused_provider_is_given_nothing_and_its_only_channel_waits() {
    let mut parts = parts().await;
    learn(&parts, &[pause(PauseKind::Provider, "smtp", None)]);
    assert_eq!(parts.consume(Copy::published(Some("d-1"), EMAIL)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt, row.provider), (State::Waiting, 0, None));
    assert_eq!(row.passed_over.as_deref(), Some("the provider smtp is paused: wrong text"));
    assert_eq!(parts.published().len(), 1);
}

#[tokio::test]
async fn what_expires_while_it_is_paused_has_expired() {
    let mut parts = parts().await;
    learn(&parts, &[pause(PauseKind::Tenant, "default", Some("default"))]);
    let body = SMS.replace("\"message\"", "\"expires_at\":\"2026-01-01T00:00:00Z\",\"message\"");
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body)).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Expired);
    assert_eq!(parts.published(), []);
}
