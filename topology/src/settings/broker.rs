//! Where the broker is: one URL or several, or the five separate settings that other stacks have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use runtime::settings::{HostPort, Reader, is_this_machine};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::names::acting;
use crate::{Broker, InvalidBroker};

/// The settings that name a broker, the whole URL first.
const NAMES: [&str; 6] =
    ["AMQP_URL", "RABBITMQ_HOST", "RABBITMQ_PORT", "RABBITMQ_VHOST", "RABBITMQ_USERNAME", "RABBITMQ_PASSWORD"];

/// The port of `amqp://` where none is named.
const DEFAULT_PORT: u16 = 5672;
/// The virtual host where a host is given and none is named. `rabbitmq/definitions.json` makes it.
const DEFAULT_VHOST: &str = "foro";

/// A broker to connect to.
#[derive(Clone, Debug)]
pub struct BrokerSettings {
    /// One URL, or one for each node of a cluster with commas between them.
    pub url: SecretString,
    pub ca_file: Option<PathBuf>,
    /// Whether the tenant is told from the AMQP `user_id`.
    pub tenant_from_user_id: bool,
}

impl BrokerSettings {
    /// Whether some source names a broker, rightly or not.
    pub fn are_given(reader: &Reader) -> bool {
        !reader.given_of(&NAMES).is_empty()
    }

    /// Whether every broker of the list is on this machine.
    pub fn is_on_this_machine(&self) -> bool {
        urls(&self.url).all(|url| is_local(&url))
    }
}

/// Trusts the certificate authorities of a file in PEM besides those of the system.
///
/// # Errors
/// [`InvalidBroker::CaFile`] when the file cannot be read or holds no certificate.
pub fn with_ca_file(broker: Broker, path: &Path) -> Result<Broker, InvalidBroker> {
    broker.with_ca_file(path, runtime::read_text_file(path, runtime::MAX_CERTIFICATES_BYTES))
}

/// Reads the broker. None when no source names one: `chasqui up` starts a broker of its own then.
pub(super) fn read(reader: &mut Reader) -> Option<BrokerSettings> {
    let ca_file = ca_file(reader);
    // Both are read whether a broker is given or not: `chasqui up` needs them when it has started one.
    let (plaintext, tenant_from_user_id) =
        (reader.flag("AMQP_ALLOW_PLAINTEXT"), reader.flag("AMQP_TENANT_FROM_USER_ID"));
    let whole = reader.secret("AMQP_URL").and_then(|url| check(reader, "AMQP_URL", url));
    if let Some(whole) = &whole {
        warn_of_no_vhost(reader, whole);
    }
    let parts = from_parts(reader).and_then(|url| check(reader, "RABBITMQ_HOST", url));
    let url = match (whole, parts) {
        (Some(whole), Some(parts)) if places(&whole) != places(&parts) => {
            reader.problem("AMQP_URL and RABBITMQ_HOST, _PORT, _VHOST, _USERNAME, _PASSWORD name different brokers: give one of the two");
            return None;
        }
        (whole, parts) => whole.or(parts)?,
    };
    if reader.are_right(&["AMQP_ALLOW_PLAINTEXT"]) && !plaintext && leaves_this_machine_in_clear(&url) {
        reader.problem(
            "the broker is on another machine and amqp:// sends the password in clear: use amqps://, or set AMQP_ALLOW_PLAINTEXT=true on a network that you trust",
        );
    }
    warn_of_ports(reader, &url);
    warn_of_a_slash(reader, &url);
    Some(BrokerSettings { url, ca_file, tenant_from_user_id })
}

/// Reads the file of certificates. Only `amqp` knows what the file must hold, and it is asked now, so that a problem is
/// reported with all others.
fn ca_file(reader: &mut Reader) -> Option<PathBuf> {
    let path = reader.path("AMQP_CA_FILE")?;
    let any = SecretString::from("amqps://localhost/foro");
    if let Err(error) = Broker::new(any, "check").and_then(|broker| with_ca_file(broker, &path)) {
        reader.problem(error.to_string());
        reader.is_wrong("AMQP_CA_FILE");
    }
    Some(path)
}

