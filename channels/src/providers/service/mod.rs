//! Commands to services, which are posted or published with a token that says who has it done.
//!
//! The token is a JSON Web Token by Ed25519 (RFC 8037), good for a minute, or as long as a command may wait in a queue;
//! services verify it by the keys at `/.well-known/jwks.json` of the API: see `docs/commands.md`.

mod classify;
mod published;
mod settings;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{CommandClaims, CommandKeys, Failure, Outcome, Registry};
use media::service;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::SecretString;
use serde_json::{Map, Value};

use self::classify::{classify, not_published};
use self::settings::SERVICES_FILE;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};
use crate::http;

pub use self::published::{Dispatch, NotPublished, Published, Publishing};
pub use self::settings::Settings;

/// What follows the base URL of a service.
const PATH: &str = "/v1/commands";

pub(crate) static PROVIDER: Provider = Provider {
    name: "service",
    serves: &[Service { medium: &service::MEDIUM, kind: "", needs: &[SERVICES_FILE.name], connect }],
    section: settings::SECTION,
    // Whoever reads the file has filled it in before.
    fill: |_, _| {},
    warnings: |_| Vec::new(),
    problems,
    gone: &[],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: Some(over_http),
};

struct Commands {
    http: reqwest::Client,
    services: Registry,
    keys: Option<CommandKeys>,
    publishing: Option<Publishing>,
}

#[async_trait]
impl Channel for Commands {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let Some(keys) = &self.keys else {
            return ours("look at SECRET_KEY: there is none, and nothing is sent unsigned");
        };
        let Some(command) = written(keys, outgoing) else {
            return Outgoing::refuse(PROVIDER.name, "message is no command that the fleet itself has written");
        };
        let Some(to) = self.services.get(outgoing.destination) else {
            return ours("look at SERVICES_FILE: it has no such service in this process");
        };
        // A token that waits in a queue with its command is good as long as that is.
        let until = outgoing.expires_at.filter(|_| to.base_url.is_none());
        let claims = CommandClaims {
            audience: &to.audience,
            command: &command.id,
            tenant: &outgoing.key.tenant,
            digest: &command.digest,
            actor: command.requested_by.as_deref(),
            until,
        };
        let token = keys.token(&claims, outgoing.now);
        match &to.base_url {
            Some(base_url) => self.post(base_url, command, &token, outgoing).await,
            None => self.publish(command, token, outgoing).await,
        }
    }

    /// Each service is a server of its own.
    fn is_one_place(&self) -> bool {
        false
    }
}

impl Commands {
    async fn post(&self, base_url: &str, command: Written, token: &str, outgoing: &Outgoing<'_>) -> Outcome {
        let Some(authorization) = authorization(&command, token) else {
            return Outgoing::refuse(PROVIDER.name, "message has no id of a command");
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self.http.post(format!("{base_url}{PATH}"));
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, authorization)
            .header("idempotency-key", command.id)
            .header("content-digest", command.digest)
            .body(command.body);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    async fn publish(&self, command: Written, token: String, outgoing: &Outgoing<'_>) -> Outcome {
        let Some(publishing) = &self.publishing else { return ours("this process publishes nothing") };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let dispatch = Dispatch {
            service: outgoing.destination.to_owned(),
            command: command.id,
            correlation_id: command.correlation_id,
            token: SecretString::from(token),
            body: command.body,
        };
        let answer = publishing.publish(dispatch).await;
        answer.map_or_else(|why| not_published(why, outgoing.destination), |()| taken())
    }
}

/// A command as it is handed over.
struct Written {
    id: String,
    requested_by: Option<String>,
    correlation_id: Option<String>,
    /// That of the body, as in a field `Content-Digest`.
    digest: String,
    body: String,
}

/// The command of a delivery, if the fleet has written it: otherwise whoever may publish could have anything done.
fn written(keys: &CommandKeys, outgoing: &Outgoing<'_>) -> Option<Written> {
    let (command, mark) = service::command(outgoing.data)?;
    let body = Value::Object(command.clone()).to_string();
    if !keys.has_marked(outgoing.key, outgoing.destination, &body, mark) {
        return None;
    }
    let id = text(command, "command_id")?;
    let (requested_by, correlation_id) = (text(command, "requested_by"), text(command, "correlation_id"));
    Some(Written { id, requested_by, correlation_id, digest: content_digest(&body), body })
}

/// The value of the field `Content-Digest` of RFC 9530.
fn content_digest(body: &str) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, body.as_bytes())))
}

fn text(command: &Map<String, Value>, name: &str) -> Option<String> {
    command.get(name)?.as_str().map(str::to_owned)
}

/// None for an id that cannot be sent.
fn authorization(command: &Written, token: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&command.id).ok()?;
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The outcome of a command that is in the queue of its service.
fn taken() -> Outcome {
    Outcome::Sent { provider: PROVIDER.name, provider_id: None, code: None }
}

/// The outcome of a command that waits until somebody mends what is wrong on our side.
fn ours(why: &'static str) -> Outcome {
    Outcome::Retriable { failure: Failure::new(PROVIDER.name, None, why), alarm: true, maybe_sent: false }
}

fn connect(settings: &crate::Settings) -> Connected {
    let services = settings.service.services.as_ref()?;
    Some(commands(settings, services).map(|commands| Box::new(commands) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    let services = settings.service.services.as_ref();
    services.and_then(|services| commands(settings, services).err()).unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of the setting.
fn commands(settings: &crate::Settings, services: &Registry) -> Result<Commands, Vec<String>> {
    let name = SERVICES_FILE.name;
    let mut problems = Vec::new();
    for service in services.all() {
        let Some(base_url) = &service.base_url else { continue };
        let what = format!("{name}: {}.base_url", service.name);
        let example = "http://127.0.0.1:9300";
        let url = http::base_url(&what, base_url, example)
            .and_then(|url| http::without_path(&what, url, &[PATH, "/v1"], example));
        problems.extend(url.err());
    }
    let http = http::client(settings.provider_timeout);
    let http = http.map_err(|problem| problems.push(format!("{name}: {problem}"))).ok();
    match http {
        Some(http) if problems.is_empty() => {
            let (keys, publishing) = (settings.service.keys.clone(), settings.service.publishing.clone());
            Ok(Commands { http, services: services.clone(), keys, publishing })
        }
        _ => Err(problems),
    }
}

#[cfg(test)]
fn keys() -> CommandKeys {
    domain::Keyring::new(testkit::SECRET.as_bytes(), None).commands()
}

/// One service, which is that of the medium's example.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let written = serde_json::json!({
        "trading": { "base_url": base_url, "audience": "urn:trading", "actions": { "stop": {} } },
    });
    let Value::Object(written) = written else { unreachable!() };
    let services = Some(Registry::read(&written).unwrap());
    let settings = Settings { services, keys: Some(keys()), ..Settings::default() };
    crate::Settings { service: settings, ..crate::settings::of_tests() }
}

/// The data of a delivery that takes a command to the service of [`over_http`].
#[cfg(test)]
pub(crate) fn of_the_fleet(delivery: &domain::Key) -> Map<String, Value> {
    let command = serde_json::json!({
        "command_id": "c-1", "action": "stop", "arguments": { "why": "data-secret" }, "requested_by": "ana",
        "confirmed_by": null, "correlation_id": null, "tenant": "default",
    });
    let mark = keys().mark(delivery, service::MEDIUM.example, &command.to_string());
    Map::from_iter([(service::COMMAND.to_owned(), command), (service::MARK.to_owned(), mark.into())])
}

#[cfg(test)]
mod tests;
