//! The settings of a gateway: whose tokens it believes, whom it lets in, and by which rules.

use std::fs;

use super::*;

const SHARED: &str = "0123456789abcdef-shared-with-an-application";

#[test]
fn the_names_of_the_original_are_settings() {
    let settings = [
        ("WS_PING_INTERVAL", "25"),
        ("WS_PING_TIMEOUT", "60"),
        ("WS_MAX_CONNECTIONS", "1000"),
        ("JWT_SECRET_KEY", SHARED),
        ("JWT_ALGORITHM", "hs256"),
    ];
    let gateway = read(Role::Gateway, &settings).expect("right").gateway;
    assert_eq!((gateway.max_connections, gateway.ping_timeout), (1000, Duration::from_secs(60)));
    assert!(gateway.shared_secret.is_some() && gateway.is_usual && gateway.mapping.is_some());
}

#[test]
fn a_secret_that_is_short_guessable_or_the_fleets_own_is_refused_and_not_shown() {
    for (secret, why) in [
        ("short-and-hidden", "has fewer than 32 bytes"),
        ("hiddenhiddenhiddenhiddenhiddenhidden", "could be guessed"),
        (SECRET, "is SECRET_KEY"),
    ] {
        let told = problems(Role::Gateway, &[("JWT_SECRET_KEY", secret)]);
        assert!(told.len() == 1 && told[0].contains(why), "{told:#?}");
        assert!(told[0].starts_with("JWT_SECRET_KEY") && !told[0].contains(secret), "{told:#?}");
    }
}

#[test]
fn an_algorithm_without_its_key_is_told_to_who_goes_by_it() {
    let told = problems(Role::Gateway, &[("JWT_ALGORITHM", "RS256")]);
    assert!(told.len() == 1 && told[0].starts_with("JWT_PUBLIC_KEY is missing: JWT_ALGORITHM=RS256"), "{told:#?}");
    read(Role::Worker, &[("JWT_ALGORITHM", "RS256"), ("SANDBOX", "all")]).expect("a worker checks no tokens");
    let told = problems(Role::Gateway, &[("JWT_ALGORITHM", "RS265")]);
    assert!(told[0].ends_with("did you mean RS256?"), "{told:#?}");
}

#[test]
fn all_that_is_wrong_with_the_limits_the_origins_and_the_rules_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("realtime.toml");
    fs::write(&file, "[events.\"a.*\"]\nroms = []\n").unwrap();
    let told = problems(
        Role::Gateway,
        &[
            ("WS_MAX_CONNECTIONS", "0"),
            ("WS_MAX_PER_USER", "many"),
            ("WS_ORIGINS", "app.example.com"),
            ("REALTIME_FILE", file.to_str().unwrap()),
        ],
    );
    for words in [
        "WS_MAX_CONNECTIONS must be",
        "WS_MAX_PER_USER must be",
        "WS_ORIGINS must be a list of origins",
        "REALTIME_FILE: /events/a.*/roms is not known; did you mean rooms?",
        "REALTIME_FILE: /events/a.*/rooms is missing",
    ] {
        assert!(told.iter().any(|told| told.starts_with(words)), "{words}: {told:#?}");
    }
    assert_eq!(told.len(), 5, "{told:#?}");
}

#[test]
fn a_public_key_for_clients_alone_is_no_slip() {
    let pair = testkit::keys::rsa();
    let pem = testkit::keys::public_pem(&pair);
    let settings = [("JWT_ALGORITHM", "RS256"), ("JWT_PUBLIC_KEY", pem.as_str())];
    let config = read(Role::Gateway, &settings).expect("right");
    assert_eq!(config.warnings, [""; 0]);
}

#[test]
fn where_browsers_find_a_gateway_is_an_origin() {
    let read = |text: &str| read(Role::Api, &[("WS_PUBLIC_URL", text)]);
    for (given, origin) in [
        ("https://ws.example.com", "https://ws.example.com"),
        ("HTTPS://WS.example.com/", "https://ws.example.com"),
        ("http://127.0.0.1:8003", "http://127.0.0.1:8003"),
    ] {
        assert_eq!(read(given).expect("right").gateway.public_url.as_deref(), Some(origin));
    }
    for wrong in
        ["ws.example.com", "wss://ws.example.com", "https://h/realtime", "https://u:hidden@h", "https://a,b", "*"]
    {
        let told = read(wrong).expect_err(wrong).problems;
        assert!(told.len() == 1 && told[0].starts_with("WS_PUBLIC_URL must be an origin"), "{wrong}: {told:#?}");
        assert!(!told[0].contains("hidden"), "{told:#?}");
    }
    assert_eq!(read("").expect("right").gateway.public_url, None);
}
