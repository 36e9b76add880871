//! The label of an attempt: it travels with a message to the provider and comes back with what the provider reports, so
//! that a report finds its delivery before our own record knows the provider's id.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use uuid::Uuid;

use crate::{Key, Keyring};

/// Which attempt of which delivery.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Label {
    pub key: Key,
    pub epoch: u32,
    /// From 1.
    pub attempt: u32,
}

/// Signs labels where anybody could write one, as into a URL.
#[derive(Clone)]
pub struct Labels {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

/// How much of a signature stands in a label: 128 bits.
const SIGNATURE_BYTES: usize = 16;
/// How much of it stands where there is little room, as in an address: 80 bits.
const SHORT_BYTES: usize = 10;

impl Labels {
    pub fn new(keyring: &Keyring) -> Self {
        let (current, previous) = keyring.label_keys();
        Self { current: current.hmac(), previous: previous.map(|key| key.hmac()) }
    }

    /// 32 hexadecimal digits.
    pub fn sign(&self, label: &Label) -> String {
        Uuid::from_bytes(signature(&self.current, label)).simple().to_string()
    }

    /// The beginning of a signature, for where a whole one does not fit. That the message has other recipients is signed
    /// with the label, and seen by nobody who has not the key.
    pub fn sign_short(&self, label: &Label, has_copies: bool) -> [u8; SHORT_BYTES] {
        short(&self.current, label, has_copies)
    }

    /// Whether we have signed the label in short, for a message with other recipients or without, in constant time.
    pub fn verify_short(&self, label: &Label, has_copies: bool, signed: &[u8]) -> bool {
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(|key| verify_slices_are_equal(&short(key, label, has_copies), signed).is_ok())
    }

    /// Whether we have signed the label, in constant time.
    pub fn verify(&self, label: &Label, signed: &str) -> bool {
        let Ok(signed) = Uuid::try_parse(signed) else { return false };
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(|key| verify_slices_are_equal(&signature(key, label), signed.as_bytes()).is_ok())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Labels")
    }
}

/// A tenant has no slash, so that no two labels have the same text.
fn text(label: &Label) -> String {
    format!("{}/{}/{}/{}", label.key.tenant, label.epoch, label.attempt, label.key.id)
}

fn signature(key: &hmac::Key, label: &Label) -> [u8; SIGNATURE_BYTES] {
    let mut signature = [0; SIGNATURE_BYTES];
    signature.copy_from_slice(&hmac::sign(key, text(label).as_bytes()).as_ref()[..SIGNATURE_BYTES]);
    signature
}

/// No text of a label begins with a slash.
fn short(key: &hmac::Key, label: &Label, has_copies: bool) -> [u8; SHORT_BYTES] {
    let text = if has_copies { format!("/{}", text(label)) } else { text(label) };
    let mut short = [0; SHORT_BYTES];
    short.copy_from_slice(&hmac::sign(key, text.as_bytes()).as_ref()[..SHORT_BYTES]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::key;

    #[test]
    fn a_label_is_believed_as_it_was_signed_and_with_no_other_value() {
        let secret = b"0123456789abcdefghijklmnopqrstuv";
        let before = Labels::new(&Keyring::new(b"vutsrqponmlkjihgfedcba9876543210", None));
        let labels = Labels::new(&Keyring::new(secret, Some(b"vutsrqponmlkjihgfedcba9876543210")));
        let label = Label { key: key("n/1"), epoch: 0, attempt: 1 };
        let signed = labels.sign(&label);
        assert_eq!(signed.len(), 32);
        assert!(labels.verify(&label, &signed));
        assert!(labels.verify(&label, &before.sign(&label)), "the secret was changed since");
        assert!(!before.verify(&label, &signed));
        for other in [
            Label { attempt: 2, ..label.clone() },
            Label { epoch: 1, ..label.clone() },
            Label { key: key("1"), ..label.clone() },
        ] {
            assert!(!labels.verify(&other, &signed), "{other:?}");
        }
        for odd in ["", "0", &signed[1..], &format!("{signed}0"), "ñ"] {
            assert!(!labels.verify(&label, odd), "{odd}");
        }
    }

    #[test]
    fn a_short_signature_is_believed_whole_and_for_its_own_label_alone() {
        let labels = Labels::new(&Keyring::new(b"0123456789abcdefghijklmnopqrstuv", None));
        let after =
            Labels::new(&Keyring::new(b"vutsrqponmlkjihgfedcba9876543210", Some(b"0123456789abcdefghijklmnopqrstuv")));
        let label = Label { key: key("n-1"), epoch: 0, attempt: 1 };
        for has_copies in [false, true] {
            let signed = labels.sign_short(&label, has_copies);
            assert!(
                labels.verify_short(&label, has_copies, &signed) && after.verify_short(&label, has_copies, &signed)
            );
            assert!(!labels.verify_short(&label, !has_copies, &signed), "what it says of copies is signed");
            assert!(!labels.verify_short(&Label { attempt: 2, ..label.clone() }, has_copies, &signed));
            for odd in [&[][..], &signed[1..], &[0; 10]] {
                assert!(!labels.verify_short(&label, has_copies, odd), "{odd:?}");
            }
        }
    }

    #[test]
    fn a_secret_that_others_may_know_signs_no_label_any_more() {
        let published = b"for-development-only-name-your-own-secret-in-.env";
        let label = Label { key: key("n-1"), epoch: 0, attempt: 1 };
        let signed = Labels::new(&Keyring::new(published, None)).sign(&label);
        let labels = Labels::new(&Keyring::new(b"0123456789abcdefghijklmnopqrstuv", Some(published)));
        assert!(!labels.verify(&label, &signed));
    }
}
