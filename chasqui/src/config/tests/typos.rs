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
