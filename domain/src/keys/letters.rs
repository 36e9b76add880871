//! Seals the dead letters that the ledger keeps, so that whoever reads the ledger alone learns nothing of a recipient.

use std::fmt;

use aws_lc_rs::aead::Aad;

use super::cipher;

/// What a sealed text begins with. No letter in clear does: those of earlier versions begin with a brace.
const SEALED: u8 = 1;

/// Seals dead letters. A text is sealed beside the name of its letter, and opens beside no other.
#[derive(Clone)]
pub struct LetterSealer {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl LetterSealer {
    pub(super) const fn new(current: [u8; 32], previous: Option<[u8; 32]>) -> Self {
        Self { current, previous }
    }

    pub fn seal(&self, text: &[u8], letter: &str) -> Vec<u8> {
        let mut sealed = text.to_vec();
        let done = cipher(&self.current)
            .and_then(|(key, nonce)| key.seal_in_place_append_tag(nonce, Aad::from(letter.as_bytes()), &mut sealed));
        done.expect("a key of 32 bytes seals texts of up to 64 GiB");
        sealed.insert(0, SEALED);
        sealed
    }

    /// What was sealed beside this letter with one of the keys; what was kept in clear by an earlier version, as it is.
    /// None for anything else.
    pub fn open(&self, kept: &[u8], letter: &str) -> Option<Vec<u8>> {
        let Some((&SEALED, sealed)) = kept.split_first() else { return Some(kept.to_vec()) };
        let open = |key: &[u8; 32]| {
            let (key, nonce) = cipher(key).ok()?;
            let mut text = sealed.to_vec();
            let text = key.open_in_place(nonce, Aad::from(letter.as_bytes()), &mut text).ok()?;
            Some(text.to_vec())
        };
        open(&self.current).or_else(|| self.previous.as_ref().and_then(open))
    }
}

impl fmt::Debug for LetterSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LetterSealer")
    }
}

#[cfg(test)]
mod tests {
    use crate::Keyring;

    const OLD: &[u8] = b"the secret of last year, and long";
    const NEW: &[u8] = b"the secret of this year, and long";
    const TEXT: &[u8] = br#"{"destination":"+12025550143"}"#;

    #[test]
    fn a_letter_is_read_with_the_secret_of_its_time_and_beside_its_own_name_only() {
        let sealed = Keyring::new(OLD, None).letters().seal(TEXT, "0a");
        assert!(!sealed.windows(4).any(|part| part == b"1202"), "{sealed:?}");
        let now = Keyring::new(NEW, Some(OLD)).letters();
        assert_eq!(now.open(&sealed, "0a").as_deref(), Some(TEXT));
        assert_eq!(now.open(&sealed, "0b"), None);
        assert_eq!(Keyring::new(NEW, None).letters().open(&sealed, "0a"), None);
        assert_eq!(now.open(&sealed[..sealed.len() - 1], "0a"), None);
        assert_ne!(now.seal(TEXT, "0a"), now.seal(TEXT, "0b"));
    }

    #[test]
    fn what_an_earlier_version_kept_in_clear_is_read_as_it_is() {
        let sealer = Keyring::new(NEW, None).letters();
        assert_eq!(sealer.open(TEXT, "0a").as_deref(), Some(TEXT));
        assert_eq!(sealer.open(b"", "0a").as_deref(), Some(&b""[..]));
    }
}
