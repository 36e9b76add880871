//! Providers that fail: another one takes over or the messages wait, no attempt is spent, and everybody can see why.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{Clock as _, Order, State};
use e2e::fleet::until;
use e2e::mail_server::MailServer;
use e2e::processes::run;
use e2e::provider::{Answer, Provider};
use e2e::sendgrid::SendGrid;
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use lapin::BasicProperties;
use serde_json::{Value, json};
use store::DeliveryView;
use testkit::key;
use tokio::net::TcpStream;

const QUEUE: &str = "books.providers";

fn mail(to: &str) -> Value {
    json!({"channel": "email", "destination": to, "subject": "Order 7", "message": "It is ready"})
}

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "Hola"})
}

/// Waits until a delivery waits because no provider takes it.
async fn until_parked(fleet: &TestFleet, id: &str) -> DeliveryView {
    let is_parked = |view: &DeliveryView| view.row.state == State::Waiting && view.row.passed_over.is_some();
    until(&format!("{id} is parked"), async || fleet.delivery(id).await.filter(is_parked)).await
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
    for n in 0..600 {
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
    let (code, said) = run(&["providers"], &fleet.environment).await;
    assert!(code == 0 && said.contains("works, as far as anybody has found"), "{said}");
    let (code, said) = run(&["providers", "check"], &fleet.environment).await;
    assert!(code == 0 && !said.contains("cannot be reached"), "{said}");
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

/// Waits until `chasqui providers` ends with this code; what it says then.
async fn until_providers_end_with(expected: i32, fleet: &TestFleet) -> String {
    let ended = async || {
        let (code, said) = run(&["providers"], &fleet.environment).await;
        (code == expected).then_some(said)
    };
    until(&format!("`chasqui providers` ends with {expected}"), ended).await
}

/// The id and the recipient of one of many.
fn waiting(n: usize) -> (String, String) {
    (format!("waits-{n}"), format!("+120255502{n:02}"))
}

/// Deliveries one after another, until one waits before its first attempt because the breaker is open; which that is.
async fn until_one_waits_untried(fleet: &TestFleet) -> usize {
    for n in 0..20 {
        let (id, to) = waiting(n);
        fleet.notify(&id, &sms(&to)).await;
        if until_parked(fleet, &id).await.row.attempt == 0 {
            return n;
        }
    }
    panic!("each of them has tried the provider out")
}

#[tokio::test]
async fn a_breaker_that_opens_parks_what_comes_without_an_attempt_and_a_message_that_is_accepted_closes_it() {
    let provider = Provider::start().await;
    provider.answer(Answer::Refuse { status: 503, code: 0, retry_after: None });
    let settings = [provider.settings(), vec![("WORKER_MAX_RETRIES", "100")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    fleet.subscribe(QUEUE, "#").await;
    let failing = ["fails-1", "fails-2", "fails-3", "fails-4"];
    for (n, id) in failing.into_iter().enumerate() {
        fleet.notify(id, &sms(&format!("+1202555010{n}"))).await;
    }
    for id in failing {
        until_parked(&fleet, id).await;
    }
    assert!(provider.requests() >= 20, "so many failures open it");
    let untried = until_one_waits_untried(&fleet).await;
    let (id, to) = waiting(untried);
    let told = fleet.events_until(QUEUE, &id, "retrying").await;
    let why = "twilio: it fails too often, its breaker is open";
    assert_eq!(told.last().expect("an event").json["data"]["passed_over"], json!(why));
    assert_eq!(provider.count(&to), 0, "nobody was asked for it");

    provider.answer(Answer::Accept);
    let sent = fleet.until(&id, State::Sent).await;
    assert_eq!((sent.row.attempt, sent.row.passed_over.as_deref(), provider.count(&to)), (1, None, 1));
    let others = (0..untried).map(|n| waiting(n).0);
    for id in others.chain(failing.map(str::to_owned)) {
        fleet.until(&id, State::Sent).await;
    }
    fleet.finish().await;
}

#[tokio::test]
async fn refused_credentials_park_what_comes_until_it_expires_and_a_new_start_asks_at_once() {
    let provider = Provider::start().await;
    provider.answer(Answer::Refuse { status: 401, code: 20_003, retry_after: None });
    let mut fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    fleet.notify("asks", &sms("+12025550101")).await;
    let asks = until_parked(&fleet, "asks").await;
    assert_eq!((asks.row.attempt, asks.attempts.len(), provider.requests()), (1, 1, 1));
    assert_eq!(asks.row.passed_over.as_deref(), Some("twilio: it refuses our credentials"));
    let mut short = sms("+12025550102");
    short["expires_at"] = json!(SystemClock.now().plus(Duration::from_secs(2)).to_string());
    fleet.notify("short", &short).await;
    let short = fleet.until("short", State::Expired).await;
    assert_eq!((short.row.attempt, short.attempts.len(), provider.requests()), (0, 0, 1));

    let said = until_providers_end_with(1, &fleet).await;
    assert!(said.contains("refuses our credentials"), "{said}");
    let (code, said) = run(&["providers", "check"], &fleet.environment).await;
    assert!(code == 1 && said.contains("TWILIO_AUTH_TOKEN"), "{said}");

    fleet.store().cancel(&key("asks"), SystemClock.now(), &|_| None, None).await.expect("cancelled");
    fleet.fleet.take().expect("running").stop().await;
    provider.answer(Answer::Accept);
    fleet.run().await.expect("started again");
    fleet.notify("after", &sms("+12025550103")).await;
    fleet.until("after", State::Sent).await;
    // What was found before the start is forgotten.
    until_providers_end_with(0, &fleet).await;
    fleet.finish().await;
}

/// Waits until a delivery is sent, or waits for the next window and has spent no attempt; whether it is sent.
async fn is_sent(fleet: &TestFleet, id: &str) -> bool {
    let has_settled = |view: &DeliveryView| match view.row.state {
        State::Sent => true,
        State::Waiting => matches!(view.row.order, Order::Schedule { .. }),
        _ => false,
    };
    let what = format!("{id} is sent or waits for the next window");
    let view = until(&what, async || fleet.delivery(id).await.filter(has_settled)).await;
    if view.row.state == State::Waiting {
        let spent = (view.row.attempt, view.attempts.len());
        assert_eq!((spent, view.row.passed_over.as_deref()), ((0, 0), Some("twilio: its limit is reached")), "{id}");
    }
    view.row.state == State::Sent
}

/// To the urgent lane, for which nothing of a limit is kept back.
async fn urgently(fleet: &TestFleet, id: &str, body: &Value) {
    let properties = BasicProperties::default().with_message_id(id.into());
    fleet.publish_to("notifications.exchange", "notifications.key.urgent", body.to_string(), properties).await;
}

#[tokio::test]
async fn two_workers_give_a_provider_no_more_than_a_window_has_and_the_rest_waits_without_an_attempt() {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("TWILIO_LIMITS", "20/day")]].concat();
    let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
    let (mut one, mut two) =
        tokio::join!(Process::ready("worker", &fleet.environment), Process::ready("worker", &fleet.environment));
    fleet.open_store().await;
    let message = |n: usize| (format!("limited-{n}"), sms(&format!("+1202555{n:04}")));
    for n in 0..60 {
        let (id, body) = message(n);
        urgently(&fleet, &id, &body).await;
    }
    let mut sent = 0;
    for n in 0..60 {
        sent += usize::from(is_sent(&fleet, &message(n).0).await);
    }
    // A worker may hold the last ones while the other gets the messages: these come to both in turns.
    for n in 60..80 {
        let (id, body) = message(n);
        urgently(&fleet, &id, &body).await;
        sent += usize::from(is_sent(&fleet, &id).await);
    }
    assert_eq!((sent, provider.requests()), (20, 20));

    let (code, said) = run(&["providers"], &fleet.environment).await;
    assert!(code == 0 && said.contains("20 of 20/day leased, until "), "{said}");
    let metrics = one.metrics().await;
    let is_of_sms = |line: &str| line.starts_with("chasqui_provider_limit_used{") && line.contains("medium=\"sms\"");
    assert!(metrics.lines().any(is_of_sms), "{metrics}");
    for process in [&mut one, &mut two] {
        assert_eq!(process.end(Signal::Term).await, 0, "{}", process.output());
    }
    fleet.remove().await;
}

#[tokio::test]
async fn a_worker_that_is_killed_while_messages_wait_for_a_limit_leaves_none_of_those_in_doubt() {
    const ALL: usize = 40;
    const WINDOW: usize = 5;
    let provider = Provider::start().await;
    let own = [("TWILIO_LIMITS", "5/s"), ("PROVIDER_TIMEOUT_SECONDS", "1"), ("WORKER_LEASE_SECONDS", "12")];
    let settings = [provider.settings(), own.to_vec()].concat();
    let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
    let mut killed = Process::ready("worker", &fleet.environment).await;
    fleet.open_store().await;
    for n in 0..ALL {
        urgently(&fleet, &format!("waits-{n}"), &sms(&format!("+1202555{n:04}"))).await;
    }
    until("some are sent, and most wait", async || (provider.requests() >= 6).then_some(())).await;
    killed.end(Signal::Kill).await;
    let mut worker = Process::ready("worker", &fleet.environment).await;
    // What the provider was being asked, or had answered a moment ago, may have been sent: two windows' worth at most. What
    // waited was not claimed: it is sent, or waits for a later window without an attempt.
    until("all but what was being asked is sent or waits", async || {
        let mut settled = 0;
        for n in 0..ALL {
            let Some(view) = fleet.delivery(&format!("waits-{n}")).await else { continue };
            let waits = matches!(view.row.order, Order::Schedule { .. }) && !view.row.ambiguous;
            settled += usize::from(view.row.state == State::Sent || (view.row.state == State::Waiting && waits));
        }
        (settled >= ALL - 2 * WINDOW).then_some(())
    })
    .await;
    assert_eq!(worker.end(Signal::Term).await, 0, "{}", worker.output());
    fleet.remove().await;
}
