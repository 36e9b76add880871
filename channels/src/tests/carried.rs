//! What goes with a mail beside its words, as a mail server takes it and a mail program shows it: copies, answers,
//! headers and files.

use domain::{Keyring, Labels, Outcome, Reason};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::tests::smtp::Server;
use crate::tests::tools::{Delivery, channel};
use crate::{Callback, Webhooks};

#[tokio::test]
async fn copies_answers_headers_and_files_arrive_as_they_were_given() {
    let mut server = Server::start(&[]).await;
    let email = channel("email", &server.settings(|smtp| smtp.reply_to = Some("help@example.org".into())));
    let mail = json!({
        "reply_to": ["orders@example.org", "ana.b@example.org"],
        "cc": ["b@münchen.de", "ANA@example.org"],
        "bcc": ["hidden@example.org"],
        "headers": {
            "X-Order": "4711 is on =?utf-8?q?its?= way",
            "References": format!("<{}@example.org> <{}@example.org>", "a".repeat(80), "b".repeat(80)),
        },
        "attachments": [{"filename": "a.bin", "content": "AAECAw0KDQo="}],
    });
    let sent = Delivery::new("n-1", "ana@example.org").mailing(mail.clone()).send_by(&email).await;
    assert!(matches!(sent, Outcome::Sent { .. }), "{sent:?}");
    let read = server.mail().await;
    assert_eq!(read["to"], json!(["ana@example.org", "b@xn--mnchen-3ya.de", "hidden@example.org"]));
    let headers = &read["headers"];
    assert_eq!(headers["reply-to"], "orders@example.org, ana.b@example.org", "instead of that of the settings");
    assert_eq!((&headers["to"], &headers["cc"]), (&json!("ana@example.org"), &json!("b@xn--mnchen-3ya.de")));
    assert_eq!(headers["references"], mail["headers"]["References"]);
    assert!(headers["x-order"].as_str().unwrap().starts_with("4711 is on "), "{headers}");
    assert!(!read["data"].as_str().unwrap().contains("hidden@"), "{read}");
    let text = |name: &str| read[name].as_str().unwrap().trim_end().replace("\r\n", "\n");
    assert_eq!(text("html"), "<p>Your code is <b>4711</b>.</p>");
    assert_eq!(text("text"), "Your code is 4711.\n.\n..dots");
    let file = json!({"filename": "a.bin", "content_type": "application/octet-stream", "content": "AAECAw0KDQo="});
    assert_eq!((&read["attachments"], &read["defects"]), (&json!([file]), &json!([])));
}

