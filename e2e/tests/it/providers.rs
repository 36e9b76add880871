//! Several providers of one medium: another one takes over, and everybody can see why.

use domain::State;
use e2e::fleet::until;
use e2e::mail_server::MailServer;
use e2e::processes::run;
use e2e::sendgrid::SendGrid;
use e2e::{Database, TestFleet};
use serde_json::{Value, json};
use store::DeliveryView;
use tokio::net::TcpStream;

const QUEUE: &str = "books.providers";

fn mail(to: &str) -> Value {
    json!({"channel": "email", "destination": to, "subject": "Order 7", "message": "It is ready"})
}

/// Who carried each attempt, the first to the last.
fn carriers(view: &DeliveryView) -> Vec<&str> {
    view.attempts.iter().map(|attempt| attempt.provider.as_str()).collect()
}

/// The server ends some time after it was dropped.
async fn away(server: MailServer) {
    let settings = server.settings();
    let port = settings.iter().find(|(name, _)| *name == "SMTP_PORT").map(|(_, port)| *port).expect("a port");
    let address = format!("127.0.0.1:{port}");
    drop(settings);
    drop(server);
    until("the mail server is away", async || TcpStream::connect(&address).await.err()).await;
}

/// Mails one after another, until one goes past the first provider at once.
async fn until_one_passes(fleet: &TestFleet) -> DeliveryView {
    for n in 0..60 {
        let id = format!("next-{n}");
        fleet.notify(&id, &mail("ana@example.org")).await;
        let view = fleet.until(&id, State::Sent).await;
        if view.attempts.len() == 1 {
            return view;
        }
    }
    panic!("the breaker has not opened")
}

/// Mails one after another, so that the breaker opens again and again, until the ledger has word of it.
async fn until_listed(fleet: &TestFleet) -> String {
    for n in 0..60 {
        let id = format!("more-{n}");
        fleet.notify(&id, &mail("ana@example.org")).await;
        fleet.until(&id, State::Sent).await;
        let (code, said) = run(&["providers"], &fleet.environment).await;
        if code == 1 {
            return said;
        }
    }
    panic!("the workers have not said that the breaker is open")
}

#[tokio::test]
async fn when_the_mail_server_goes_away_another_provider_carries_the_mails_and_everybody_sees_why() {
    let (server, sendgrid) = (MailServer::start(&[]).await, SendGrid::start().await);
    let fleet = TestFleet::start(Database::Sqlite, &[server.settings(), sendgrid.settings()].concat()).await;
    fleet.subscribe(QUEUE, "#").await;
    fleet.notify("before", &mail("before@example.org")).await;
    let before = fleet.until("before", State::Sent).await;
    assert_eq!((carriers(&before), before.row.passed_over.as_deref()), (vec!["smtp"], None));
    away(server).await;

    fleet.notify("first", &mail("first@example.org")).await;
    let first = fleet.until("first", State::Sent).await;
    assert_eq!(carriers(&first), ["smtp", "sendgrid"], "whoever did not accept it is asked last");
    assert_eq!(first.row.passed_over.as_deref(), Some("smtp: it did not accept the attempt before"));
    assert_eq!(sendgrid.recipients(), ["first@example.org"]);

    let passed = until_one_passes(&fleet).await;
    let why = "smtp: it fails too often, its breaker is open";
    assert_eq!((carriers(&passed), passed.row.passed_over.as_deref()), (vec!["sendgrid"], Some(why)));
    let events = fleet.events_until(QUEUE, &passed.row.key.id, "sent").await;
    let data = &events.last().expect("an event").json["data"];
    assert_eq!((&data["provider"], &data["passed_over"]), (&json!("sendgrid"), &json!(why)));

    let listed = until_listed(&fleet).await;
    assert!(listed.contains("given no messages until") && listed.contains("sendgrid"), "{listed}");
    let (code, said) = run(&["providers", "check"], &fleet.environment).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("cannot be reached") && said.contains("accepts our credentials"), "{said}");
    fleet.finish().await;
}
