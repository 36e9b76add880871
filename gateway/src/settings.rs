//! The settings of a gateway: where it listens, whom it lets in, and what each may take.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use operations::tokens::{JwtAlgorithm, public_key};
use runtime::settings::{Reader, first_of};
use secrecy::{ExposeSecret, SecretString};

use crate::mapping::Mapping;
use crate::origins::{Origins, is_origin};

/// RFC 7518 section 3.2: an HS256 key has at least the size of the hash.
const MIN_SECRET_BYTES: usize = 32;
/// The most sockets of a process: each takes a file descriptor.
const MAX_CONNECTIONS: usize = 100_000;

/// By what a gateway goes; the names in the comments are those of the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `WS_LISTEN`
    pub listen: SocketAddr,
    /// Whether nobody has chosen that address: where it is in use, `up` takes another.
    pub is_usual: bool,
    /// `WS_PUBLIC_URL`: the origin at which browsers find the gateways.
    pub public_url: Option<String>,
    /// `WS_PING_INTERVAL`: how often a client is asked whether it is still there.
    pub ping_interval: Duration,
    /// `WS_PING_TIMEOUT`: how long its answer may take.
    pub ping_timeout: Duration,
    /// `WS_MAX_CONNECTIONS`: sockets and streams of this process.
    pub max_connections: usize,
    /// `WS_MAX_PER_USER`: those of one person.
    pub max_per_user: usize,
    /// `WS_MAX_ROOMS`: the rooms of one client, those that it has not asked for among them.
    pub max_rooms: usize,
    /// `WS_MAX_MESSAGE_BYTES`: of one message of a client.
    pub max_message_bytes: usize,
    /// `WS_MESSAGES_PER_SECOND`: those of one client.
    pub messages_per_second: u32,
    /// `WS_ORIGINS`: the pages that may connect.
    pub origins: Origins,
    /// `WS_TOKEN_IN_QUERY`: whether a token in the address is looked at. Addresses end up in logs.
    pub token_in_query: bool,
    /// `JWT_SECRET_KEY`
    pub shared_secret: Option<SecretString>,
    /// `JWT_ALGORITHM`
    pub shared_algorithm: Option<JwtAlgorithm>,
    /// `REALTIME_FILE`, or the rules that are shipped.
    pub mapping: Option<Mapping>,
}

impl Settings {
    pub fn read(reader: &mut Reader) -> Self {
        let usual = reader.default_of("WS_LISTEN");
        let listen = reader.listen("WS_LISTEN", &usual);
        Self {
            is_usual: !reader.is_given("WS_LISTEN"),
            listen: listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            public_url: public_url(reader),
            ping_interval: reader.seconds("WS_PING_INTERVAL"),
            ping_timeout: reader.seconds("WS_PING_TIMEOUT"),
            max_connections: reader.number("WS_MAX_CONNECTIONS", 1..=MAX_CONNECTIONS),
            max_per_user: reader.number("WS_MAX_PER_USER", 1..=1_000),
            max_rooms: reader.number("WS_MAX_ROOMS", 3..=1_000),
            max_message_bytes: reader.number("WS_MAX_MESSAGE_BYTES", 16_384..=1_048_576),
            messages_per_second: reader.number("WS_MESSAGES_PER_SECOND", 1..=1_000),
            origins: origins(reader),
            token_in_query: reader.flag("WS_TOKEN_IN_QUERY"),
            shared_secret: shared_secret(reader),
            shared_algorithm: shared_algorithm(reader),
            mapping: mapping(reader),
        }
    }
}

impl Settings {
    /// What a gateway itself would refuse when it starts: a key that the algorithm of applications needs.
    pub fn check_tokens(&self, reader: &mut Reader, public_key_pem: Option<&str>) {
        let algorithm = self.shared_algorithm.filter(|algorithm| *algorithm != JwtAlgorithm::Hs256);
        let refused = algorithm.and_then(|algorithm| public_key("JWT_ALGORITHM", algorithm, public_key_pem).err());
        if let Some(problem) = refused.filter(|_| reader.are_right(&["JWT_PUBLIC_KEY"])) {
            reader.problem(problem);
        }
    }
}

/// The console names it in the policy of a page, where some characters would begin another source.
fn public_url(reader: &mut Reader) -> Option<String> {
    let origin = reader.text("WS_PUBLIC_URL")?.trim_end_matches('/').to_ascii_lowercase();
    let is_right = is_origin(&origin) && !origin.contains([';', ',', '\'']);
    if !is_right {
        reader.refuse("WS_PUBLIC_URL", "must be an origin such as https://ws.example.com: without a path");
    }
    is_right.then_some(origin)
}

fn origins(reader: &mut Reader) -> Origins {
    let text = reader.text("WS_ORIGINS").unwrap_or_default();
    Origins::parse(&text).unwrap_or_else(|| {
        reader.refuse(
            "WS_ORIGINS",
            "must be a list of origins such as https://app.example.com,http://localhost:3000: without a path; or * for all \
             pages",
        );
        Origins::default()
    })
}

/// Whoever knows it is believed to be anybody.
fn shared_secret(reader: &mut Reader) -> Option<SecretString> {
    let secret = reader.secret("JWT_SECRET_KEY")?;
    let bytes = secret.expose_secret().as_bytes();
    if bytes.len() < MIN_SECRET_BYTES {
        reader.refuse(
            "JWT_SECRET_KEY",
            format_args!("has fewer than {MIN_SECRET_BYTES} bytes: take the output of `openssl rand -hex 32`"),
        );
    } else if domain::is_guessable_secret(bytes) {
        reader.refuse(
            "JWT_SECRET_KEY",
            "is of few different characters or a short piece again and again, and could be guessed: take the output of \
             `openssl rand -hex 32`",
        );
    }
    Some(secret)
}

fn shared_algorithm(reader: &mut Reader) -> Option<JwtAlgorithm> {
    let words = JwtAlgorithm::WORDS.map(|(word, _)| word);
    let word = reader.known_word("JWT_ALGORITHM", &words)?;
    let algorithm = JwtAlgorithm::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, algorithm)| algorithm);
    if algorithm.is_some_and(|algorithm| algorithm != JwtAlgorithm::Hs256) && reader.secret("JWT_SECRET_KEY").is_some()
    {
        reader.warn("JWT_SECRET_KEY is not used with JWT_ALGORITHM=RS256 or ES256, which go by JWT_PUBLIC_KEY");
    }
    algorithm
}

/// None where something is wrong with the file: it was told.
fn mapping(reader: &mut Reader) -> Option<Mapping> {
    const NAME: &str = "REALTIME_FILE";
    let read = match reader.path(NAME) {
        Some(path) => runtime::read_tables(&path).map_err(|problem| vec![problem]).and_then(|file| Mapping::of(&file)),
        None => Mapping::shipped(),
    };
    read.map_err(|problems| {
        first_of(&problems).for_each(|problem| reader.problem(format!("{NAME}: {problem}")));
        reader.is_wrong(NAME);
    })
    .ok()
}
