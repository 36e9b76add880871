//! Seals a message so that only the browser can read it: RFC 8291, in one record of RFC 8188.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use media::webpush::Subscription;

pub(super) const SALT_BYTES: usize = 16;

/// The most bytes of a record, encrypted; there is only one of them.
const RECORD_BYTES: u32 = 4096;
/// What ends the content of the last record.
const LAST_RECORD: u8 = 2;

/// Seals a message with a key pair and a salt that are used for nothing else.
///
/// # Errors
/// The browser's public key is no point of P-256.
pub(super) fn seal(
    message: &[u8],
    subscription: &Subscription,
    once: &PrivateKey,
    salt: [u8; SALT_BYTES],
) -> Result<Vec<u8>, Unspecified> {
    let public = once.compute_public_key()?;
    let public = public.as_ref();
    let browser = UnparsedPublicKey::new(&ECDH_P256, subscription.p256dh.as_slice());
    let both = [b"WebPush: info\0".as_slice(), &subscription.p256dh, public].concat();
    let secret: [u8; 32] = agree(once, browser, Unspecified, |shared| {
        expand(&Salt::new(HKDF_SHA256, &subscription.auth).extract(shared), &both)
    })?;
    let secret = Salt::new(HKDF_SHA256, &salt).extract(&secret);
    let key: [u8; 16] = expand(&secret, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = expand(&secret, b"Content-Encoding: nonce\0")?;
    let mut record = [message, &[LAST_RECORD]].concat();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;
    let length = u8::try_from(public.len()).map_err(|_| Unspecified)?;
    Ok([salt.as_slice(), &RECORD_BYTES.to_be_bytes(), &[length], public, &record].concat())
}

/// As many bytes as are asked for.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(secret: &Prk, info: &[u8]) -> Result<[u8; N], Unspecified> {
    let mut bytes = [0; N];
    secret.expand(&[info], Bytes(N))?.fill(&mut bytes)?;
    Ok(bytes)
}
