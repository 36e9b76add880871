//! Copies, answers, headers and files: what may go with a mail, and with which words the rest is refused.

use serde_json::json;

use super::super::attachments::Content;
use super::*;

fn told(fields: &Value) -> Vec<String> {
    faults(fields.as_object()).iter().map(ToString::to_string).collect()
}

/// One header with this name and value.
fn header(name: &str, value: Value) -> Vec<String> {
    told(&json!({"headers": { name: value }}))
}

fn file(fields: Value) -> Vec<String> {
    let mut file = json!({"filename": "a.txt", "content": "aGk="});
    file.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    told(&json!({ "attachments": [file] }))
}

#[test]
fn copies_and_answers_go_to_bare_addresses_as_the_destination_does() {
    let fields =
        json!({"reply_to": ["help@example.org"], "cc": ["b@münchen.de", "ANA@example.org"], "bcc": ["c@example.org"]});
    assert_eq!(told(&fields), [""; 0]);
    let mail = Mail::to(&parse("ana@example.org").unwrap(), fields.as_object());
    let texts = |list: &[Address]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&mail.reply_to), ["help@example.org"]);
    assert_eq!(texts(&mail.cc), ["b@xn--mnchen-3ya.de"], "who gets the mail needs no copy");
    assert_eq!(texts(&mail.bcc), ["c@example.org"]);

    for name in ["reply_to", "cc", "bcc"] {
        let written = json!([
            "Ana <ana@example.org>",
            7,
            "a@example.org,b@example.org",
            "a@x.org\r\nBcc: b@x.org",
            "ok@example.org",
        ]);
        let wrong = json!({ name: written });
        let must = [
            "must be a bare address such as ana@example.org, without a name, quotes or spaces",
            "must be an email address, as a text",
            "must be one address: send one item per recipient",
            "must not contain the control character U+000D",
        ];
        let expected: Vec<String> = must.iter().enumerate().map(|(at, must)| format!("{name}/{at} {must}")).collect();
        assert_eq!(told(&wrong), expected);
    }
}

#[test]
fn a_mail_has_at_most_fifty_recipients_and_each_of_them_once() {
    let many = |from: usize, to: usize| (from..to).map(|n| format!("a{n}@example.org")).collect::<Vec<_>>();
    assert_eq!(told(&json!({"cc": many(0, 20), "bcc": many(20, 49)})), [""; 0]);
    let why = "bcc makes 51 recipients with cc and the destination, a mail takes 50";
    assert_eq!(told(&json!({"cc": many(0, 20), "bcc": many(20, 50)})), [why]);
    assert_eq!(told(&json!({"cc": many(0, 50)})), ["cc has 50 addresses, a mail takes 49"]);
    assert_eq!(told(&json!({"reply_to": many(0, 11)})), ["reply_to has 11 addresses, a mail takes 10"]);
    let twice = json!({"cc": ["a@example.org", "A@example.org"], "bcc": ["b@example.org", "a@example.org"]});
    let why = "is there already: each address stands once in cc and bcc";
    assert_eq!(told(&twice), [format!("cc/1 {why}"), format!("bcc/1 {why}")]);
}

#[test]
fn a_mail_of_a_list_goes_to_one_recipient() {
    assert_eq!(told(&json!({"list": "news", "reply_to": ["a@example.org"]})), [""; 0]);
    let why = "list cannot stand beside cc or bcc: the link to leave is of one recipient";
    for copies in ["cc", "bcc"] {
        assert_eq!(told(&json!({"list": "news", copies: ["a@example.org"]})), [why]);
    }
}

#[test]
fn headers_of_ones_own_and_those_for_readers_may_be_set() {
    for name in ["X-Order", "x-a", "X-Trace-Id", "References", "in-reply-to", "Feedback-ID", "List-ID", "importance"] {
        assert_eq!(header(name, json!("<4711@example.org> two")), [""; 0], "{name}");
    }
    assert_eq!(header("X-A", json!("x".repeat(900))), [""; 0]);
    assert_eq!(header(&format!("X-{}", "a".repeat(62)), json!("x")), [""; 0]);
}

