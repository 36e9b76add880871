//! Signs mails, so that whoever receives one knows that nobody has changed it on the way: DKIM (RFC 6376, and RFC 8463 for
//! Ed25519).
//!
//! Both parts of a mail are signed in their relaxed form, because servers on the way fold headers anew. lettre signs only
//! messages of its own form, and with an RSA library that has an open advisory (RUSTSEC-2023-0071).

mod relaxed;

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use runtime::settings::Setting;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::settings::{DKIM_DOMAIN, DKIM_KEY_FILE, DKIM_SELECTOR, Settings};

/// The most characters of a line of the signature (RFC 5322 section 2.1.1).
const MAX_LINE: usize = 76;
/// The longest name of DNS, and the longest of its labels (RFC 1035 section 2.3.4).
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// The label in DNS below which the keys of a domain are.
const RECORDS: &str = "_domainkey";

/// Headers that are signed once more often than they are there: nobody on the way adds another one.
const NOT_AGAIN: [&str; 6] = ["from", "to", "cc", "reply-to", "subject", "date"];

/// The key of one domain, and where DNS has its other half: at `<selector>._domainkey.<domain>`.
pub(super) struct Dkim {
    selector: String,
    domain: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Dkim {
    /// None where no setting asks for a signature.
    ///
    /// # Errors
    /// Every missing or wrong setting, one text each.
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>, Vec<String>> {
        let (selector, domain) = (settings.dkim_selector.as_deref(), settings.dkim_domain.as_deref());
        let file = settings.dkim_private_key_file.as_deref();
        let all =
            [(DKIM_SELECTOR, selector.is_some()), (DKIM_DOMAIN, domain.is_some()), (DKIM_KEY_FILE, file.is_some())];
        let mut problems = missing(&all);
        for (setting, name, part) in [
            (DKIM_SELECTOR, selector, "the selector alone, such as s2026"),
            (DKIM_DOMAIN, domain, "the domain alone, such as example.com"),
        ] {
            let Some(name) = name else { continue };
            if !is_name(name) {
                problems.push(format!("{} must be a name of DNS: labels of letters, digits, - and _", setting.name));
            } else if name.to_ascii_lowercase().split('.').any(|label| label == RECORDS) {
                let (name, whole) = (setting.name, "<selector>._domainkey.<domain>");
                problems.push(format!("{name} must be {part}, and not the whole name in DNS, {whole}"));
            }
        }
        let key = file.map(read).transpose().map_err(|problem| problems.push(problem)).ok().flatten();
        match (selector, domain, key) {
            (None, None, None) if problems.is_empty() => Ok(None),
            (Some(selector), Some(domain), Some(key)) if problems.is_empty() => {
                Ok(Some(Self { selector: selector.to_owned(), domain: domain.to_owned(), key }))
            }
            _ => Err(problems),
        }
    }

    /// Puts the signature before the mail, whose lines all end in CRLF.
    ///
    /// # Errors
    /// [`Unspecified`], which a key that was accepted never meets.
    pub(super) fn sign(&self, mail: &mut Vec<u8>, now: Timestamp) -> Result<(), Unspecified> {
        let text = std::str::from_utf8(mail).map_err(|_| Unspecified)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or(Unspecified)?;
        let fields = relaxed::fields(head);
        let names = fields.iter().map(|field| relaxed::name(field)).chain(NOT_AGAIN.map(str::to_owned));
        let names: Vec<String> = names.collect();
        let signature = self.without_value(&names, &relaxed::body(body), now);
        let mut signed: String = fields.iter().map(|field| relaxed::field(field) + "\r\n").collect();
        signed.push_str(&relaxed::field(&signature));
        let value = STANDARD.encode(self.key.sign(signed.as_bytes())?);
        let mut whole = signature;
        let mut rest = value.as_str();
        let mut room = MAX_LINE - " b=".len();
        while rest.len() > room {
            let (line, more) = rest.split_at(room);
            whole.push_str(line);
            whole.push_str("\r\n ");
            (rest, room) = (more, MAX_LINE - 1);
        }
        whole.push_str(rest);
        whole.push_str("\r\n");
        *mail = [whole.as_bytes(), mail.as_slice()].concat();
        Ok(())
    }

    /// The header of the signature, up to its value.
    fn without_value(&self, names: &[String], body: &str, now: Timestamp) -> String {
        let (algorithm, domain, selector) = (self.key.algorithm(), &self.domain, &self.selector);
        let seconds = now.as_micros().div_euclid(1_000_000);
        let mut header =
            format!("DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={domain};\r\n s={selector};");
        header.push_str(&format!("\r\n t={seconds};\r\n h="));
        let mut column = " h=".len();
        for (at, name) in names.iter().enumerate() {
            let separator = if at == 0 { "" } else { ":" };
            if at > 0 && column + 1 + name.len() > MAX_LINE {
                header.push_str(":\r\n ");
                column = 1;
            } else {
                header.push_str(separator);
                column += separator.len();
            }
            header.push_str(name);
            column += name.len();
        }
        let hash = STANDARD.encode(digest(&SHA256, body.as_bytes()));
        header + ";\r\n bh=" + &hash + ";\r\n b="
    }
}

impl Key {
    /// The name of what the key does (RFC 6376 section 3.3, RFC 8463 section 3).
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)?;
                Ok(signature)
            }
            Self::Ed25519(key) => Ok(key.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}

/// The settings that are missing beside others of them.
fn missing(all: &[(Setting, bool)]) -> Vec<String> {
    let given: Vec<&str> = all.iter().filter(|(_, is_given)| *is_given).map(|(setting, _)| setting.name).collect();
    let lacking = all.iter().filter(|(_, is_given)| !is_given && !given.is_empty());
    let told = |(setting, _): &(Setting, bool)| {
        format!("{} is not set, but {} is: set all three or none", setting.name, given.join(" and "))
    };
    lacking.map(told).collect()
}

fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let is_label = |label: &str| (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.bytes().all(allowed);
    name.len() <= MAX_NAME_BYTES && name.split('.').all(is_label)
}

/// # Errors
/// A text that begins with the name of the setting.
fn read(path: &Path) -> Result<Key, String> {
    let (name, place) = (DKIM_KEY_FILE.name, path.display());
    let pem =
        runtime::read_file(path, runtime::MAX_SECRET_BYTES).map_err(|error| format!("{name} {place}: {error}"))?;
    key(&pem).ok_or_else(|| {
        format!(
            "{name} {place} must hold a private key in PEM: RSA of at least 2048 bits, or Ed25519; without a password"
        )
    })
}

fn key(pem: &[u8]) -> Option<Key> {
    let rsa = |key: RsaKeyPair| Key::Rsa(Box::new(key));
    match PrivateKeyDer::from_pem_slice(pem).ok()? {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().map(rsa),
        PrivateKeyDer::Pkcs8(der) => {
            let der = der.secret_pkcs8_der();
            let ed25519 = || Some(Key::Ed25519(Box::new(Ed25519KeyPair::from_pkcs8(der).ok()?)));
            RsaKeyPair::from_pkcs8(der).ok().map(rsa).or_else(ed25519)
        }
        _ => None,
    }
}
