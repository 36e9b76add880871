//! The keys with which the journal is sealed, so that whoever can write into the ledger alone cannot change it unseen.

use std::fmt;

use aws_lc_rs::hmac;

use super::signed;
use crate::{Content, JournalRow};

/// Seals rows of the journal, and looks at seals.
#[derive(Clone)]
pub struct JournalKeys {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl JournalKeys {
    pub(super) fn new(current: hmac::Key, previous: Option<hmac::Key>) -> Self {
        Self { current, previous }
    }

    /// The seal of a row at its place in the chain, after the seal of the row before it; the first has an empty one before
    /// it.
    pub fn seal(&self, seq: i64, before: &[u8], row: &JournalRow) -> Content {
        signed(&self.current, &row.sealed_bytes(seq, before))
    }

    /// Whether a seal is that of the row at this place, with today's key or with that of the secret before it.
    pub fn is_seal(&self, seal: &[u8], seq: i64, before: &[u8], row: &JournalRow) -> bool {
        let bytes = row.sealed_bytes(seq, before);
        std::iter::once(&self.current).chain(&self.previous).any(|key| hmac::verify(key, &bytes, seal).is_ok())
    }
}

impl fmt::Debug for JournalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JournalKeys")
    }
}

#[cfg(test)]
mod tests {
    use crate::{JournalRow, Keyring};

    fn row(actor: &str, subject: &str) -> JournalRow {
        JournalRow {
            id: "j-1".into(),
            tenant: "default".into(),
            kind: "pause.begun".into(),
            subject: subject.into(),
            actor: actor.into(),
            at: 1,
            data: "{}".into(),
        }
    }

    #[test]
    fn a_seal_is_of_one_row_at_one_place() {
        let keys = Keyring::new(b"a secret of the tests, 32 bytes or more", None).journal();
        let seal = keys.seal(7, b"before", &row("ada", "sms"));
        assert!(keys.is_seal(&seal, 7, b"before", &row("ada", "sms")));
        assert!(!keys.is_seal(&seal, 8, b"before", &row("ada", "sms")));
        assert!(!keys.is_seal(&seal, 7, b"", &row("ada", "sms")));
        assert!(!keys.is_seal(&seal, 7, b"before", &row("adas", "ms")), "no letter moves from one column to another");
    }

    #[test]
    fn a_seal_of_the_secret_before_is_known_and_that_of_another_is_not() {
        let (old, new) = (b"a secret of the tests, 32 bytes or more", b"another secret of the tests, as long");
        let seal = Keyring::new(old, None).journal().seal(1, b"", &row("ada", "sms"));
        assert!(Keyring::new(new, Some(old)).journal().is_seal(&seal, 1, b"", &row("ada", "sms")));
        assert!(!Keyring::new(new, None).journal().is_seal(&seal, 1, b"", &row("ada", "sms")));
    }
}
