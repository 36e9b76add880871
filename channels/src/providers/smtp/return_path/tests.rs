//! Which attempts a return path names, and whom it believes.

use std::time::Duration;

use domain::{Key, Keyring, Rendered, Tenant};
use proptest::prelude::*;
use serde_json::Map;
use testkit::fuzz_cases;

use super::*;
use crate::tests::tools::outgoing;

fn labels() -> Labels {
    Labels::new(&Keyring::new(b"0123456789abcdefghijklmnopqrstuv", None))
}

fn return_path(address: &str) -> Result<Option<ReturnPath>, String> {
    let mut settings = crate::Settings::unset(Duration::from_secs(10));
    settings.smtp.bounce_address = Some(address.to_owned());
    settings.labels = Some(labels());
    ReturnPath::of(&settings)
}

fn right() -> ReturnPath {
    return_path("bounces@example.com").unwrap().unwrap()
}

fn key(tenant: &str, id: &str) -> Key {
    Key { tenant: Tenant::parse(tenant).unwrap(), id: id.to_owned() }
}

/// The address and the header of an attempt, which is empty where there is none.
fn written(key: &Key, has_copies: bool) -> (String, String) {
    let (rendered, data) = (Rendered { subject: None, text: "Hi".into(), html: None }, Map::new());
    let outgoing = outgoing(key, "ana@example.org", &rendered, &data, None);
    let path = right();
    (path.address(&outgoing, has_copies).to_string(), path.header(&outgoing, has_copies).unwrap_or_default())
}

#[test]
fn an_address_names_the_attempt_whatever_case_it_comes_back_in() {
    for (tenant, id) in [
        ("default", "0191d5a0-5c1e-7cc3-9d2f-1f0f7a1c9b3e"),
        ("default", "order-7/ñ"),
        ("default", "0191D5A0-5C1E"),
        ("acme", "0191d5a0-5c1e-7cc3-9d2f-1f0f7a1c9b3e"),
        ("acme", "n-1"),
    ] {
        let key = key(tenant, id);
        for has_copies in [false, true] {
            let (address, header) = written(&key, has_copies);
            let (local, _) = address.split_once('@').unwrap();
            assert!(local.len() <= 64 && local.starts_with("bounces+"), "{address}");
            let expected = Labelled { label: Label { key: key.clone(), epoch: 0, attempt: 1 }, has_copies };
            for text in [address.clone(), format!("Postmaster <{}>", address.to_uppercase()), format!("a@b, {address}")]
            {
                assert_eq!(of_addresses(&labels(), &text), Some(expected.clone()), "{text}");
            }
            let by_header = Some(expected).filter(|_| !has_copies);
            assert_eq!(of_header(&labels(), &header), by_header, "{header}");
            let folded = header.replace('&', "\n &");
            assert_eq!(of_header(&labels(), &folded), by_header, "{folded}");
        }
    }
}

#[test]
fn an_attempt_that_does_not_fit_into_an_address_is_named_by_the_header_alone() {
    for key in [key("default", &"x".repeat(40)), key("a-tenant-of-a-long-name", "0191d5a0-5c1e-7cc3-9d2f-1f0f7a1c9b3e")]
    {
        let (address, header) = written(&key, false);
        assert_eq!(address, "bounces@example.com");
        assert_eq!(of_header(&labels(), &header).map(|found| found.label.key), Some(key));
    }
}

#[test]
fn a_label_that_we_did_not_sign_is_none() {
    let (address, header) = written(&key("default", "n-1"), false);
    let other = Labels::new(&Keyring::new(b"vutsrqponmlkjihgfedcba9876543210", None));
    assert_eq!(of_addresses(&other, &address), None);
    assert_eq!(of_header(&other, &header), None);
    let label = address.split(['+', '@']).nth(1).unwrap();
    for at in 0..label.len() {
        let mut altered = label.to_owned().into_bytes();
        altered[at] = if altered[at] == b'a' { b'b' } else { b'a' };
        let altered = String::from_utf8(altered).unwrap();
        // The last bits of the last digit are no part of the label.
        let found = of_addresses(&labels(), &format!("bounces+{altered}@example.com"));
        assert!(at + 1 == label.len() || found.is_none(), "{altered}");
    }
    for odd in ["", "@", "bounces@example.com", "bounces+@example.com", "+a@b", &"a".repeat(100), "ñ@ñ", "@@@@"] {
        assert_eq!(of_addresses(&labels(), odd), None, "{odd}");
    }
}

#[test]
fn whoever_reads_a_mail_cannot_tell_whether_it_has_a_hidden_copy() {
    let key = key("default", "n-1");
    let ((plain, _), (copied, header)) = (written(&key, false), written(&key, true));
    assert_eq!(header, "", "the header would say so to everybody");
    // Both are one byte of signs, the epoch, the attempt, a signature and the id.
    let label = |address: &str| address.split(['+', '@']).nth(1).unwrap().to_owned();
    let (plain, copied) = (label(&plain), label(&copied));
    assert_eq!((plain.len(), &plain[..4]), (copied.len(), &copied[..4]), "they differ in the signature alone");
    assert_ne!(plain, copied);
}

#[test]
fn a_wrong_bounce_address_is_told_by_its_name() {
    for wrong in ["bounces", "Bounces <bounces@example.com>", "a..b@example.com", "bounces@localhost"] {
        let told = return_path(wrong).err().unwrap_or_else(|| panic!("{wrong} is refused"));
        assert!(told.starts_with("EMAIL_BOUNCE_ADDRESS must"), "{told}");
    }
    assert!(ReturnPath::of(&crate::settings::of_tests()).is_ok_and(|none| none.is_none()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(10_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_address_and_no_header_makes_the_reader_panic_or_is_believed(text in "[a-z2-7+@&=.%ñ\\n]{0,80}") {
        prop_assert_eq!(of_addresses(&labels(), &text), None);
        prop_assert_eq!(of_header(&labels(), &text), None);
    }

    #[test]
    fn every_id_that_fits_comes_back(id in "\\PC{1,30}", tenant in "[a-zA-Z0-9_-]{1,12}") {
        let key = key(&tenant, &id);
        let (address, header) = written(&key, false);
        let expected = Some(key.clone()).filter(|_| !id.chars().any(domain::is_unsafe_in_a_line));
        let in_address = of_addresses(&labels(), &address).map(|found| found.label.key);
        prop_assert!(in_address.is_none() && !address.contains('+') || in_address == expected, "{}", address);
        prop_assert_eq!(of_header(&labels(), &header).map(|found| found.label.key), expected);
    }
}