#[test]
fn no_header_replaces_or_adds_one_of_ours_or_commands_a_mail_service() {
    for name in [
        "From",
        "Sender",
        "Return-Path",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Auto-Submitted",
        "DKIM-Signature",
        "Received",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Content-Transfer-Encoding",
        "Resent-To",
        "Errors-To",
        "Disposition-Notification-To",
        "X",
        "X-",
        "XY",
        "",
        " X-A",
        "X-A ",
        "X A",
        "X-A:b",
        "X-A\r\nBcc",
        "X-ñ",
        "X-a_b",
    ] {
        let found = header(name, json!("x"));
        assert!(
            matches!(found.as_slice(), [one] if one.contains("is no header that may be set")),
            "{name:?}: {found:?}"
        );
    }
    for (name, field) in
        [("To", "destination"), ("CC", "cc"), ("Bcc", "bcc"), ("subject", "subject"), ("Reply-To", "reply_to")]
    {
        let why = format!("headers/{name} is the field {field} of the notification: give it beside headers");
        assert_eq!(header(name, json!("x")), [why]);
    }
    for name in ["X-SMTPAPI", "x-smtpapi", "X-SES-Source-ARN", "X-MC-Template", "X-Mailgun-Drop-Message", "X-MSYS-API"]
    {
        assert_eq!(header(name, json!("x")), [format!("headers/{name} is a command to a mail service: leave it out")]);
    }
    let own = "headers/X-Chasqui-Label is one of ours, which names the attempt: leave it out";
    assert_eq!(header("X-Chasqui-Label", json!("x")), [own]);
    let near = header("Refrences", json!("x"));
    assert!(near[0].ends_with("did you mean References?"), "{near:?}");
}

#[test]
fn the_value_of_a_header_is_one_line_of_printable_ascii() {
    let must = "must be one line of printable ASCII, single spaces between its words, at most 900 bytes";
    for value in ["", " ", "a  b", " a", "a ", "a\r\nBcc: b@example.org", "a\nb", "a\tb", "ñ", "a\0", &"x".repeat(901)]
    {
        assert_eq!(header("X-A", json!(value)), [format!("headers/X-A {must}")], "{value:?}");
    }
    assert_eq!(header("X-A", json!(7)), ["headers/X-A must be a text"]);
    let twice = told(&json!({"headers": {"X-A": "1", "x-a": "2"}}));
    assert!(matches!(twice.as_slice(), [one] if one.ends_with("is there already, in another case")), "{twice:?}");
    let many: Map<String, Value> = (0..21).map(|n| (format!("X-{n}"), json!("x"))).collect();
    assert_eq!(told(&json!({ "headers": many })), ["headers has 21 headers, a mail takes 20"]);
}

#[test]
fn a_file_has_a_name_a_type_and_its_bytes() {
    let fields = json!({"attachments": [
        {"filename": "número \"7\".pdf", "content_type": "application/pdf", "content": "aGk="},
        {"filename": "a", "content": "AA==", "url": null},
        {"filename": "b", "url": "https://files.example.org/b?signature=x"},
    ]});
    assert_eq!(told(&fields), [""; 0]);
    let mail = Mail::to(&parse("ana@example.org").unwrap(), fields.as_object());
    let read: Vec<_> = mail.attachments.iter().map(|file| (file.filename, file.content_type, file.content)).collect();
    let bytes = "application/octet-stream";
    let expected = [
        (Some("número \"7\".pdf"), "application/pdf", Content::Base64("aGk=")),
        (Some("a"), bytes, Content::Base64("AA==")),
        (Some("b"), bytes, Content::Url("https://files.example.org/b?signature=x")),
    ];
    assert_eq!(read, expected);
    assert_eq!(file(json!({"content_type": null})), [""; 0]);
}

