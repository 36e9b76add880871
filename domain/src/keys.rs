//! One key for each use, derived from `SECRET_KEY` by HKDF-SHA256 (RFC 5869): what one use gives away opens no other.

mod commands;
mod files;
mod journal;
mod letters;
mod webhooks;

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::commands::{CommandClaims, CommandKeys};
pub use self::files::FileLinks;
pub use self::journal::JournalKeys;
pub use self::letters::LetterSealer;
pub use self::webhooks::{WebhookKeys, WebhookSecret};
use crate::{Content, Tenant};

/// Keeps these keys apart from those that other software derives from the same secret.
const SALT: &[u8] = b"chasqui";
/// The labels of the uses. A label is never given to another use, and never changed.
const TOKENS: &[u8] = b"chasqui/1/sign tokens";
const RECIPIENTS: &[u8] = b"chasqui/1/hash recipients";
const REQUEST_IDS: &[u8] = b"chasqui/1/name requests";
const LOGINS: &[u8] = b"chasqui/1/count logins";
const LABELS: &[u8] = b"chasqui/1/label attempts";
const WEBHOOKS: &[u8] = b"chasqui/1/sign webhooks";
const LINKS: &[u8] = b"chasqui/1/seal links";
const JOURNAL: &[u8] = b"chasqui/1/seal the journal";
const LETTERS: &[u8] = b"chasqui/1/seal dead letters";
const SECRETS: &[u8] = b"chasqui/1/derive secrets";
const COUNTERS: &[u8] = b"chasqui/1/count verifications";
const COMMANDS: &[u8] = b"chasqui/1/sign commands";
const COMMAND_MARKS: &[u8] = b"chasqui/1/mark commands";
const FILES: &[u8] = b"chasqui/1/sign links of files";

/// Secrets that stand in public documents, so that anybody may know them.
const PUBLISHED: [&str; 1] = ["for-development-only-name-your-own-secret-in-.env"];

/// The version of the hashes that are made today.
const HASH_VERSION: u8 = 1;

/// Whether a secret stands in public documents.
pub fn is_published_secret(secret: &[u8]) -> bool {
    PUBLISHED.iter().any(|published| published.as_bytes() == secret)
}

/// Whether a secret is long without being hard to guess: a short piece again and again, or fewer different bytes than a
/// quarter of its length (8 at most). The output of `openssl rand -hex 32` has 16.
pub fn is_guessable_secret(secret: &[u8]) -> bool {
    let different: BTreeSet<&u8> = secret.iter().collect();
    let repeats = |piece: usize| secret.iter().zip(&secret[piece..]).all(|(before, after)| before == after);
    different.len() < secret.len().min(32) / 4 || (1..=secret.len() / 2).any(repeats)
}

/// `SECRET_KEY`, and the secret before it for as long as hashes and tokens of both are to be read.
#[derive(Clone)]
pub struct Keyring {
    current: Secret,
    previous: Option<Secret>,
}

/// A secret as the extracted key of HKDF, and as the key that recipients were hashed with before keys were derived.
#[derive(Clone)]
struct Secret {
    extracted: hkdf::Prk,
    plain: hmac::Key,
    /// The secret is published or easily guessed, so somebody else may know it.
    guessable: bool,
}

impl Secret {
    fn new(secret: &[u8]) -> Self {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(secret);
        let guessable = is_published_secret(secret) || is_guessable_secret(secret);
        Self { extracted, plain: hmac::Key::new(hmac::HMAC_SHA256, secret), guessable }
    }

    fn derive(&self, label: &[u8]) -> DerivedKey {
        let mut key = [0; 32];
        let label = [label];
        let derived = self.extracted.expand(&label, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key));
        derived.expect("HKDF-SHA256 gives 32 bytes, as many as its hash has");
        DerivedKey(key)
    }
}

impl Keyring {
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> Self {
        Self { current: Secret::new(secret), previous: previous.map(Secret::new) }
    }

    /// The key that signs new tokens.
    pub fn token_key(&self) -> DerivedKey {
        self.current.derive(TOKENS)
    }

    /// The key that signed tokens before the secret was changed. None when others may know that secret: no token is
    /// believed for it, though recipients are still found by its hashes.
    pub fn previous_token_key(&self) -> Option<DerivedKey> {
        self.previous_for(TOKENS)
    }

    fn previous_for(&self, label: &[u8]) -> Option<DerivedKey> {
        self.previous.as_ref().filter(|secret| !secret.guessable).map(|secret| secret.derive(label))
    }

    pub fn recipients(&self) -> RecipientHasher {
        let secrets = || std::iter::once(&self.current).chain(&self.previous);
        RecipientHasher {
            current: self.current.derive(RECIPIENTS).hmac(),
            previous: self.previous.as_ref().map(|secret| secret.derive(RECIPIENTS).hmac()),
            plain: secrets().map(|secret| secret.plain.clone()).collect(),
        }
    }

