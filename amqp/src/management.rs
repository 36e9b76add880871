//! A small client of RabbitMQ's management API: it reads exchanges, queues and bindings, and changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{Binding, Broker, InvalidBroker};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The address of `RABBITMQ_MANAGEMENT_URL`, and the user to log in as.
#[derive(Clone)]
pub struct Management {
    /// The URL without credentials.
    url: Url,
    user: String,
    password: SecretString,
    http: reqwest::Client,
}

/// Why the broker's contents could not be listed; each message says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ManagementError {
    /// The API answered something unexpected, or not in time.
    #[error("{0}")]
    Failed(String),
    /// The user lacks a permission, or the password is wrong.
    #[error("{0}")]
    Denied(String),
}

/// What exists in one virtual host, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    pub exchanges: BTreeMap<String, FoundExchange>,
    pub queues: BTreeMap<String, FoundQueue>,
    pub bindings: Vec<Binding>,
    /// The nodes that run. `None` when the user may not see them.
    pub nodes: Option<Vec<String>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundExchange {
    pub kind: String,
    pub durable: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FoundQueue {
    pub durable: bool,
    pub arguments: BTreeMap<String, String>,
    /// The nodes that have a copy, for a quorum queue.
    pub members: Vec<String>,
    /// How many messages are in it. `None` when the API does not tell, as when its statistics are switched off.
    pub messages: Option<u64>,
    /// How many of the messages have expired or been rejected and have not reached their next queue yet. `None` when
    /// the API does not tell, as for classic queues.
    pub leaving: Option<u64>,
    /// How many consumers it has. `None` when the API does not tell.
    pub consumers: Option<u64>,
    /// Whether one connection has it to itself, with which it is gone.
    pub exclusive: bool,
}

#[derive(Deserialize)]
struct ListedExchange {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    durable: bool,
}

#[derive(Deserialize)]
struct ListedQueue {
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    durable: bool,
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    messages: Option<u64>,
    #[serde(default)]
    messages_dlx: Option<u64>,
    #[serde(default)]
    consumers: Option<u64>,
    #[serde(default)]
    exclusive: bool,
}

#[derive(Deserialize)]
struct ListedNode {
    name: String,
    #[serde(default)]
    running: bool,
}

#[derive(Deserialize)]
struct ListedBinding {
    source: String,
    destination: String,
    destination_type: String,
    routing_key: String,
}

impl std::fmt::Debug for Management {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Management({} as {})", self.url, self.user)
    }
}

impl Management {
    /// `url` is `http://user:password@host:15672`; without credentials in it, those of `broker` are used. The user
    /// needs the tag `monitoring`, or `management` and a permission on the virtual host.
    ///
    /// # Errors
    /// [`InvalidBroker::Management`] says what is wrong with the URL.
    pub fn new(url: &SecretString, broker: &Broker) -> Result<Self, InvalidBroker> {
        let refuse = |problem: String| InvalidBroker::Management(problem);
        let mut url = Url::parse(url.expose_secret()).map_err(|error| refuse(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse("it must begin with http:// or https:// and a host".into()));
        }
        let (user, password) = match (url.username(), url.password()) {
            ("", _) => broker.credentials(),
            (user, password) => (decoded(user), decoded(password.unwrap_or_default()).into()),
        };
        let cleared = url.set_username("").and_then(|()| url.set_password(None));
        cleared.map_err(|()| refuse("it must have a host".into()))?;
        let mut http = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = broker.ca() {
            let authorities = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
            http = http.tls_certs_merge(authorities.map_err(|error| refuse(error.to_string()))?);
        }
        let http = http.build().map_err(|error| refuse(error.to_string()))?;
        Ok(Self { url, user, password, http })
    }

    /// # Errors
    /// [`ManagementError`]
    pub async fn find(&self, vhost: &str) -> Result<Found, ManagementError> {
        let (exchanges, queues, bindings, nodes) = tokio::try_join!(
            self.list::<ListedExchange, _>(["exchanges", vhost]),
            self.list::<ListedQueue, _>(["queues", vhost]),
            self.list::<ListedBinding, _>(["bindings", vhost]),
            async { Ok(self.list::<ListedNode, _>(["nodes"]).await.ok()) },
        )?;
        let running =
            |nodes: Vec<ListedNode>| nodes.into_iter().filter(|node| node.running).map(|node| node.name).collect();
        let exchanges = exchanges
            .into_iter()
            .map(|listed| (listed.name, FoundExchange { kind: listed.kind, durable: listed.durable }));
        let bindings = bindings.into_iter().filter(|listed| listed.destination_type == "queue").map(|listed| Binding {
            exchange: listed.source,
            queue: listed.destination,
            routing_key: listed.routing_key,
        });
        Ok(Found {
            exchanges: exchanges.collect(),
            queues: queues.into_iter().map(found_queue).collect(),
            bindings: bindings.collect(),
            nodes: nodes.map(running),
        })
    }

