//! Email by a real mail server, read back as the recipient's mail program shows it.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{AttemptOutcome, Clock, State};
use e2e::mail_server::{Mail, MailServer};
use e2e::{Database, TestFleet};
use serde_json::{Value, json};

fn four_fields(to: &str) -> Value {
    json!({
        "channel": "email", "destination": to, "subject": "Confirmación nº 7: ¡listo!",
        "message": "Señora Núñez:\nsu pedido está listo.\n.\nAdiós",
    })
}

async fn fleet(mail: &MailServer, more: &[(&'static str, &str)]) -> TestFleet {
    TestFleet::start(Database::Sqlite, &[&mail.settings()[..], more].concat()).await
}

async fn post(fleet: &TestFleet, body: &Value) -> String {
    let answer = fleet.http.post(fleet.url("/notify")).json(body).send().await.expect("answered");
    assert_eq!(answer.status(), 202);
    let accepted: Value = answer.json().await.expect("JSON");
    accepted["id"].as_str().expect("an id").to_owned()
}

fn is_as_meant(mail: &Mail, to: &str) {
    assert_eq!(mail.header("from"), "Tienda Quipu <avisos@example.org>");
    assert_eq!(mail.header("to"), to);
    assert_eq!(mail.header("subject"), "Confirmación nº 7: ¡listo!");
    assert_eq!(mail.text.trim_end(), "Señora Núñez:\nsu pedido está listo.\n.\nAdiós");
    assert_eq!(mail.html, None);
}

#[tokio::test]
async fn the_four_field_body_is_in_the_mailbox_once_by_every_way_in() {
    let mail = MailServer::start(&[]).await;
    let fleet = fleet(&mail, &[]).await;
    let ways = ["amqp@example.org", "http@example.org", "job@example.org"];
    fleet.notify("by-amqp", &four_fields(ways[0])).await;
    let by_http = post(&fleet, &four_fields(ways[1])).await;
    let mut due = four_fields(ways[2]);
    due["send_at"] = json!(SystemClock.now().plus(Duration::from_secs(2)).to_string());
    let job = post(&fleet, &due).await;
    for (id, to) in ["by-amqp", &by_http, &job].into_iter().zip(ways) {
        let view = fleet.until(id, State::Sent).await;
        is_as_meant(&mail.mail(to).await, to);
        let message_id = mail.mails(to)[0].header("message-id").to_owned();
        assert_eq!(view.row.provider_id.as_deref(), Some(message_id.as_str()), "the ledger names the mail");
    }
    for to in ways {
        assert_eq!(mail.mails(to).len(), 1, "{to}");
    }
    fleet.finish().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_comes_with_the_next_attempt_and_once() {
    let mail = MailServer::start(&[]).await;
    let fleet = fleet(&mail, &[]).await;
    fleet.notify("greylisted", &four_fields("once-451@example.org")).await;
    let view = fleet.until("greylisted", State::Sent).await;
    let outcomes: Vec<_> = view.attempts.iter().map(|attempt| (attempt.outcome, attempt.code.as_deref())).collect();
    assert_eq!(outcomes, [(AttemptOutcome::Retriable, Some("451")), (AttemptOutcome::Sent, Some("250"))]);
    is_as_meant(&mail.mail("once-451@example.org").await, "once-451@example.org");
    assert_eq!(mail.mails("once-451@example.org").len(), 1);
    assert!(!view.row.ambiguous);
    fleet.finish().await;
}

#[tokio::test]
async fn every_copy_of_a_mail_whose_answer_was_lost_has_one_message_id() {
    let mail = MailServer::start(&[]).await;
    let fleet = fleet(&mail, &[]).await;
    fleet.notify("unsure", &four_fields("drop@example.org")).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "exhausted");
    assert!(fleet.until("unsure", State::Dead).await.row.ambiguous, "the copies are explained");
    let mails = mail.mails("drop@example.org");
    assert_eq!(mails.len(), 4);
    assert!(mails[0].header("message-id").ends_with("@example.org>"), "{:?}", mails[0]);
    assert!(mails.iter().all(|copy| copy.header("message-id") == mails[0].header("message-id")));
    fleet.finish().await;
}

#[tokio::test]
async fn hold_keeps_a_mail_whose_answer_was_lost_from_being_sent_again() {
    let mail = MailServer::start(&[]).await;
    let fleet = fleet(&mail, &[("AMBIGUITY", "email=hold")]).await;
    fleet.notify("unsure", &four_fields("drop@example.org")).await;
    assert_eq!(fleet.take_dead_letters(1).await[0].reason, "ambiguous");
    assert!(fleet.until("unsure", State::Held).await.row.ambiguous);
    assert_eq!(mail.mails("drop@example.org").len(), 1);
    fleet.finish().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_tried_once() {
    let mail = MailServer::start(&[]).await;
    let fleet = fleet(&mail, &[]).await;
    for to in ["rcpt-550@example.org", "data-554@example.org"] {
        fleet.notify(to, &four_fields(to)).await;
        let letter = fleet.take_dead_letters(1).await.remove(0);
        assert_eq!(letter.reason, "permanent");
        assert!(letter.error.contains("refused") && !letter.error.contains("example.org"), "{}", letter.error);
        assert_eq!(fleet.until(to, State::Dead).await.attempts.len(), 1);
        assert!(mail.mails(to).is_empty());
    }
    fleet.finish().await;
}

#[tokio::test]
async fn the_shipped_templates_arrive_as_text_and_html_in_the_language_of_the_reader() {
    let mail = MailServer::start(&[]).await;
    let fleet = fleet(&mail, &[]).await;
    let welcome = json!({
        "channel": "email", "destination": "ana@example.org", "template": "welcome", "locale": "es-PE",
        "data": {"name": "Ana Núñez", "product": "Tambo", "action_url": "https://tambo.example/start"},
    });
    let otp = json!({
        "channel": "email", "destination": "luz@example.org", "template": "otp", "locale": "es",
        "data": {"code": "481 930", "product": "Tambo", "minutes": 10},
    });
    fleet.notify("welcome", &welcome).await;
    fleet.notify("otp", &otp).await;
    for id in ["welcome", "otp"] {
        fleet.until(id, State::Sent).await;
    }
    let mails = [mail.mail("ana@example.org").await, mail.mail("luz@example.org").await];
    let expected = [
        ("Te damos la bienvenida a Tambo, Ana Núñez", "Tu cuenta de Tambo está lista", "lang=\"es\""),
        ("481 930 es tu código de Tambo", "Tu código de Tambo es: 481 930", "481 930</p>"),
    ];
    for (mail, (subject, text, html)) in mails.iter().zip(expected) {
        assert_eq!(mail.header("subject"), subject);
        assert!(mail.header("content-type").starts_with("multipart/alternative"));
        assert!(mail.text.contains(text), "{}", mail.text);
        assert!(mail.html.as_deref().is_some_and(|found| found.contains(html)), "{:?}", mail.html);
    }
    fleet.finish().await;
}
