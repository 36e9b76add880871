//! Hands mails to one server, and says what became of each.

use std::time::Duration;

use domain::{About, Outcome};
use runtime::settings::Setting;

use super::PROVIDER;
use super::classify::{checked, code, failure, nothing_handed_over, refused};
use super::connection::{Envelope, Login};
use super::hello::Hello;
use super::pool::{Pool, Server};
use super::settings::{HOST, PASSWORD, Settings, Tls, USER};
use super::step::{Failed, Step, Trouble};
use super::tls::Encryption;
use crate::channel::Outgoing;
use crate::checked::Checked;

/// Hands mails to one server.
pub(super) struct Transport {
    pool: Pool,
}

impl Transport {
    /// # Errors
    /// Every missing or wrong setting of the connection, one text each.
    pub(super) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let host = settings.host.clone().unwrap_or_else(|| {
            problems.push(format!("{} is not set: name the mail server to send by", HOST.name));
            String::new()
        });
        let login = login(settings).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let hello = Hello::new(settings.hello.as_deref()).map_err(|problem| problems.push(problem)).ok();
        // Without a host, a file that was named is checked all the same.
        let name = if host.is_empty() { "localhost" } else { host.as_str() };
        let encryption = (settings.tls != Tls::None && (!host.is_empty() || settings.ca_file.is_some()))
            .then(|| Encryption::new(name, settings.ca_file.as_deref()))
            .transpose()
            .unwrap_or_else(|problem| {
                problems.push(problem);
                None
            });
        let Some(hello) = hello.filter(|_| problems.is_empty()) else { return Err(problems) };
        let port = settings.port.unwrap_or(settings.tls.default_port());
        let server = Server { host, port, mode: settings.tls, encryption, login, hello };
        Ok(Self { pool: Pool::new(server, settings.max_connections.max(1), provider_timeout) })
    }

    /// Sends one mail. `message_id` is the name by which the mailbox, and the logs of every server on the way, know the
    /// mail.
    pub(super) async fn send(&self, outgoing: &Outgoing<'_>, envelope: &Envelope<'_>, message_id: String) -> Outcome {
        let ready = match outgoing.before_it_expires(self.pool.ready(envelope)).await {
            Some(Ok(ready)) => ready,
            Some(Err(not_ready)) => return nothing_handed_over(not_ready, outgoing),
            None => return Outcome::Expired,
        };
        match ready.hand_over(envelope.mail).await {
            Ok(reply) if reply.is_success() => {
                Outcome::Sent { provider: PROVIDER.name, provider_id: Some(message_id), code: Some(code(&reply)) }
            }
            Ok(reply) if reply.code() < 400 => {
                Outcome::Ambiguous { failure: failure(Some(code(&reply)), "an unknown answer to the mail") }
            }
            Ok(reply) => refused(Step::Message, &reply, outgoing),
            Err(Failed { step, trouble }) => {
                let why = match trouble {
                    Trouble::Lost(why) => outgoing.redact(&why),
                    _ => String::new(),
                };
                let failure = failure(None, format!("{}: {why}", step.what()));
                Outcome::Ambiguous { failure: failure.about(About::Provider) }
            }
        }
    }

    /// Connects, logs in and says goodbye.
    pub(super) async fn check(&self) -> Checked {
        self.pool.check().await.map_or_else(checked, |()| Checked::Accepted)
    }
}

fn login(settings: &Settings) -> Result<Option<Login>, String> {
    let half = |missing: Setting, given: Setting| {
        Err(format!("{} is not set, but {} is: set both or neither", missing.name, given.name))
    };
    match (&settings.user, &settings.password) {
        (Some(user), Some(password)) => Ok(Some(Login { user: user.clone(), password: password.clone() })),
        (None, None) => Ok(None),
        (Some(_), None) => half(PASSWORD, USER),
        (None, Some(_)) => half(USER, PASSWORD),
    }
}
