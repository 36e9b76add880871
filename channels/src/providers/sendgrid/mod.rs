//! Email by SendGrid's Mail Send API: one request for each mail.
//!
//! Source: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>.

mod callback;
mod classify;
mod message;
mod settings;

use async_trait::async_trait;
use domain::{Outcome, Timestamp};
use media::email;
use secrecy::{ExposeSecret, SecretString};

use self::classify::{LOOK_AT, classify};
use self::message::message;
use self::settings::{API_KEY, BASE_URL};
use super::{Connected, Provider, Service, Webhook};
use crate::callback::Refused;
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::files::Files;
use crate::http;
use crate::sender::{FROM_EMAIL, Sender};

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "sendgrid",
    serves: &[Service { medium: &email::MEDIUM, kind: "", needs: &[API_KEY.name, FROM_EMAIL.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.sendgrid = Settings::of(values),
    warnings: |settings| settings::warnings(&settings.sendgrid),
    problems,
    gone: &[],
    stopped: &[],
    webhook: Some(Webhook {
        signature: callback::SIGNATURE,
        challenge: |_, _| Err(Refused::NeverAsks),
        verify: callback::verify,
        answer: |_| ("text/plain; charset=utf-8", String::new()),
        reports: callback::reports,
    }),
    #[cfg(test)]
    over_http: Some(over_http),
};

struct SendGrid {
    http: reqwest::Client,
    url: String,
    /// What the key may do is asked here.
    scopes_url: String,
    api_key: SecretString,
    from: Sender,
    sandbox: bool,
    files: Files,
}

#[async_trait]
impl Channel for SendGrid {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let gathered = match self.files.of(outgoing).await {
            Ok(gathered) => gathered,
            Err(missing) => return missing.outcome(PROVIDER.name),
        };
        let mail = match message(&self.from, self.sandbox, outgoing, &gathered.files) {
            Ok(mail) => mail,
            Err(why) => return Outgoing::refuse(PROVIDER.name, why),
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self.http.post(&self.url).bearer_auth(self.api_key.expose_secret()).json(&mail);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer, outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    async fn check(&self, now: Timestamp) -> Checked {
        let request = self.http.get(&self.scopes_url).bearer_auth(self.api_key.expose_secret());
        http::check(request, LOOK_AT, now).await
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.sendgrid.api_key.as_ref()?;
    Some(sendgrid(settings).map(|sendgrid| Box::new(sendgrid) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    sendgrid(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn sendgrid(settings: &crate::Settings) -> Result<SendGrid, Vec<String>> {
    let Settings { api_key: given, base_url, sandbox, .. } = &settings.sendgrid;
    let mut problems = Vec::new();
    let api_key = api_key(given.as_ref()).map_err(|problem| problems.push(problem)).ok();
    let example = "https://api.sendgrid.com";
    let name = BASE_URL.name;
    let base_url = http::base_url(name, base_url, example)
        .and_then(|url| http::without_path(name, url, &["/v3", "/v3/mail", "/v3/mail/send"], example));
    let base_url = base_url.map_err(|problem| problems.push(problem)).ok();
    let from = settings.smtp.sender().map_err(|more| problems.extend(more)).ok();
    let http = http::client(settings.provider_timeout);
    let http = http.map_err(|problem| problems.push(format!("SENDGRID: {problem}"))).ok();
    match (api_key, base_url, from, http) {
        (Some(api_key), Some(base_url), Some(from), Some(http)) => {
            let (url, scopes_url) = (format!("{base_url}/v3/mail/send"), format!("{base_url}/v3/scopes"));
            let files = Files::new(settings);
            Ok(SendGrid { http, url, scopes_url, api_key, from, sandbox: *sandbox, files })
        }
        _ => Err(problems),
    }
}

fn api_key(given: Option<&SecretString>) -> Result<SecretString, String> {
    let name = API_KEY.name;
    let key = given.ok_or_else(|| format!("{name} is not set: SendGrid's console makes one that may send mail"))?;
    let valid = key.expose_secret().bytes().all(|b| b.is_ascii_graphic());
    if valid { Ok(key.clone()) } else { Err(format!("{name} must be a key as SendGrid gives it (SG.…)")) }
}

/// Settings of an account that exists nowhere.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let api_key = Some("SG.secret-token".into());
    let sendgrid = Settings { api_key, base_url: base_url.into(), ..Settings::default() };
    let smtp = crate::smtp::Settings { from_email: Some("avisos@example.org".into()), ..Default::default() };
    crate::Settings { sendgrid, smtp, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
