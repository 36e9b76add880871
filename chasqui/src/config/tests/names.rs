//! Names that are no setting are told with the setting that is most likely meant.

use super::*;

#[test]
fn what_others_call_a_setting_is_told_of_a_file_which_may_be_shared() {
    let dotenv = |line: &str| {
        let pairs: String = RIGHT.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        Config::read(REFERENCE.with_dotenv(format!("{pairs}SANDBOX=all\n{line}=hidden\n").as_bytes()), Role::Worker)
    };
    for (name, meant) in [
        ("LOGLEVEL", "LOG"),
        ("MAIL_FROM", "FROM_EMAIL"),
        ("RETRY_DELAY_1", "WORKER_RETRY_DELAY_1"),
        ("MAX_RETRIES", "WORKER_MAX_RETRIES"),
        ("RETENTION", "RETENTION_DAYS"),
        ("AMBIGUOUS", "AMBIGUITY"),
        ("TEMPLATES", "TEMPLATES_DIR"),
        ("DATABASE", "DATABASE_URL"),
        ("BOOTSTRAP", "BOOTSTRAP_TOKEN"),
        ("LOCALE", "DEFAULT_LOCALE"),
        ("LANGUAGE", "DEFAULT_LOCALE"),
        ("WORKERS", "WORKER_CONCURRENCY"),
        ("CONCURRENCY", "WORKER_CONCURRENCY"),
        ("TIMEZONE", "SCHEDULER_DEMO_TIMEZONE"),
        ("EMAIL_FROM", "FROM_EMAIL"),
        ("EMAIL_HOST", "SMTP_HOST"),
        ("EMAIL_PORT", "SMTP_PORT"),
        ("BROKER_URL", "AMQP_URL"),
        ("POSTGRES_URL", "DATABASE_URL"),
        ("SECRET", "SECRET_KEY"),
    ] {
        let told = dotenv(name).expect(name).warnings;
        assert_eq!(told, [format!(".env: line 5: there is no setting {name}: did you mean {meant}?")]);
        // A file of our own has no names of other programs.
        let (name, meant) = (name.to_ascii_lowercase(), meant.to_ascii_lowercase());
        let told = Config::read(REFERENCE.with_file(&format!("{name} = \"hidden\"\n")), Role::Probe).expect_err(&name);
        let words = format!("chasqui.toml: line 1: there is no setting {name}: did you mean {meant}?");
        assert_eq!(told.problems, [words]);
    }
    for (name, meant) in [
        ("SMTP_USERNAME", "SMTP_USER"),
        ("AMQP_HOST", "RABBITMQ_HOST"),
        ("AMQP_PORT", "RABBITMQ_PORT"),
        ("CHASQUI_SMTP_HOST", "SMTP_HOST"),
        ("CHASQUI_SANDBOX", "SANDBOX"),
        ("CHASQUI_LOG", "LOG"),
    ] {
        let told = dotenv(name).expect_err("of our family").problems;
        assert_eq!(told, [format!(".env: line 5: there is no setting {name}: did you mean {meant}?")]);
    }
    let told = dotenv("HOST_API_PRT").expect("a port of compose").warnings;
    assert_eq!(told, [".env: line 5: there is no setting HOST_API_PRT: did you mean HOST_API_PORT?"]);
    for name in ["PORT", "DEBUG"] {
        assert_eq!(dotenv(name).expect(name).warnings, [""; 0], "{name}");
    }
}
