//! Several nodes of one cluster in one setting: how the list is written, what is refused, and in which order its nodes
//! are tried.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use lapin::uri::AMQPUri;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Broker, InvalidBroker};

/// The parameters behind the question mark that lapin reads. Any other would silently have no effect.
const QUERY: [&str; 5] = ["heartbeat", "frame_max", "channel_max", "connection_timeout", "auth_mechanism"];

/// Draws the order in which the nodes are tried. The clones of a broker share it.
#[derive(Clone)]
pub(super) struct Dice(Arc<Mutex<StdRng>>);

impl Default for Dice {
    /// Seeds the order by the standard library's random keys, so that processes that lose a node together choose
    /// different ones.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(RandomState::new().build_hasher().finish()))))
    }
}

impl Broker {
    /// This node and the others.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Broker> {
        std::iter::once(self).chain(&self.others)
    }

    /// All nodes in a newly drawn order: a process that returns to the list after a failure seldom meets the same node
    /// first, and the processes of a fleet spread over the nodes.
    pub(super) fn in_turn(&self) -> Vec<&Broker> {
        let mut nodes: Vec<&Broker> = self.nodes().collect();
        if nodes.len() > 1 {
            nodes.shuffle(&mut *self.dice.0.lock().unwrap_or_else(PoisonError::into_inner));
        }
        nodes
    }
}

/// Reads URLs with commas between them. All are nodes of one cluster, so they must share a virtual host.
pub(super) fn read(
    urls: &SecretString,
    one: impl Fn(SecretString) -> Result<Broker, InvalidBroker>,
) -> Result<Broker, InvalidBroker> {
    let texts: Vec<&str> = urls.expose_secret().split(',').map(str::trim).collect();
    if texts.len() > 1 && !texts.iter().all(|text| text.starts_with("amqp://") || text.starts_with("amqps://")) {
        return Err(refuse(
            "each part between commas must begin with amqp:// or amqps://, and a comma inside a name or password is \
             written %2C",
        ));
    }
    let mut nodes =
        texts.into_iter().map(|text| one(SecretString::from(text))).collect::<Result<Vec<_>, _>>()?.into_iter();
    let Some(mut first) = nodes.next() else { return Err(refuse("it is empty")) };
    first.others = nodes.collect();
    if first.others.iter().any(|other| other.place.vhost != first.place.vhost) {
        return Err(refuse("all brokers of a list must name the same virtual host: they are nodes of one cluster"));
    }
    Ok(first)
}

/// Refuses a URL in which a password, or another URL, was most likely read as a host, a user or a path: such a name
/// would be printed.
pub(super) fn refuse_misplaced(url: &Url, parsed: &AMQPUri) -> Result<(), InvalidBroker> {
    let vhost = &parsed.vhost;
    let raw_segments = url.path().trim_start_matches('/').split('/').count();
    if raw_segments > 1 || vhost.contains([',', '@']) || vhost.contains("://") || url.path().contains('@') {
        return Err(refuse(
            "what follows the host and port must be one virtual host, such as /foro (/%2f for '/'), without @ or a comma",
        ));
    }
    if url.fragment().is_some() {
        return Err(refuse("it has a #, which must be written %23"));
    }
    if url.query_pairs().any(|(name, _)| !QUERY.contains(&name.as_ref())) {
        return Err(refuse(&format!("only these may follow a question mark: {}", QUERY.join(", "))));
    }
    let user = &parsed.authority.userinfo.username;
    if user.contains([':', '/', '@', ',']) {
        return Err(refuse("the user name holds a : / @ or comma"));
    }
    if user.chars().chain(vhost.chars()).any(text::acts) {
        return Err(refuse("the user name or the virtual host holds an invisible character"));
    }
    Ok(())
}

/// The error for a URL that lapin cannot read. lapin's own message may quote a part of the URL.
pub(super) fn unreadable() -> InvalidBroker {
    refuse("its name, password, virtual host or one of the values behind a question mark cannot be read")
}

fn refuse(what: &str) -> InvalidBroker {
    InvalidBroker::Url(what.into())
}

