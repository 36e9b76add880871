//! Signatures as Twilio's own SDKs make them, and what each kind of request says.

use domain::{Keyring, Labels};
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use testkit::{NOW, fuzz_cases, key};

use super::*;
use crate::tests::odd;

const URL: &str = "https://n.example.org";
const PATH: &str = "/webhook/twilio?tenant=default&id=n-1&epoch=0&attempt=1&mac=00112233445566778899aabbccddeeff";
const DELIVERED: &str = "MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=delivered&To=%2B14155550100&\
                         From=%2B14155550101&AccountSid=AC00000000000000000000000000000000&ApiVersion=2010-04-01";

/// Whether a request is believed for the token `12345` and one shared key. The signatures of this file are those of
/// npm's twilio 6.3.1 (`getExpectedTwilioSignature`), or published with it.
fn check(url: &str, path: &str, body: &str, headers: &[(&'static str, &str)]) -> Result<(), Refused> {
    let twilio = crate::twilio::Settings {
        auth_token: Some("12345".into()),
        webhook_keys: Some("webhooks_sharedkey_1=67890, webhooks_sharedkey_2=12345".into()),
        ..Default::default()
    };
    let settings = Settings { twilio, public_url: Some(url.into()), ..crate::settings::of_tests() };
    let headers = headers
        .iter()
        .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header")));
    let headers: HeaderMap = headers.collect();
    verify(&settings, &Callback { target: path, headers: &headers, body: body.as_bytes(), at: NOW })
}

fn signed(url: &str, path: &str, body: &str, signature: &str) -> Result<(), Refused> {
    check(url, path, body, &[("x-twilio-signature", signature)])
}

#[test]
fn what_the_sdks_sign_is_believed() {
    let call = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
    let (host, page) = ("https://mycompany.com", "/myapp.php?foo=1&bar=2");
    for (url, path, body, signature) in [
        (host, page, call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (host, page, call, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("https://mycompany.com:443", page, call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com", page, call, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (host, "/myapp.php?foo=1&bar=2&Body=It's+amazing", call, "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
        (URL, PATH, DELIVERED, "v8iv/6LRgE6AfhJEJZG3tjAdNBw="),
        (URL, PATH, DELIVERED, "T3wQpb0PLu/KG84P4xNWl0MtTMI="),
        ("https://n.example.org:443", PATH, DELIVERED, "T3wQpb0PLu/KG84P4xNWl0MtTMI="),
        (URL, "/webhook/twilio?Body=It's+amazing", DELIVERED, "1gLRoJsU/HQK6/4pnb9DyYBCe/s="),
        (URL, "/webhook/twilio?Body=It's+amazing", DELIVERED, "2qXuaBzV6eL0oo9GP/wnEcvrJuo="),
        (URL, "/webhook/twilio?Body=It's+amazing", DELIVERED, "S6e8jtQ77FPd8WwLYo86IqOCeSc="),
        (
            URL,
            "/webhook/twilio",
            "X=b&From=%2B14155550100&Body=%C2%A1Hola%2C+Ana%21+%F0%9F%8E%89+%26+m%C3%A1s&X=a&X=a",
            "gamB+r6n4hPaCcc3QyQ3yAjwKfg=",
        ),
    ] {
        assert_eq!(signed(url, path, body, signature), Ok(()), "{url}{path}");
    }
}

#[test]
fn a_shared_key_signs_with_another_hash_and_is_never_replaced_by_the_token() {
    let (signature, settings) = ("x-twilio-signature", "x-twilio-webhooks-signature-settings");
    let sha256 = "ybDUnxxZ4r3PsmrGq/vgxbEANCxMCmXDG7V2Q6qgKrw=";
    let with = |value: &str, signed: &str| check(URL, PATH, DELIVERED, &[(settings, value), (signature, signed)]);
    assert_eq!(with("key=webhooks_sharedkey_2,algorithm=HMAC_SHA256", sha256), Ok(()));
    assert_eq!(with("algorithm=hmac_sha256, key=webhooks_sharedkey_2", sha256), Ok(()));
    assert_eq!(with("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", sha256), Err(Refused::Forged));
    let unknown = Err(Refused::UnknownKey(super::super::settings::WEBHOOK_KEYS.name));
    assert_eq!(with("key=webhooks_sharedkey_3,algorithm=HMAC_SHA256", "v8iv/6LRgE6AfhJEJZG3tjAdNBw="), unknown);
    for odd in ["key=webhooks_sharedkey_2,algorithm=HMAC_MD5", "key=webhooks_sharedkey_2", "algorithm=HMAC_SHA256", "x"]
    {
        assert_eq!(with(odd, sha256), Err(Refused::Forged), "{odd}");
    }
}

#[test]
fn a_body_of_json_is_believed_by_its_hash() {
    let body = r#"{"MessageSid":"SM1","MessageStatus":"read"}"#;
    let path = "/webhook/twilio?bodySHA256=de1b0425eeccc1b08b04e5a09f5aa80a8bd5fbb1871ce575f834abf23a48da5b";
    let signature = "Vtpowi/dr1yHfQicq9TzzRb0NdY=";
    assert_eq!(signed(URL, path, body, signature), Ok(()));
    assert_eq!(signed(URL, path, &body.replace("read", "sent"), signature), Err(Refused::Forged));
    assert_eq!(signed(URL, "/webhook/twilio", body, signature), Err(Refused::Forged));
    let published =
        "/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let body = r#"{"property": "value", "boolean": true}"#;
    assert_eq!(signed("https://mycompany.com", published, body, "a9nBmqA0ju/hNViExpshrM61xv4="), Ok(()));
}

#[test]
fn a_signature_of_another_url_body_or_token_is_refused() {
    let signature = "v8iv/6LRgE6AfhJEJZG3tjAdNBw=";
    let (other, failed) = (PATH.replace("n-1", "n-2"), DELIVERED.replace("delivered", "failed"));
    let more = format!("{DELIVERED}&ErrorCode=30003");
    for (url, path, body, signature) in [
        ("https://other.example.org", PATH, DELIVERED, signature),
        ("http://n.example.org", PATH, DELIVERED, signature),
        (URL, other.as_str(), DELIVERED, signature),
        (URL, PATH, failed.as_str(), signature),
        (URL, PATH, more.as_str(), signature),
        (URL, PATH, DELIVERED, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL, PATH, DELIVERED, "not base64"),
        (URL, PATH, DELIVERED, "v8iv"),
    ] {
        assert_eq!(signed(url, path, body, signature), Err(Refused::Forged), "{url}{path} {signature}");
    }
    assert_eq!(check(URL, PATH, DELIVERED, &[]), Err(Refused::Unsigned));
}

/// What a form or an object says, with the query that comes with it.
fn said(query: &str, body: &str) -> Report {
    let (headers, target) = (HeaderMap::new(), format!("/webhook/twilio?{query}"));
    let callback = Callback { target: &target, headers: &headers, body: body.as_bytes(), at: NOW };
    let settings = Settings { labels: Some(labels()), ..crate::settings::of_tests() };
    reports(&settings, &callback).expect("it is readable").pop().expect("it says something")
}

fn labels() -> Labels {
    Labels::new(&Keyring::new(testkit::SECRET.as_bytes(), None))
}

#[test]
fn a_status_is_a_report_about_the_attempt_that_its_url_names() {
    let label = Label { key: key("n-1"), epoch: 1, attempt: 2 };
    let query = format!("tenant=default&id=n-1&epoch=1&attempt=2&mac={}", labels().sign(&label));
    let failed = |retriable, alarm| Reported::FailedLater { retriable, alarm };
    for (status, code, expected) in [
        ("queued", "", Reported::Accepted),
        ("sent", "", Reported::Accepted),
        ("delivered", "", Reported::Delivered),
        ("DELIVERED", "0", Reported::Delivered),
        ("read", "", Reported::Read),
        ("undelivered", "30003", failed(true, false)),
        ("undelivered", "30005", failed(false, false)),
        ("failed", "30034", failed(true, true)),
        ("failed", "", failed(false, false)),
        ("canceled", "", failed(false, false)),
    ] {
        let report = said(&query, &format!("MessageSid=SM1&MessageStatus={status}&ErrorCode={code}&To=%2B14155550100"));
        assert_eq!(report.said, expected, "{status} {code}");
        assert_eq!((report.about, report.provider_id.as_deref()), (Some(label.clone()), Some("SM1")));
        assert_eq!(report.event_id, format!("SM1/{}", status.to_lowercase()));
        assert_eq!(report.recipient.as_deref(), Some("+14155550100"));
    }
    let json = said(&query, r#"{"MessageSid":"SM1","MessageStatus":"undelivered","ErrorCode":30003,"x":[1]}"#);
    assert_eq!((json.said, json.code.as_deref()), (failed(true, false), Some("30003")));
}

#[test]
fn a_url_that_is_not_ours_names_no_attempt() {
    for query in ["", "tenant=default&id=n-1&epoch=0&attempt=1&mac=00112233445566778899aabbccddeeff"] {
        assert_eq!(said(query, "MessageSid=SM1&MessageStatus=delivered").about, None, "{query}");
    }
}

#[test]
fn what_a_person_writes_is_a_reply_and_a_button_is_one() {
    let from = "MessageSid=SM2&SmsStatus=received&From=whatsapp%3A%2B14155550100&To=whatsapp%3A%2B14155550101";
    let report = said("", &format!("{from}&Body=Hola%21&NumMedia=1&MediaUrl0=https%3A%2F%2Fa.example%2F1"));
    let Reported::Reply { from: by, text, media, keyword } = report.said else { panic!("it is no reply") };
    assert_eq!((by.as_str(), text.as_str(), keyword), ("whatsapp:+14155550100", "Hola!", None));
    assert_eq!(media, ["https://a.example/1"]);
    assert_eq!((report.about, report.event_id.as_str()), (None, "SM2/received"));

    for (words, expected) in [
        ("Body=+BAJA+", Some(Keyword::Stop)),
        ("Body=start", Some(Keyword::Start)),
        ("Body=adi%C3%B3s&OptOutType=STOP", Some(Keyword::Stop)),
        ("Body=stop+texting+me", None),
        ("Body=", None),
    ] {
        let said = said("", &format!("{from}&{words}")).said;
        assert!(matches!(said, Reported::Reply { keyword, .. } if keyword == expected), "{words}: {said:?}");
    }
    let pressed = said("", &format!("{from}&Body=S%C3%AD&ButtonPayload=yes-1&OriginalRepliedMessageSid=SM1"));
    assert_eq!(pressed.said, Reported::Button { payload: "yes-1".into(), by: "whatsapp:+14155550100".into() });
    assert_eq!(pressed.provider_id.as_deref(), Some("SM1"));
}

#[test]
fn what_is_not_understood_is_no_report_and_what_has_no_id_is_unreadable() {
    let settings = crate::settings::of_tests();
    let headers = HeaderMap::new();
    let read = |body: &[u8]| reports(&settings, &Callback { target: "/", headers: &headers, body, at: NOW });
    assert_eq!(read(b"MessageSid=SM1&MessageStatus=unheard-of"), Ok(Vec::new()));
    for nobody in ["MessageSid=SM1", "MessageSid=SM1&SmsStatus=received", "MessageSid=SM1&From=a%0Ab&Body=STOP"] {
        assert!(read(nobody.as_bytes()).is_err_and(|why| why.0.contains("From")), "{nobody}");
    }
    for body in [&b""[..], b"x", b"{", b"{}", b"MessageSid=", b"MessageSid=a%0Ab", &odd::too_long()[..]] {
        assert!(read(body).is_err(), "{:?}", body.get(..9));
    }
}

#[test]
fn a_quoted_error_holds_no_number() {
    let said = said("", "MessageSid=SM1&MessageStatus=failed&To=%2B14155550100&ErrorMessage=no+%2B14155550100+here");
    assert!(!said.detail.contains("4155550100") && said.detail.contains("here"), "{}", said.detail);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(10_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_request_of_twilio_makes_the_reader_panic(body in odd::bodies(vec![
        DELIVERED.into(),
        br#"{"MessageSid":"SM1","MessageStatus":"failed","ErrorCode":30003}"#.to_vec(),
        b"MessageSid=SM2&From=%2B1&To=%2B2&Body=stop&MediaUrl0=https%3A%2F%2Fa&ButtonPayload=x".to_vec(),
    ])) {
        let settings = Settings { labels: Some(labels()), public_url: Some(URL.into()), ..crate::settings::of_tests() };
        odd::bounded("twilio", &settings, &body);
    }

    #[test]
    fn no_url_makes_the_signature_panic(url in "\\PC{0,24}", path in "[/?#=&%'+a-z0-9:@\\[\\]]{0,24}", body in ".{0,24}") {
        prop_assert!(signed(&url, &path, &body, "v8iv/6LRgE6AfhJEJZG3tjAdNBw=").is_err());
    }
}
