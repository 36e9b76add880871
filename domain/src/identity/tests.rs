//! Ids that are computed must never change: a second copy with another id would be a second delivery.

use super::*;
use crate::samples::key;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn computed_ids_are_the_same_for_ever() {
    assert_eq!(child_id(&key("d-1"), 1), "c0bdabbf-1571-5607-9b1d-1bbc2e3ed10f");
    assert_eq!(fire_id(&key("job"), Timestamp::from_seconds(1_772_366_400)), "5c3acf0e-5f6d-5c17-8b25-ae97f2f4d045");
}

#[test]
fn computed_ids_differ_with_everything_they_stand_for() {
    let acme = Tenant::parse("acme").unwrap();
    let told = |id: &str, epoch, seq, state: &str, attempt| event_id(&key(id), epoch, seq, state, attempt).to_string();
    let at = |micros| fire_id(&key("d-1"), Timestamp::from_micros(micros));
    let ids = [
        child_id(&key("d-1"), 1),
        child_id(&key("d-1"), 2),
        child_id(&key("d-2"), 1),
        child_id(&Key { tenant: acme.clone(), id: "d-1".into() }, 1),
        at(0),
        at(1),
        told("d-1", 0, 1, "waiting", 1),
        told("d-2", 0, 1, "waiting", 1),
        told("d-1", 1, 1, "waiting", 1),
        told("d-1", 0, 2, "waiting", 1),
        told("d-1", 0, 1, "sent", 1),
        told("d-1", 0, 1, "waiting", 2),
        webhook_id(&key("d-1"), "e", 1),
        webhook_id(&key("d-1"), "e", 2),
        webhook_id(&key("d-1"), "f", 1),
        webhook_id(&key("d-2"), "e", 1),
    ];
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    assert!(ids.iter().all(|id| id.parse::<Uuid>().is_ok_and(|id| id.get_version_num() == 5)));
}

#[test]
fn contents_and_fingerprints_are_sha_256() {
    assert_eq!(hex(&content_of(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(fingerprint_of(b"ab", b"c"), fingerprint_of(b"ab", b"c"));
    let distinct = [fingerprint_of(b"ab", b"c"), fingerprint_of(b"a", b"bc"), fingerprint_of(b"abc", b"")];
    assert!(distinct[0] != distinct[1] && distinct[1] != distinct[2], "the body's length is part of it");
    assert_ne!(fingerprint_of(b"abc", b""), content_of(b"abc"));
}

#[test]
fn a_mask_shows_the_domain_the_host_or_the_last_two_characters() {
    let check = |destination: &str, expected: &str| assert_eq!(mask(destination), expected);
    check("ana@example.com", "***@example.com");
    check("\"a@b\"@example.com", "***@example.com");
    check("+5491122334455", "***55");
    check("device-token-ñü", "***ñü");
    check("ñandú", "***dú");
    check(r#"{"endpoint":"https://push.example/a@bc7","keys":{"auth":"secret"}}"#, "https://push.example/***c7");
    check(r#"{"endpoint":"https://push.example/a"}"#, "https://push.example/***");
    check(r#"{"endpoint":"a@b"}"#, "***\"}");
    check("https://hooks.example:8443/T0/secret?to=ana@example.com", "https://hooks.example:8443/***");
    check("endpoint:e-1:2:1:seal:https://hooks.example/T0/secret", "https://hooks.example/***");
    check("https://hooks.example?token=secret", "https://hooks.example/***");
    check("http://hooks.example#secret", "http://hooks.example/***");
    check("https://user:secret@hooks.example/a", "***/a");
    check("https://", "***//");
    for short in ["", "1", "12", "123", "1234", "ñañú"] {
        check(short, "***");
    }
}

#[test]
fn a_tenant_is_1_to_64_plain_characters() {
    for good in ["a", "A-b_9", &"t".repeat(64)] {
        assert_eq!(Tenant::parse(good).unwrap().to_string(), good);
    }
    for bad in ["", " ", "a b", "a/b", "ñ", "a\0", &"t".repeat(65)] {
        assert!(Tenant::parse(bad).is_none(), "{bad:?}");
    }
}
