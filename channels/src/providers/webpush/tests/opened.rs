//! What browsers read: by the receiving side of RFC 8291, written here from the RFC, and by libraries that are not ours.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{UnparsedPublicKey, agree};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use testkit::Counterpart;

use super::*;

/// HKDF of RFC 5869 for outputs that are no longer than a hash, by HMAC alone.
fn hkdf(salt: &[u8], secret: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let hmac = |key: &[u8], text: &[u8]| sign(&Key::new(HMAC_SHA256, key), text).as_ref().to_vec();
    let derived = hmac(&hmac(salt, secret), &[info, &[1]].concat());
    derived[..length].to_vec()
}

/// What the vector's browser reads.
fn opened(body: &[u8]) -> Value {
    let (salt, rest) = body.split_at(16);
    let (size, rest) = rest.split_at(4);
    let record_size = u32::from_be_bytes(size.try_into().unwrap());
    let (server_key, record) = rest[1..].split_at(rest[0].into());
    assert!(record.len() <= record_size as usize, "one record");
    let browser = PrivateKey::from_private_key(&ECDH_P256, &bytes(vector::BROWSER_KEY)).unwrap();
    let info = [b"WebPush: info\0".as_slice(), &bytes(vector::P256DH), server_key].concat();
    let shared = agree(&browser, UnparsedPublicKey::new(&ECDH_P256, server_key), (), |shared| Ok(shared.to_vec()));
    let secret = hkdf(&bytes(vector::AUTH), &shared.unwrap(), &info, 32);
    let key = hkdf(salt, &secret, b"Content-Encoding: aes128gcm\0", 16);
    let nonce: [u8; 12] = hkdf(salt, &secret, b"Content-Encoding: nonce\0", 12).try_into().unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
    let mut record = record.to_vec();
    let content = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record).unwrap();
    let padding = content.iter().rposition(|byte| *byte != 0).unwrap();
    assert_eq!(content[padding], 2, "the last record");
    serde_json::from_slice(&content[..padding]).unwrap_or_else(|_| String::from_utf8_lossy(&content[..padding]).into())
}

#[test]
fn this_reader_reads_what_rfc_8291_shows() {
    assert_eq!(opened(&bytes(vector::SEALED)), vector::MESSAGE);
}

#[tokio::test]
async fn the_browser_reads_the_words_the_data_and_a_tag_that_replaces_a_second_copy() {
    let settings = over_http("");
    let (one, other) = (pushed(&settings, None, Lane::Normal).await, pushed(&settings, Some(60), Lane::Bulk).await);
    let tag = one.header("topic");
    let expected = json!({ "title": "Hola", "body": "Your code", "tag": tag, "data": { "order": 7 } });
    assert_eq!(opened(&one.request.body), expected);
    assert_eq!(opened(&other.request.body), expected);
}

#[tokio::test]
async fn independent_libraries_read_every_push_up_to_the_largest_and_check_who_sent_it() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(201)).mount(&server).await;
    let (push, data) = (channel("webpush", &over_http("")), Map::new());
    let (key, destination) = (key("n-1"), subscription(&server.uri()));
    // A payload beside the text: {"body":"","tag":"…"}.
    let largest = "x".repeat(3993 - 20 - 32);
    for text in ["", "Hola", "¿Qué \"tal\"?\n🎉", &largest] {
        let rendered = Rendered { subject: None, text: text.into(), html: None };
        let outcome = push.send(&outgoing(&key, &destination, &rendered, &data, None)).await;
        assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.last().unwrap().body.len(), 4096, "the largest that every push service takes");
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = |request: &Request| {
        let [header, body] = [request.headers["authorization"].as_bytes(), &request.body];
        format!("{} {}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body))
    };
    let lines: Vec<String> = requests.iter().map(line).collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let arguments = ["tools/read_pushes.py", vector::BROWSER_KEY, vector::AUTH, file.path().to_str().unwrap()];
    let mut reader = Counterpart::start("venv/bin/python", &arguments);
    for text in ["", "Hola", "¿Qué \"tal\"?\n🎉", &largest] {
        let read: Value = serde_json::from_str(&reader.line().await).unwrap();
        assert_eq!(read["read"]["body"], text);
        let sender = json!({ "aud": server.uri(), "exp": 1_043_200, "sub": "mailto:push@example.org" });
        assert_eq!(read["claims"], sender);
    }
}
