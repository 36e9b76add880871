//! What people answer with: codes that they type, and tickets that stand in links and behind buttons. All of them are
//! derived from a key of this installation whenever one is needed, and looked at by deriving them again: nothing that
//! grants anything is stored. That one is used once, its row says.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::identity::secret_handle;
use crate::{Content, Key, Keyring, Timestamp};

/// Drawn for each row, so that two rows of one name, such as one that was deleted and made again, have other secrets.
pub type Salt = [u8; 16];

/// The longest text that Telegram carries behind a button (<https://core.telegram.org/bots/api#inlinekeyboardbutton>), and
/// behind `/start`, where it has letters, digits, `_` and `-` only.
const MAX_TICKET_BYTES: usize = 64;
/// How many digits a code has.
const CODE_DIGITS: usize = 6;

/// How many different codes there are.
const CODES: u64 = 1_000_000;
/// The longest text in which a code is looked for: its digits, and what people type between them.
const MAX_TYPED_BYTES: usize = 32;
/// How much of a signature stands in a ticket: 128 bits.
const SIGNATURE_BYTES: usize = 16;
const HANDLE_BYTES: usize = 16;
/// The purpose, the handle, the choice, the approver and the signature.
const TICKET_BYTES: usize = 1 + HANDLE_BYTES + 1 + 2 + SIGNATURE_BYTES;
/// Stands for no choice. There are never so many choices.
const NO_CHOICE: u8 = u8::MAX;

/// What is derived apart from what: no two forms have the same text.
const NAME_OF_KEY: &[u8] = b"name";
const CODE: &[u8] = b"code";
const TICKET: &[u8] = b"ticket";
const REQUEST: &[u8] = b"request";
const CALL: &[u8] = b"call";
const MARK: &[u8] = b"mark";

/// What a secret is good for. One of another purpose is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// To answer an ask.
    Answer,
    /// To show that an address is one's own.
    Verify,
    /// To connect an account of a messenger with somebody who is known.
    Connect,
}

/// What the secrets of one row are derived from beside the key, as the row has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seed<'a> {
    pub key: &'a Key,
    pub salt: &'a Salt,
    /// The name of the key of its time, by [`Secrets::key_id`]: a resent code is the same, whatever was changed since.
    pub key_id: &'a str,
}

/// Makes secrets, and knows those that it has made.
#[derive(Clone)]
pub struct Secrets {
    current: Named,
    previous: Option<Named>,
}

/// A key with its name, which gives nothing of it away.
#[derive(Clone)]
struct Named {
    id: String,
    key: hmac::Key,
}

/// A code as somebody is told it. It is not printed by mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// The text of a link or of a button as it came back. Nothing that it says is believed before [`Secrets::has_made`] was
/// asked, with the row that it names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    pub purpose: Purpose,
    /// Names the row.
    pub handle: Uuid,
    /// The place among the choices of the ask, from 0. None for a link, which is asked what to answer.
    pub choice: Option<u8>,
    /// The place of the approver for whom it was made, from 0.
    pub approver: u16,
    signature: [u8; SIGNATURE_BYTES],
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Answer, Self::Verify, Self::Connect];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Verify => "verify",
            Self::Connect => "connect",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }

    /// What a ticket begins with. No number is ever given to another purpose.
    const fn number(self) -> u8 {
        match self {
            Self::Answer => 1,
            Self::Verify => 2,
            Self::Connect => 3,
        }
    }

    /// The name by which a ticket of this purpose names the row.
    pub fn handle(self, key: &Key) -> Uuid {
        secret_handle(self.as_str(), key)
    }
}

