//! Tokens: whose are believed, and until when.

use domain::Tenant;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use store::{Changed, NewUser, UserChange};
use tempfile::TempDir;
use testkit::{NOW, Still};

use super::*;

const SECRET: &str = "secret of the API, of at least thirty-two bytes";
const SHARED: &str = "secret of an application, of thirty-two bytes";

fn trust() -> Trust {
    Trust {
        keys: Keyring::new(SECRET.as_bytes(), None),
        algorithm: JwtAlgorithm::Hs256,
        audience: "chasqui".into(),
        issuer: "chasqui".into(),
        public_key: None,
        shared_secret: Some(SHARED.into()),
        shared_algorithm: None,
    }
}

async fn tokens(trust: &Trust) -> (Tokens, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Still::at(NOW));
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(store::Options::new(url.into(), 2, Arc::<Still>::clone(&clock))).await.unwrap();
    store.migrate().await.unwrap();
    (Tokens::new(trust, store, clock).unwrap(), folder)
}

fn signed(key: &[u8], claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(key)).unwrap()
}

fn seconds() -> i64 {
    NOW.as_micros() / 1_000_000
}

async fn user(tokens: &Tokens, token: &str) -> Option<String> {
    tokens.identity(token, std::iter::empty()).await.map(|identity| identity.user)
}

#[tokio::test]
async fn tokens_of_an_application_and_of_the_api_are_believed_and_others_are_not() {
    let trust = trust();
    let (tokens, _folder) = tokens(&trust).await;
    let own = trust.keys.token_key();
    let ends = seconds() + 600;
    let of_application = json!({ "user_id": 7, "role": "CLIENT", "exp": ends });
    let of_api = json!({ "sub": "ana", "aud": "chasqui", "iss": "chasqui", "iat": seconds(), "exp": ends });
    assert_eq!(user(&tokens, &signed(SHARED.as_bytes(), &of_application)).await.as_deref(), Some("7"));
    assert_eq!(user(&tokens, &signed(own.as_bytes(), &of_api)).await.as_deref(), Some("ana"));
    for (what, token) in [
        ("another key", signed(b"another key of at least thirty-two bytes", &of_application)),
        ("the secret itself", signed(SECRET.as_bytes(), &of_api)),
        ("of the API, for nobody", signed(own.as_bytes(), &of_application)),
        ("for others", signed(SHARED.as_bytes(), &json!({ "sub": "ana", "aud": "other", "exp": ends }))),
        ("ended", signed(SHARED.as_bytes(), &json!({ "sub": "ana", "exp": seconds() }))),
        ("without an end", signed(SHARED.as_bytes(), &json!({ "sub": "ana" }))),
        ("an end that is a text", signed(SHARED.as_bytes(), &json!({ "sub": "ana", "exp": ends.to_string() }))),
        ("not yet", signed(SHARED.as_bytes(), &json!({ "sub": "ana", "exp": ends, "nbf": seconds() + 1 }))),
        ("nobody's", signed(SHARED.as_bytes(), &json!({ "exp": ends }))),
        ("a megabyte", "a".repeat(1 << 20)),
        ("nothing", String::new()),
        ("no token", "a.b.c".into()),
    ] {
        assert_eq!(user(&tokens, &token).await, None, "{what}");
    }
    let for_us = json!({ "sub": "ana", "aud": ["other", "chasqui"], "exp": ends });
    assert_eq!(user(&tokens, &signed(SHARED.as_bytes(), &for_us)).await.as_deref(), Some("ana"));
}

#[tokio::test]
async fn a_token_of_the_api_that_is_taken_back_ends_for_whoever_is_connected_by_it() {
    let trust = trust();
    let (tokens, _folder) = tokens(&trust).await;
    let ana = NewUser {
        name: "ana".into(),
        tenant: Tenant::default(),
        password_hash: "$argon2id$hash".into(),
        scopes: vec!["read".into()],
    };
    let told = testkit::told_by("ada", NOW);
    assert!(tokens.store.create_user(ana, &told).await.unwrap());
    let claims = json!({
        "sub": "ana", "aud": "chasqui", "iss": "chasqui", "iat": seconds(), "exp": seconds() + 600,
    });
    let of_api = signed(trust.keys.token_key().as_bytes(), &claims);
    let of_application = signed(SHARED.as_bytes(), &claims);
    let [by_api, by_application] = [
        tokens.identity(&of_api, std::iter::empty()).await.unwrap(),
        tokens.identity(&of_application, std::iter::empty()).await.unwrap(),
    ];
    assert!(!tokens.has_revoked(&by_api).await);
    let changed = tokens.store.change_user("ana", None, &UserChange::RevokeTokens, true, &told).await.unwrap();
    assert!(matches!(changed, Changed::Done(_)));
    tokens.revoked.forget_age();
    assert!(tokens.has_revoked(&by_api).await && !tokens.has_revoked(&by_application).await);
    assert_eq!(user(&tokens, &of_api).await, None);
}

#[tokio::test]
async fn without_a_shared_secret_no_application_is_believed() {
    let (tokens, _folder) = tokens(&Trust { shared_secret: None, ..trust() }).await;
    let claims = json!({ "sub": "ana", "exp": seconds() + 600 });
    for key in [SHARED.as_bytes(), b"".as_slice()] {
        assert_eq!(user(&tokens, &signed(key, &claims)).await, None);
    }
}

#[tokio::test]
async fn an_application_may_sign_with_a_pair_of_keys() {
    let pair = testkit::keys::rsa();
    let pem = testkit::keys::public_pem(&pair);
    let claims = json!({ "sub": "ana", "exp": seconds() + 600 });
    let key = EncodingKey::from_rsa_pem(testkit::keys::private_pem(&pair).as_bytes()).unwrap();
    let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
    // Also where the API goes by the same pair.
    for algorithm in [JwtAlgorithm::Hs256, JwtAlgorithm::Rs256] {
        let trust = Trust {
            algorithm,
            shared_algorithm: Some(JwtAlgorithm::Rs256),
            public_key: Some(pem.clone()),
            shared_secret: None,
            ..trust()
        };
        let (tokens, _folder) = tokens(&trust).await;
        assert_eq!(user(&tokens, &token).await.as_deref(), Some("ana"));
        assert_eq!(user(&tokens, &signed(pem.as_bytes(), &claims)).await, None, "the public key is no secret");
    }
}

#[test]
fn a_key_that_is_missing_is_told_by_the_setting_that_needs_it() {
    let trust = Trust { shared_algorithm: Some(JwtAlgorithm::Es256), ..trust() };
    let told = believed(&trust).err().unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("JWT_ALGORITHM=ES256 needs the EC (P-256) public key"), "{told:?}");
}
