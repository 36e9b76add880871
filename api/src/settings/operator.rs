//! What an operator sets of the API: where it listens, whom it lets in, and how it checks tokens.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain::PumpingLimits;
use runtime::settings::Reader;
use secrecy::{ExposeSecret, SecretString};

use super::verify;
use crate::token::{JwtAlgorithm, JwtSettings};

/// The fewest bytes of a bootstrap token: too many to be guessed before the first user is there.
const BOOTSTRAP_TOKEN_BYTES: usize = 16;

/// Who needs no token for publishing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    Nobody,
    /// Who calls an API on a loopback address directly. A proxy that adds no header cannot be told from that.
    ThisMachine,
    Everybody,
}

/// How the API listens and whom it lets in.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    pub listen: SocketAddr,
    pub open: Open,
    /// Names and addresses besides those of this machine and of `listen`, in lower case.
    pub hosts: Vec<String>,
    pub algorithm: JwtAlgorithm,
    pub token_lifetime: Duration,
    pub audience: String,
    pub issuer: String,
    pub public_key: Option<String>,
    pub bootstrap_token: Option<SecretString>,
    /// To whom codes go, and how many.
    pub verify: PumpingLimits,
}

impl OperatorSettings {
    /// Reads the settings. With `up`, nobody needs a token on this machine, unless the operator says otherwise.
    pub fn read(reader: &mut Reader, up: bool) -> Self {
        let algorithm = reader.choice("ALGORITHM", &JwtAlgorithm::WORDS);
        let public_key = reader.text("JWT_PUBLIC_KEY").map(|pem| pem.replace("\\n", "\n"));
        // Gateways may check the tokens of their clients with it.
        let is_for_clients = reader.text("JWT_ALGORITHM").is_some_and(|word| !word.eq_ignore_ascii_case("HS256"));
        let is_used = algorithm != JwtAlgorithm::Hs256 || is_for_clients;
        if !is_used && reader.are_right(&["ALGORITHM"]) && public_key.is_some() {
            reader
                .warn("JWT_PUBLIC_KEY is not used with ALGORITHM=HS256: set ALGORITHM=RS256 or ES256, or leave it out");
        }
        let minutes: u64 = reader.number("ACCESS_TOKEN_EXPIRE_MINUTES", 1..=366 * 24 * 60);
        let usual = reader.default_of("API_LISTEN");
        Self {
            listen: reader.listen("API_LISTEN", &usual).unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            open: open(reader, up),
            hosts: hosts(reader),
            algorithm,
            token_lifetime: Duration::from_secs(minutes * 60),
            audience: reader.required_text("JWT_AUDIENCE"),
            issuer: reader.required_text("JWT_ISSUER"),
            public_key,
            bootstrap_token: bootstrap_token(reader),
            verify: verify::read(reader),
        }
    }

    /// How tokens are signed and checked, with the secrets that the whole fleet has.
    pub fn tokens(&self, secret: SecretString, previous_secret: Option<SecretString>) -> JwtSettings {
        JwtSettings {
            algorithm: self.algorithm,
            secret,
            previous_secret,
            public_key_pem: self.public_key.clone(),
            audience: self.audience.clone(),
            issuer: self.issuer.clone(),
            lifetime: self.token_lifetime,
        }
    }

    /// What the API itself would refuse when it starts. The secret is looked at where it is read.
    pub fn check_tokens(&self, reader: &mut Reader, secret: Option<&SecretString>, previous: Option<&SecretString>) {
        let secret = secret.cloned().unwrap_or_else(|| SecretString::from(""));
        let refused = self.tokens(secret, previous.cloned()).check().err();
        for problem in refused.map(|refused| refused.0).unwrap_or_default() {
            let name = problem.split(' ').next().unwrap_or_default();
            if name != "SECRET_KEY" && reader.are_right(&[name]) {
                reader.problem(problem);
            }
        }
    }
}

/// Reads who needs no token. An empty setting means this machine only under `up`, and nobody otherwise.
fn open(reader: &mut Reader, up: bool) -> Open {
    match reader.text("NOTIFY_OPEN").unwrap_or_default().to_ascii_lowercase().as_str() {
        "" if up => Open::ThisMachine,
        "" | "false" | "0" | "no" | "off" => Open::Nobody,
        "local" => Open::ThisMachine,
        "true" | "1" | "yes" | "on" => Open::Everybody,
        _ => {
            let what = "must be false, local (callers on this machine) or true (everybody)";
            reader.refuse_word("NOTIFY_OPEN", what, &["false", "local", "true"]);
            Open::Nobody
        }
    }
}

fn hosts(reader: &mut Reader) -> Vec<String> {
    let list = reader.text("API_HOSTS").unwrap_or_default().to_ascii_lowercase();
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let hosts: Vec<String> = words.map(|word| word.trim_matches(['[', ']']).to_owned()).collect();
    let is_name =
        |host: &str| host.len() <= 253 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !hosts.iter().all(|host| host.parse::<std::net::IpAddr>().is_ok() || is_name(host)) {
        reader.refuse(
            "API_HOSTS",
            "must be a list of host names or addresses such as notify.example.com,10.0.0.7: without scheme, port and path",
        );
    }
    hosts.into_iter().map(|host| host.trim_end_matches('.').to_owned()).collect()
}

/// Whoever knows it registers the first user, with every right.
fn bootstrap_token(reader: &mut Reader) -> Option<SecretString> {
    let token = reader.secret("BOOTSTRAP_TOKEN")?;
    if token.expose_secret().len() < BOOTSTRAP_TOKEN_BYTES {
        reader.refuse(
            "BOOTSTRAP_TOKEN",
            format_args!(
                "has fewer than {BOOTSTRAP_TOKEN_BYTES} bytes and could be guessed: take the output of `openssl rand -hex \
                 16`, or leave it out, and one is made up at every start"
            ),
        );
    } else if domain::is_guessable_secret(token.expose_secret().as_bytes()) {
        reader.refuse(
            "BOOTSTRAP_TOKEN",
            "is of few different characters or a short piece again and again, and could be guessed: take the output of \
             `openssl rand -hex 16`, or leave it out, and one is made up at every start",
        );
    }
    Some(token)
}
