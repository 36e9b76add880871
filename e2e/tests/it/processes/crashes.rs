//! A worker that dies again and again of one message, and is started again each time, as a supervisor would.

use std::time::Duration;

use domain::State;
use e2e::fleet::until;
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use lapin::BasicProperties;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::{ABORTED, number, set_up, sms};

const LANES: [&str; 3] = ["notifications.key.urgent", "notifications.key", "notifications.key.bulk"];
const DEAD_LETTERS: &str = "notifications.queue.dlq";
/// Of every lane's queue: then the broker itself dead-letters the message.
const DELIVERY_LIMIT: usize = 20;
const GOOD: usize = 200;

/// What ends every worker that receives it, as a fault in a library would, before our own code has looked at it.
async fn publish_poison(fleet: &TestFleet) {
    let properties = BasicProperties::default().with_message_id("poison".into());
    fleet.publish_to("notifications.exchange", "notifications.key", sms("+12025550199").to_string(), properties).await;
}

async fn manage(fleet: &TestFleet, kind: &str, what: &str, request: String) -> String {
    let base = fleet.sources.get("RABBITMQ_MANAGEMENT_URL").expect("the management API");
    let url = format!("{base}/api/{kind}/{}/{what}", fleet.vhost);
    let request = fleet.http.post(url).header("Content-Type", "application/json").body(request);
    request.send().await.expect("answered").text().await.expect("text")
}

async fn dead_letters(fleet: &TestFleet) -> usize {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = fleet.amqp.queue_declare(DEAD_LETTERS.into(), options, FieldTable::default()).await;
    queue.expect("declared").message_count() as usize
}

/// To all lanes in turn.
async fn publish_good(fleet: &TestFleet, numbers: std::ops::Range<usize>) {
    for n in numbers {
        let properties = BasicProperties::default().with_message_id(format!("m{n}").into());
        let key = LANES[n % LANES.len()];
        fleet.publish_to("notifications.exchange", key, sms(&number(n)).to_string(), properties).await;
    }
}

/// Starts a worker again whenever it has died of the poison, until that is in the dead-letter queue: how often it
/// died, and the one that lives.
async fn supervise(fleet: &TestFleet) -> (usize, Process) {
    let environment = e2e::processes::with(&fleet.environment, &[("CHASQUI_ABORT_ON", "consume.received:poison")]);
    let mut deaths = 0;
    let mut worker = Process::start("worker", &environment);
    loop {
        let given_up =
            until("the poison is given up, or the worker dies", async || (dead_letters(fleet).await > 0).then_some(()));
        tokio::select! {
            biased;
            code = worker.ended() => {
                assert_eq!(code, ABORTED, "{}", worker.output());
                deaths += 1;
                worker = Process::start("worker", &environment);
            }
            () = given_up => if worker.runs() {
                return (deaths, worker);
            }
        }
    }
}

/// Every good one is sent, and once, unless a worker died with it in hand: that shows for ever. How many those are.
async fn every_good_one_is_sent(fleet: &TestFleet, provider: &Provider) -> usize {
    let mut ambiguous = 0;
    for n in 0..GOOD {
        let view = fleet.until(&format!("m{n}"), State::Sent).await;
        let copies = provider.count(&number(n));
        assert!(copies == 1 || view.row.ambiguous, "m{n} was sent {copies} times in silence");
        ambiguous += usize::from(view.row.ambiguous);
    }
    ambiguous
}

/// How many of 200 good messages in all lanes the worker had in hand when it died of a message behind `before` of them.
async fn taken_with_the_poison(before: usize) -> usize {
    let provider = Provider::start().await;
    provider.answer(Answer::Slow(Duration::from_millis(50)));
    let own = [
        // A prefetch of 61 in the normal lane.
        ("WORKER_CONCURRENCY", "64"),
        ("PROVIDER_TIMEOUT_SECONDS", "1"),
        ("WORKER_LEASE_SECONDS", "12"),
        ("AMBIGUITY", "sms=resend"),
    ];
    let settings = [provider.settings(), own.to_vec()].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place");
    set_up(&mut fleet).await;
    publish_good(&fleet, 0..before).await;
    publish_poison(&fleet).await;
    publish_good(&fleet, before..GOOD).await;
    let (deaths, mut worker) = supervise(&fleet).await;
    assert!((DELIVERY_LIMIT / 2..=DELIVERY_LIMIT + 1).contains(&deaths), "{deaths}");
    let ambiguous = every_good_one_is_sent(&fleet, &provider).await;
    worker.until_ready().await;
    assert!(worker.runs(), "{}", worker.output());
    assert_eq!(dead_letters(&fleet).await, 1, "none of the good ones is there");
    let look = r#"{"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}"#;
    let letter = manage(&fleet, "queues", &format!("{DEAD_LETTERS}/get"), look.to_owned()).await;
    assert!(letter.contains("poison") && letter.contains("delivery_limit"), "{letter}");
    fleet.remove().await;
    ambiguous
}

#[tokio::test]
async fn a_message_that_kills_every_worker_before_200_good_ones_is_taken_alone() {
    assert_eq!(taken_with_the_poison(0).await, 0, "no send was on its way in any lane");
}

#[tokio::test]
async fn a_message_that_kills_every_worker_among_200_good_ones_takes_none_of_them_with_it() {
    taken_with_the_poison(GOOD / 2).await;
}
