//! Email to a real mail server, and the mailbox read back.

use std::time::Duration;

use crate::smtp::{self, Tls};
use crate::{Checked, Settings};
use domain::{About, Outcome, Reason};
use serde_json::Value;
use testkit::Counterpart;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::tests::tools::{Delivery, channel, kind};

#[tokio::test]
async fn the_mailbox_has_the_mail_as_it_was_meant() {
    let mut server = Server::start(&[]).await;
    let outcome = server.send("n-1", "ana@example.org").await;
    let mail = server.mail().await;
    assert_eq!((&mail["from"], &mail["to"][0]), (&"avisos@example.org".into(), &"ana@example.org".into()));
    let data = mail["data"].as_str().unwrap();
    for expected in [
        "Subject: =?utf-8?",
        "multipart/alternative",
        "Auto-Submitted: auto-generated",
        "Your code is 4711.\r\n.\r\n..dots\r\n",
        "<p>Your code is <b>4711</b>.</p>",
    ] {
        assert!(data.contains(expected), "{expected} in\n{data}");
    }
    let Outcome::Sent { provider: "smtp", provider_id: Some(id), code: Some(code) } = outcome else { panic!() };
    assert_eq!(code, "250");
    assert!(data.contains(&format!("Message-ID: {id}")), "{id} in\n{data}");
}

#[tokio::test]
async fn a_second_attempt_carries_the_message_id_of_the_first() {
    let mut server = Server::start(&[]).await;
    let id = |mail: Value| {
        let data = mail["data"].as_str().unwrap().to_owned();
        data.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
    };
    let ambiguous = server.send("n-1", "drop@example.org").await;
    assert!(matches!(ambiguous, Outcome::Ambiguous { .. }), "{ambiguous:?}");
    let first = id(server.mail().await);
    assert!(matches!(server.send("n-1", "ana@example.org").await, Outcome::Sent { .. }));
    assert_eq!(id(server.mail().await), first);
}

#[tokio::test]
async fn refusals_are_permanent_or_retriable_as_their_code_says_and_quote_no_address() {
    let mut server = Server::start(&[]).await;
    for (recipient, code, permanent) in [
        ("rcpt-550@example.org", "550", true),
        ("rcpt-553@example.org", "553", true),
        ("rcpt-450@example.org", "450", false),
        ("rcpt-421@example.org", "421", false),
        ("data-554@example.org", "554", true),
        ("data-552@example.org", "552", true),
        ("data-451@example.org", "451", false),
        ("data-421@example.org", "421", false),
    ] {
        let (failure, is_permanent) = match server.send("n-1", recipient).await {
            Outcome::Permanent { reason: Reason::Permanent, failure } => (failure, true),
            Outcome::Retriable { failure, alarm: false, maybe_sent: false } => (failure, false),
            outcome => panic!("{recipient}: {outcome:?}"),
        };
        assert_eq!((failure.code.as_deref(), is_permanent), (Some(code), permanent), "{recipient}");
        assert!(failure.detail.contains("refused:"), "{}", failure.detail);
        assert!(!failure.detail.contains("example.org"), "{}", failure.detail);
        assert!(matches!(server.send("n-2", "ana@example.org").await, Outcome::Sent { .. }), "after {recipient}");
        server.mail().await;
    }
}

#[tokio::test]
async fn connections_are_used_again_and_never_more_than_the_limit() {
    let mut server = Server::start(&[]).await;
    let channel = channel("email", &server.settings(|smtp| smtp.max_connections = 2));
    let mut clients = std::collections::BTreeSet::new();
    let mut sends = tokio::task::JoinSet::new();
    for n in 0..20 {
        let channel = channel.clone();
        sends.spawn(async move { Delivery::new(&format!("n-{n}"), "ana@example.org").send_by(&channel).await });
    }
    for outcome in sends.join_all().await {
        assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
        clients.insert(server.mail().await["client"].as_u64().unwrap());
    }
    assert!(clients.len() <= 2, "{clients:?}");
}

#[tokio::test]
async fn a_send_that_was_dropped_after_the_mail_does_not_confuse_the_next_one() {
    let mut server = Server::start(&[]).await;
    let channel = channel("email", &server.settings(|smtp| smtp.max_connections = 1));
    assert!(matches!(Delivery::new("n-1", "ana@example.org").send_by(&channel).await, Outcome::Sent { .. }));
    server.mail().await;
    let hanging = Delivery::new("n-2", "hang@example.org");
    tokio::select! {
        outcome = hanging.send_by(&channel) => panic!("{outcome:?}"),
        mail = server.mail() => assert_eq!(mail["to"][0], "hang@example.org"),
    }
    let next = Delivery::new("n-3", "rcpt-550@example.org").send_by(&channel).await;
    assert!(matches!(next, Outcome::Permanent { .. }), "it reads its own answers: {next:?}");
    assert!(matches!(Delivery::new("n-4", "ana@example.org").send_by(&channel).await, Outcome::Sent { .. }));
    assert_eq!(server.mail().await["to"][0], "ana@example.org");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let (mut first, mut second) = (None, None);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
    for seen in [&mut first, &mut second] {
        let delivery = Delivery::new("n-1", "ana@example.org");
        let (outcome, ()) = tokio::join!(delivery.send_by(&channel), async {
            let (stream, _) = listener.accept().await.unwrap();
            *seen = Some(stream.peer_addr().unwrap().port());
            dialogue(stream, &["250 hi", "250 ok", "250 ok", "354 go", "250 taken"]).await;
        });
        assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    }
    assert_ne!(first, second);
}

