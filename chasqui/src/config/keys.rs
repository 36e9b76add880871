//! The secret from which every key is derived, in its own setting or in a file, and the secret before it.

use std::path::Path;

use domain::{CommandKeys, Keyring, Labels, WebhookKeys};
use runtime::settings::Reader;
use secrecy::{ExposeSecret, SecretString};

use super::Config;

/// The least bytes of a secret: a key for HS256 has at least 256 bits (RFC 7518 section 3.2).
pub(super) const SECRET_KEY_BYTES: usize = 32;

/// Reads the secret of `SECRET_KEY`, else of the file that `SECRET_KEY_FILE` names. A wrong value of either is not
/// shown, because it may be the secret itself.
pub(super) fn secret_key(reader: &mut Reader) -> Option<SecretString> {
    let from_file = reader.path("SECRET_KEY_FILE").filter(|_| reader.secret("SECRET_KEY").is_none());
    let Some(path) = from_file else {
        warn_of_a_path(reader);
        return checked_key(reader, "SECRET_KEY").map(|key| not_guessable(reader, "SECRET_KEY", "", key));
    };
    match runtime::read_text_file(&path, runtime::MAX_SECRET_BYTES) {
        Ok(text) => {
            let key = SecretString::from(text.trim().to_owned());
            let key = long_enough(reader, "SECRET_KEY_FILE", "names a file that ", key);
            Some(not_guessable(reader, "SECRET_KEY_FILE", "names a file that ", key))
        }
        Err(error) => {
            let what = format!("must be the path of a file that this process can read: {error}");
            reader.refuse("SECRET_KEY_FILE", what);
            None
        }
    }
}

/// Warns of a secret that is the path of a file: whoever knows where secrets lie could guess it.
fn warn_of_a_path(reader: &mut Reader) {
    let is_path =
        |key: &SecretString| Path::new(key.expose_secret()).is_absolute() && Path::new(key.expose_secret()).is_file();
    if reader.secret("SECRET_KEY").is_some_and(|key| is_path(&key)) {
        reader.warn("SECRET_KEY is the path of a file, and not what stands in it: SECRET_KEY_FILE takes a path");
    }
}

/// Reads the secret before this one, so that what was signed and hashed with it can still be read.
pub(super) fn previous_secret_key(reader: &mut Reader) -> Option<SecretString> {
    checked_key(reader, "SECRET_KEY_PREVIOUS")
}

/// The keys of the secrets that webhooks are signed with. None without a secret.
pub(super) fn webhooks(secret: Option<&SecretString>, previous: Option<&SecretString>) -> Option<WebhookKeys> {
    let previous = previous.map(|secret| secret.expose_secret().as_bytes());
    Some(Keyring::new(secret?.expose_secret().as_bytes(), previous).webhooks())
}

/// The keys that sign commands to services. None without a secret.
pub(super) fn commands(secret: Option<&SecretString>, previous: Option<&SecretString>) -> Option<CommandKeys> {
    let previous = previous.map(|secret| secret.expose_secret().as_bytes());
    Some(Keyring::new(secret?.expose_secret().as_bytes(), previous).commands())
}

fn checked_key(reader: &mut Reader, name: &str) -> Option<SecretString> {
    let key = reader.secret(name)?;
    Some(long_enough(reader, name, "", key))
}

fn long_enough(reader: &mut Reader, name: &str, what: &str, key: SecretString) -> SecretString {
    if key.expose_secret().len() < SECRET_KEY_BYTES {
        reader.refuse(
            name,
            format_args!("{what}has fewer than {SECRET_KEY_BYTES} bytes: take the output of `openssl rand -hex 32`"),
        );
    }
    key
}

/// Refuses a secret that is easily guessed. The secret before it is not checked like this: an operator who leaves a
/// weak secret behind must still find what it hashed. No token is believed for it.
fn not_guessable(reader: &mut Reader, name: &str, what: &str, key: SecretString) -> SecretString {
    let bytes = key.expose_secret().as_bytes();
    if bytes.len() >= SECRET_KEY_BYTES && domain::is_guessable_secret(bytes) {
        reader.refuse(
            name,
            format_args!(
                "{what}is long, but of few different characters or a short piece again and again, and could be guessed: take \
                 the output of `openssl rand -hex 32`"
            ),
        );
    }
    key
}

/// Signs the labels of attempts, with the secret of now and, for what is reported late, the one before.
pub(super) fn labels(config: &Config) -> Option<Labels> {
    let bytes = |key: &SecretString| key.expose_secret().as_bytes().to_vec();
    let (secret, previous) = (config.secret_key.as_ref().map(bytes)?, config.previous_secret_key.as_ref().map(bytes));
    Some(Labels::new(&Keyring::new(&secret, previous.as_deref())))
}

/// Refuses to share the secret of the fleet with an application that signs the tokens of its users: it would know every key
/// that is derived from it.
pub(super) fn refuse_shared_key(reader: &mut Reader, config: &Config) {
    let bytes = |key: &SecretString| key.expose_secret().as_bytes().to_vec();
    let shared = config.gateway.shared_secret.as_ref().map(bytes);
    let own = [config.secret_key.as_ref(), config.previous_secret_key.as_ref()];
    if shared.is_some() && own.into_iter().any(|own| own.map(bytes) == shared) {
        reader.refuse(
            "JWT_SECRET_KEY",
            "is SECRET_KEY, from which every key of the fleet comes: give applications another, such as the output of \
             `openssl rand -hex 32`",
        );
    }
}

/// Refuses a secret that everybody can read, for a process that others can reach, or that reaches others.
pub(super) fn refuse_published_key(reader: &mut Reader, config: &Config) {
    let published = |key: &SecretString| domain::is_published_secret(key.expose_secret().as_bytes());
    let listens = [Some(config.api.listen), Some(config.gateway.listen), config.metrics_listen].into_iter().flatten();
    let reachable = listens.into_iter().any(|address| !address.ip().to_canonical().is_loopback());
    let elsewhere = config.topology.broker.as_ref().is_some_and(|broker| !broker.is_on_this_machine());
    if config.secret_key.iter().any(published) && (reachable || elsewhere) {
        reader.problem(
            "SECRET_KEY is one that stands in public documents, and this process can be reached from other machines: take the output of `openssl rand -hex 32`",
        );
    }
}
