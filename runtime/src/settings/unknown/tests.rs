//! A misspelling, another program's word, and a name in the wrong section are reported with the setting that was meant;
//! names of other programs are left alone.

use std::ffi::OsString;

use super::super::Reader;
use super::*;

static REFERENCE: Reference = Reference {
    defaults: "",
    example: "log",
    other_names: &[
        ("AMQP_URL", "RABBITMQ_URL AMQP_URI"),
        ("API_LISTEN", "API_HOST API_PORT"),
        ("LOG", "LOG_LEVEL"),
        ("RABBITMQ_PORT", "AMQP_PORT"),
        ("RABBITMQ_USERNAME", "RABBITMQ_USER RABBITMQ_LOGIN"),
        ("SANDBOX", "SANDBOX_MODE SANDBOX_ENABLED"),
        ("SMTP_HOST", "SMTP_SERVER SMTP_URL"),
        ("SMTP_USER", "SMTP_LOGIN SMTP_USERNAME"),
    ],
    in_files: &[("DEFAULT_LOCALE", "LANGUAGE LOCALE"), ("WORKER_CONCURRENCY", "CONCURRENCY WORKERS")],
    other_words: &[],
    program: "CHASQUI_",
    beside: &[("HOST_API_PORT", "HOST_API HOST_HTTP_PORT")],
    of_others: &["RABBITMQ_DEFAULT_", "RABBITMQ_NODE"],
    unneeded: &["REDIS_"],
    common: &["WEB_", "DEFAULT_", "SECRET_"],
    prefixes: Vec::new,
};

fn explain(name: &str) -> Option<String> {
    ask(|unknown| unknown.explain(name))
}

