//! A call of WhatsApp of which a part cannot be read, and another is about a message that is nobody's here.

use domain::{Report, Reported};
use e2e::{Database, TestFleet};
use serde_json::json;

use super::handed_on;

#[tokio::test]
async fn an_odd_status_is_a_dead_letter_and_one_of_a_message_that_is_not_known_stays_a_receipt() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let statuses = json!([{ "id": "wamid.1", "status": "delivered" }, { "id": ["wamid.2"], "status": "failed" }]);
    let change = json!({ "field": "messages", "value": { "statuses": statuses } });
    let call = json!({ "entry": [{ "id": "0", "changes": [change] }] }).to_string();
    handed_on(&fleet, "call-1", "whatsapp_cloud", call.clone()).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    let why =
        "1 of 2 statuses and messages cannot be read, of which number 2 is the first: it has no id that can be one";
    assert_eq!((letter.reason.as_str(), letter.error.as_str()), ("decode_error", why));
    assert_eq!(letter.body, call.into_bytes(), "all of it, for whoever can read it later");
    let of_nobody = Report {
        provider: "whatsapp_cloud",
        event_id: "wamid.1/delivered".into(),
        about: None,
        provider_id: Some("wamid.1".into()),
        recipient: None,
        has_copies: false,
        said: Reported::Delivered,
        code: None,
        detail: String::new(),
        at: None,
    };
    let is_kept = fleet.store().are_repeats(&[of_nobody]).await.expect("the ledger answers");
    assert_eq!(is_kept, [true]);
    fleet.finish().await;
}
