//! What the fake says against what the providers publish about their APIs: Prism stands between it and our client, and
//! lets nothing pass that is not as described.

use super::*;
use crate::tests::prism::Prism;
use crate::tests::tools::kind;

#[tokio::test]
async fn twilios_description_takes_what_the_fake_answers_and_would_not_take_anything() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "twilio_messages").await;
    let mut settings = standing.settings("twilio");
    settings.twilio.base_url.clone_from(&prism.base_url);
    for (channel, data) in [
        ("sms", json!({})),
        ("whatsapp", json!({})),
        ("sms", json!({ "media_urls": ["https://example.org/a.jpg", "https://example.org/b.jpg"] })),
    ] {
        let delivery = Delivery::new("n-1", NUMBER).carrying(data);
        let outcome = delivery.send_by(&channel_to(NUMBER, channel, &settings)).await;
        assert_eq!(kind(&outcome), "sent", "{channel}: {outcome:?}");
    }
    let rule = json!({ "next": 1, "body": r#"{"sid": 7, "status": "unheard of"}"# });
    assert_eq!(standing.ask("POST", "rules", rule).await.0, 201);
    let outcome = Delivery::new("n-1", NUMBER).send_by(&channel_to(NUMBER, "sms", &settings)).await;
    assert_ne!(kind(&outcome), "sent", "Prism does look at the answer: {outcome:?}");
}

#[tokio::test]
async fn googles_description_takes_what_the_fake_answers() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "fcm_send").await;
    let mut settings = standing.settings("fcm");
    settings.fcm.base_url.clone_from(&prism.base_url);
    for destination in ["example-token:APA91b", "fid:cYx1zJ0aRk6Z3n2vTqWm4L", "topic:news"] {
        let outcome = Delivery::new("n-1", destination).send_by(&channel_to(destination, "push", &settings)).await;
        assert_eq!(kind(&outcome), "sent", "{destination}: {outcome:?}");
    }
}

#[tokio::test]
async fn sendgrids_description_takes_what_the_fake_answers_also_when_it_refuses() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "sendgrid_mail_send").await;
    let mut settings = standing.settings("sendgrid");
    settings.sendgrid.base_url.clone_from(&prism.base_url);
    let email = channel_to(ADDRESS, "email", &settings);
    let outcome = Delivery::new("n-1", ADDRESS).send_by(&email).await;
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    for (status, code, expected) in [
        (400, Some("personalizations.0.to.0.email"), "permanent"),
        (401, None, "alarm"),
        (413, None, "permanent"),
        (500, None, "retriable"),
    ] {
        let rule = json!({ "next": 1, "status": status, "code": code });
        assert_eq!(standing.ask("POST", "rules", rule).await.0, 201);
        let outcome = Delivery::new("n-1", ADDRESS).send_by(&email).await;
        assert_eq!(kind(&outcome), expected, "{status}: {outcome:?}");
    }
}