impl Code {
    /// Its six digits.
    pub fn shown(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl Ticket {
    /// Reads the text of a link or a button; None for a text that no version has made.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TICKET_BYTES {
            return None;
        }
        let bytes: [u8; TICKET_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (purpose, rest) = bytes.split_first()?;
        let (handle, rest) = rest.split_first_chunk::<HANDLE_BYTES>()?;
        let (choice, rest) = rest.split_first()?;
        let (approver, signature) = rest.split_first_chunk::<2>()?;
        Some(Self {
            purpose: Purpose::ALL.into_iter().find(|one| one.number() == *purpose)?,
            handle: Uuid::from_bytes(*handle),
            choice: Some(*choice).filter(|choice| *choice != NO_CHOICE),
            approver: u16::from_be_bytes(*approver),
            signature: signature.try_into().ok()?,
        })
    }

    /// 48 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`.
    fn written(&self) -> String {
        let mut bytes = Vec::with_capacity(TICKET_BYTES);
        bytes.push(self.purpose.number());
        bytes.extend_from_slice(self.handle.as_bytes());
        bytes.push(self.choice.unwrap_or(NO_CHOICE));
        bytes.extend_from_slice(&self.approver.to_be_bytes());
        bytes.extend_from_slice(&self.signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl Secrets {
    pub fn new(keyring: &Keyring) -> Self {
        let (current, previous) = keyring.secret_keys();
        Self { current: Named::new(current.hmac()), previous: previous.map(|key| Named::new(key.hmac())) }
    }

    /// The name of the key from which the secrets of new rows are derived: each row keeps it.
    pub fn key_id(&self) -> &str {
        &self.current.id
    }

    /// The code of a row for one approver, always the same. None where its key is known no more.
    pub fn code(&self, seed: &Seed<'_>, purpose: Purpose, approver: u16) -> Option<Code> {
        let key = self.key_of(seed)?;
        let derived = derive(key, CODE, seed, purpose, &approver.to_be_bytes());
        let (number, _) = derived.as_ref().split_first_chunk::<8>()?;
        // Of 2^64 numbers each code has as many as any other, but for one in ten thousand billions.
        let code = u64::from_be_bytes(*number) % CODES;
        Some(Code(format!("{code:0CODE_DIGITS$}")))
    }

    /// Whether somebody has typed the code of this row, in constant time. Spaces and hyphens between the digits are none of
    /// it. Whoever asks has counted the attempt before.
    pub fn is_code(&self, seed: &Seed<'_>, purpose: Purpose, approver: u16, typed: &str) -> bool {
        let Some(code) = self.code(seed, purpose, approver).filter(|_| typed.len() <= MAX_TYPED_BYTES) else {
            return false;
        };
        let typed: Vec<u8> = typed.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-').collect();
        verify_slices_are_equal(code.0.as_bytes(), &typed).is_ok()
    }

    /// What stands at the end of a link. None where the key of the row is known no more.
    pub fn link(&self, seed: &Seed<'_>, purpose: Purpose, approver: u16) -> Option<String> {
        self.ticket(seed, purpose, None, approver)
    }

    /// The data of a button for one choice of an ask, by its place. None where the key of the row is known no more, or
    /// where no ask has so many choices.
    pub fn button(&self, seed: &Seed<'_>, choice: u8, approver: u16) -> Option<String> {
        if choice == NO_CHOICE { None } else { self.ticket(seed, Purpose::Answer, Some(choice), approver) }
    }

    /// Whether a ticket was made for this row, in constant time.
    pub fn has_made(&self, seed: &Seed<'_>, ticket: &Ticket) -> bool {
        let Some(key) = self.key_of(seed) else { return false };
        let expected = sign(key, seed, ticket.purpose, ticket.choice, ticket.approver);
        let is_of_the_row = ticket.handle == ticket.purpose.handle(seed.key);
        verify_slices_are_equal(&expected, &ticket.signature).is_ok() && is_of_the_row
    }

    /// Ties what a message may reveal of a row to everything in `marked`. None where the key of the row is known no more.
    pub(crate) fn mark(&self, seed: &Seed<'_>, purpose: Purpose, marked: &[u8]) -> Option<Content> {
        let derived = derive(self.key_of(seed)?, MARK, seed, purpose, marked);
        let mut mark = Content::default();
        mark.copy_from_slice(derived.as_ref());
        Some(mark)
    }

    /// Marks a request of the fleet to itself, so that nobody else who may publish makes one. `target` says what is asked for.
    pub fn request_mark(&self, target: &str, body: &str) -> String {
        URL_SAFE_NO_PAD.encode(request(&self.current.key, target, body))
    }

    /// Whether a request has been marked by this fleet, with the secret of today or the one before it, in constant time.
    pub fn has_marked(&self, target: &str, body: &str, mark: &str) -> bool {
        self.is_of_us(mark, |key| request(key, target, body))
    }

    /// Marks the call of a provider that was believed, so that nobody else who may publish makes one. `at` is when it came.
    pub fn call_mark(&self, provider: &str, target: &str, at: Timestamp, body: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(call(&self.current.key, provider, target, at, body))
    }

    /// Whether a call has been marked by this fleet, with the secret of today or the one before it, in constant time.
    pub fn has_marked_call(&self, provider: &str, target: &str, at: Timestamp, body: &[u8], mark: &str) -> bool {
        self.is_of_us(mark, |key| call(key, provider, target, at, body))
    }

    fn is_of_us(&self, mark: &str, made: impl Fn(&hmac::Key) -> hmac::Tag) -> bool {
        let Ok(mark) = URL_SAFE_NO_PAD.decode(mark) else { return false };
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(|named| verify_slices_are_equal(made(&named.key).as_ref(), &mark).is_ok())
    }

    fn ticket(&self, seed: &Seed<'_>, purpose: Purpose, choice: Option<u8>, approver: u16) -> Option<String> {
        let signature = sign(self.key_of(seed)?, seed, purpose, choice, approver);
        let ticket = Ticket { purpose, handle: purpose.handle(seed.key), choice, approver, signature };
        Some(ticket.written())
    }

    fn key_of(&self, seed: &Seed<'_>) -> Option<&hmac::Key> {
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.find(|named| named.id == seed.key_id).map(|named| &named.key)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Named {
    fn new(key: hmac::Key) -> Self {
        let name = hmac::sign(&key, NAME_OF_KEY);
        let id = name.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { id, key }
    }
}

/// The two bytes of the choice are 0 and 0 for none, and 1 and its place otherwise.
fn sign(
    key: &hmac::Key,
    seed: &Seed<'_>,
    purpose: Purpose,
    choice: Option<u8>,
    approver: u16,
) -> [u8; SIGNATURE_BYTES] {
    let [high, low] = approver.to_be_bytes();
    let answer = [u8::from(choice.is_some()), choice.unwrap_or_default(), high, low];
    let derived = derive(key, TICKET, seed, purpose, &answer);
    let mut signature = [0; SIGNATURE_BYTES];
    signature.copy_from_slice(&derived.as_ref()[..SIGNATURE_BYTES]);
    signature
}

/// What marks a request of the fleet to itself.
fn request(key: &hmac::Key, target: &str, body: &str) -> hmac::Tag {
    tag(key, &[REQUEST, target.as_bytes(), body.as_bytes()])
}

/// What marks the call of a provider.
fn call(key: &hmac::Key, provider: &str, target: &str, at: Timestamp, body: &[u8]) -> hmac::Tag {
    tag(key, &[CALL, provider.as_bytes(), target.as_bytes(), &at.as_micros().to_be_bytes(), body])
}

/// Each part has its length before it.
fn tag(key: &hmac::Key, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign()
}

/// Each part has its length before it, so that no two texts give the same bytes.
fn derive(key: &hmac::Key, form: &[u8], seed: &Seed<'_>, purpose: Purpose, rest: &[u8]) -> hmac::Tag {
    let (tenant, id) = (seed.key.tenant.as_str().as_bytes(), seed.key.id.as_bytes());
    let mut context = hmac::Context::with_key(key);
    for part in [form, purpose.as_str().as_bytes(), tenant, id, seed.salt.as_slice(), rest] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign()
}

#[cfg(test)]
mod tests;