/// Warns of a port that belongs to the other scheme: such a listener answers with nothing that can be read.
fn warn_of_ports(reader: &mut Reader, list: &SecretString) {
    let mixed = |url: &Url| matches!((url.scheme(), url.port()), ("amqp", Some(5671)) | ("amqps", Some(DEFAULT_PORT)));
    if urls(list).any(|url| mixed(&url)) {
        reader.warn(
            "the port of the broker is that of the other scheme: amqp:// goes with 5672, amqps:// with 5671 (RABBITMQ_HOST \
             stands for amqp://; for TLS give AMQP_URL)",
        );
    }
    if urls(list).any(|url| matches!(url.port(), Some(15671 | 15672 | 25672))) {
        reader.warn(
            "the port of the broker is that of RabbitMQ's management or of its cluster, which speak no AMQP: amqp:// goes \
             with 5672, amqps:// with 5671",
        );
    }
}

/// Warns of a virtual host whose name begins with a slash and goes on: the slash that ends the host was written again,
/// or taken for a part of the name.
fn warn_of_a_slash(reader: &mut Reader, list: &SecretString) {
    let begins_with_one = |url: &Url| {
        let vhost = url.path().strip_prefix('/').unwrap_or_default();
        let rest = ["/", "%2F", "%2f"].iter().find_map(|slash| vhost.strip_prefix(*slash));
        rest.is_some_and(|rest| !rest.is_empty())
    };
    if urls(list).any(|url| begins_with_one(&url)) {
        reader.warn(
            "the name of the broker's virtual host begins with a slash: leave it off (RABBITMQ_VHOST=foro, \
             AMQP_URL=amqp://…/foro), unless that of the publishers begins so too",
        );
    }
}

/// Reads the management's URL, and warns of a port on which the broker speaks AMQP.
pub(super) fn management_url(reader: &mut Reader) -> Option<SecretString> {
    let url = reader.http_url("RABBITMQ_MANAGEMENT_URL", "http://user:password@host:15672")?;
    if urls(&url).any(|url| matches!(url.port(), Some(5671 | 5672))) {
        reader.warn("RABBITMQ_MANAGEMENT_URL has a port on which RabbitMQ speaks AMQP: its management is at 15672");
    }
    Some(url)
}

/// Warns of a URL that ends with its host, which stands for the virtual host `/`, or with a slash, which stands for one
/// with an empty name. A fleet that is given by `RABBITMQ_HOST` is in `foro`: the two would never meet.
fn warn_of_no_vhost(reader: &mut Reader, list: &SecretString) {
    let used = match urls(list).find(|url| matches!(url.path(), "" | "/")) {
        Some(url) if url.path().is_empty() => "/",
        Some(_) => "",
        None => return,
    };
    reader.warn(format!(
        "AMQP_URL names no virtual host, so '{used}' is used, whatever RABBITMQ_VHOST says: end the URL with \
         /{DEFAULT_VHOST} or the virtual host of the publishers, or with /%2F if '/' is meant"
    ));
}

/// Checks a URL. Only `amqp` knows what a broker's URL is.
fn check(reader: &mut Reader, name: &str, url: SecretString) -> Option<SecretString> {
    match Broker::new(url.clone(), "check") {
        Ok(_) => Some(url),
        Err(error) => {
            reader.refuse(name, error);
            None
        }
    }
}

fn from_parts(reader: &mut Reader) -> Option<SecretString> {
    let given = reader.given_of(&NAMES[1..]);
    if given.is_empty() {
        return None;
    }
    // Each setting is read by itself: a problem with one is reported even where no host makes use of it.
    let (port, vhost, user) = (port(reader), vhost(reader), user(reader));
    let Some(hosts) = reader.text("RABBITMQ_HOST") else {
        reader.problem(format!("{} is set without RABBITMQ_HOST", given.join(", ")));
        return None;
    };
    let hosts: Vec<HostPort> = hosts.split(',').filter_map(|host| one_host(reader, host.trim())).collect();
    refuse_two_ports(reader, &hosts, port);
    let password = reader.password("RABBITMQ_PASSWORD").unwrap_or_else(|| SecretString::from("guest"));
    if hosts.is_empty() || !reader.are_right(&NAMES) {
        return None;
    }
    let urls = hosts.iter().map(|host| url(host, host.port.or(port).unwrap_or(DEFAULT_PORT), &vhost, &user, &password));
    Some(SecretString::from(urls.collect::<Option<Vec<_>>>()?.join(",")))
}

