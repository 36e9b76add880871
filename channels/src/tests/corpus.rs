//! Several hundred mails as they are sent over the wire, read by a parser that is not ours (Python's `email`): what was
//! published is what is read, and every line is one that RFC 5321 and RFC 5322 allow.

use std::time::Duration;

use crate::Settings;
use crate::smtp::{self, Tls};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Outcome, Rendered};
use serde_json::Value;
use testkit::Counterpart;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::tests::tools::{Delivery, channel};

/// Words of many scripts, marks, joined emoji, and texts that look like something else.
const WORDS: &[&str] = &[
    "Hello",
    "¡Hola, Ana! ¿Qué tal?",
    "Grüße aus Köln",
    "Бета-продакшн: платежка 2422750",
    "Ελληνικά",
    "שלום עולם",
    "مرحبا بالعالم 123",
    "20\u{200f}/11\u{200f}/2025",
    "\u{200e}Order 12",
    "Ana \u{61c}1",
    "for \u{2068}Ana\u{2069} only",
    "می\u{200c}خواهم",
    "नमस्ते दुनिया",
    "ไทยไม่มีช่องว่าง",
    "漢字かな交じり文",
    "ご注文\u{3000}確認",
    "한국어 텍스트",
    "Arrivée prévue\u{a0}: 5\u{202f}août",
    "Tiếng Việt",
    "e\u{301}a\u{308}",
    "\u{feff}BOM",
    "🎉🎉 👩\u{200d}👩\u{200d}👧\u{200d}👦 🏳\u{fe0f}\u{200d}🌈 🇵🇪",
    "wörd plain 🙂 wörd plain",
    "a, b; c <d@e.example> \"q\" (c) \\ [x]",
    "100% =20 =3D _under_ ?=",
    "=?utf-8?q?=E2=80=AEgpj.exe?=",
    "=?utf-8?q?A=0D=0ABcc=3A_z=40example.com?=",
    "Invoice =?utf-8?b?w7E=?= end",
    "=?x",
    "12345 |   |     | Some text",
];