    pub fn request_ids(&self) -> RequestIds {
        RequestIds(self.current.derive(REQUEST_IDS).hmac())
    }

    /// The key of new labels, and that of the secret before it. None when others may know that secret.
    pub(crate) fn label_keys(&self) -> (DerivedKey, Option<DerivedKey>) {
        (self.current.derive(LABELS), self.previous_for(LABELS))
    }

    /// The key from which the secrets of new rows are derived, and that of the secret before it. None when others may know
    /// that secret.
    pub(crate) fn secret_keys(&self) -> (DerivedKey, Option<DerivedKey>) {
        (self.current.derive(SECRETS), self.previous_for(SECRETS))
    }

    pub fn logins(&self) -> LoginHasher {
        LoginHasher(self.current.derive(LOGINS).hmac())
    }

    pub fn counters(&self) -> CounterHasher {
        CounterHasher(self.current.derive(COUNTERS).hmac())
    }

    pub fn webhooks(&self) -> WebhookKeys {
        let previous = self.previous_for(WEBHOOKS).map(|key| key.hmac());
        WebhookKeys::new(self.current.derive(WEBHOOKS).hmac(), previous)
    }

    /// What seals links, and opens those of the secret before it, too, unless others may know that one.
    pub fn links(&self) -> LinkSealer {
        LinkSealer { current: self.current.derive(LINKS).0, previous: self.previous_for(LINKS).map(|key| key.0) }
    }

    /// What signs links of files, and knows those of the secret before it, too, unless others may know that one.
    pub fn file_links(&self) -> FileLinks {
        FileLinks::new(self.current.derive(FILES).hmac(), self.previous_for(FILES).map(|key| key.hmac()))
    }

    /// What seals the journal, and knows the seals of the secret before it, too, unless others may know that one.
    pub fn journal(&self) -> JournalKeys {
        let previous = self.previous_for(JOURNAL).map(|key| key.hmac());
        JournalKeys::new(self.current.derive(JOURNAL).hmac(), previous)
    }

    /// What seals dead letters that are kept, and opens those of the secret before it, too.
    pub fn letters(&self) -> LetterSealer {
        let previous = self.previous.as_ref().map(|secret| secret.derive(LETTERS).0);
        LetterSealer::new(self.current.derive(LETTERS).0, previous)
    }

    /// What signs commands to services. The key of the secret before it is published, too, unless others may know that one.
    pub fn commands(&self) -> CommandKeys {
        let previous = self.previous_for(COMMANDS).zip(self.previous_for(COMMAND_MARKS));
        let previous = previous.as_ref().map(|(key, mark)| (key, mark));
        CommandKeys::new((&self.current.derive(COMMANDS), &self.current.derive(COMMAND_MARKS)), previous)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

/// A key of one use.
pub struct DerivedKey([u8; 32]);

impl DerivedKey {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey")
    }
}

fn signed(key: &hmac::Key, text: &[u8]) -> Content {
    let mut hash = Content::default();
    hash.copy_from_slice(hmac::sign(key, text).as_ref());
    hash
}

/// The keyed hash of a recipient, with the version of how the hash was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RecipientHash([u8; 33]);

impl RecipientHash {
    /// The hash in the row of a delivery that was cancelled before anybody had seen its recipient.
    pub const UNKNOWN: Self = Self([0; 33]);

    fn new(version: u8, hash: Content) -> Self {
        let mut bytes = [version; 33];
        bytes[1..].copy_from_slice(&hash);
        Self(bytes)
    }

    /// The hash as the ledger stores it: the version byte and 32 bytes, or 32 bytes alone for the first version.
    pub fn as_bytes(&self) -> &[u8] {
        if self.0[0] == 0 { &self.0[1..] } else { &self.0 }
    }

    /// Reads a stored hash; None for bytes that no version has stored.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            32 => Some(Self::new(0, bytes.try_into().ok()?)),
            33 if bytes[0] != 0 => Some(Self(bytes.try_into().ok()?)),
            _ => None,
        }
    }

    /// Reads the text of a hash; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }
}

impl fmt::Display for RecipientHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.as_bytes()))
    }
}

/// Hashes recipients with a key of this installation, so that a stolen ledger cannot be searched
/// by trying every phone number.
#[derive(Clone)]
pub struct RecipientHasher {
    current: hmac::Key,
    previous: Option<hmac::Key>,
    /// Before keys were derived, the secrets themselves hashed recipients.
    plain: Vec<hmac::Key>,
}

