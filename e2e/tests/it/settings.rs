//! The settings: every name documented, every problem told at once, no value ever repeated.

use chasqui::config::{Config, Open, REFERENCE, Role};
use testkit::SECRET;

fn problems(role: Role, settings: &[(&str, &str)]) -> String {
    Config::read(REFERENCE.with(settings.iter().copied()), role).expect_err("refused").to_string()
}

#[test]
fn every_problem_is_named_at_once() {
    let told = problems(
        Role::Worker,
        &[
            ("AMQP_URL", "http://nowhere"),
            ("DATABASE_URL", "mysql://nowhere"),
            ("WORKER_CONCURRENCY", "many"),
            ("SMTP_PORT", "mail"),
            ("SECRET_KEY", "short"),
            ("SENDGRID_API_KEY", "SG.hidden-value"),
            ("SENDGRID_BASE_URL", "nowhere"),
            ("WORKER_LEASE_SECONDS", "12"),
        ],
    );
    for name in [
        "AMQP_URL",
        "DATABASE_URL",
        "WORKER_CONCURRENCY",
        "SMTP_PORT",
        "SECRET_KEY",
        "SENDGRID_BASE_URL",
        "FROM_EMAIL",
        "WORKER_LEASE_SECONDS",
    ] {
        assert!(told.contains(name), "{name} is not in:\n{told}");
    }
    assert!(!told.contains("hidden-value"), "{told}");
}

#[test]
fn two_brokers_and_two_ledgers_are_a_contradiction() {
    let told = problems(
        Role::Api,
        &[
            ("AMQP_URL", "amqp://a:b@127.0.0.1:5672/foro"),
            ("RABBITMQ_HOST", "127.0.0.2"),
            ("DATABASE_URL", "sqlite:one.db"),
            ("DB_URL", "postgresql+psycopg2://u:p@127.0.0.1/two"),
            ("SECRET_KEY", SECRET),
        ],
    );
    assert!(told.contains("AMQP_URL and RABBITMQ_HOST") && told.contains("DATABASE_URL and DB_URL"), "{told}");
}

#[test]
fn the_names_of_the_original_stack_are_enough() {
    let settings = [
        ("RABBITMQ_HOST", "127.0.0.1"),
        ("RABBITMQ_PORT", "5672"),
        ("RABBITMQ_VHOST", "foro"),
        ("RABBITMQ_USERNAME", "notifications_user"),
        ("RABBITMQ_PASSWORD", "p@ss/word"),
        ("DB_URL", "postgresql+psycopg2://u:p@127.0.0.1/notifications"),
        ("SECRET_KEY", SECRET),
        ("SMTP_USER", ""),
        ("SANDBOX", "true"),
    ];
    Config::read(REFERENCE.with(settings), Role::Worker).expect("accepted");
}

#[test]
fn amqp_in_clear_to_another_machine_is_refused_unless_allowed() {
    let url = ("AMQP_URL", "amqp://a:b@broker.example.com:5672/foro");
    let others = [("DATABASE_URL", "sqlite:x.db"), ("SECRET_KEY", SECRET)];
    let told = problems(Role::Api, &[&[url], &others[..]].concat());
    assert!(told.contains("AMQP_ALLOW_PLAINTEXT"), "{told}");
    let allowed = [&[url, ("AMQP_ALLOW_PLAINTEXT", "true")], &others[..]].concat();
    Config::read(REFERENCE.with(allowed), Role::Api).expect("accepted");
}

#[test]
fn a_worker_without_any_channel_does_not_start() {
    let told = problems(
        Role::Worker,
        &[("AMQP_URL", "amqp://a:b@127.0.0.1/foro"), ("DATABASE_URL", "sqlite:x.db"), ("SECRET_KEY", SECRET)],
    );
    assert!(told.contains("SANDBOX"), "{told}");
}

#[test]
fn everything_that_is_wrong_with_the_demo_schedule_is_named() {
    let settings = [
        ("SCHEDULER_DEMO_CRON", "*/90 * * * *"),
        ("SCHEDULER_DEMO_TIMEZONE", "America/Lma"),
        ("SCHEDULER_DEMO_DESTINATION", "nobody"),
        ("ZONEINFO_DIR", "/nowhere"),
    ];
    let text = problems(Role::Scheduler, &settings);
    for expected in [
        "SCHEDULER_DEMO_CRON: the minute: a step counts anew",
        "SCHEDULER_DEMO_TIMEZONE: must be the IANA name",
        "did you mean America/Lima?",
        "SCHEDULER_DEMO_DESTINATION must be an email address",
        "ZONEINFO_DIR: /nowhere does not exist",
    ] {
        assert!(text.contains(expected), "{expected} is missing in:\n{text}");
    }
}

#[test]
fn who_may_send_without_a_token_is_said_by_the_operator_except_on_a_private_fleet() {
    let read = |role, given: &[(&str, &str)]| {
        let base = [("AMQP_URL", "amqp://a:b@127.0.0.1/foro"), ("DATABASE_URL", "sqlite:x.db"), ("SECRET_KEY", SECRET)];
        Config::read(REFERENCE.with([&base, given].concat()), role).map(|config| config.api.open)
    };
    assert_eq!(read(Role::Api, &[]), Ok(Open::Nobody));
    assert_eq!(read(Role::Up, &[]), Ok(Open::ThisMachine));
    for (value, open) in [("false", Open::Nobody), ("local", Open::ThisMachine), ("true", Open::Everybody)] {
        assert_eq!(read(Role::Up, &[("NOTIFY_OPEN", value)]), Ok(open));
        assert_eq!(read(Role::Api, &[("NOTIFY_OPEN", value)]), Ok(open));
    }
    for wrong in [("NOTIFY_OPEN", "locl"), ("API_HOSTS", "https://notify.example/"), ("BOOTSTRAP_TOKEN", "weak")] {
        let told = read(Role::Api, &[wrong]).expect_err("refused").to_string();
        assert!(told.contains(wrong.0) && !told.contains("notify.example/ "), "{told}");
    }
}

#[test]
fn a_secret_that_everybody_can_read_is_refused_where_others_come_in() {
    let published = ("SECRET_KEY", "for-development-only-name-your-own-secret-in-.env");
    let base = [("AMQP_URL", "amqp://a:b@127.0.0.1/foro"), ("DATABASE_URL", "sqlite:x.db"), published];
    let told = problems(Role::Api, &[&base[..], &[("API_LISTEN", "0.0.0.0:8080")]].concat());
    assert!(told.contains("SECRET_KEY") && !told.contains(published.1), "{told}");
    Config::read(REFERENCE.with(base), Role::Api).expect("accepted on this machine alone");
}

#[test]
fn the_secret_may_stand_in_a_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("secret.key");
    let read = || {
        let file = path.display().to_string();
        let settings = [
            ("AMQP_URL", "amqp://a:b@127.0.0.1/foro"),
            ("DATABASE_URL", "sqlite:x.db"),
            ("SECRET_KEY_FILE", file.as_str()),
        ];
        Config::read(REFERENCE.with(settings), Role::Api)
    };
    assert!(read().expect_err("there is none").to_string().contains("SECRET_KEY_FILE"));
    std::fs::write(&path, "short\n").expect("written");
    assert!(read().expect_err("too short").to_string().contains("32 bytes"));
    std::fs::write(&path, format!("{SECRET}\n")).expect("written");
    assert!(read().expect("accepted").secret_key.is_some());
}
