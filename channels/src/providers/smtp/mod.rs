//! Email by SMTP: a connection pool to one mail server, the mail around the words, and what each answer means.
//!
//! The dialogue is our own, because lettre's reads less than RFC 5321 allows and its pool keeps connections that were
//! dropped in the middle of one: see docs/decisions/0006-own-smtp-pool.md.

mod bounce;
mod classify;
mod connection;
mod dkim;
mod hello;
mod mail;
mod meaning;
mod offers;
mod pool;
mod reply;
mod return_path;
mod settings;
mod step;
mod tls;
mod transport;
mod wire;

use async_trait::async_trait;
use domain::{Outcome, Timestamp};
use media::email;

use self::classify::failure;
use self::connection::Envelope;
use self::dkim::Dkim;
use self::mail::compose;
use self::return_path::ReturnPath;
use self::settings::{DKIM_KEY_FILE, HOST};
use self::transport::Transport;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::files::Files;
use crate::sender::{FROM_EMAIL, Sender};

pub(crate) use self::bounce::{reports, target};
pub use self::settings::{Settings, Tls};

pub(crate) static PROVIDER: Provider = Provider {
    name: "smtp",
    serves: &[Service { medium: &email::MEDIUM, kind: "", needs: &[HOST.name, FROM_EMAIL.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.smtp = Settings::of(values),
    warnings: |settings| settings::warnings(&settings.smtp),
    problems,
    gone: &[],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: None,
};

struct Email {
    transport: Transport,
    from: Sender,
    dkim: Option<Dkim>,
    return_path: Option<ReturnPath>,
    files: Files,
}

#[async_trait]
impl Channel for Email {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let gathered = match self.files.of(outgoing).await {
            Ok(gathered) => gathered,
            Err(missing) => return missing.outcome(PROVIDER.name),
        };
        let mut mail = match compose(&self.from, self.return_path.as_ref(), outgoing, &gathered.files) {
            Ok(mail) => mail,
            Err(why) => return Outgoing::refuse(PROVIDER.name, why),
        };
        if let Some(dkim) = &self.dkim
            && dkim.sign(&mut mail.bytes, outgoing.now).is_err()
        {
            let failure = failure(None, format!("the key of {} could not sign", DKIM_KEY_FILE.name));
            return Outcome::Retriable { failure, alarm: true, maybe_sent: false };
        }
        let (from, to) = (&mail.from, &mail.to);
        let envelope = Envelope { from, to, copies: &mail.copies, mail: &mail.bytes };
        self.transport.send(outgoing, &envelope, mail.message_id).await
    }

    async fn check(&self, _: Timestamp) -> Checked {
        self.transport.check().await
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    if settings.smtp.host.is_none() && settings.smtp.user.is_none() {
        return None;
    }
    Some(email(settings).map(|email| Box::new(email) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    email(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn email(settings: &crate::Settings) -> Result<Email, Vec<String>> {
    let smtp = &settings.smtp;
    let (mut problems, from) = match smtp.sender() {
        Ok(from) => (Vec::new(), Some(from)),
        Err(problems) => (problems, None),
    };
    let transport =
        Transport::new(smtp, settings.provider_timeout).map_err(|more| problems.splice(0..0, more).for_each(drop)).ok();
    let dkim = Dkim::of(smtp).map_err(|more| problems.extend(more)).ok();
    let return_path = ReturnPath::of(settings).map_err(|problem| problems.push(problem)).ok();
    match (from, transport, dkim, return_path) {
        (Some(from), Some(transport), Some(dkim), Some(return_path)) => {
            Ok(Email { transport, from, dkim, return_path, files: Files::new(settings) })
        }
        _ => Err(problems),
    }
}