fn ask(question: impl FnOnce(&Unknown<'_>) -> Option<String>) -> Option<String> {
    let settings = [
        "AMQP_URL",
        "API_LISTEN",
        "CHANNELS",
        "DB_URL",
        "EMAIL_PROVIDER",
        "FROM_EMAIL",
        "LOG",
        "LOG_FORMAT",
        "RABBITMQ_PORT",
        "RABBITMQ_USERNAME",
        "RETENTION_DAYS",
        "SANDBOX",
        "SMTP_HOST",
        "SMTP_USER",
        "TWILIO_FROM_NUMBER",
        "WORKER_CONCURRENCY",
        "DEFAULT_LOCALE",
    ];
    let channels = ["EMAIL_".to_owned(), "SMS_".to_owned(), "TELEGRAM_".to_owned()];
    question(&Unknown::new(&REFERENCE, settings.into_iter(), &channels))
}

#[test]
fn a_setting_with_the_name_of_the_program_before_it_is_told_without_it() {
    for (name, meant) in [
        ("CHASQUI_SMTP_HOST", "SMTP_HOST"),
        ("CHASQUI_LOG", "LOG"),
        ("CHASQUI_SMTP_HOTS", "SMTP_HOST"),
        ("CHASQUI_LOG_LEVEL", "LOG"),
        ("chasqui_sandbox", "SANDBOX"),
    ] {
        let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
        assert!(told.ends_with(&format!("did you mean {meant}?")), "{name}: {told}");
    }
    for name in ["CHASQUI_TOOLS", "CHASQUI_TEST_AMQP_URL", "CHASQUI_IMAGE"] {
        assert_eq!(explain(name), None, "{name}");
    }
}

#[test]
fn the_words_of_a_setting_in_another_order_are_told_with_it() {
    assert!(explain("HOST_SMTP").expect("told").ends_with("did you mean SMTP_HOST?"));
    // The operator's own code may read this one, so it is told only where a file is meant for us.
    assert_eq!(explain("EMAIL_FROM"), None);
    let told = "there is no setting EMAIL_FROM: did you mean FROM_EMAIL?";
    assert_eq!(ask(|unknown| unknown.perhaps("EMAIL_FROM")).as_deref(), Some(told));
    assert_eq!(
        ask(|unknown| Some(unknown.explain_in_file("EMAIL_FROM"))).as_deref(),
        Some(&*told.replace("FROM_EMAIL", "from_email"))
    );
}

#[test]
fn a_slip_in_a_name_that_is_read_beside_us_is_told() {
    let told = ask(|unknown| unknown.perhaps("HOST_API_PRT"));
    assert_eq!(told.as_deref(), Some("there is no setting HOST_API_PRT: did you mean HOST_API_PORT?"));
    assert_eq!(ask(|unknown| unknown.perhaps("HOST_API_PORT")), None);
    assert_eq!(explain("HOST_API_PRT"), None);
    for other in ["HOST_API", "HOST_HTTP_PORT"] {
        let told = ask(|unknown| unknown.perhaps(other)).expect(other);
        assert!(told.ends_with("did you mean HOST_API_PORT?"), "{other}: {told}");
    }
}

#[test]
fn a_slip_in_a_short_word_is_told_of_a_file_and_left_to_others_in_the_environment() {
    for (name, meant) in
        [("LOGS", "LOG"), ("LOGG", "LOG"), ("LGO", "LOG"), ("CHANEL", "CHANNELS"), ("SANDBAX", "SANDBOX")]
    {
        let told = explain(name).or_else(|| ask(|unknown| unknown.perhaps(name))).expect(name);
        assert!(told.ends_with(&format!("did you mean {meant}?")), "{name}: {told}");
        let told = ask(|unknown| Some(unknown.explain_in_file(name))).expect(name);
        assert!(told.ends_with(&format!("did you mean {}?", meant.to_ascii_lowercase())), "{name}: {told}");
    }
    for name in ["LOGS", "LOGG", "CHANEL"] {
        assert_eq!(explain(name), None, "{name}");
    }
    for other in ["BLOG", "LOGIN", "LANG", "WEB_URL", "API", "CHAIN", "DEBUG", "HOST_DB_PORT"] {
        assert_eq!(ask(|unknown| unknown.perhaps(other)), None, "{other}");
    }
}

#[test]
fn a_slip_in_what_people_call_a_setting_is_told_with_its_name_here() {
    for (name, meant) in [("LOG_LEVL", "LOG"), ("SMTP_SERVR", "SMTP_HOST"), ("RABBITMQ_USR", "RABBITMQ_USERNAME")] {
        let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
        assert!(told.ends_with(&format!("did you mean {meant}?")), "{name}: {told}");
    }
    assert_eq!(explain("APP_HOST"), None, "one letter from API_HOST, and another program's");
}

#[test]
fn another_name_of_one_setting_that_is_a_letter_short_of_a_second_one_is_told_with_both() {
    let unknown = Unknown::new(&REFERENCE, ["API_HOSTS", "API_LISTEN"].into_iter(), &[]);
    let told = "there is no setting API_HOST: did you mean API_LISTEN or API_HOSTS?";
    assert_eq!(unknown.explain("API_HOST").as_deref(), Some(told));
    assert_eq!(
        unknown.explain_in_file("api_host"),
        "there is no setting api_host: did you mean api_listen or api_hosts?"
    );
}

#[test]
fn a_spelling_that_is_nearly_right_is_told_with_the_name_that_was_meant() {
    for (name, meant) in [
        ("SMTP_HOTS", "SMTP_HOST"),
        ("SMPT_HOST", "SMTP_HOST"),
        ("smtp_host", "SMTP_HOST"),
        ("WORKER_CONCURENCY", "WORKER_CONCURRENCY"),
        ("RETENTION_DAY", "RETENTION_DAYS"),
        ("SANDBX", "SANDBOX"),
        ("CHANELS", "CHANNELS"),
        ("EMAIL_PROVIDR", "EMAIL_PROVIDER"),
        ("AMPQ_URL", "AMQP_URL"),
        ("DEFAULT_LOCAL", "DEFAULT_LOCALE"),
        ("TWILLIO_FROM_NUMBER", "TWILIO_FROM_NUMBER"),
        ("log", "LOG"),
    ] {
        let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
        assert!(told.contains(&format!("did you mean {meant}?")), "{name}: {told}");
    }
}

#[test]
fn what_people_call_a_setting_is_told_with_its_name_here() {
    for (name, meant) in [
        ("RABBITMQ_USER", "RABBITMQ_USERNAME"),
        ("RABBITMQ_URL", "AMQP_URL"),
        ("LOG_LEVEL", "LOG"),
        ("AMQP_PORT", "RABBITMQ_PORT"),
        ("API_PORT", "API_LISTEN"),
        ("api_host", "API_LISTEN"),
        ("SMTP_SERVER", "SMTP_HOST"),
        ("SMTP_USERNAME", "SMTP_USER"),
        ("SANDBOX_MODE", "SANDBOX"),
    ] {
        let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
        assert!(told.ends_with(&format!("did you mean {meant}?")), "{name}: {told}");
    }
}

#[test]
fn a_name_that_begins_like_ours_is_told_with_all_that_begin_alike() {
    for (name, family) in
        [("SMTP_PASS_WORD_FILE", "SMTP_HOST, SMTP_USER"), ("RABBITMQ_TIMEOUT", "RABBITMQ_PORT, RABBITMQ_USERNAME")]
    {
        let told = explain(name).unwrap_or_else(|| panic!("{name} is not told"));
        assert!(told.ends_with(&format!("those that begin alike are {family}")), "{name}: {told}");
    }
    let unknown = Unknown::new(&REFERENCE, ["SMTP_HOST", "LOG"].into_iter(), &[]);
    assert_eq!(unknown.explain_in_file("smtp_hots"), "there is no setting smtp_hots: did you mean smtp_host?");
    let told = unknown.explain_in_file("colour");
    assert_eq!(told, "there is no setting colour: `chasqui settings` lists all that there are");
}

#[test]
fn a_name_with_the_first_word_of_another_section_or_its_own_twice_is_told_with_the_one_behind_it() {
    let unknown = Unknown::new(&REFERENCE, ["EMAIL_PROVIDER", "SMTP_HOST", "SMTP_USER"].into_iter(), &[]);
    for name in ["smtp_smtp_host", "email_smtp_host", "mail_smtp_host"] {
        let told = format!("there is no setting {name}: did you mean smtp_host?");
        assert_eq!(unknown.explain_in_file(name), told);
    }
    let told = "there is no setting SMTP_SMTP_HOST: did you mean SMTP_HOST?";
    assert_eq!(unknown.explain("SMTP_SMTP_HOST").as_deref(), Some(told));
    // Outside of a file of ours this is another program's name.
    assert_eq!(unknown.explain("MAILER_SMTP_HOST"), None);
}

#[test]
fn a_name_in_a_section_is_looked_for_in_every_section() {
    let settings = ["EMAIL_PROVIDER", "LOG", "RABBITMQ_HOST", "SMTP_HOST", "SMTP_USER", "WORKER_CONCURRENCY"];
    let unknown = Unknown::new(&REFERENCE, settings.into_iter(), &[]);
    for (section, names, told) in [
        ("smtp", &["host", "user"][..], "write smtp_host = …, smtp_user = … above it"),
        ("email", &["smtp_host"], "write smtp_host = … above it"),
        ("smtp", &["smtp_host"], "write smtp_host = … above it"),
        ("email", &["smtp_hots"], "write smtp_host = … above it"),
        ("email", &["user"], "write smtp_user = … above it"),
        ("email", &["log"], "write log = … above it"),
        ("fleet", &["workers"], "write worker_concurrency = … above it"),
        ("email", &["host"], "there is no setting email_host: those that end so are rabbitmq_host, smtp_host"),
        ("email", &["red"], "there is no setting email_red: those that begin alike are email_provider"),
        ("colours", &[], "write log = … above it"),
    ] {
        assert_eq!(unknown.explain_section(section, names), told, "[{section}] {names:?}");
    }
    let told = unknown.explain_section("colours", &["red", "smtp_host"]);
    let red = "there is no setting colours_red: `chasqui settings` lists all that there are";
    assert_eq!(told, format!("write smtp_host = … above it; {red}"));
}

#[test]
fn names_of_others_are_left_alone() {
    for name in [
        "HOME",
        "LANG",
        "PATH",
        "PWD",
        "TERM",
        "LS_COLORS",
        "HOST_API_PORT",
        "POSTGRES_PASSWORD",
        "COMPOSE_FILE",
        "RABBITMQ_DEFAULT_PASS",
        "RABBITMQ_NODENAME",
        "RABBITMQ_SERVICE_HOST",
        "API_PORT_80_TCP_ADDR",
        "TELEGRAM_BOT_TOKEN",
        "SMS_HOST",
        "SMS_USER",
        "EMAIL_API_KEY",
        "WEB_CONCURRENCY",
        "DEFAULT_REGION",
        "SECRET_SAUCE",
        "CARGO_HOME",
        "SHLVL",
        "LANGUAGE",
        "DATABASE",
        "WORKERS",
        "_",
    ] {
        assert_eq!(explain(name), None, "{name}");
    }
}

#[test]
fn a_name_of_an_own_prefix_that_is_made_like_a_setting_is_told_and_any_other_is_left_alone() {
    let settings = ["EMAIL_DKIM_DOMAIN", "EMAIL_DKIM_SELECTOR", "EMAIL_PROVIDERS", "SMTP_HOST"];
    let own = ["EMAIL_".to_owned(), "SMS_".to_owned()];
    let unknown = Unknown::new(&REFERENCE, settings.into_iter(), &own);
    for (name, told) in [
        ("EMAIL_DKIM_CANON", "those that begin alike are EMAIL_DKIM_DOMAIN, EMAIL_DKIM_SELECTOR"),
        ("SMS_PROVIDERS", "those that end so are EMAIL_PROVIDERS"),
    ] {
        assert_eq!(unknown.explain(name), None, "{name} may be another program's");
        assert_eq!(unknown.perhaps(name), Some(format!("there is no setting {name}: {told}")));
    }
    for other in ["SMS_HOST", "SMS_USER", "EMAIL_API_KEY", "SMS_", "TELEGRAM_PROVIDERS"] {
        assert_eq!(unknown.perhaps(other), None, "{other}");
    }
}

#[test]
fn an_ending_that_many_sections_have_is_told_of_a_name_with_an_own_prefix() {
    let settings = ["APNS_LIMITS", "FCM_LIMITS", "SMTP_LIMITS", "TWILIO_LIMITS", "WHATSAPP_CLOUD_LIMITS"];
    let hosts = ["RABBITMQ_HOST", "SMTP_HOST"];
    let own = ["EMAIL_".to_owned(), "SMS_".to_owned()];
    let unknown = Unknown::new(&REFERENCE, settings.into_iter().chain(hosts), &own);
    for name in ["SMS_LIMITS", "EMAIL_LIMITS"] {
        let told = format!("there is no setting {name}: those that end so are {}", settings.join(", "));
        assert_eq!(unknown.perhaps(name), Some(told));
    }
    for other in ["SMS_HOST", "TELEGRAM_LIMITS", "SMS_MITS"] {
        assert_eq!(unknown.perhaps(other), None, "{other}");
    }
}

#[test]
fn what_this_program_does_without_is_noted_in_whichever_source_it_stands_and_refused_in_none() {
    let pair = |name: &str| (OsString::from(name), OsString::from("hidden"));
    let mut environment = REFERENCE.with([]);
    environment.environment([pair("REDIS_HOST"), pair("REDIS_SERVICE_HOST"), pair("REDISTRIBUTE")].into_iter());
    for (sources, names) in [
        (REFERENCE.with_file("redis_host = \"hidden\"\nredis_port = 6379\n"), ["REDIS_HOST", "REDIS_PORT"].as_slice()),
        (REFERENCE.with_dotenv(b"REDIS_PASSWORD=hidden\nREDIS_DB=\n"), &["REDIS_PASSWORD"]),
        (REFERENCE.with([("REDIS_URL", "redis://u:hidden@h")]), &["REDIS_URL"]),
        (environment, &["REDIS_HOST"]),
        (REFERENCE.with_dotenv(b"REDISTRIBUTE=hidden\n"), &[]),
    ] {
        let reader = Reader::new(sources);
        assert_eq!(reader.unneeded(), names);
        assert_eq!(reader.warnings(), [""; 0]);
        assert!(reader.finish(()).is_ok(), "{names:?}");
    }
}
