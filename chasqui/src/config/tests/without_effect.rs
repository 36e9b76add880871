//! Settings that have no effect beside others, or without others, are told.

use super::*;

#[test]
fn an_address_of_metrics_that_up_does_not_listen_on_is_warned_of() {
    let told = |role, listen| warnings(role, &[("METRICS_LISTEN", listen)]).concat();
    let words =
        "METRICS_LISTEN has no effect in `chasqui up`: metrics and health of all roles are at the address of the API";
    assert!(told(Role::Up, "127.0.0.1:9090").starts_with(words));
    assert_eq!(told(Role::Up, "127.0.0.1:8080"), "", "it is the API's own");
    assert_eq!(told(Role::Worker, "127.0.0.1:9090"), "");
}

#[test]
fn a_demo_that_is_set_and_not_switched_on_is_warned_of() {
    for name in ["SCHEDULER_DEMO_CRON", "SCHEDULER_DEMO_SUBJECT"] {
        let told = warnings(Role::Scheduler, &[(name, "0 9 * * *")]);
        let words = format!("{name} has no effect without SCHEDULER_DEMO_ENABLED=true");
        assert_eq!(told, [words.as_str()]);
        for switch in ["true", "false"] {
            let told = warnings(Role::Scheduler, &[(name, "0 9 * * *"), ("SCHEDULER_DEMO_ENABLED", switch)]);
            assert_eq!(told, [""; 0], "{switch}");
        }
    }
}

#[test]
fn a_secret_and_a_file_with_one_are_told_with_that_which_counts() {
    let told = warnings(Role::Worker, &[("SECRET_KEY_FILE", "/nowhere")]);
    assert_eq!(told, ["SECRET_KEY is set and goes before SECRET_KEY_FILE, which is not read"]);
}

#[test]
fn what_only_goes_with_a_mail_server_is_told_without_one() {
    for (name, value) in [("SMTP_REPLY_TO", "a@example.org"), ("SMTP_HELLO", "mail.example.org")] {
        let told = problems(Role::Worker, &[("SANDBOX", "missing"), (name, value)]);
        let words = format!("SMTP_HOST is not set, but {name} is set");
        assert!(told.iter().any(|told| told.starts_with(&words)), "{told:#?}");
    }
}

#[test]
fn a_url_of_the_broker_without_a_virtual_host_is_warned_of_with_the_one_that_is_used() {
    for (url, used) in [
        ("amqp://u:p@127.0.0.1:5672", "/"),
        ("amqp://u:p@127.0.0.1,amqp://u:p@127.0.0.1:2", "/"),
        ("amqp://u:p@127.0.0.1/", ""),
    ] {
        let told = warnings(Role::Api, &[("AMQP_URL", url)]);
        let words = format!("AMQP_URL names no virtual host, so '{used}' is used");
        assert!(told.len() == 1 && told[0].starts_with(&words) && told[0].contains("/%2F"), "{url}: {told:#?}");
    }
    for url in ["amqp://u:p@127.0.0.1/foro", "amqp://u:p@127.0.0.1/%2F", "amqp://u:p@127.0.0.1/%2f"] {
        assert_eq!(warnings(Role::Api, &[("AMQP_URL", url)]), [""; 0], "{url}");
    }
}

#[test]
fn a_virtual_host_that_begins_with_a_slash_is_warned_of() {
    let words = "the name of the broker's virtual host begins with a slash: leave it off";
    for url in ["amqp://u:p@127.0.0.1/%2Fforo", "amqp://u:p@127.0.0.1/%2fforo", "amqp://u:p@127.0.0.1//foro"] {
        let told = warnings(Role::Api, &[("AMQP_URL", url)]);
        assert!(told.len() == 1 && told[0].starts_with(words), "{url}: {told:#?}");
    }
    let of_parts = |vhost: &str| {
        let given = [("RABBITMQ_HOST", "127.0.0.1"), ("RABBITMQ_VHOST", vhost)];
        Config::read(REFERENCE.with(given), Role::Broker).expect("accepted").warnings
    };
    assert!(of_parts("/foro").len() == 1 && of_parts("/foro")[0].starts_with(words), "{:#?}", of_parts("/foro"));
    for right in ["/", "foro", "foro/blue"] {
        assert_eq!(of_parts(right), [""; 0], "{right}");
    }
}