#[tokio::test]
async fn a_mail_of_a_list_has_a_link_to_leave_it_by_one_click() {
    let mut server = Server::start(&[]).await;
    let email = channel("email", &server.settings(|_| ()));
    let link = format!("https://notify.example.org/unsubscribe/default.email.news.{}", "0a".repeat(270));
    assert!(matches!(Delivery::new("n-1", "ana@example.org").send_by(&email).await, Outcome::Sent { .. }));
    let without = server.mail().await;
    let of_a_list = Delivery::new("n-2", "ana@example.org").of_a_list(&link);
    assert!(matches!(of_a_list.send_by(&email).await, Outcome::Sent { .. }));
    let read = server.mail().await;
    assert_eq!(read["headers"]["list-unsubscribe"], format!("<{link}>"));
    assert_eq!(read["headers"]["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    assert_eq!((&read["defects"], &without["headers"]["list-unsubscribe"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn a_mail_comes_back_to_an_address_and_with_a_header_that_name_its_attempt() {
    let mut server = Server::start(&[]).await;
    let mut settings = server.settings(|smtp| smtp.bounce_address = Some("bounces@example.com".into()));
    settings.labels = Some(Labels::new(&Keyring::new(testkit::SECRET.as_bytes(), None)));
    let id = "0191d5a0-5c1e-7cc3-9d2f-1f0f7a1c9b3e";
    let sent = Delivery::new(id, "ana@example.org").send_by(&channel("email", &settings)).await;
    let Outcome::Sent { provider_id, .. } = sent else { panic!("{sent:?}") };
    let read = server.mail().await;
    let (to, headers) = (read["from"].as_str().unwrap(), &read["headers"]);
    assert!(to.starts_with("bounces+") && to.ends_with("@example.com"), "{to}");
    assert_eq!(headers["from"], "Tienda Chasqui <avisos@example.org>", "people see the sender");
    assert_eq!(read["defects"], json!([]));

    let part = |label: &str| {
        format!(
            "To: {to}\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
             Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {}\n{label}\n--b--\n",
            headers["message-id"].as_str().unwrap()
        )
    };
    let label = format!("X-Chasqui-Label: {}", headers["x-chasqui-label"].as_str().unwrap());
    for report in [part(""), part(&label), part(&label).replace(to, "postmaster@example.com")] {
        let header_map = HeaderMap::new();
        let callback = Callback { target: "/bounce", headers: &header_map, body: report.as_bytes(), at: testkit::NOW };
        let reports = Webhooks::new(&settings).reports("smtp", &callback).unwrap().reports;
        let about = reports[0].about.as_ref().unwrap_or_else(|| panic!("{report}"));
        assert_eq!((about.key.id.as_str(), about.epoch, about.attempt), (id, 0, 1));
        assert_eq!(reports[0].provider_id, provider_id);
    }
    let copied = Delivery::new(id, "ana@example.org").mailing(json!({"bcc": ["hidden@example.org"]}));
    assert!(matches!(copied.send_by(&channel("email", &settings)).await, Outcome::Sent { .. }));
    let of_copies = server.mail().await;
    assert!(of_copies["from"].as_str().is_some_and(|from| from.starts_with("bounces+") && from != to), "{of_copies}");
    assert_eq!(of_copies["headers"]["x-chasqui-label"], Value::Null, "nothing shows the hidden copy");
    let plain = channel("email", &server.settings(|_| ()));
    assert!(matches!(Delivery::new(id, "ana@example.org").send_by(&plain).await, Outcome::Sent { .. }));
    let read = server.mail().await;
    assert_eq!((&read["from"], &read["headers"]["x-chasqui-label"]), (&json!("avisos@example.org"), &Value::Null));
}

#[tokio::test]
async fn a_file_keeps_its_name_its_type_and_every_byte() {
    let mut server = Server::start(&[]).await;
    let email = channel("email", &server.settings(|_| ()));
    let contents = ["aGVsbG8=", "/+7dzA==", "LgouLgouLi4K", "DQoNCg==", "SGVsbG8KV29ybGQN"];
    for (at, name) in [
        "invoice.pdf",
        "factura número 7.pdf",
        "請求書.pdf",
        "a \"quoted\" name.txt",
        "semi;colon=x, and (more).txt",
        "100%25 'sure'.txt",
        ".hidden",
        &"long name".repeat(25),
        &"ñ".repeat(120),
    ]
    .into_iter()
    .enumerate()
    {
        let content = contents[at % contents.len()];
        let kind = if at % 2 == 0 { "application/pdf" } else { "text/csv" };
        let file = json!({"filename": name, "content_type": kind, "content": content});
        let delivery = Delivery::new("n-1", "ana@example.org").mailing(json!({ "attachments": [file] }));
        let sent = delivery.send_by(&email).await;
        assert!(matches!(sent, Outcome::Sent { .. }), "{name}: {sent:?}");
        let read = server.mail().await;
        assert_eq!((&read["attachments"], &read["defects"]), (&json!([file]), &json!([])), "{}", read["data"]);
        let lines = read["data"].as_str().unwrap().split("\r\n");
        assert!(lines.clone().all(|line| line.is_ascii() && line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}

#[tokio::test]
async fn a_copy_that_is_refused_is_a_refusal_of_the_whole_mail() {
    let mut server = Server::start(&[]).await;
    let email = channel("email", &server.settings(|_| ()));
    let with_copy = |copy: &str| Delivery::new("n-1", "ana@example.org").mailing(json!({ "bcc": [copy] }));
    let refused = with_copy("rcpt-550@example.org").send_by(&email).await;
    let Outcome::Permanent { reason: Reason::Permanent, failure } = refused else { panic!("{refused:?}") };
    assert!(failure.detail.starts_with("naming a recipient of cc or bcc"), "{}", failure.detail);
    let later = with_copy("rcpt-450@example.org").send_by(&email).await;
    assert!(matches!(later, Outcome::Retriable { alarm: false, maybe_sent: false, .. }), "{later:?}");
    let sent = with_copy("b@example.org").send_by(&email).await;
    assert!(matches!(sent, Outcome::Sent { .. }), "{sent:?}");
    assert_eq!(server.mail().await["to"], json!(["ana@example.org", "b@example.org"]), "nothing went out before");
}

#[tokio::test]
async fn what_the_medium_refuses_reaches_no_server() {
    let email = channel("email", &crate::tests::smtp::plain(testkit::nobody().port()));
    for wrong in [
        json!({"headers": {"Bcc": "z@example.org"}}),
        json!({"headers": {"X-A": "a\r\nBcc: z@example.org"}}),
        json!({"cc": ["a@example.org\r\nRCPT TO:<z@example.org>"]}),
        json!({"attachments": [{"filename": "a\r\nX-A: b", "content": "AA=="}]}),
        json!({"attachments": [{"filename": "a", "content_type": "text/plain\r\nX-A: b", "content": "AA=="}]}),
    ] {
        let refused = Delivery::new("n-1", "ana@example.org").mailing(wrong.clone()).send_by(&email).await;
        assert!(matches!(refused, Outcome::Permanent { .. }), "{wrong}: {refused:?}");
    }
    let nothing: Value = json!({});
    let tried = Delivery::new("n-1", "ana@example.org").mailing(nothing).send_by(&email).await;
    assert!(matches!(tried, Outcome::Retriable { .. }), "{tried:?}");
}
