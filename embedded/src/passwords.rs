//! The passwords of one private node, which its first run makes up. They are stored beside its data, and nobody else
//! knows them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::users::User;

const FILE: &str = "passwords";

/// One password for each of [`User::ALL`], in that order. They are used in URLs, so they are letters and digits.
#[derive(Clone)]
pub(crate) struct Passwords([String; 3]);

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(…)")
    }
}

impl Passwords {
    /// The passwords of the last run in this folder, or new ones. The node learns them from its definitions at every
    /// start.
    pub(crate) fn kept_in(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        let kept = fs::read_to_string(&path).unwrap_or_default();
        let kept: Option<Vec<String>> = User::ALL
            .iter()
            .map(|user| {
                let password = kept.lines().find_map(|line| line.strip_prefix(user.name())?.strip_prefix(' '))?;
                (password.len() >= 32).then(|| password.to_owned())
            })
            .collect();
        if let Some(Ok(kept)) = kept.map(<[String; 3]>::try_from) {
            return Ok(Self(kept));
        }
        let made = Self(std::array::from_fn(|_| uuid::Uuid::new_v4().simple().to_string()));
        made.write_to(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(made)
    }

    fn write_to(&self, path: &Path) -> std::io::Result<()> {
        let _ = fs::remove_file(path);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        for user in User::ALL {
            writeln!(file, "{} {}", user.name(), self.of(user))?;
        }
        Ok(())
    }

    pub(crate) fn of(&self, user: User) -> &str {
        let at = User::ALL.iter().position(|other| *other == user).unwrap_or_default();
        &self.0[at]
    }

    /// The definitions, with these passwords instead of the published ones.
    pub(crate) fn put_into(&self, definitions: &str) -> Result<String> {
        let mut definitions: Value = serde_json::from_str(definitions).context("rabbitmq/definitions.json")?;
        for listed in definitions["users"].as_array_mut().into_iter().flatten() {
            let user = User::ALL.into_iter().find(|user| listed["name"] == user.name());
            let user = user.with_context(|| format!("rabbitmq/definitions.json has a user {}", listed["name"]))?;
            listed["password_hash"] = hash(self.of(user), uuid::Uuid::new_v4().as_bytes()).into();
        }
        Ok(serde_json::to_string_pretty(&definitions)?)
    }
}

/// The hash of a password as RabbitMQ's `rabbit_password_hashing_sha256` makes it: four bytes of salt before the
/// SHA-256 of salt and password.
fn hash(password: &str, random: &[u8; 16]) -> String {
    let salt = &random[..4];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &[salt, password.as_bytes()].concat());
    STANDARD.encode([salt, digest.as_ref()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_made_up_once_and_closed_to_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let first = Passwords::kept_in(one.path()).unwrap();
        let again = Passwords::kept_in(one.path()).unwrap();
        let other = Passwords::kept_in(two.path()).unwrap();
        for user in User::ALL {
            assert_eq!(first.of(user), again.of(user));
            assert_ne!(first.of(user), other.of(user));
            assert!(!format!("{first:?}").contains(first.of(user)));
        }
        assert_ne!(first.of(User::Admin), first.of(User::Orchestrator));
        let mode = fs::metadata(one.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_published_passwords_are_in_no_definition() {
        let published = include_str!("../../rabbitmq/definitions.json");
        let dir = tempfile::tempdir().unwrap();
        let put = Passwords::kept_in(dir.path()).unwrap().put_into(published).unwrap();
        let hashes = |text: &str| {
            let definitions: Value = serde_json::from_str(text).unwrap();
            let users = definitions["users"].as_array().unwrap().clone();
            users.iter().map(|user| user["password_hash"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(hashes(&put).len(), 3);
        assert!(hashes(published).iter().all(|hash| !put.contains(hash)));
    }

    #[test]
    fn a_hash_is_as_rabbitmq_makes_it() {
        // The vendor's example: password "test12", salt 908D C60A.
        let mut random = [0; 16];
        random[..4].copy_from_slice(&[0x90, 0x8d, 0xc6, 0x0a]);
        assert_eq!(hash("test12", &random), "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");
    }
}