/// What is on the wire, and what must be read there.
struct Expected {
    from: (String, &'static str),
    to: String,
    subject: String,
    text: String,
    html: Option<String>,
}

#[tokio::test]
async fn what_was_published_is_what_an_independent_parser_reads() {
    let mut mailbox = Mailbox::open().await;
    let mut mails = Vec::new();
    for subject in subjects() {
        mails.push(mailbox.take("Tienda Chasqui", "ana@example.org", &subject, "m", None).await);
    }
    for name in names() {
        mails.push(mailbox.take(&name, "ana@example.org", "s", "m", None).await);
    }
    for address in addresses() {
        mails.push(mailbox.take("Tienda Chasqui", &address, "s", "m", None).await);
    }
    for (at, words) in bodies().into_iter().enumerate() {
        let html = (at % 2 == 0).then(|| format!("<p>{words}</p>\n"));
        mails.push(mailbox.take("Tienda Chasqui", "ana@example.org", "s", &words, html).await);
    }
    assert!(mails.len() > 600, "{}", mails.len());

    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<String> = mails.iter().map(|(wire, _)| STANDARD.encode(unstuffed(wire))).collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let mut reader = Counterpart::start("venv/bin/python", &["tools/read_mails.py", file.path().to_str().unwrap()]);
    for (wire, expected) in &mails {
        assert_legal(wire);
        let read: Value = serde_json::from_str(&reader.line().await).unwrap();
        assert_reads(&read, expected, wire);
    }
}

fn assert_reads(read: &Value, expected: &Expected, wire: &str) {
    let text = |name: &str| read[name].as_str().map(one_end);
    assert_eq!(read["subject"].as_str(), Some(expected.subject.as_str()), "{wire}");
    assert_eq!(read["from"], serde_json::json!([expected.from.0, expected.from.1]), "{wire}");
    assert_eq!(read["to"], serde_json::json!(["", expected.to]), "{wire}");
    assert_eq!(read["reply_to"], serde_json::json!(["", "help@example.org"]), "{wire}");
    // Python's newer parser leaves out the quotes of a local part.
    let unquoted = expected.to.replace('"', "");
    assert_eq!(read["addresses"], serde_json::json!([expected.from.1, unquoted, "help@example.org"]), "{wire}");
    assert_eq!(text("html"), expected.html.as_deref().map(one_end), "{wire}");
    assert_eq!(read["defects"], serde_json::json!([]), "{wire}");
    let (found, meant) = (text("text").unwrap(), one_end(&expected.text));
    // A mail of one part ends where its last line does.
    assert!(
        found == meant || (expected.html.is_none() && found == format!("{meant}\n")),
        "{found:?} {meant:?}\n{wire}"
    );
}

/// A text with one kind of line end: readers show CR, LF and CRLF alike.
fn one_end(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn assert_legal(wire: &str) {
    assert!(wire.is_ascii() && !wire.contains('\0'), "{wire:?}");
    assert!(wire.ends_with("\r\n"), "{wire:?}");
    let lines: Vec<&str> = wire.strip_suffix("\r\n").unwrap().split("\r\n").collect();
    assert!(lines.iter().all(|line| !line.contains(['\r', '\n']) && line.len() <= 998), "{wire:?}");
    for line in lines.iter().take_while(|line| !line.is_empty()) {
        let words: Vec<&str> = line.trim_start().split(' ').collect();
        let cannot_be_folded = words.len() <= 2 && line.trim_start().len() > 78;
        assert!(line.len() <= 78 || cannot_be_folded, "{line}");
        assert!(!line.trim().is_empty(), "{wire:?}");
        for word in words.iter().filter(|word| word.starts_with("=?")) {
            assert!(word.len() <= 75 && word.ends_with("?="), "{word}");
            let encoded = word.trim_start_matches("=?utf-8?b?").trim_end_matches("?=");
            String::from_utf8(STANDARD.decode(encoded).unwrap()).expect("each word has whole characters");
        }
    }
}

fn unstuffed(wire: &str) -> String {
    wire.split_inclusive("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line)).collect()
}

fn subjects() -> Vec<String> {
    let shapes: [fn(&str) -> String; 11] = [
        |words| words.into(),
        |words| format!(" {words}"),
        |words| format!("{words} "),
        |words| format!("{words}  {words}"),
        |words| [words; 9].join(" "),
        |words| words.replace(' ', "").repeat(40),
        |words| format!("Re: {words}: {words}"),
        |words| format!("{words}=?{words}"),
        |words| format!("=?utf-8?q?{words}?="),
        |words| format!("{}{words}", "x".repeat(70)),
        |words| format!("{words}\u{2003}{words}\u{202f}{words}"),
    ];
    let mut subjects: Vec<String> = WORDS.iter().flat_map(|words| shapes.iter().map(|shape| shape(words))).collect();
    subjects.extend((980..=998).chain(60..=80).map(|length| "y".repeat(length)));
    subjects.extend(["", " ", "  ", ".", "..", "a", "\"quoted\"", "=?=", "?=", ":", ","].map(String::from));
    subjects.push((0..30).map(|n| format!("https://example.com/watch/{n:04},")).collect());
    subjects.push("word ".repeat(199).trim_end().into());
    subjects.push("漢".repeat(998));
    subjects.push("👩\u{200d}".repeat(499));
    // Isolates are closed where a subject is cut.
    subjects.into_iter().map(|subject| subject.chars().take(998).collect()).filter(|s: &String| is_subject(s)).collect()
}

fn is_subject(text: &str) -> bool {
    domain::check_subject(text).is_ok()
}

/// Names that FROM_NAME may hold.
fn names() -> Vec<String> {
    let shapes: [fn(&str) -> String; 4] = [
        |words| words.into(),
        |words| format!("{words}, S.A."),
        |words| [words; 12].join(" "),
        |words| words.repeat(30),
    ];
    let names = WORDS.iter().flat_map(|words| shapes.iter().map(|shape| shape(words)));
    names.filter(|name| !name.chars().any(domain::is_unsafe_in_a_line)).collect()
}

fn addresses() -> Vec<String> {
    let long_domain = format!("{0}.{0}.{0}.example.org", "d".repeat(50));
    [
        "o'brien+x@example.com",
        "{x}!#$&*/=?^`|~@example.com",
        "a.b.c-d_e@sub.example.co.uk",
        "a..b@docomo.example.jp",
        "ab.@docomo.example.jp",
        ".ab@docomo.example.jp",
        "ana@bücher.example",
        "ana@straße.example",
        "ana@пример.рф",
        "ANA@EXAMPLE.COM",
        "1@example.org",
        "=@example.org",
    ]
    .map(String::from)
    .into_iter()
    .chain([format!("{}@example.org", "l".repeat(64)), format!("{}@{long_domain}", "l".repeat(64))])
    .collect()
}

fn bodies() -> Vec<String> {
    let shapes: [fn(&str) -> String; 6] = [
        |words| words.into(),
        |words| format!("{words}\n{words}\r\n{words}\r{words}\r\r\n{words}\r"),
        |words| format!(".{words}\n.\n..\n...\n.{words}\n."),
        |words| format!("{words} \n\t{words}\t\n  \n{words}  "),
        |words| format!("From {words}\n-- \n--{words}\n{words} =3D=\n=20"),
        |words| words.chars().cycle().take(10_000).collect(),
    ];
    let mut bodies: Vec<String> = WORDS.iter().flat_map(|words| shapes.iter().map(|shape| shape(words))).collect();
    bodies.extend(
        [
            "",
            "\n",
            "\r",
            "\n\n\n",
            " ",
            "\t",
            "x\r.\rMAIL FROM:<a@b.c>",
            "x\r\n.\r\nMAIL FROM:<a@b.c>\r\n",
            ".\n..\n...\n.a\n.",
            "abc\r",
            "a\r\r\nb",
            "form\u{c}feed \u{b} bell\u{7} nul\0 next\u{85} line\u{2028}s",
            "\u{1b}[31mred",
        ]
        .map(String::from),
    );
    bodies.extend([76, 77, 78, 79, 997, 998, 999, 1_000, 10_000].map(|length| "b".repeat(length)));
    bodies.push("word ".repeat(2_000));
    bodies
}

/// A mail server that accepts every mail, and keeps it as it arrived.
struct Mailbox {
    port: u16,
    mails: mpsc::UnboundedReceiver<String>,
}

impl Mailbox {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (taken, mails) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, taken.clone()));
            }
        });
        Self { port, mails }
    }

    /// Sends a mail to the server; returns what arrived, and what must be read there.
    async fn take(
        &mut self,
        name: &str,
        to: &str,
        subject: &str,
        text: &str,
        html: Option<String>,
    ) -> (String, Expected) {
        let smtp = smtp::Settings {
            host: Some("127.0.0.1".into()),
            port: Some(self.port),
            tls: Tls::None,
            from_email: Some("avisos@example.org".into()),
            from_name: Some(name.into()),
            reply_to: Some("help@example.org".into()),
            ..smtp::Settings::default()
        };
        let email = channel("email", &Settings { smtp, ..Settings::unset(Duration::from_secs(10)) });
        let rendered = Rendered { subject: Some(subject.into()), text: text.into(), html: html.clone() };
        let outcome = Delivery::new("n-1", to).with(rendered).send_by(&email).await;
        assert!(matches!(outcome, Outcome::Sent { .. }), "{name:?} {to:?} {subject:?}: {outcome:?}");
        let expected = Expected {
            from: (name.into(), "avisos@example.org"),
            to: on_the_wire(to),
            subject: subject.into(),
            text: text.into(),
            html,
        };
        (self.mails.recv().await.unwrap(), expected)
    }
}

