//! The algorithms that tokens may be signed with, and the public key that belongs to one.

use jsonwebtoken::{Algorithm, DecodingKey};

/// HS256 tokens are made by `POST /login`, or elsewhere with a secret that is shared; RS256 and ES256 tokens are made
/// elsewhere and only checked here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JwtAlgorithm {
    Hs256,
    Rs256,
    Es256,
}

impl JwtAlgorithm {
    /// The words of a setting, and what each means.
    pub const WORDS: [(&str, Self); 3] = [("HS256", Self::Hs256), ("RS256", Self::Rs256), ("ES256", Self::Es256)];

    pub const fn of_library(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
        }
    }
}

/// The key of `JWT_PUBLIC_KEY`, which the setting of that name asks for by its algorithm.
///
/// # Errors
/// What is wrong with it, as a sentence for the operator.
pub fn public_key(setting: &str, algorithm: JwtAlgorithm, pem: Option<&str>) -> Result<DecodingKey, String> {
    let (name, kind) = match algorithm {
        JwtAlgorithm::Es256 => ("ES256", "EC (P-256)"),
        JwtAlgorithm::Rs256 | JwtAlgorithm::Hs256 => ("RS256", "RSA"),
    };
    let pem = pem.filter(|pem| !pem.trim().is_empty()).ok_or_else(|| {
        format!("JWT_PUBLIC_KEY is missing: {setting}={name} needs the {kind} public key of the issuer, in PEM")
    })?;
    // The library would take an RSA one for both.
    if pem.contains("PRIVATE KEY-----") {
        return Err(
            "JWT_PUBLIC_KEY is a private key: give the public one that belongs to it, as `openssl pkey -in key.pem \
                    -pubout` prints it, and leave the private one with the issuer"
                .into(),
        );
    }
    let key = match algorithm {
        JwtAlgorithm::Es256 => DecodingKey::from_ec_pem(pem.as_bytes()),
        JwtAlgorithm::Rs256 | JwtAlgorithm::Hs256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
    };
    key.map_err(|_| format!("JWT_PUBLIC_KEY is not an {kind} public key in PEM, which {setting}={name} needs"))
}