fn one_host(reader: &mut Reader, text: &str) -> Option<HostPort> {
    match HostPort::parse(text) {
        Ok(host) => Some(host),
        Err(what) => {
            reader.refuse(
                "RABBITMQ_HOST",
                format_args!("{what}; several go with commas between them, such as h1,h2:5673"),
            );
            None
        }
    }
}

fn port(reader: &mut Reader) -> Option<u16> {
    if reader.text("RABBITMQ_PORT").is_some_and(|text| text.starts_with("tcp://")) {
        reader.refuse(
            "RABBITMQ_PORT",
            "is an address that Kubernetes made up for a service named rabbitmq: set it to the port, such as 5672, or \
             enableServiceLinks: false in the pod",
        );
        return None;
    }
    reader.port("RABBITMQ_PORT")
}

fn vhost(reader: &mut Reader) -> String {
    let vhost = reader.text("RABBITMQ_VHOST").unwrap_or_else(|| DEFAULT_VHOST.into());
    if vhost.contains([',', '@']) || vhost.contains("://") {
        reader.refuse("RABBITMQ_VHOST", "must be the name of one virtual host, without a comma, @ or ://");
    } else if let Some(why) = acting(&vhost) {
        reader.refuse("RABBITMQ_VHOST", why);
    }
    vhost
}

fn user(reader: &mut Reader) -> String {
    let user = reader.text("RABBITMQ_USERNAME").unwrap_or_else(|| "guest".into());
    if user.contains([':', '/', '@', ',']) {
        reader.refuse("RABBITMQ_USERNAME", "must be a user name alone, without a : / @ or comma");
    } else if let Some(why) = acting(&user) {
        reader.refuse("RABBITMQ_USERNAME", why);
    }
    user
}

/// Refuses a `RABBITMQ_PORT` beside hosts that all have ports of their own, because no host would use it.
fn refuse_two_ports(reader: &mut Reader, hosts: &[HostPort], port: Option<u16>) {
    let Some(port) = port else { return };
    if !hosts.is_empty() && hosts.iter().all(|host| host.port.is_some_and(|own| own != port)) {
        reader.refuse(
            "RABBITMQ_PORT",
            "is another port than the one behind the host in RABBITMQ_HOST: give the port in one of the two",
        );
    }
}

fn url(host: &HostPort, port: u16, vhost: &str, user: &str, password: &SecretString) -> Option<String> {
    let mut url = Url::parse("amqp://localhost").ok()?;
    url.set_host(Some(&host.host)).ok()?;
    url.set_port(Some(port)).ok()?;
    url.set_username(user).ok()?;
    url.set_password(Some(password.expose_secret())).ok()?;
    url.path_segments_mut().ok()?.clear().push(vhost);
    // In a list, a comma separates two brokers.
    Some(url.to_string().replace(',', "%2C"))
}

type Place = (String, u16, String, String, Option<String>);

fn places(urls: &SecretString) -> Option<BTreeSet<Place>> {
    urls.expose_secret()
        .split(',')
        .map(|url| {
            let url = Url::parse(url.trim()).ok()?;
            let (user, password) = (url.username().to_owned(), url.password().map(str::to_owned));
            Some((
                url.host_str()?.to_owned(),
                url.port().unwrap_or(DEFAULT_PORT),
                url.path().to_owned(),
                user,
                password,
            ))
        })
        .collect()
}

fn urls(list: &SecretString) -> impl Iterator<Item = Url> {
    list.expose_secret().split(',').filter_map(|url| Url::parse(url.trim()).ok())
}

fn leaves_this_machine_in_clear(list: &SecretString) -> bool {
    urls(list).any(|url| url.scheme() == "amqp" && !is_local(&url))
}

fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    is_this_machine(host)
}
