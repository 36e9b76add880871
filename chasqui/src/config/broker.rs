//! Where the broker is: one URL, or the five settings that other stacks have apart.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::source::Reader;

/// Every setting that names one, the whole URL first.
pub(super) const NAMES: [&str; 6] =
    ["AMQP_URL", "RABBITMQ_HOST", "RABBITMQ_PORT", "RABBITMQ_VHOST", "RABBITMQ_USERNAME", "RABBITMQ_PASSWORD"];

/// A broker to connect to.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    pub url: SecretString,
    pub ca_file: Option<PathBuf>,
}

/// None when no source names a broker: `chasqui up` starts one of its own then.
pub(super) fn read(reader: &mut Reader) -> Option<BrokerConfig> {
    let whole = reader.secret("AMQP_URL").and_then(|url| check(reader, &url).then_some(url));
    let parts = from_parts(reader);
    let url = match (whole, parts) {
        (Some(whole), Some(parts)) if !same_broker(&whole, &parts) => {
            reader.problem("AMQP_URL and RABBITMQ_HOST, _PORT, _VHOST, _USERNAME, _PASSWORD name different brokers: give one of the two");
            return None;
        }
        (whole, parts) => whole.or(parts)?,
    };
    let plaintext = reader.flag("AMQP_ALLOW_PLAINTEXT");
    if !plaintext && leaves_this_machine_in_clear(&url) {
        reader.problem(
            "the broker is on another machine and amqp:// sends the password in clear: use amqps://, or set AMQP_ALLOW_PLAINTEXT=true on a network that you trust",
        );
    }
    Some(BrokerConfig { url, ca_file: reader.path("AMQP_CA_FILE") })
}

fn check(reader: &mut Reader, url: &SecretString) -> bool {
    let right = Url::parse(url.expose_secret())
        .is_ok_and(|url| matches!(url.scheme(), "amqp" | "amqps") && url.host_str().is_some());
    if !right {
        reader.problem("AMQP_URL must look like amqp://user:password@host:5672/vhost");
    }
    right
}

fn from_parts(reader: &mut Reader) -> Option<SecretString> {
    let given = reader.given_of(&NAMES[1..]);
    let host = match reader.text("RABBITMQ_HOST") {
        Some(host) => host,
        None if given.is_empty() => return None,
        None => {
            reader.problem(format!("{} is set without RABBITMQ_HOST", given.join(", ")));
            return None;
        }
    };
    let port: u16 = reader.optional("RABBITMQ_PORT", "a port number").unwrap_or(5672);
    let mut url = Url::parse("amqp://localhost").expect("a constant URL");
    let user = reader.text("RABBITMQ_USERNAME").unwrap_or_else(|| "guest".into());
    let password = reader.text("RABBITMQ_PASSWORD").unwrap_or_else(|| "guest".into());
    let vhost = reader.text("RABBITMQ_VHOST").unwrap_or_else(|| "foro".into());
    let fits = url.set_host(Some(&host)).is_ok()
        && url.set_port(Some(port)).is_ok()
        && url.set_username(&user).is_ok()
        && url.set_password(Some(&password)).is_ok();
    if !fits {
        reader.problem("RABBITMQ_HOST must be a host name or an address");
        return None;
    }
    url.path_segments_mut().expect("amqp URLs have a path").clear().push(&vhost);
    Some(SecretString::from(url.to_string()))
}

fn same_broker(one: &SecretString, other: &SecretString) -> bool {
    let parts = |url: &SecretString| {
        let url = Url::parse(url.expose_secret()).ok()?;
        let (user, password) = (url.username().to_owned(), url.password().map(str::to_owned));
        Some((url.host_str()?.to_owned(), url.port().unwrap_or(5672), url.path().to_owned(), user, password))
    };
    parts(one) == parts(other)
}

fn leaves_this_machine_in_clear(url: &SecretString) -> bool {
    let Ok(url) = Url::parse(url.expose_secret()) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let local = match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    };
    url.scheme() == "amqp" && !local
}
