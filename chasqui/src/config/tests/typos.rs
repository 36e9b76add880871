//! A word that is typed wrong is told before anything starts, with the one that was meant where one is near.

use super::*;

/// As `chasqui check up` and `chasqui up` look at the settings before anything is made.
fn unconfigured(settings: &[(&str, &str)]) -> Result<Config, Problems> {
    let mut sources = Sources::of(settings.iter().copied());
    crate::unconfigured::look_up(&mut sources);
    Config::read(sources, Role::Up)
}

#[test]
fn what_up_goes_by_once_it_has_a_broker_is_looked_at_before() {
    for (name, value) in
        [("AMQP_TENANT_FROM_USER_ID", "treu"), ("AMQP_ALLOW_PLAINTEXT", "treu"), ("SECRET_KEY_FILE", "/nope")]
    {
        let told = unconfigured(&[(name, value), ("SMTP_PORT", "many")]).expect_err(name).problems;
        assert!(told.len() == 2 && told.concat().contains("SMTP_PORT"), "{told:#?}");
        assert!(told.iter().any(|told| told.starts_with(name)), "{told:#?}");
    }
    unconfigured(&[]).expect("accepted");
}

#[test]
fn a_word_that_is_no_provider_of_mail_is_told_as_one() {
    let told = |provider: &str| one_problem(&[("EMAIL_PROVIDER", provider)]);
    for (provider, hint) in [("smpt", "; did you mean smtp?"), ("sendgird", "; did you mean sendgrid?"), ("ses", "")] {
        let told = told(provider);
        let words = "EMAIL_PROVIDER has a word that is no provider: the only one of this version is smtp";
        assert!(told.starts_with(words) && !told.contains("SENDGRID"), "{provider}: {told}");
        assert_eq!(told.split_once("(SMTP_HOST)").map(|(_, hint)| hint), Some(hint), "{told}");
    }
    assert!(told("sendgrid").starts_with("email by SendGrid is not in this version"));
    read(Role::Worker, &[("EMAIL_PROVIDER", "SMTP"), ("SANDBOX", "all")]).expect("accepted");
}

#[test]
fn a_word_that_is_near_one_of_a_closed_list_is_told_with_it() {
    for (name, given, meant) in [
        ("SANDBOX", "misssing", "missing"),
        ("SMTP_TLS", "startls", "starttls"),
        ("ALGORITHM", "RS-265", "RS256"),
        ("AMQP_QUEUE_TYPE", "quorom", "quorum"),
        ("AMQP_TOPOLOGY", "verfy", "verify"),
        ("AMQP_TENANT_FROM_USER_ID", "ture", "true"),
        ("SCHEDULER_DEMO_ENABLED", "flase", "false"),
        ("NOTIFY_OPEN", "locla", "local"),
        ("LOG_FORMAT", "jsno", "json"),
    ] {
        let told = problems(Role::Worker, &[("SANDBOX", "all"), (name, given)]);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].starts_with(name) && told[0].ends_with(&format!("; did you mean {meant}?")), "{told:#?}");
    }
    assert_eq!(one_problem(&[("LOG_FORMAT", "hidden")]), "LOG_FORMAT must be one of: text, json");
}