#[test]
fn a_port_on_which_rabbitmq_speaks_something_else_is_warned_of() {
    for (name, value, words) in [
        ("AMQP_URL", "amqp://u:p@127.0.0.1:15672/foro", "is that of RabbitMQ's management"),
        ("AMQP_URL", "amqps://u:p@h:5671/foro,amqps://u:p@h2:15671/foro", "is that of RabbitMQ's management"),
        ("RABBITMQ_MANAGEMENT_URL", "http://u:p@127.0.0.1:5672", "on which RabbitMQ speaks AMQP"),
    ] {
        let told = warnings(Role::Api, &[(name, value)]);
        assert!(told.len() == 1 && told[0].contains(words), "{value}: {told:#?}");
    }
    let right = [("AMQP_URL", "amqp://u:p@127.0.0.1:5673/foro"), ("RABBITMQ_MANAGEMENT_URL", "https://u:p@h")];
    assert_eq!(warnings(Role::Api, &right), [""; 0]);
}

#[test]
fn a_url_of_the_ledger_that_names_nothing_is_refused_and_one_without_a_database_is_warned_of() {
    for url in ["postgresql:/x", "postgresql:x", "postgresql://", "postgres:", "postgresql:///"] {
        let told = Config::read(REFERENCE.with([("DATABASE_URL", url)]), Role::Ledger).expect_err(url).problems;
        assert!(told.len() == 1 && told[0].starts_with("DATABASE_URL must look like postgresql://user:"), "{told:#?}");
    }
    let warnings = |url: &str| {
        let config = Config::read(REFERENCE.with([("DATABASE_URL", url)]), Role::Ledger);
        config.unwrap_or_else(|problems| panic!("{url}: {problems}")).warnings
    };
    for url in ["postgresql://u:p@h", "postgresql://u:p@h:5432/", "postgresql://h?sslmode=require"] {
        let told = warnings(url);
        assert!(told.len() == 1 && told[0].starts_with("DATABASE_URL names no database"), "{url}: {told:#?}");
    }
    for url in
        ["postgresql:///db", "postgresql://h/db", "postgresql:///?host=/run&dbname=db", "postgresql://h?dbname=db"]
    {
        assert_eq!(warnings(url), [""; 0], "{url}");
    }
}

#[test]
fn a_zone_of_the_demo_whose_sign_is_the_other_way_round_is_warned_of() {
    let demo = [("SCHEDULER_DEMO_TIMEZONE", "Etc/GMT-3"), ("SCHEDULER_DEMO_ENABLED", "true")];
    let told = warnings(Role::Scheduler, &demo);
    let ours: Vec<&String> = told.iter().filter(|one| one.starts_with("SCHEDULER_DEMO_TIMEZONE: ")).collect();
    assert!(ours.len() == 1 && ours[0].contains("(UTC+3)"), "{told:#?}");
}

#[test]
fn settings_of_redis_are_told_to_have_no_effect_and_are_no_mistake() {
    let words = "no effect: Redis is not needed. Gateways hear RabbitMQ, and what a client has missed is in the ledger";
    let given = [("REDIS_HOST", "hidden"), ("REDIS_PORT", "6379"), ("REDIS_PASSWORD", "hidden")];
    for role in [Role::Gateway, Role::Up, Role::Api, Role::Worker, Role::Scheduler, Role::Dialog] {
        let told = warnings(role, &given);
        assert!(told.len() == 1, "{told:#?}");
        assert!(told[0].starts_with(&format!("REDIS_HOST, REDIS_PASSWORD, REDIS_PORT have {words}")), "{told:#?}");
        assert!(!told[0].contains("hidden"), "{told:#?}");
    }
    let one = warnings(Role::Gateway, &[("REDIS_URL", "redis://u:hidden@h:6379/0")]);
    assert!(one[0].starts_with(&format!("REDIS_URL has {words}")) && !one[0].contains("hidden"), "{one:#?}");
    assert_eq!(warnings(Role::Gateway, &[("REDIS_URL", "")]), [""; 0]);
    assert_eq!(warnings(Role::Probe, &given), [""; 0], "a command is in a hurry");
}

#[test]
fn a_file_with_settings_of_redis_is_read() {
    let pairs: String = RIGHT.iter().map(|(name, value)| format!("{name} = \"{value}\"\n")).collect();
    let text = format!("{}sandbox = \"all\"\nredis_url = \"redis://u:hidden@h\"\n", pairs.to_ascii_lowercase());
    let told = Config::read(REFERENCE.with_file(&text), Role::Gateway).expect("it is read").warnings;
    assert!(told.len() == 1 && told[0].starts_with("REDIS_URL has no effect"), "{told:#?}");
}
