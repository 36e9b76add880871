//! Keys as PEM has them, and the service account that Google hands out with one.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// What stands before the 32 bytes of a public key of Ed25519 in a `SubjectPublicKeyInfo` (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Where a service account asks for tokens.
pub const TOKEN_URI: &str = "https://oauth2.example/token";

/// A fresh pair of keys.
///
/// # Panics
/// When there is no randomness.
pub fn rsa() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).expect("a pair of keys")
}

/// As PKCS #8.
pub fn private_pem(pair: &KeyPair) -> String {
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("a private key");
    pem("PRIVATE KEY", der.as_ref())
}

/// As X.509's `SubjectPublicKeyInfo`.
pub fn public_pem(pair: &KeyPair) -> String {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
    pem("PUBLIC KEY", der.as_ref())
}

/// A fresh pair of keys on the curve P-256.
///
/// # Panics
/// When there is no randomness.
pub fn p256() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair of keys")
}

/// As PKCS #8, which is what Apple hands out.
///
/// # Panics
/// When the pair cannot be written.
pub fn p256_private_pem(pair: &EcdsaKeyPair) -> String {
    pem("PRIVATE KEY", pair.to_pkcs8v1().expect("a private key").as_ref())
}

/// The public key of a service that takes commands, in PEM.
pub fn service_public_pem() -> String {
    pem("PUBLIC KEY", &[&SPKI[..], service().public_key().as_ref()].concat())
}

/// A token with these claims, as that service writes it.
pub fn service_token(claims: &Value) -> String {
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encoded(&json!({ "alg": "EdDSA", "typ": "JWT" })), encoded(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(service().sign(signed.as_bytes()).as_ref()))
}

/// A token with these claims, as an application writes it that shares this secret (HS256).
pub fn shared_token(secret: &[u8], claims: &Value) -> String {
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encoded(&json!({ "alg": "HS256", "typ": "JWT" })), encoded(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

fn service() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("any 32 bytes are a seed of Ed25519")
}

/// The file of a service account with a fresh key.
pub fn service_account() -> Value {
    service_account_of(&rsa())
}

/// The file of a service account with this key.
pub fn service_account_of(pair: &KeyPair) -> Value {
    json!({
        "type": "service_account",
        "project_id": "example",
        "private_key_id": "key-1",
        "private_key": private_pem(pair),
        "client_email": "sender@example.iam.gserviceaccount.com",
        "token_uri": TOKEN_URI,
    })
}

/// Base64 in lines of 64, as OpenSSL and Google write it.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
