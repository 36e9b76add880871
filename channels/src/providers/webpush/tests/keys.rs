//! Who we say we are: the token of each push service, and the settings that it is signed with.

use domain::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use url::Url;

use super::*;

/// The claims of a header, checked with the key that stands in it.
fn claims(header: &str) -> Value {
    let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    let point = bytes(key);
    assert_eq!((point.len(), point[0]), (65, 4));
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let mut validation = Validation::new(Algorithm::ES256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let key = DecodingKey::from_ec_components(&x, &y).unwrap();
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_push_says_who_we_are_to_the_service_that_it_goes_to() {
    let settings = over_http("");
    let push = pushed(&settings, None, Lane::Normal).await;
    let header = push.header("authorization");
    assert!(header.ends_with(&format!(", k={}", settings.webpush.public_key.as_ref().unwrap())));
    let claims = claims(header);
    let host = push.header("host");
    // `outgoing` is of the second 1,000,000.
    let expected =
        json!({ "aud": format!("http://{host}"), "exp": 1_000_000 + 12 * 3600, "sub": "mailto:push@example.org" });
    assert_eq!(claims, expected);
}

#[test]
fn a_token_is_used_for_one_service_and_for_six_hours() {
    let vapid = Vapid::of(&over_http("").webpush).unwrap();
    let header = |endpoint: &str, seconds: i64| {
        let header = vapid.authorization(&url(endpoint), Timestamp::from_seconds(seconds)).unwrap();
        assert!(header.is_sensitive());
        header.to_str().unwrap().to_owned()
    };
    let first = header("https://a.example/1", 1_000_000);
    assert_eq!(claims(&first)["aud"], "https://a.example");
    assert_eq!(header("https://a.example/2?x", 1_000_000 + 6 * 3600 - 1), first);
    assert_eq!(claims(&header("https://a.example:8443/1", 1_000_000))["aud"], "https://a.example:8443");
    let next = header("https://a.example/1", 1_000_000 + 6 * 3600);
    assert_eq!(claims(&next)["exp"], 1_000_000 + 18 * 3600);
    let back = header("https://a.example/1", 2_000);
    assert_eq!(claims(&back)["exp"], 2_000 + 12 * 3600, "a clock that was set back gets a token of its own");
}

#[test]
fn no_number_of_services_fills_the_memory() {
    let vapid = Vapid::of(&over_http("").webpush).unwrap();
    for n in 0..1000 {
        let endpoint = url(&format!("https://s{n}.example/"));
        assert!(vapid.authorization(&endpoint, Timestamp::from_seconds(1_000_000)).is_some());
        assert!(vapid.known() <= 256);
    }
}

#[test]
fn a_new_pair_is_one_that_the_settings_take() {
    let (one, other) = (NewKeys::make().unwrap(), NewKeys::make().unwrap());
    for keys in [&one, &other] {
        assert_eq!((keys.public_key.len(), keys.private_key.expose_secret().len()), (87, 43));
        assert!(
            Vapid::of(&settings(&keys.public_key, keys.private_key.expose_secret(), "mailto:a@example.org")).is_ok()
        );
    }
    assert_ne!(one.public_key, other.public_key);
}

fn settings(public: &str, private: &str, subject: &str) -> Settings {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Settings { public_key: given(public), private_key: given(private).map(Into::into), subject: given(subject) }
}

/// Each case: the three settings, and those that the problems begin with.
#[test]
fn everything_that_is_wrong_with_the_keys_and_the_subject_is_told_at_once() {
    let (one, other) = (NewKeys::make().unwrap(), NewKeys::make().unwrap());
    let (public, private) = (one.public_key.as_str(), one.private_key.expose_secret());
    let mail = "mailto:push@example.org";
    let padded = format!("{private}=");
    for (given, expected) in [
        ((public, private, mail), ""),
        ((public, padded.as_str(), mail), ""),
        ((public, private, "https://example.org/contact"), ""),
        ((other.public_key.as_str(), private, mail), "WEB_VAPID_PUBLIC_KEY"),
        ((public, other.private_key.expose_secret(), mail), "WEB_VAPID_PUBLIC_KEY"),
        ((private, public, mail), "WEB_VAPID_PRIVATE_KEY WEB_VAPID_PUBLIC_KEY"),
        ((&public[1..], private, mail), "WEB_VAPID_PUBLIC_KEY"),
        (("hidden!", "hidden!", "hidden!"), "WEB_VAPID_PRIVATE_KEY WEB_VAPID_PUBLIC_KEY WEB_VAPID_SUBJECT"),
        (("", private, ""), "WEB_VAPID_PUBLIC_KEY WEB_VAPID_SUBJECT"),
        (("", "", ""), "WEB_VAPID_PRIVATE_KEY WEB_VAPID_PUBLIC_KEY WEB_VAPID_SUBJECT"),
        ((public, &"A".repeat(43), mail), "WEB_VAPID_PUBLIC_KEY"),
        ((public, private, "push@example.org"), "WEB_VAPID_SUBJECT"),
        ((public, private, "mailto:hidden@localhost"), "WEB_VAPID_SUBJECT"),
        ((public, private, "mailto:"), "WEB_VAPID_SUBJECT"),
        ((public, private, "https://localhost"), "WEB_VAPID_SUBJECT"),
        ((public, private, "https://192.0.2.1"), "WEB_VAPID_SUBJECT"),
        ((public, private, "http://example.org"), "WEB_VAPID_SUBJECT"),
    ] {
        let problems = Vapid::of(&settings(given.0, given.1, given.2)).err().unwrap_or_default();
        let names: Vec<&str> = problems.iter().filter_map(|problem| problem.split(' ').next()).collect();
        assert_eq!(names.join(" "), expected, "{problems:?}");
        let told = problems.concat();
        assert!(!told.contains("hidden") && !told.contains(private), "{problems:?}");
    }
}
