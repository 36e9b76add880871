//! Who `chasqui prove` is for an API: a user, or whoever has a token.

use runtime::settings::Reader;
use secrecy::{ExposeSecret as _, SecretString};

/// How an API knows us.
#[derive(Clone, Debug)]
pub(crate) enum Prover {
    Token(SecretString),
    /// Logs in each time, so that no token expires.
    User {
        name: String,
        password: SecretString,
    },
}

/// Reads who that is. A token goes before a user.
pub(super) fn prover(reader: &mut Reader) -> Option<Prover> {
    let (name, password) = (reader.text("PROVE_USERNAME"), reader.password("PROVE_PASSWORD"));
    if let Some(token) = reader.secret("PROVE_TOKEN") {
        if name.is_some() || password.is_some() {
            reader.warn("PROVE_TOKEN is set and goes before PROVE_USERNAME and PROVE_PASSWORD, which are not used");
        }
        // A header can hold nothing else.
        if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            reader.refuse("PROVE_TOKEN", "must be a token as the API has given it: visible characters of ASCII");
        }
        return Some(Prover::Token(token));
    }
    match (name, password) {
        (Some(name), Some(password)) => Some(Prover::User { name, password }),
        (None, None) => None,
        (Some(_), None) => {
            reader.problem("PROVE_PASSWORD is missing, without which PROVE_USERNAME cannot log in");
            None
        }
        (None, Some(_)) => {
            reader.problem("PROVE_USERNAME is missing, whose password PROVE_PASSWORD is");
            None
        }
    }
}
