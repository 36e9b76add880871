//! What goes wrong in the sandbox on demand goes wrong as often as was asked, and ends as the answer of a provider would.

use domain::{ChannelName, Fault, Tenant};
use store::SandboxFault;

use super::*;

async fn set(parts: &Parts, next: u32, fault: Fault) {
    let set = SandboxFault {
        tenant: Tenant::default(),
        channel: ChannelName::parse("sms").unwrap(),
        next,
        left: next,
        fault,
        by: "ada".into(),
        at: testkit::NOW,
    };
    parts.shared.intake.store.set_sandbox_fault(&set, &testkit::told()).await.unwrap();
}

fn failing(status: u16) -> Fault {
    Fault { status: Some(status), ..Fault::default() }
}

#[tokio::test]
async fn the_next_message_fails_and_the_one_after_it_is_captured() {
    let mut parts = parts().await;
    set(&parts, 1, failing(503)).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt, row.code.as_deref()), (State::Waiting, 1, Some("503")));
    assert_eq!((row.order, row.provider.as_deref()), (Order::Retry { tier: 1 }, Some("sandbox")));
    assert_eq!(parts.sent().await.len(), 0);
    let again = Copy::of(parts.published().pop().expect("a retry"));
    assert_eq!(parts.consume(again).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt, parts.sent().await.len()), (State::Captured, 2, 1));
}

#[tokio::test]
async fn a_refusal_is_for_good_and_a_lost_answer_is_ambiguous() {
    let parts = parts().await;
    set(&parts, 1, failing(400)).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Dead);
    set(&parts, 1, Fault { cut: true, ..Fault::default() }).await;
    assert_eq!(parts.consume(Copy::published(Some("d-2"), SMS)).await, Settlement::Ack);
    assert!(parts.row("d-2").await.expect("a row").ambiguous);
}

#[tokio::test]
async fn a_slow_answer_is_an_answer() {
    let parts = parts().await;
    set(&parts, 1, Fault { latency: Duration::from_millis(1), ..Fault::default() }).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Captured);
    let (store, sms) = (&parts.shared.intake.store, ChannelName::parse("sms").unwrap());
    assert_eq!(store.take_sandbox_fault(&Tenant::default(), &sms).await.unwrap(), None, "it was taken");
}

#[tokio::test]
async fn what_a_provider_carries_takes_no_fault() {
    let parts = parts().await;
    let email = ChannelName::parse("email").unwrap();
    let set = SandboxFault {
        tenant: Tenant::default(),
        channel: email.clone(),
        next: 1,
        left: 1,
        fault: failing(400),
        by: "ada".into(),
        at: testkit::NOW,
    };
    let store = &parts.shared.intake.store;
    store.set_sandbox_fault(&set, &testkit::told()).await.unwrap();
    assert_eq!(parts.consume(Copy::published(Some("d-1"), EMAIL)).await, Settlement::Ack);
    assert_eq!(store.sandbox_faults(None).await.unwrap(), [set]);
}
