//! What the fake calls us with is believed, is about the attempt that was sent, and says what it was asked to say.

use domain::{Bounce, Keyword, Label, Report, Reported};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::*;
use crate::{Callback, Webhooks};

const PATIENCE: Duration = Duration::from_secs(60);

/// A fake, and the API that it calls.
struct Called {
    standing: Standing,
    calls: UnboundedReceiver<Request>,
    _api: MockServer,
}

impl Called {
    async fn start() -> Self {
        Self::answering(200).await
    }

    /// An API that answers every call with this status.
    async fn answering(status: u16) -> Self {
        let (sender, calls) = unbounded_channel();
        let api = MockServer::start().await;
        let keep = move |request: &Request| {
            let _ = sender.send(request.clone());
            ResponseTemplate::new(status)
        };
        Mock::given(matchers::any()).respond_with(keep).mount(&api).await;
        Self { standing: Standing::start(Some(api.uri())).await, calls, _api: api }
    }

    /// What the next call of this provider says.
    async fn next(&mut self, provider: &'static str) -> Vec<Report> {
        let call = tokio::time::timeout(PATIENCE, self.calls.recv()).await;
        let request = call.expect("a call in time").expect("the API is there");
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{}{query}", request.url.path());
        assert!(target.starts_with(&format!("/webhook/{provider}")), "{target}");
        let callback = Callback {
            target: &target,
            headers: &request.headers,
            body: &request.body,
            at: testkit::at("2026-03-01T09:00:05Z"),
        };
        let webhooks = Webhooks::new(&self.standing.settings(provider));
        assert_eq!(webhooks.verify(provider, &callback), Ok(()), "{provider}");
        // Telegram signs no body: it says a secret.
        let altered = [request.body.as_slice(), b"&x=1"].concat();
        let altered = Callback { body: &altered, ..callback };
        assert_eq!(webhooks.verify(provider, &altered).is_err(), provider != "telegram", "{provider}");
        webhooks.reports(provider, &callback).expect("readable").reports
    }

    async fn said(&mut self, provider: &'static str) -> Reported {
        let reports = self.next(provider).await;
        let [report] = reports.as_slice() else { panic!("{reports:?}") };
        report.said.clone()
    }
}

#[tokio::test]
async fn what_was_accepted_is_reported_with_its_label_and_its_id() {
    let mut called = Called::start().await;
    for &(provider, channel, destination) in CARRIED {
        if !["sendgrid", "twilio", "whatsapp_cloud"].contains(&provider) {
            continue;
        }
        let outcome = called.standing.send(provider, channel, destination).await;
        let Outcome::Sent { provider_id: Some(id), .. } = outcome else { panic!("{provider}: {outcome:?}") };
        for said in [Reported::Accepted, Reported::Delivered] {
            let reports = called.next(provider).await;
            let [report] = reports.as_slice() else { panic!("{reports:?}") };
            assert_eq!((report.provider, &report.said), (provider, &said));
            assert_eq!(report.about, Some(Label { key: testkit::key("n-1"), epoch: 0, attempt: 1 }), "{provider}");
            assert_eq!(report.provider_id.as_deref(), Some(id.as_str()), "{provider}");
        }
    }
}

#[tokio::test]
async fn any_report_is_made_of_what_has_come_as_often_and_in_whatever_order_it_is_asked_for() {
    let mut called = Called::start().await;
    let later = |retriable, alarm| Reported::FailedLater { retriable, alarm };
    for (provider, channel, destination, asked) in [
        (
            "sendgrid",
            "email",
            ADDRESS,
            vec![
                ("delivered", Reported::Delivered),
                ("bounce:5.1.1", Reported::Bounced { class: Bounce::Address }),
                ("blocked", Reported::Bounced { class: Bounce::Message }),
                ("dropped", Reported::Bounced { class: Bounce::Listed }),
                ("delivered", Reported::Delivered),
                ("spamreport", Reported::Complained),
                ("open", Reported::Opened),
                ("click", Reported::Clicked),
            ],
        ),
        ("twilio", "sms", NUMBER, vec![("read", Reported::Read), ("undelivered:30006", later(false, false))]),
        ("whatsapp_cloud", "whatsapp", NUMBER, vec![("read", Reported::Read), ("failed:131026", later(false, false))]),
    ] {
        let silent = json!({ "provider": provider, "reports": [] });
        assert_eq!(called.standing.ask("POST", "rules", silent).await.0, 201);
        called.standing.send(provider, channel, destination).await;
        let received = called.standing.received(provider).await;
        let id = received.last().map(|last| last["id"].clone()).unwrap_or_default();
        for (report, said) in asked {
            let (status, told) = called.standing.ask("POST", "reports", json!({ "id": id, "report": report })).await;
            assert_eq!((status, &told["status"]), (200, &json!(200)), "{provider} {report}");
            assert_eq!(called.said(provider).await, said, "{provider} {report}");
        }
        let (status, told) = called.standing.ask("POST", "reports", json!({ "id": "x", "report": "read" })).await;
        assert_eq!((status, &told["errors"][0]["field"]), (422, &json!("/id")));
    }
}

