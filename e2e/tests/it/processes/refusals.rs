//! What a role refuses to start with, and how readable that is.

use e2e::processes::{run, with};
use e2e::{Database, TestFleet};
use reqwest::Method;
use serde_json::json;

fn has_all(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_named_with_both_values_and_the_way_out() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let slower = with(&fleet.environment, &[("WORKER_RETRY_DELAY_1", "0.3")]);
    assert_eq!(run(&["topology", "apply"], &slower).await.0, 0);
    let (code, said) = run(&["worker"], &fleet.environment).await;
    assert_eq!(code, 1, "{said}");
    let way_out = "chasqui topology recreate-retry";
    has_all(&said, &["'notifications.queue.retry.1'", "x-message-ttl '300'", "'200'", "PRECONDITION_FAILED", way_out]);
    fleet.remove().await;
}

/// What cannot change by itself is tried once, whatever is done with the topology.
#[tokio::test]
async fn what_cannot_change_by_itself_ends_a_send_in_one_message_that_speaks_of_no_missing_connection() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    assert_eq!(run(&["topology", "apply"], &fleet.environment).await.0, 0);
    let right = fleet.sources.get("AMQP_URL").expect("a broker");
    let (start, _) = right.rsplit_once('/').expect("a virtual host");
    let (_, address) = right.rsplit_once('@').expect("credentials");
    let (elsewhere, nobody) = (format!("{start}/nowhere"), format!("amqp://nobody:s3cret@{address}"));
    let (elsewhere, nobody) = (elsewhere.as_str(), nobody.as_str());
    let send = ["send", "--channel", "sms", "--to", "+12025550143", "--message", "m"];
    for (wrong, told) in [
        (&[("WORKER_RETRY_DELAY_1", "0.3")][..], "PRECONDITION_FAILED"),
        (&[("WORKER_RETRY_DELAY_1", "0.3"), ("AMQP_TOPOLOGY", "verify")], "x-message-ttl is '200' on the broker"),
        (&[("AMQP_URL", elsewhere)], "add_vhost nowhere"),
        (&[("AMQP_URL", nobody)], "ACCESS_REFUSED for user 'nobody'"),
        (&[("AMQP_URL", nobody), ("AMQP_TOPOLOGY", "off")], "ACCESS_REFUSED for user 'nobody'"),
    ] {
        let (code, said) = run(&send, &with(&fleet.environment, wrong)).await;
        assert_eq!(code, 3, "{said}");
        assert_eq!(said.matches(told).count(), 1, "{told} is not told once:\n{said}");
        has_all(&said, &["nothing was sent: "]);
        for words in ["no connection to the broker", "connecting again", "accepted", "s3cret"] {
            assert!(!said.contains(words), "{words} is in:\n{said}");
        }
    }
    fleet.remove().await;
}

#[tokio::test]
async fn a_classic_queue_of_an_older_stack_is_named_with_the_setting_that_goes_on_with_it() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let classic = json!({"durable": true, "arguments": {"x-dead-letter-exchange": "notifications.exchange.dlx"}});
    fleet.manage(Method::PUT, &format!("queues/{}/notifications.queue", fleet.vhost), Some(classic)).await;
    let (code, said) = run(&["worker"], &fleet.environment).await;
    assert_eq!(code, 1, "{said}");
    has_all(&said, &["'notifications.queue'", "AMQP_QUEUE_TYPE=classic", "Nothing was changed and nothing deleted"]);
    fleet.remove().await;
}

#[tokio::test]
async fn a_wrong_password_ends_the_role_and_is_not_shown() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let right = fleet.sources.get("AMQP_URL").expect("a broker");
    let (_, place) = right.rsplit_once('@').expect("a user");
    let wrong = with(&fleet.environment, &[("AMQP_URL", &format!("amqp://admin:not-the-password@{place}"))]);
    for role in ["worker", "api", "scheduler"] {
        let (code, said) = run(&[role], &wrong).await;
        assert_eq!(code, 3, "{role}: {said}");
        has_all(&said, &["ACCESS_REFUSED", "'admin'", "RABBITMQ_PASSWORD"]);
        assert!(!said.contains("not-the-password"), "{said}");
    }
    fleet.remove().await;
}

#[tokio::test]
async fn a_database_that_is_missing_ends_a_role_with_what_to_do() {
    let fleet = TestFleet::prepare(Database::Postgres, &[("SANDBOX", "all")]).await.expect("a place");
    let right = fleet.sources.get("DATABASE_URL").expect("a ledger");
    let (place, _) = right.rsplit_once('/').expect("a database");
    let wrong = with(&fleet.environment, &[("DATABASE_URL", &format!("{place}/nowhere_at_all"))]);
    for role in ["worker", "scheduler", "migrate"] {
        let (code, said) = run(&[role], &wrong).await;
        assert_eq!(code, 3, "{role}: {said}");
        has_all(&said, &["\"nowhere_at_all\" does not exist", "createdb", "DATABASE_URL"]);
        assert!(!said.contains("at line"), "{role}: {said}");
    }
    fleet.remove().await;
}

#[tokio::test]
async fn a_virtual_host_that_is_missing_is_named_with_what_to_run() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let right = fleet.sources.get("AMQP_URL").expect("a broker");
    let (place, _) = right.rsplit_once('/').expect("a virtual host");
    let wrong = with(&fleet.environment, &[("AMQP_URL", &format!("{place}/nowhere"))]);
    let (code, said) = run(&["worker"], &wrong).await;
    assert_eq!(code, 3, "{said}");
    has_all(&said, &["'nowhere'", "rabbitmqctl add_vhost nowhere"]);
    fleet.remove().await;
}
