//! What is stuck is told with the queue to look at, and with what to do then.

use std::time::Duration;

use domain::{Outcome, Timestamp};
use serde_json::json;
use store::Patience;
use topology::Names;

use crate::stuck::find;
use crate::tests::fixtures::{NOW, attempted, key, ledger};
use crate::tests::schedules::stored;

const PATIENCE: Patience = Patience { after: Duration::from_secs(60), delays: [Duration::from_secs(5); 3] };

#[tokio::test]
async fn deliveries_and_jobs_are_told_with_what_to_look_at_next() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let names = Names::of("notifications");
    attempted(store, &key("waiting"), false, &Outcome::PutAside).await;
    attempted(store, &key("deferred"), false, &Outcome::Deferred { due: NOW.plus(Duration::from_secs(30)) }).await;
    attempted(store, &key("done"), false, &Outcome::Captured).await;
    let job = json!({
        "send_at": "2026-03-01T12:01:00Z",
        "notification": {"channel": "sms", "destination": "+12025550143", "message": "Now.", "id": "job"},
    });
    stored(store, &job).await;

    assert_eq!(find(store, PATIENCE, &names, NOW).await.unwrap(), []);
    let later: Timestamp = NOW.plus(Duration::from_secs(3_600));
    let found = find(store, PATIENCE, &names, later).await.unwrap();
    let told: Vec<_> = found.iter().map(|found| (found.kind, found.key.id.as_str(), found.state)).collect();
    let expected = [("delivery", "waiting", "waiting"), ("delivery", "deferred", "waiting"), ("job", "job", "due")];
    assert_eq!(told, expected);
    let queues = [names.retry_queue(1), names.scheduled_queue(), names.lane_queue(domain::Lane::Normal)];
    for (found, queue) in found.iter().zip(&queues) {
        assert!(found.next.contains(queue.as_str()), "{queue}: {found:?}");
        assert!(!found.target.contains("+12025550143"), "the recipient is masked: {found:?}");
    }
    assert!(found[0].next.ends_with("publish it again under the same id, or cancel it"), "{found:?}");
}