impl RecipientHasher {
    /// A hasher for a secret that was never changed.
    pub fn new(secret: &[u8]) -> Self {
        Keyring::new(secret, None).recipients()
    }

    pub fn hash(&self, destination: &str) -> RecipientHash {
        RecipientHash::new(HASH_VERSION, signed(&self.current, destination.as_bytes()))
    }

    /// The hash under the secret before this one, where that is still known.
    pub fn hash_before(&self, destination: &str) -> Option<RecipientHash> {
        let previous = self.previous.as_ref()?;
        Some(RecipientHash::new(HASH_VERSION, signed(previous, destination.as_bytes())))
    }

    /// Every hash under which the ledger may hold this recipient, today's first.
    pub fn every_hash(&self, destination: &str) -> Vec<RecipientHash> {
        let of = |version| move |key: &hmac::Key| RecipientHash::new(version, signed(key, destination.as_bytes()));
        let derived = std::iter::once(&self.current).chain(&self.previous).map(of(HASH_VERSION));
        derived.chain(self.plain.iter().map(of(0))).collect()
    }
}

impl fmt::Debug for RecipientHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecipientHasher")
    }
}

/// Makes the id that an `Idempotency-Key` stands for. The id is keyed, so that nobody else can compute it and use it
/// first.
#[derive(Clone)]
pub struct RequestIds(hmac::Key);

/// Whose `Idempotency-Key` a request brought: a caller without a token cannot use the ids of callers with one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestedBy {
    Anonymous,
    TokenHolder,
}

impl RequestIds {
    /// The id for this key of this caller. `index` counts the items of a batch from 0.
    pub fn id(&self, tenant: &Tenant, by: RequestedBy, idempotency_key: &str, index: Option<usize>) -> String {
        let by = match by {
            RequestedBy::Anonymous => "anonymous",
            RequestedBy::TokenHolder => "token",
        };
        let name = match index {
            None => format!("{tenant}/{by}/request/{idempotency_key}"),
            Some(index) => format!("{tenant}/{by}/item/{index}/{idempotency_key}"),
        };
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&signed(&self.0, name.as_bytes())[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }
}

impl fmt::Debug for RequestIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestIds")
    }
}

/// Hashes names and addresses whose failed logins are counted: the ledger holds no list of who tried from where.
#[derive(Clone)]
pub struct LoginHasher(hmac::Key);

impl LoginHasher {
    pub fn hash(&self, what: &str) -> Content {
        signed(&self.0, what.as_bytes())
    }
}

impl fmt::Debug for LoginHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginHasher")
    }
}

/// Hashes what the guard of verifications counts: the prefix of a number is nearly all of it, and who has asked is nobody's
/// business. After a change of the secret it counts from zero.
#[derive(Clone)]
pub struct CounterHasher(hmac::Key);

impl CounterHasher {
    /// `kind` is a word of ours, so that what is counted of one kind is not counted of another.
    pub fn hash(&self, kind: &'static str, what: &str) -> Content {
        signed(&self.0, format!("{kind}/{what}").as_bytes())
    }
}

impl fmt::Debug for CounterHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CounterHasher")
    }
}

/// Seals texts that stand in links, so that nobody else reads or makes one. Equal texts are sealed alike.
#[derive(Clone)]
pub struct LinkSealer {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl LinkSealer {
    /// Seals a text. What stands `beside` it in clear is sealed with it: the text opens beside nothing else.
    pub(crate) fn seal(&self, text: &str, beside: &str) -> Vec<u8> {
        let mut sealed = text.as_bytes().to_vec();
        let done = cipher(&self.current)
            .and_then(|(key, nonce)| key.seal_in_place_append_tag(nonce, Aad::from(beside.as_bytes()), &mut sealed));
        done.expect("a key of 32 bytes seals texts of up to 64 GiB");
        sealed
    }

    /// None for what was not sealed beside this with one of the keys.
    pub(crate) fn open(&self, sealed: &[u8], beside: &str) -> Option<String> {
        let open = |key: &[u8; 32]| {
            let (key, nonce) = cipher(key).ok()?;
            let mut text = sealed.to_vec();
            let text = key.open_in_place(nonce, Aad::from(beside.as_bytes()), &mut text).ok()?;
            String::from_utf8(text.to_vec()).ok()
        };
        open(&self.current).or_else(|| self.previous.as_ref().and_then(open))
    }
}

/// A cipher to which a nonce that is used again tells no more than that two texts are equal (RFC 8452).
fn cipher(key: &[u8; 32]) -> Result<(LessSafeKey, Nonce), Unspecified> {
    let key = UnboundKey::new(&AES_256_GCM_SIV, key)?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key([0; 12])))
}

impl fmt::Debug for LinkSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSealer")
    }
}

#[cfg(test)]
mod tests;