#[tokio::test]
async fn a_rule_has_other_things_reported_than_usual() {
    let mut called = Called::start().await;
    let rule = json!({ "provider": "twilio", "next": 1, "reports": ["sent", "failed:30008"] });
    assert_eq!(called.standing.ask("POST", "rules", rule).await.0, 201);
    for second in [false, true] {
        called.standing.send("twilio", "sms", NUMBER).await;
        assert_eq!(called.said("twilio").await, Reported::Accepted);
        let said = called.said("twilio").await;
        assert_eq!(matches!(said, Reported::Delivered), second, "{said:?}");
        assert_eq!(matches!(said, Reported::FailedLater { .. }), !second, "{said:?}");
    }
}

#[tokio::test]
async fn what_a_person_writes_and_presses_comes_to_us_as_from_the_provider() {
    let mut called = Called::start().await;
    for provider in ["twilio", "whatsapp_cloud"] {
        let stop = json!({ "provider": provider, "from": NUMBER, "text": "STOP" });
        assert_eq!(called.standing.ask("POST", "inbound", stop).await.0, 200);
        let said = called.said(provider).await;
        let Reported::Reply { text, keyword, .. } = &said else { panic!("{said:?}") };
        assert_eq!((text.as_str(), keyword), ("STOP", &Some(Keyword::Stop)));
        let pressed = json!({ "provider": provider, "from": NUMBER, "text": "¡Sí! 🎉", "button": "yes/ñ" });
        assert_eq!(called.standing.ask("POST", "inbound", pressed).await.0, 200);
        let said = called.said(provider).await;
        assert!(matches!(&said, Reported::Button { payload, .. } if payload == "yes/ñ"), "{said:?}");
    }
    let (status, told) = called.standing.ask("POST", "inbound", json!({ "provider": "twilo", "fom": "x" })).await;
    assert_eq!(status, 422);
    for named in ["did you mean twilio?", "/from", "did you mean from?"] {
        assert!(told.to_string().contains(named), "{named}: {told}");
    }
}

#[tokio::test]
async fn what_people_write_to_a_bot_and_press_comes_to_us_with_its_secret() {
    let mut called = Called::start().await;
    for (text, expected) in [("/stop", Some(Keyword::Stop)), ("/start", Some(Keyword::Start)), ("¡Hola! 🎉", None)] {
        let written = json!({ "provider": "telegram", "from": "4711", "text": text });
        assert_eq!(called.standing.ask("POST", "inbound", written).await.0, 200);
        let said = called.said("telegram").await;
        let Reported::Reply { from, text: told, keyword, .. } = &said else { panic!("{said:?}") };
        assert_eq!((from.as_str(), told.as_str(), keyword), ("4711", text, &expected));
    }
    let pressed =
        json!({ "provider": "telegram", "from": "4711", "to": "-4712", "text": "Deploy?", "button": "ask-1-yes" });
    assert_eq!(called.standing.ask("POST", "inbound", pressed).await.0, 200);
    let reports = called.next("telegram").await;
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.said, Reported::Button { payload: "ask-1-yes".into(), by: "4711".into() });
    assert_eq!((report.event_id.as_str(), report.recipient.as_deref()), ("4/received", Some("-4712")));
}

#[tokio::test]
async fn what_people_press_in_slack_comes_to_us_signed() {
    let mut called = Called::start().await;
    let pressed = json!({ "provider": "slack", "from": "U0EXAMPLE00", "text": "Sí", "button": "ask-1-yes/ñ" });
    assert_eq!(called.standing.ask("POST", "inbound", pressed).await.0, 200);
    let reports = called.next("slack").await;
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.said, Reported::Button { payload: "ask-1-yes/ñ".into(), by: "U0EXAMPLE00".into() });
    assert_eq!(report.recipient.as_deref(), Some("D0EXAMPLE00"));
}

#[tokio::test]
async fn a_callback_that_is_not_taken_is_shown_beside_what_has_come() {
    let mut called = Called::answering(404).await;
    called.standing.send("twilio", "sms", NUMBER).await;
    // The second call begins once it is known how the first one ended.
    for _ in ["sent", "delivered"] {
        tokio::time::timeout(PATIENCE, called.calls.recv()).await.expect("a call in time").expect("the API is there");
    }
    let (status, shown) = called.standing.ask("GET", "received", json!({})).await;
    assert_eq!((status, shown["callbacks"]["failed"].as_u64() >= Some(1)), (200, true), "{shown}");
    assert_eq!(shown["callbacks"]["not_taken"]["/webhook/twilio"], "it is answered with 404", "{shown}");
    assert_eq!(called.standing.ask("DELETE", "received", json!({})).await.0, 204);
}
