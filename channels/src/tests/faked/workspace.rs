//! The app of the fake: conversations in which something is wrong, edits of what was sent, and buttons that people press.

use super::*;
use crate::tests::tools::kind;

const PERSON: &str = "U0EXAMPLE00";

impl Standing {
    async fn edit_post(&self, destination: &str, id: &str) -> Outcome {
        let data = json!({ "slack": { "edit": id }, "buttons": [] });
        let rendered = domain::Rendered { text: "Decided: Yes".into(), ..domain::Rendered::default() };
        let delivery = Delivery::new("n-1", destination).with(rendered).carrying(data);
        delivery.send_by(&channel_to(destination, "slack", &self.settings("slack"))).await
    }
}

#[tokio::test]
async fn conversations_in_which_something_is_wrong_refuse_by_themselves() {
    let standing = Standing::start(None).await;
    for (conversation, expected) in [
        ("C0FAKE00001", "permanent"),
        ("C0FAKE00002", "permanent"),
        ("C0FAKE00003", "permanent"),
        ("U0FAKE00004", "permanent"),
        ("U0FAKE00005", "permanent"),
        ("C0EXAMPLE00", "sent"),
        (PERSON, "sent"),
    ] {
        let outcome = standing.send("slack", "slack", conversation).await;
        assert_eq!(kind(&outcome), expected, "{conversation}: {outcome:?}");
    }
    let received = standing.received("slack").await;
    assert!(received[0]["refused"].is_string() && received[0]["status"] == 200, "{received:?}");
}

#[tokio::test]
async fn what_was_posted_can_be_changed_and_what_was_not_cannot() {
    let standing = Standing::start(None).await;
    let outcome = standing.send("slack", "slack", PERSON).await;
    let Outcome::Sent { provider_id: Some(id), .. } = outcome else { panic!("{outcome:?}") };
    let (conversation, ts) = id.split_once('/').expect("where it stands, and its time");
    assert_eq!(conversation, "D0EXAMPLE00");
    for (destination, edit) in [(PERSON, id.as_str()), (conversation, ts)] {
        let edited = standing.edit_post(destination, edit).await;
        let Outcome::Sent { provider_id, .. } = edited else { panic!("{edited:?}") };
        assert_eq!(provider_id.as_deref(), Some(id.as_str()));
    }
    let unknown = standing.edit_post(conversation, "1.000001").await;
    let Outcome::Permanent { failure, .. } = unknown else { panic!("{unknown:?}") };
    assert_eq!(failure.code.as_deref(), Some("message_not_found"));
}

#[tokio::test]
async fn buttons_are_taken_as_slack_takes_them() {
    let standing = Standing::start(None).await;
    let buttons = json!([[{ "text": "Yes", "data": "y-1" }, { "text": "No", "data": "n-1" }]]);
    let delivery = Delivery::new("n-1", PERSON).carrying(json!({ "buttons": buttons }));
    let outcome = delivery.send_by(&channel_to(PERSON, "slack", &standing.settings("slack"))).await;
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    let received = standing.received("slack").await;
    let actions = received[0]["fields"]["parameters"]["blocks"][1]["elements"].clone();
    assert_eq!((&actions[0]["value"], &actions[1]["value"]), (&json!("y-1"), &json!("n-1")));
    let (status, told) =
        standing.ask("POST", "inbound", json!({ "provider": "slack", "from": PERSON, "text": "Hi" })).await;
    assert!(status == 422 && told.to_string().contains("/button"), "{told}");
}