pub(super) fn joined(items: &[impl ToString], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Broker, InvalidBroker> {
        Broker::new(SecretString::from(text), "test")
    }

    #[test]
    fn several_urls_are_the_nodes_of_one_cluster() {
        let broker = read("amqp://u:one@h1:5673/foro, amqp://u:two@h2/foro,amqps://u:p@[::1]/foro").unwrap();
        assert_eq!(broker.address(), "amqp://h1:5673/foro, amqp://h2:5672/foro, amqps://::1:5671/foro");
        assert_eq!((broker.vhost(), broker.user()), ("foro", "u"));
    }

    #[test]
    fn who_says_its_user_id_has_one_user_on_all_nodes() {
        let broker = read("amqp://u:one@h1/foro,amqp://u:two@h2/foro").unwrap();
        assert_eq!(broker.user_id(), None, "unless it is asked for");
        assert_eq!(broker.with_user_id().unwrap().user_id(), Some("u"));
        let several = read("amqp://u:p@h1/foro,amqp://v:p@h2/foro").unwrap();
        assert_eq!(several.with_user_id().err(), Some(InvalidBroker::SeveralUsers));
    }

    #[test]
    fn each_node_is_tried_once_and_every_one_of_them_first_at_times() {
        let broker = read("amqp://h1/foro,amqp://h2/foro,amqp://h3/foro").unwrap();
        let mut first = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let mut tried: Vec<String> = broker.in_turn().iter().map(|node| node.own_address()).collect();
            first.insert(tried[0].clone());
            tried.sort();
            assert_eq!(tried, ["amqp://h1:5672/foro", "amqp://h2:5672/foro", "amqp://h3:5672/foro"]);
        }
        assert_eq!(first.len(), 3, "{first:?}");
    }

    #[test]
    fn what_may_hold_a_password_is_refused_and_never_shown() {
        for text in [
            "amqp://u:SECRET@h1/foro,h2",
            "amqp://u:SECRET@h1/foro,u:SECRET@h2/foro",
            "amqp://u:SEC,RET@h1/foro",
            "amqp://u:p@h1/foro amqp://u:SECRET@h2/foro",
            "amqp://u:p@h1/foro;amqp://u:SECRET@h2/foro",
            "amqp://u:p@h1/foro\namqp://u:SECRET@h2/foro",
            "amqp://u:p@h1/foro|u:SECRET@h2",
            "amqp://u:p@h1/foro/amqp:%2F%2Fu:SECRET@h2%2Fforo",
            "amqp://u:p@h1/foro%2Camqp%3A%2F%2Fu%3ASECRET%40h2",
            "amqp://u:12/SECRET@h/foro",
            "amqp://u:12#SECRET@h/foro",
            "amqp://u:12?SECRET@h/foro",
            "amqp://u:p@h/foro?password=SECRET",
            "amqp://u:p@h/foro?auth_mechanism=SECRET",
            "amqp://u:p@h/foro?heartbeat=SECRET",
            "amqp://u%3ASECRET@h/foro",
            "amqp:u:SECRET@h/foro",
            "amqp:/u:SECRET@h/foro",
            "u:SECRET@h/foro",
            "http://u:SECRET@h/foro",
            "amqp://u:SECRET@/foro",
            "amqp://u:SECRET@h:99999/foro",
            "amqp://u:SECRET@h/%1bforo",
            "amqp://u:SECRET@h/foro%e2%80%ae",
            "amqp://u%0a:SECRET@h/foro",
            "amqp://u:SECRET@h/one,amqp://u:SECRET@h/two",
            ",",
            "",
        ] {
            let error = read(text).map(|broker| broker.address()).expect_err(text);
            let told = format!("{error} {error:?}");
            assert!(!told.contains("SECRET") && !told.contains("SEC") && !told.contains("RET"), "{text:?}: {told}");
        }
    }

    #[test]
    fn passwords_with_encoded_and_plain_characters_are_read() {
        for (text, password) in [
            ("amqp://u:p%2Cq@h/foro", "p,q"),
            ("amqp://u:p%40q@h/foro", "p@q"),
            ("amqp://u:p@q@h/foro", "p@q"),
            ("amqp://u:p;q|r@h/%2f", "p;q|r"),
        ] {
            assert_eq!(read(text).unwrap().credentials().1.expose_secret(), password, "{text}");
        }
    }
}