#[tokio::test]
async fn starttls_is_required_and_the_certificate_checked() {
    let mut server = Server::start(&["--tls", "starttls", "--login", "ana", "secret-password"]).await;
    let login = |smtp: &mut smtp::Settings| {
        (smtp.user, smtp.password) = (Some("ana".into()), Some("secret-password".into()));
        smtp.tls = Tls::StartTls;
    };
    let trusted = server.settings(|smtp| login(smtp));
    assert!(matches!(server.send_with(&trusted).await, Outcome::Sent { .. }));
    let mail = server.mail().await;
    assert_eq!((&mail["tls"], &mail["user"]), (&Value::Bool(true), &"ana".into()));

    let stranger = server.settings(|smtp| {
        login(smtp);
        smtp.ca_file = None;
    });
    let outcome = server.send_with(&stranger).await;
    assert!(
        matches!(&outcome, Outcome::Retriable { alarm: true, failure, .. } if failure.detail.contains("certificate")),
        "{outcome:?}"
    );

    let without = Server::start(&[]).await;
    let outcome = without.send_with(&without.settings(|smtp| smtp.tls = Tls::StartTls)).await;
    assert!(
        matches!(&outcome, Outcome::Retriable { alarm: true, failure, .. } if failure.detail.contains("STARTTLS")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_only_asked_gets_no_mail_and_says_whether_it_knows_us() {
    let mut server = Server::start(&["--tls", "starttls", "--login", "ana", "secret-password"]).await;
    let settings = |password: &str| {
        server.settings(|smtp| {
            (smtp.user, smtp.password) = (Some("ana".into()), Some(password.into()));
            smtp.tls = Tls::StartTls;
        })
    };
    let now = testkit::at("2026-03-01T09:00:00Z");
    let (right, wrong) = (settings("secret-password"), settings("wrong-password"));
    assert_eq!(channel("email", &right).check(now).await, Checked::Accepted);
    let Checked::Refused(why) = channel("email", &wrong).check(now).await else { panic!("it is refused") };
    assert!(why.contains("SMTP_PASSWORD") && !why.contains("wrong-password"), "{why}");
    let away = channel("email", &plain(testkit::nobody().port())).check(now).await;
    assert!(matches!(&away, Checked::Unreachable(why) if why.starts_with("connecting")), "{away:?}");
    assert!(matches!(server.send_with(&right).await, Outcome::Sent { .. }));
    assert_eq!(server.mail().await["to"][0], "ana@example.org", "the first mail that came");
}

#[tokio::test]
async fn implicit_tls_works_and_a_wrong_password_alarms_without_being_shown() {
    let mut server = Server::start(&["--tls", "implicit", "--login", "ana", "secret-password"]).await;
    let settings = |password: &str| {
        server.settings(|smtp| {
            (smtp.user, smtp.password) = (Some("ana".into()), Some(password.into()));
            smtp.tls = Tls::Implicit;
        })
    };
    let (right, wrong) = (settings("secret-password"), settings("wrong-password"));
    assert!(matches!(server.send_with(&right).await, Outcome::Sent { .. }));
    server.mail().await;
    let outcome = server.send_with(&wrong).await;
    let Outcome::Retriable { failure, alarm: true, maybe_sent: false } = outcome else { panic!("{outcome:?}") };
    assert_eq!((failure.code.as_deref(), failure.about), (Some("535"), About::Credentials));
    assert!(!failure.detail.contains("wrong-password"), "{}", failure.detail);
}

#[tokio::test]
async fn what_ends_before_the_mail_is_retriable_and_what_ends_in_it_is_ambiguous() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "retriable"),
        (&["250 hi"], "retriable"),
        (&["250 hi", "250 ok", "250 ok"], "retriable"),
        (&["250 hi", "garbage"], "retriable"),
        (&["250 hi", "550 not from you"], "alarm"),
        (&["250 hi", "530 log in first"], "alarm"),
        (&["250 hi", "451 later"], "retriable"),
        (&["250 hi", "250 ok", "250 ok", "354 go"], "ambiguous"),
        (&["250 hi", "250 ok", "250 ok", "354 go", "garbage"], "ambiguous"),
        (&["250 hi", "250 ok", "250 ok", "354 go", "354 what"], "ambiguous"),
        (&["250 hi", "250 ok", "250 ok", "354 go", "25"], "ambiguous"),
        (&["250 hi", "250 ok", "250 ok", "354 go", "250 taken"], "sent"),
    ];
    for (replies, expected) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
        let delivery = Delivery::new("n-1", "ana@example.org");
        let (outcome, ()) = tokio::join!(delivery.send_by(&channel), async {
            dialogue(listener.accept().await.unwrap().0, replies).await;
        });
        assert_eq!(kind(&outcome), *expected, "{replies:?}: {outcome:?}");
    }
    let nobody = testkit::nobody().port();
    let outcome = Delivery::new("n-1", "ana@example.org").send_by(&channel("email", &plain(nobody))).await;
    assert_eq!(kind(&outcome), "retriable", "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_takes_no_mail_is_told_from_one_that_does_not_take_this_one() {
    let cases: &[(&[&str], About)] = &[
        (&["250 hi", "421 closing"], About::Provider),
        (&["250 hi", "250 ok", "421 closing"], About::Provider),
        (&["250 hi", "250 ok", "250 ok", "354 go", "421 closing"], About::Provider),
        (&["250 hi", "452 4.3.1 full"], About::Provider),
        (&["250 hi", "250 ok", "451 4.3.0 out of order"], About::Provider),
        (&["250 hi", "250 ok", "452 4.2.2 the mailbox is full"], About::Message),
        (&["250 hi", "250 ok", "451 later"], About::Message),
    ];
    for (replies, expected) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
        let delivery = Delivery::new("n-1", "ana@example.org");
        let (outcome, ()) = tokio::join!(delivery.send_by(&channel), async {
            dialogue(listener.accept().await.unwrap().0, replies).await;
        });
        let Outcome::Retriable { failure, alarm: false, .. } = outcome else { panic!("{replies:?}: {outcome:?}") };
        assert_eq!(failure.about, *expected, "{replies:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_has_taken_nothing_and_one_that_is_full_spends_no_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = plain(listener.local_addr().unwrap().port());
    settings.provider_timeout = Duration::from_secs(2);
    settings.smtp.max_connections = 1;
    let channel = channel("email", &settings);
    let (one, two) = (Delivery::new("n-1", "ana@example.org"), Delivery::new("n-2", "ana@example.org"));
    let (slow, busy) = tokio::join!(one.send_by(&channel), two.send_by(&channel));
    assert_eq!((kind(&slow), kind(&busy)), ("retriable", "throttled"), "{slow:?} {busy:?}");
}

/// The server of tools/smtp_server.py.
pub(crate) struct Server {
    process: Counterpart,
    port: u16,
    ca: Option<String>,
}

impl Server {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let arguments = [&["tools/smtp_server.py"], arguments].concat();
        let mut process = Counterpart::start("venv/bin/python", &arguments);
        let place: Value = serde_json::from_str(&process.line().await).unwrap();
        let port = u16::try_from(place["port"].as_u64().unwrap()).unwrap();
        Self { process, port, ca: place["ca"].as_str().map(str::to_owned) }
    }

    /// The next mail that the server has accepted.
    pub(crate) async fn mail(&mut self) -> Value {
        serde_json::from_str(&self.process.line().await).unwrap()
    }

    pub(crate) fn settings(&self, change: impl FnOnce(&mut smtp::Settings)) -> Settings {
        let mut settings = plain(self.port);
        settings.smtp.ca_file = self.ca.as_ref().map(Into::into);
        change(&mut settings.smtp);
        settings
    }

    async fn send(&self, id: &str, destination: &str) -> Outcome {
        Delivery::new(id, destination).send_by(&channel("email", &self.settings(|_| ()))).await
    }

    async fn send_with(&self, settings: &Settings) -> Outcome {
        Delivery::new("n-1", "ana@example.org").send_by(&channel("email", settings)).await
    }
}

pub(crate) fn plain(port: u16) -> Settings {
    let smtp = smtp::Settings {
        host: Some("127.0.0.1".into()),
        port: Some(port),
        tls: Tls::None,
        from_email: Some("avisos@example.org".into()),
        from_name: Some("Tienda Chasqui".into()),
        ..smtp::Settings::default()
    };
    Settings { smtp, ..Settings::unset(Duration::from_secs(60)) }
}

/// Greets, then answers each command (and the mail, ended by its dot) with the next reply, and hangs up.
async fn dialogue(stream: TcpStream, replies: &[&str]) {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 test\r\n").await.unwrap();
    let mut in_mail = false;
    for reply in replies {
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap() > 0 && in_mail && line != ".\r\n" {
            line.clear();
        }
        in_mail = reply.starts_with("354") && !in_mail;
        stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
    }
    if in_mail {
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap_or(0) > 0 && line != ".\r\n" {
            line.clear();
        }
    }
}
