//! What a key of one use gives away is of no use for another, and what a former key made is still found.

use std::collections::BTreeSet;

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn derived_keys_and_ids_are_the_same_for_ever() {
    let keys = Keyring::new(b"a secret that is known to this test", None);
    let acme = Tenant::parse("acme").unwrap();
    let ids = keys.request_ids();
    let made = [
        hex(keys.token_key().as_bytes()),
        hex(keys.recipients().hash("ana@example.com").as_bytes()),
        hex(&keys.logins().hash("ana")),
        ids.id(&acme, RequestedBy::TokenHolder, "k", None),
        ids.id(&acme, RequestedBy::Anonymous, "k", Some(0)),
    ];
    // Any other implementation of RFC 5869 computes the same.
    let expected = [
        "ed94dfcc7b6ac76856a60b7c34c271bde98eed3b46d4c7d49e04c1e2b53f747f",
        "016ea73e9483eab3d4e90c9fe2ff1ae3598e21f3f6dd411251fa680f55794fa212",
        "fd2ee9ff58a2b693b9c93b0155ab41a4d1510334497da856c69faad3e19c4052",
        "aac530cb-896d-8335-947e-7207be08998a",
        "fd9a723d-229a-8f8a-b5ec-261c06cbd5f5",
    ];
    assert_eq!(made, expected);
}

#[test]
fn no_two_uses_share_a_key_and_none_is_the_secret() {
    let secret = b"a secret that is known to this test";
    let keys = Keyring::new(secret, None);
    let text = "header.payload";
    let plain = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let hashes = [
        signed(&keys.token_key().hmac(), text.as_bytes()).to_vec(),
        keys.recipients().hash(text).as_bytes()[1..].to_vec(),
        keys.logins().hash(text).to_vec(),
        signed(&plain, text.as_bytes()).to_vec(),
        signed(&hmac::Key::new(hmac::HMAC_SHA256, &keys.links().current), text.as_bytes()).to_vec(),
        signed(&keys.current.derive(LETTERS).hmac(), text.as_bytes()).to_vec(),
        signed(&keys.secret_keys().0.hmac(), text.as_bytes()).to_vec(),
        signed(&keys.counters().0, text.as_bytes()).to_vec(),
    ];
    assert_eq!(hashes.iter().collect::<BTreeSet<_>>().len(), hashes.len());
    assert_eq!(
        format!("{keys:?} {:?} {:?}", keys.token_key(), keys.recipients()),
        "Keyring DerivedKey RecipientHasher"
    );
}

#[test]
fn what_a_former_secret_or_version_hashed_is_still_found() {
    let (old, new): (&[u8], &[u8]) = (b"the secret of last year", b"the secret of this year");
    let now = Keyring::new(new, Some(old)).recipients();
    let before = Keyring::new(old, None);
    let found = now.every_hash("ana@example.com");
    assert_eq!(found[0], now.hash("ana@example.com"));
    assert!(found.contains(&before.recipients().hash("ana@example.com")));
    // The first version stored this hash, which is test case 2 of RFC 4231.
    let first = Keyring::new(b"Jefe", None).recipients().every_hash("what do ya want for nothing?");
    let stored: Vec<String> = first.iter().map(|hash| hex(hash.as_bytes())).collect();
    assert_eq!(stored[1], "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert!(!Keyring::new(new, None).recipients().every_hash("ana@example.com").contains(&found[1]));
    assert_eq!(Keyring::new(new, Some(old)).previous_token_key().unwrap().0, before.token_key().0);
}

#[test]
fn a_recipient_is_found_on_the_list_also_after_the_secret_was_changed_once() {
    let hash = |secret: &[u8], previous: Option<&[u8]>| {
        let hasher = Keyring::new(secret, previous).recipients();
        (hasher.hash("+12025550143"), hasher.hash_before("+12025550143"))
    };
    let (listed, none) = hash(b"old", None);
    assert_eq!(none, None);
    assert_eq!(hash(b"new", Some(b"old")).1, Some(listed));
    assert_ne!(hash(b"new", Some(b"old")).0, listed);
}

#[test]
fn a_hash_is_read_as_it_was_stored() {
    let hasher = RecipientHasher::new(b"secret");
    for hash in hasher.every_hash("+5491122334455") {
        assert_eq!(RecipientHash::from_bytes(hash.as_bytes()), Some(hash));
        assert_eq!(RecipientHash::parse(&hash.to_string()), Some(hash));
    }
    assert_eq!(RecipientHash::parse("+1"), None);
    assert_eq!(hasher.hash("+1").as_bytes().len(), 33);
    assert_eq!(RecipientHash::UNKNOWN.as_bytes(), [0; 32]);
    for foreign in [&[][..], &[1; 31], &[0; 33], &[1; 34]] {
        assert_eq!(RecipientHash::from_bytes(foreign), None);
    }
}

#[test]
fn ids_of_requests_differ_with_everything_they_stand_for() {
    let (acme, default) = (Tenant::parse("acme").unwrap(), Tenant::default());
    let (one, other) = (Keyring::new(b"one", None).request_ids(), Keyring::new(b"other", None).request_ids());
    let by = RequestedBy::TokenHolder;
    let ids = [
        one.id(&default, by, "k", None),
        one.id(&acme, by, "k", None),
        one.id(&default, RequestedBy::Anonymous, "k", None),
        one.id(&default, by, "k", Some(0)),
        one.id(&default, by, "k", Some(1)),
        one.id(&default, by, "0/k", None),
        other.id(&default, by, "k", None),
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(ids.iter().all(|id| id.parse::<uuid::Uuid>().is_ok_and(|id| id.get_version_num() == 8)));
    assert_eq!(ids[0], one.id(&default, by, "k", None));
}

#[test]
fn a_long_secret_of_few_bytes_or_of_one_piece_again_and_again_is_guessable() {
    let repeated = ["a".repeat(32), "ab".repeat(40), "0123456789abcdef".repeat(2), "a".repeat(16)];
    let guessable = ["password1!password1!password1!pa", "aaaaaaaabbbbbbbbccccccccdddddddde", "abababababababac"];
    for secret in repeated.iter().map(String::as_str).chain(guessable) {
        assert!(is_guessable_secret(secret.as_bytes()), "{secret}");
    }
    for secret in [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "31415926535897932384626433832795",
        "a secret of the tests that is long enough",
        "printed-at-start",
        "",
    ] {
        assert!(!is_guessable_secret(secret.as_bytes()), "{secret}");
    }
}

#[test]
fn no_token_is_believed_for_a_former_secret_that_others_may_have() {
    let before = |secret: &str| Keyring::new(b"a secret that is known to this test", Some(secret.as_bytes()));
    assert!(before("a former secret that nobody else has").previous_token_key().is_some());
    for secret in [PUBLISHED[0], &"a".repeat(32)] {
        let keys = before(secret);
        assert!(keys.previous_token_key().is_none(), "{secret}");
        let hash = Keyring::new(secret.as_bytes(), None).recipients().hash("ana@example.com");
        assert!(keys.recipients().every_hash("ana@example.com").contains(&hash), "what it hashed is still found");
    }
}