/// An address as it is on the wire: domains in other scripts in ASCII, odd dots in quotes.
fn on_the_wire(address: &str) -> String {
    let known = [
        ("a..b@docomo.example.jp", "\"a..b\"@docomo.example.jp"),
        ("ab.@docomo.example.jp", "\"ab.\"@docomo.example.jp"),
        (".ab@docomo.example.jp", "\".ab\"@docomo.example.jp"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@straße.example", "ana@xn--strae-oqa.example"),
        ("ana@пример.рф", "ana@xn--e1afmkfd.xn--p1ai"),
        ("ANA@EXAMPLE.COM", "ANA@example.com"),
    ];
    known.iter().find(|(given, _)| *given == address).map_or(address, |(_, wire)| wire).to_owned()
}

async fn serve(stream: TcpStream, taken: mpsc::UnboundedSender<String>) {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220\r\n").await.unwrap();
    let (mut line, mut mail) = (String::new(), None::<String>);
    while stream.read_line(&mut line).await.is_ok_and(|bytes| bytes > 0) {
        let answer = match &mut mail {
            Some(_) if line == ".\r\n" => {
                taken.send(mail.take().unwrap()).unwrap();
                "250\r\n"
            }
            Some(mail) => {
                mail.push_str(&line);
                ""
            }
            None if line.starts_with("EHLO") => "250-\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n",
            None if line.starts_with("DATA") => {
                mail = Some(String::new());
                "354\r\n"
            }
            None => "250\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
        line.clear();
    }
}
