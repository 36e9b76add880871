//! What is stored of a message of the scheduled queue beside its job.

use bytes::Bytes;
use domain::{Key, Meant, Tenant, UnknownField, Zones};
use topology::{BasicProperties, Delivery, Names, Settle, Source};

use super::*;
use crate::testing::parts;

#[tokio::test]
async fn fields_and_headers_that_were_not_read_are_remembered_beside_the_job() {
    let parts = parts("2026-11-28T09:00:00Z", Zones::bundled()).await;
    let (intake, store) = (&parts.shared.intake, &parts.shared.intake.store);
    let (settle, _settled) = Settle::reporting();
    let properties = BasicProperties::default().with_message_id("later".into());
    let body =
        r#"{"channel":"sms","destination":"+12025550143","message":"due","send_at":"2026-11-29T09:00:00Z","order":7}"#;
    let delivery = Delivery {
        exchange: Default::default(),
        routing_key: Default::default(),
        properties,
        body: Bytes::from(body),
        redelivered: false,
        settle,
    };
    let mut incoming = Incoming::new(Source::Scheduled, &Names::of("notifications"), None, delivery);
    let header = UnknownField { pointer: "header:notify-agian".into(), meant: Meant::Ours("notify-again") };
    incoming.misread = vec![header.clone()];

    let disposition = pipeline(&parts.shared, &InHand::new(intake), &incoming).await;
    assert!(matches!(disposition, Disposition::Acknowledge));
    let key = Key { tenant: Tenant::default(), id: "later".into() };
    assert!(store.job(&key).await.unwrap().is_some());
    // Nobody waits for the warnings, but the writer commits them before what it is given after them.
    store.note_letter(&key, 0).await.unwrap();
    let kept = store.warnings(&key).await.unwrap();
    assert_eq!((kept.len(), kept[0].pointer.as_str(), &kept[1]), (2, "/order", &header.warning()));
}
