//! The commands of an operator: their words and their exit codes.

use e2e::processes::run;
use e2e::{Database, Process, TestFleet};
use reqwest::Method;

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    e2e::processes::with(&[], pairs)
}

#[tokio::test]
async fn check_names_every_problem_at_once_and_shows_no_value() {
    let wrong = [
        ("AMQP_URL", "http://nowhere"),
        ("DATABASE_URL", "hidden-file.db"),
        ("SECRET_KEY", "hidden-but-short"),
        ("SMTP_PORT", "hidden-port"),
        ("ALGORITHM", "hidden-algorithm"),
        ("WORKER_CONCURRENCY", "hidden-count"),
        ("SANDBOX", "hidden-word"),
    ];
    let (code, said) = run(&["check", "worker"], &environment(&wrong)).await;
    assert_eq!(code, 1, "{said}");
    for (name, value) in wrong {
        assert!(said.contains(name), "{name} is not in:\n{said}");
        assert!(!said.contains(value), "{value} is in:\n{said}");
    }
    assert!(!said.contains("is given"), "what is wrong is not called missing as well:\n{said}");
    let right = [
        ("AMQP_URL", "amqp://fleet:hidden-password@127.0.0.1:1/foro"),
        ("DATABASE_URL", "postgresql://fleet:hidden-password@127.0.0.1:1/ledger"),
        ("SECRET_KEY", "a secret of the tests that is long enough"),
        ("SANDBOX", "all"),
    ];
    for role in ["worker", "api", "scheduler"] {
        let (code, said) = run(&["check", role], &environment(&right)).await;
        assert!(code == 0 && said.contains(role) && !said.contains("hidden-password"), "{said}");
    }
}

#[tokio::test]
async fn the_plan_is_printed_without_a_broker() {
    let (code, said) = run(&["topology", "plan"], &[]).await;
    assert_eq!(code, 0, "{said}");
    for word in ["notifications.exchange.retry.3", "notifications.queue.dlq", "120000", "notifications.key.urgent"] {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
}

#[tokio::test]
async fn verify_prints_a_binding_that_was_deleted_and_fails() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[]).await.expect("a place");
    let apply = async || run(&["topology", "apply"], &fleet.environment).await;
    let verify = async || run(&["topology", "verify"], &fleet.environment).await;
    assert_eq!(apply().await.0, 0);
    let (code, said) = verify().await;
    assert_eq!(code, 0, "{said}");
    let binding = "e/notifications.exchange/q/notifications.queue.urgent/notifications.key.urgent";
    fleet.manage(Method::DELETE, &format!("bindings/{}/{binding}", fleet.vhost), None).await;
    let (code, said) = verify().await;
    assert_eq!(code, 1, "{said}");
    for word in ["notifications.queue.urgent", "notifications.key.urgent", "topology apply"] {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
    assert_eq!(apply().await.0, 0);
    assert_eq!(verify().await.0, 0, "and it is there again");
    fleet.remove().await;
}

#[tokio::test]
async fn health_tells_ready_from_not_ready_by_its_exit_code() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let worker = Process::ready("worker", &fleet.environment).await;
    let url = worker.url("");
    let (code, said) = run(&["health", &url], &[]).await;
    assert!(code == 0 && said.contains("ready"), "{said}");
    drop(worker);
    let (code, said) = run(&["health", &url], &[]).await;
    assert!(code == 1 && said.contains(&url), "{said}");
    fleet.remove().await;
}
