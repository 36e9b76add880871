//! Signed mails, as a verifier that is not ours sees them (dkimpy): what is sent is valid, and what is changed on the way is
//! not.

use std::path::Path;

use crate::{Channels, Settings};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Outcome, Rendered};
use serde_json::{Value, json};
use testkit::Counterpart;

use crate::tests::smtp::{Server, plain};
use crate::tests::tools::{Delivery, channel};

/// A private key in PEM, and the TXT record of its other half.
struct Pair {
    pem: String,
    record: String,
}

fn rsa() -> Pair {
    let pair = testkit::keys::rsa();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let record = format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public.as_ref()));
    Pair { pem: testkit::keys::private_pem(&pair), record }
}

fn ed25519() -> Pair {
    let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(document.as_ref()));
    Pair { pem, record: format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(pair.public_key().as_ref())) }
}

/// The settings of a server, and the key in a file.
fn signing(mut settings: Settings, key: &Path) -> Settings {
    settings.smtp.dkim_selector = Some("s2026".into());
    settings.smtp.dkim_domain = Some("example.org".into());
    settings.smtp.dkim_private_key_file = Some(key.to_owned());
    settings
}

/// What the verifier says of these mails.
async fn verified(mails: &[String], record: &str) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<String> = mails.iter().map(|mail| STANDARD.encode(mail)).collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let records = json!({ "s2026._domainkey.example.org": record }).to_string();
    let arguments = ["tools/verify_dkim.py", file.path().to_str().unwrap(), &records];
    let mut verifier = Counterpart::start("venv/bin/python", &arguments);
    let mut found = Vec::new();
    for _ in mails {
        found.push(serde_json::from_str(&verifier.line().await).unwrap());
    }
    found
}

fn deliveries() -> Vec<Delivery> {
    let words = |text: &str, html: Option<&str>| Rendered {
        subject: Some("¡Hola, Ana! Your order 4711 is on its way, and will be there tomorrow morning".into()),
        text: text.into(),
        html: html.map(Into::into),
    };
    let of = || Delivery::new("n-1", "ana@example.org");
    let carried = json!({
        "cc": ["b@example.org"], "bcc": ["c@example.org"], "reply_to": ["help@example.org"],
        "headers": {"X-Order": "4711", "References": format!("<{}@example.org> <b@example.org>", "a".repeat(90))},
        "attachments": [{"filename": "número.pdf", "content_type": "application/pdf", "content": "aGk="}],
    });
    vec![
        of(),
        of().with(words("", None)),
        of().with(words(" \t\n\n  two  spaces \t\n.dot\n\n\n", None)),
        of().with(words("Café ☕", Some("<p>  Café  </p>\n\n"))),
        of().with(words(&"word ".repeat(1000), None)),
        of().mailing(carried),
        of().of_a_list(&format!("https://notify.example.org/unsubscribe/{}", "a".repeat(500))),
    ]
}

#[tokio::test]
async fn a_signed_mail_is_valid_and_a_changed_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for (name, pair) in [("rsa", rsa()), ("ed25519", ed25519())] {
        let key = folder.path().join(name);
        std::fs::write(&key, &pair.pem).unwrap();
        let mut server = Server::start(&[]).await;
        let email = channel("email", &signing(server.settings(|_| ()), &key));
        let mut mails = Vec::new();
        for delivery in deliveries() {
            let sent = delivery.send_by(&email).await;
            assert!(matches!(sent, Outcome::Sent { .. }), "{sent:?}");
            mails.push(server.mail().await["data"].as_str().unwrap().to_owned());
        }
        let found = verified(&mails, &pair.record).await;
        for (mail, found) in mails.iter().zip(&found) {
            assert_eq!(found["valid"], json!(true), "{name}: {found} {mail}");
            assert!(mail.starts_with("DKIM-Signature: v=1;") && mail.contains(&format!("a={name}-sha256;")), "{mail}");
            let signature = mail.split("\r\n").take_while(|line| !line.starts_with("From:"));
            assert!(signature.clone().all(|line| line.len() <= 78), "{mail}");
        }
        let signed = |at: usize| found[at]["signed"].as_array().unwrap().clone();
        assert!(["cc", "x-order", "references", "content-type"].iter().all(|name| signed(5).contains(&json!(name))));
        assert!(["list-unsubscribe", "list-unsubscribe-post"].iter().all(|name| signed(6).contains(&json!(name))));

        let (mail, of_a_list) = (&mails[0], &mails[6]);
        let changed = [
            mail.replacen("4711", "4712", 1),
            mail.replacen("To: ana@", "To: eva@", 1),
            format!("Cc: z@example.org\r\n{mail}"),
            format!("Subject: another\r\n{mail}"),
            of_a_list.replacen("List-Unsubscribe: <https://notify", "List-Unsubscribe: <https://evil", 1),
        ];
        for (mail, found) in changed.iter().zip(verified(&changed, &pair.record).await) {
            assert_eq!(found["valid"], json!(false), "{name}: {found} {mail}");
        }
        let folded = [mail.replacen("To: ana@", "To:\r\n   ana@", 1)];
        assert_eq!(verified(&folded, &pair.record).await[0]["valid"], json!(true), "as servers on the way do");
    }
}

#[test]
fn a_key_that_cannot_sign_is_told_at_the_start_with_all_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let told = |settings: &Settings| Channels::enable(settings).err().unwrap_or_default().join("\n");
    let right = signing(plain(25), &write("right.pem", &ed25519().pem));
    assert_eq!(told(&right), "");
    let p256 = testkit::keys::p256_private_pem(&testkit::keys::p256());
    for text in ["", "hidden", "-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----\n", &p256] {
        let told = told(&signing(plain(25), &write("wrong.pem", text)));
        assert!(told.starts_with("EMAIL_DKIM_PRIVATE_KEY_FILE ") && told.contains("must hold a private key"), "{told}");
        assert!(!told.contains("hidden"), "{told}");
    }
    assert!(told(&signing(plain(25), &folder.path().join("none"))).starts_with("EMAIL_DKIM_PRIVATE_KEY_FILE "));
    let mut half = plain(25);
    half.smtp.dkim_domain = Some("example.org".into());
    let all = told(&half);
    for missing in
        ["EMAIL_DKIM_SELECTOR is not set, but EMAIL_DKIM_DOMAIN is", "EMAIL_DKIM_PRIVATE_KEY_FILE is not set"]
    {
        assert!(all.contains(missing), "{all}");
    }
    let mut whole = right.clone();
    whole.smtp.dkim_selector = Some("s2026._domainkey.example.org".into());
    assert!(told(&whole).contains("EMAIL_DKIM_SELECTOR must be the selector alone, such as s2026"), "{}", told(&whole));
    (whole.smtp.dkim_selector, whole.smtp.dkim_domain) = (Some("s2026".into()), Some("_DomainKey.example.org".into()));
    assert!(told(&whole).contains("EMAIL_DKIM_DOMAIN must be the domain alone"), "{}", told(&whole));
    for wrong in ["", "a..b", "a b", "ñ", "x; d=evil.example", &"a".repeat(64)] {
        let mut settings = right.clone();
        (settings.smtp.dkim_selector, settings.smtp.dkim_domain) = (Some(wrong.into()), Some(wrong.into()));
        let told = told(&settings);
        for name in ["EMAIL_DKIM_SELECTOR must be a name of DNS", "EMAIL_DKIM_DOMAIN must be a name of DNS"] {
            assert!(told.contains(name), "{wrong}: {told}");
        }
    }
}
