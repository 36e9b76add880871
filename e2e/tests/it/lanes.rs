//! Bulk never delays urgent, and one hung provider never stops the others.

use domain::State;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use serde_json::json;

#[tokio::test]
async fn a_bulk_lane_full_of_hung_sends_leaves_urgent_its_places() {
    let provider = Provider::start().await;
    provider.answer_for("+12025550100", Answer::Hang);
    let fleet =
        TestFleet::start(Database::Sqlite, &[provider.settings(), vec![("WORKER_CONCURRENCY", "8")]].concat()).await;
    let hung = json!({"channel": "sms", "destination": "+12025550100", "message": "bulk"}).to_string();
    for lane in ["notifications.key.bulk", "notifications.key"] {
        for n in 0..20 {
            let id = format!("{lane}-{n}");
            let properties = BasicProperties::default().with_message_id(id.into());
            fleet.publish_to("notifications.exchange", lane, &hung, properties).await;
        }
    }
    e2e::fleet::until("both lanes full", async || (provider.count("+12025550100") >= 6).then_some(())).await;
    let urgent = json!({"channel": "sms", "destination": "+12025550143", "message": "urgent"}).to_string();
    let properties = BasicProperties::default().with_message_id("urgent".into());
    fleet.publish_to("notifications.exchange", "notifications.key.urgent", &urgent, properties).await;
    fleet.until("urgent", State::Sent).await;
    assert_eq!(provider.count("+12025550143"), 1);
    fleet.remove().await;
}

#[tokio::test]
async fn a_hung_provider_is_parked_and_another_channel_of_the_lane_flows() {
    let provider = Provider::start().await;
    provider.answer_for("+12025550100", Answer::Hang);
    let settings = [provider.settings(), vec![("WORKER_CONCURRENCY", "16")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let hung = json!({"channel": "sms", "destination": "+12025550100", "message": "hangs"});
    for n in 0..60 {
        fleet.notify(&format!("hung-{n}"), &hung).await;
    }
    e2e::fleet::until("the lane full", async || (provider.count("+12025550100") >= 12).then_some(())).await;
    let flowing = json!({"channel": "whatsapp", "destination": "+12025550143", "message": "flows"});
    for n in 0..10 {
        fleet.notify(&format!("flowing-{n}"), &flowing).await;
    }
    for n in 0..10 {
        fleet.until(&format!("flowing-{n}"), State::Sent).await;
    }
    fleet.remove().await;
}