#[test]
fn a_file_that_is_stored_here_is_named_by_its_object() {
    let (picture, paper) = ("0123456789abcdef0123456789abcdef.png", "0123456789abcdef0123456789abcdef.pdf");
    let fields = json!({"attachments": [
        {"file": paper}, {"file": paper, "name": "factura nº 7.pdf"}, {"file": picture, "inline": true},
        {"file": picture, "name": "logo.png", "inline": true},
        {"filename": "logo.png", "content_type": "image/png", "content": "AA==", "inline": true},
    ]});
    assert_eq!(told(&fields), [""; 0]);
    let mail = Mail::to(&parse("ana@example.org").unwrap(), fields.as_object());
    let read: Vec<_> = mail.attachments.iter().map(|file| (file.filename, file.content_id, file.content)).collect();
    let expected = [
        (None, None, Content::Stored(paper)),
        (Some("factura nº 7.pdf"), None, Content::Stored(paper)),
        (None, Some(picture), Content::Stored(picture)),
        (Some("logo.png"), Some("logo.png"), Content::Stored(picture)),
        (Some("logo.png"), Some("logo.png"), Content::Base64("AA==")),
    ];
    assert_eq!(read, expected);
    let one = |file: Value| told(&json!({ "attachments": [file] }));
    assert_eq!(
        one(json!({"file": "a.pdf"})),
        ["attachments/0/file must be an object_name that POST /v1/files/upload has answered"]
    );
    assert_eq!(
        one(json!({"file": paper, "name": "../x"})),
        ["attachments/0/name must be the name of a file, without a path, at most 255 bytes"]
    );
    assert_eq!(
        one(json!({"file": paper, "inline": true})),
        ["attachments/0/inline is for pictures alone: png and jpg"]
    );
    assert_eq!(one(json!({"file": picture, "inline": "yes"})), ["attachments/0/inline must be true or false"]);
    let spaced = one(json!({"file": picture, "name": "a b.png", "inline": true}));
    assert!(matches!(spaced.as_slice(), [told] if told.starts_with("attachments/0/inline needs a name")), "{spaced:?}");
    assert_eq!(
        one(json!({"file": paper, "filename": "a.pdf"})),
        ["attachments/0/filename cannot stand beside file, which says all of it: name is what it is called"]
    );
    assert_eq!(
        one(json!({"file": paper, "nmae": "a.pdf"})),
        ["attachments/0/nmae is no field of a file that is stored; known are file, name, inline"]
    );
}

#[test]
fn what_is_no_file_is_named_by_its_field() {
    let name = "attachments/0/filename must be the name of a file, without a path, at most 255 bytes";
    for wrong in [
        "",
        " ",
        ".",
        "..",
        "a/b",
        "a\\b",
        "../../etc/passwd",
        "a\r\nX-A: b",
        "a\nb",
        "gpj\u{202e}.exe",
        &"x".repeat(256),
    ] {
        assert_eq!(file(json!({ "filename": wrong })), [name], "{wrong:?}");
    }
    let kind = "attachments/0/content_type must be a type such as application/pdf, without parameters";
    for wrong in [
        "",
        "pdf",
        "a/",
        "/b",
        "a/b/c",
        "text/plain; charset=utf-8",
        "text/plain\r\nX-A: b",
        "multipart/mixed",
        "Message/rfc822",
        "a /b",
        "ñ/b",
    ] {
        assert_eq!(file(json!({ "content_type": wrong })), [kind], "{wrong:?}");
    }
    let content =
        "attachments/0/content must be the bytes of the file in base64, with its padding and without line ends";
    for wrong in [json!(""), json!("aGk"), json!("aG\r\nk="), json!("a-_="), json!("{}"), json!(7), json!(null)] {
        assert_eq!(file(json!({ "content": wrong })), [content], "{wrong}");
    }
    assert_eq!(
        file(json!({"url": "https://example.org/a.pdf"})),
        ["attachments/0/url cannot stand beside content: give one of them"]
    );
    let long = format!("https://example.org/{}", "a".repeat(2048));
    for wrong in ["", "a.pdf", "ftp://example.org/a", "https://u:p@example.org/a", "https://example.org/a#b", &long] {
        let told = file(json!({"content": null, "url": wrong}));
        assert!(
            matches!(told.as_slice(), [one] if one.starts_with("attachments/0/url must be an https URL")),
            "{told:?}"
        );
    }
    assert_eq!(
        file(json!({"href": "https://example.org/a.pdf"})),
        ["attachments/0/href is no field of a file: give the place to fetch it from as url"]
    );
    assert_eq!(
        file(json!({"fileName": "a"})),
        [
            "attachments/0/fileName is no field of a file; known are filename, content_type, content, url, file, inline: did you mean filename?"
        ]
    );
    for (name, meant) in
        [("name", "filename"), ("type", "content_type"), ("mimeType", "content_type"), ("data", "content")]
    {
        let told = file(json!({ name: "a" }));
        assert!(told.len() == 1 && told[0].ends_with(&format!("did you mean {meant}?")), "{name}: {told:?}");
    }
    assert_eq!(
        told(&json!({"attachments": ["a"]})),
        ["attachments/0 must be an object with filename, content_type, content, url, file, inline"]
    );
    let one = json!({"filename": "a", "content": "AA=="});
    assert_eq!(told(&json!({"attachments": vec![one.clone(); 20]})), [""; 0]);
    assert_eq!(told(&json!({"attachments": vec![one; 21]})), ["attachments has 21 files, a mail takes 20"]);
}