    /// Reads a list from the API. The path `what` follows `/api/`.
    async fn list<T: DeserializeOwned, const N: usize>(&self, what: [&str; N]) -> Result<Vec<T>, ManagementError> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("api").extend(what);
        }
        let problem = |problem: String| {
            ManagementError::Failed(format!(
                "{}: {problem}. Check RABBITMQ_MANAGEMENT_URL, and that rabbitmq_management is enabled there",
                self.url
            ))
        };
        let request = self.http.get(url).basic_auth(&self.user, Some(self.password.expose_secret()));
        let response = request.send().await.map_err(|error| problem(error.without_url().to_string()))?;
        match response.status().as_u16() {
            200 => {
                let text = response.text().await.map_err(|error| problem(error.without_url().to_string()))?;
                read_list(&text).map_err(|error| problem(error.to_string()))
            }
            401 | 403 => Err(self.refused(&response.text().await.unwrap_or_default())),
            404 => Err(problem(format!("there is no {}", what.join(" ")))),
            status => Err(problem(format!("the answer was {status}"))),
        }
    }
}

impl Management {
    /// The error for a 401, which RabbitMQ answers both to a wrong password and to a user without the tag. Its message
    /// tells the two apart: `Login failed` (3.10) or `Not_Authorized` (4.0), or `Not management user` and the like.
    fn refused(&self, said: &str) -> ManagementError {
        let Self { url, user, .. } = self;
        let said: Value = serde_json::from_str(said).unwrap_or_default();
        let reason = said["reason"].as_str().unwrap_or_default();
        let text = if reason.starts_with("Not ") && reason.ends_with(" user") {
            format!(
                "{url}: user '{user}' may not read the management API: `rabbitmqctl set_user_tags {user} monitoring`, or put \
                 other credentials into RABBITMQ_MANAGEMENT_URL"
            )
        } else {
            format!(
                "{url}: the management API refuses the password of user '{user}', or knows no such user: correct the \
                 credentials in RABBITMQ_MANAGEMENT_URL (without any there, those of AMQP_URL are used)"
            )
        };
        ManagementError::Denied(text)
    }
}

/// Reads a list of JSON objects. While the members of a queue change, RabbitMQ gives some of its fields twice: the last
/// one counts.
fn read_list<T: DeserializeOwned>(text: &str) -> serde_json::Result<Vec<T>> {
    serde_json::from_str::<Value>(text).and_then(serde_json::from_value)
}

fn found_queue(listed: ListedQueue) -> (String, FoundQueue) {
    let mut arguments: BTreeMap<String, String> = match listed.arguments {
        Value::Object(arguments) => arguments.into_iter().map(|(name, value)| (name, printed(value))).collect(),
        _ => BTreeMap::new(),
    };
    if let Some(kind) = listed.kind {
        arguments.entry("x-queue-type".into()).or_insert(kind);
    }
    let ListedQueue { name, durable, members, messages, messages_dlx: leaving, consumers, exclusive, .. } = listed;
    (name, FoundQueue { durable, arguments, members, messages, leaving, consumers, exclusive })
}

fn printed(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_whose_members_are_changing_is_read() {
        let queues = r#"[{"name":"q","durable":true,"type":"quorum","members":["rc1"],"members":["rc1","rc2"]}]"#;
        let (name, found) = found_queue(read_list(queues).unwrap().remove(0));
        assert_eq!((name.as_str(), &found.members), ("q", &vec!["rc1".to_owned(), "rc2".to_owned()]));
        assert!(read_list::<ListedQueue>("{}").is_err());
        assert!(!found.exclusive);
        let own = r#"[{"name":"q","durable":false,"exclusive":true}]"#;
        assert!(found_queue(read_list(own).unwrap().remove(0)).1.exclusive);
    }
}
