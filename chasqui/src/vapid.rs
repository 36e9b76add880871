//! `chasqui vapid new`: the keys with which this installation sends Web Push.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use channels::webpush::NewKeys;
use clap::Subcommand;
use secrecy::ExposeSecret as _;

use crate::output;

#[derive(Subcommand, Clone, Copy, Debug)]
pub enum VapidCommand {
    /// Print a new pair of keys as settings, and store it nowhere. A browser takes messages only from the pair for which
    /// it has subscribed: with another pair, everybody has to subscribe again
    New,
}

pub(crate) fn run(command: VapidCommand) -> Result<ExitCode> {
    match command {
        VapidCommand::New => {
            let keys = NewKeys::make().context("this machine gives no random numbers")?;
            output::text(&settings(&keys));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The lines of a `.env`.
fn settings(keys: &NewKeys) -> String {
    format!(
        "# what pages give to the browser as applicationServerKey\n\
         WEB_VAPID_PUBLIC_KEY={}\n\
         # a secret: whoever has it can send to everybody who has subscribed\n\
         WEB_VAPID_PRIVATE_KEY={}\n\
         # an address or a page of yours that push services may turn to, such as mailto:push@example.org\n\
         WEB_VAPID_SUBJECT=\n",
        keys.public_key,
        keys.private_key.expose_secret()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel_lines;
    use crate::config::{Config, REFERENCE, Role};

    #[test]
    fn what_is_printed_is_what_the_settings_take_once_a_subject_is_named() {
        let printed = settings(&NewKeys::make().unwrap());
        let rest = format!(
            "CHANNELS=webpush\nDATABASE_URL=sqlite:x.db\nAMQP_URL=amqp://u:p@127.0.0.1:5672/foro\nSECRET_KEY={}\n",
            testkit::SECRET
        );
        let read = |text: &str| Config::read(REFERENCE.with_dotenv(format!("{text}{rest}").as_bytes()), Role::Worker);
        let told = read(&printed).expect_err("without a subject").problems;
        assert!(told.len() == 1 && told[0].starts_with("WEB_VAPID_SUBJECT is not set"), "{told:#?}");
        let config = read(&printed.replace("SUBJECT=", "SUBJECT=mailto:push@example.org"));
        let config = config.unwrap_or_else(|problems| panic!("{problems}"));
        let lines = channel_lines::lines(&config.channels);
        assert!(lines.iter().any(|line| line == "webpush    really sent, by webpush"), "{lines:#?}");
    }
}
