//! The keys of the accounts. None of them is a secret: those on P-256 are always the same, so that a fleet's settings
//! stay right when the fake is started anew.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// The private keys as numbers.
const APPLE: [u8; 32] = [1; 32];
const SENDGRID: [u8; 32] = [2; 32];
const BROWSER: [u8; 32] = [3; 32];
/// With what the fleet tells push services who it is.
pub(crate) const VAPID: [u8; 32] = [5; 32];

/// The secret by which a browser knows what is meant for it.
pub(crate) const BROWSER_AUTH: [u8; 16] = [4; 16];

pub(crate) struct Keys {
    /// What a team got from Apple.
    apple: EcdsaKeyPair,
    /// With what SendGrid signs its events.
    sendgrid: EcdsaKeyPair,
    /// What the browser has that the fake stands for.
    pub(crate) browser: PrivateKey,
    /// What Google has given to a service account, as PEM.
    pub(crate) google: String,
}

impl Keys {
    /// # Errors
    /// This machine gives no random numbers.
    pub(crate) fn new() -> Result<Self, Unspecified> {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let der: Pkcs8V1Der<'_> = rsa.as_der()?;
        Ok(Self {
            apple: pair(&APPLE)?,
            sendgrid: pair(&SENDGRID)?,
            browser: PrivateKey::from_private_key(&ECDH_P256, &BROWSER).map_err(|_| Unspecified)?,
            google: pem(der.as_ref()),
        })
    }

    /// Apple's key as PEM.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn apple_pem(&self) -> Result<String, Unspecified> {
        Ok(pem(self.apple.to_pkcs8v1()?.as_ref()))
    }

    /// Whether a token is signed with the key that a team got from Apple.
    pub(crate) fn is_of_apple(&self, token: &Token) -> bool {
        token.is_signed_by(self.apple.public_key().as_ref())
    }

    /// The key by which SendGrid's events are verified, as SendGrid shows it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn sendgrid_public(&self) -> Result<String, Unspecified> {
        let der: PublicKeyX509Der<'_> = self.sendgrid.public_key().as_der()?;
        Ok(STANDARD.encode(der.as_ref()))
    }

    /// A signature of SendGrid's; empty when this machine gives no random numbers.
    pub(crate) fn sign_as_sendgrid(&self, signed: &[u8]) -> String {
        let signature = self.sendgrid.sign(&SystemRandom::new(), signed);
        signature.map(|signature| STANDARD.encode(signature.as_ref())).unwrap_or_default()
    }

    /// The public key of the browser, and the one for [`VAPID`].
    ///
    /// # Errors
    /// They cannot be computed.
    pub(crate) fn of_webpush(&self) -> Result<[Vec<u8>; 2], Unspecified> {
        let vapid = PrivateKey::from_private_key(&ECDH_P256, &VAPID).map_err(|_| Unspecified)?;
        let public = |key: &PrivateKey| key.compute_public_key().map(|public| public.as_ref().to_vec());
        Ok([public(&self.browser)?, public(&vapid)?])
    }
}

fn pair(private: &[u8; 32]) -> Result<EcdsaKeyPair, Unspecified> {
    let key = PrivateKey::from_private_key(&ECDH_P256, private).map_err(|_| Unspecified)?;
    let public = key.compute_public_key()?;
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, private, public.as_ref())
        .map_err(|_| Unspecified)
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// A token that its bearer has signed (RFC 7519).
pub(crate) struct Token {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Token {
    /// None where the text is no such token.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: json(header)?, claims: json(claims)?, signed: signed.to_owned(), signature })
    }

    /// A claim that is a number of seconds.
    pub(crate) fn seconds(&self, claim: &str) -> u64 {
        self.claims[claim].as_u64().unwrap_or_default()
    }

    /// Whether the owner of this public key has signed it by ES256.
    pub(crate) fn is_signed_by(&self, public: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        self.header["alg"] == "ES256" && key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}
