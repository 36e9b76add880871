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
        ("SECRET_FILE", "SECRET_KEY_FILE"),
        ("OLD_SECRET_KEY", "SECRET_KEY_PREVIOUS"),
        ("DEFAULT_LANGUAGE", "DEFAULT_LOCALE"),
        ("DEFAULT_LANG", "DEFAULT_LOCALE"),
        ("LOGS", "LOG"),
        ("DKIM_SELECTOR", "EMAIL_DKIM_SELECTOR"),
        ("DKIM_DOMAIN", "EMAIL_DKIM_DOMAIN"),
        ("DKIM_PRIVATE_KEY_FILE", "EMAIL_DKIM_PRIVATE_KEY_FILE"),
        ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_CLOUD_PHONE_NUMBER_ID"),
        ("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_CLOUD_ACCESS_TOKEN"),
        ("WHATSAPP_APP_SECRET", "WHATSAPP_CLOUD_APP_SECRET"),
        ("BOUNCE_ADDRESS", "EMAIL_BOUNCE_ADDRESS"),
        ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("TELEGRAM_URL", "TELEGRAM_BASE_URL"),
        ("TELEGRAM_POLLING", "TELEGRAM_POLL"),
        ("SLACK_TOKEN", "SLACK_BOT_TOKEN"),
        ("SLACK_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET"),
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
        // Without it, every token would end.
        ("SECRET_KEY_PREV", "SECRET_KEY_PREVIOUS"),
        ("SECRET_KEY_OLD", "SECRET_KEY_PREVIOUS"),
        ("CHANEL", "CHANNELS"),
        ("EMAIL_DKIM_KEY_FILE", "EMAIL_DKIM_PRIVATE_KEY_FILE"),
        ("EMAIL_DKIM_PRIVATE_KEY", "EMAIL_DKIM_PRIVATE_KEY_FILE"),
        ("EMAIL_RETURN_PATH", "EMAIL_BOUNCE_ADDRESS"),
        ("WHATSAPP_CLOUD_TOKEN", "WHATSAPP_CLOUD_ACCESS_TOKEN"),
        ("WHATSAPP_CLOUD_PHONE_ID", "WHATSAPP_CLOUD_PHONE_NUMBER_ID"),
        ("WHATSAPP_CLOUD_WEBHOOK_TOKEN", "WHATSAPP_CLOUD_VERIFY_TOKEN"),
    ] {
        let told = dotenv(name).expect_err("of our family").problems;
        assert_eq!(told, [format!(".env: line 5: there is no setting {name}: did you mean {meant}?")]);
    }
    let told = dotenv("HOST_API_PRT").expect("a port of compose").warnings;
    assert_eq!(told, [".env: line 5: there is no setting HOST_API_PRT: did you mean HOST_API_PORT?"]);
    for (name, meant) in [
        ("HOST_AMQP", "HOST_AMQP_PORT"),
        ("HOST_RABBITMQ_PORT", "HOST_AMQP_PORT"),
        ("HOST_API", "HOST_API_PORT"),
        ("HOST_MANAGEMENT", "HOST_MANAGEMENT_PORT"),
    ] {
        let told = dotenv(name).expect(name).warnings;
        assert_eq!(told, [format!(".env: line 5: there is no setting {name}: did you mean {meant}?")]);
    }
    for (name, words) in [
        ("WHATSAPP_CLOUD_APP_ID", "those that begin alike are WHATSAPP_CLOUD_ACCESS_TOKEN, WHATSAPP_CLOUD_APP_SECRET"),
        ("SMS_PROVIDERS", "those that end so are EMAIL_PROVIDERS, WHATSAPP_PROVIDERS"),
        ("PUSH_PROVIDERS", "those that end so are EMAIL_PROVIDERS, WHATSAPP_PROVIDERS"),
        ("EMAIL_LIMITS", "those that end so are "),
        ("SMS_LIMITS", "those that end so are "),
        ("PUSH_LIMITS", "those that end so are "),
        ("WEBPUSH_LIMITS", "those that end so are "),
    ] {
        let told = dotenv(name).expect(name).warnings;
        let words = format!(".env: line 5: there is no setting {name}: {words}");
        assert!(told.len() == 1 && told[0].starts_with(&words), "{told:#?}");
    }
    // Of Rails, Flask and Django.
    for name in ["PORT", "DEBUG", "SECRET_KEY_BASE", "SECRET_KEY_FALLBACKS", "DEFAULT_AUTO_FIELD"] {
        assert_eq!(dotenv(name).expect(name).warnings, [""; 0], "{name}");
    }
}

#[test]
fn behind_a_mistyped_sandbox_nothing_is_said_of_channels_that_are_not_configured() {
    let pairs: String = RIGHT.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let told = |line: &str| {
        let sources = REFERENCE.with_dotenv(format!("{pairs}{line}\n").as_bytes());
        Config::read(sources, Role::Worker).expect_err(line).problems
    };
    for line in ["SANDBX=all", "SANDBOX_MODE=all", "CHASQUI_SANDBOX=all"] {
        let told = told(line);
        assert!(told.len() == 1 && told[0].ends_with("did you mean SANDBOX?"), "{told:#?}");
    }
    let of_another = told("LOG_LEVEL=info");
    assert!(of_another.iter().any(|told| told.starts_with("CHANNELS: no channel is configured")), "{of_another:#?}");
}

#[test]
fn names_on_the_broker_of_which_only_some_are_the_defaults_are_warned_of() {
    let all = [
        ("AMQP_EXCHANGE", "notifications.v2.exchange"),
        ("AMQP_QUEUE", "notifications.v2.queue"),
        ("AMQP_ROUTING_KEY", "notifications.v2.key"),
    ];
    for role in [Role::Worker, Role::Api, Role::Scheduler] {
        assert_eq!(warnings(role, &all), [""; 0]);
        for (name, value) in all {
            let told = warnings(role, &[(name, value)]);
            assert!(told.len() == 1 && told[0].starts_with(&format!("{name} is not the default, and ")), "{told:#?}");
            assert_eq!(warnings(role, &[(name, &default_of(name))]), [""; 0]);
        }
    }
}

fn default_of(name: &str) -> String {
    REFERENCE.with(std::iter::empty()).get(name).expect("a default")
}
