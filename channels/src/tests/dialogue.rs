//! The SMTP dialogue, command by command: what servers may answer, what the client says, and when it says nothing more.

use std::time::{Duration, Instant};

use crate::Settings;
use crate::smtp::{self, Tls};
use domain::Outcome;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::tests::smtp::{Server, plain};
use crate::tests::tools::{Delivery, channel, kind, taken};

const HELLO: &str = "250-hi\r\n250";

#[tokio::test]
async fn an_answer_of_the_code_alone_is_read_at_every_step_and_a_long_one_is_cut() {
    let long = format!("250 {}", "x".repeat(2_000));
    for taken in ["250", "250-queued\r\n250", "250 ", "250-queued\r\n250 ok", &long] {
        let (outcome, heard) = scripted(&["220", HELLO, "250", "250-\r\n250", "354", taken], |_| ()).await;
        let Outcome::Sent { code: Some(code), .. } = outcome else { panic!("{taken:?}: {outcome:?}") };
        assert_eq!((code.as_str(), heard.last().map(String::as_str)), ("250", Some(".")), "{heard:?}");
    }
    for (offer, answers) in [("PLAIN", &["235"][..]), ("LOGIN", &["334", "334", "235"]), ("PLAIN", &["334", "235"])] {
        let hello = format!("250-hi\r\n250-AUTH {offer}\r\n250");
        let replies = [&["220", &hello], answers, &["250", "250", "354", "250"]].concat();
        let (outcome, heard) = scripted(&replies, |smtp| login(smtp, "ana", "secret")).await;
        assert_eq!(kind(&outcome), "sent", "{offer}: {outcome:?} {heard:?}");
        assert!(heard[1].starts_with("AUTH "), "{heard:?}");
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let endless = "250-x\r\n".repeat(20_000) + "250";
    let (outcome, _) = scripted(&["220", HELLO, "250", "250", "354", &endless], |_| ()).await;
    assert_eq!(kind(&outcome), "ambiguous", "{outcome:?}");
    let (outcome, _) = scripted(&["220", HELLO, &"2".repeat(100_000)], |_| ()).await;
    assert_eq!(kind(&outcome), "retriable", "{outcome:?}");
}

#[tokio::test]
async fn a_server_from_before_extensions_is_greeted_the_old_way() {
    let (outcome, heard) = scripted(&["220", "502 what?", "250", "250", "250", "354", "250"], |_| ()).await;
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    assert!(heard[0].starts_with("EHLO ") && heard[1].starts_with("HELO "), "{heard:?}");
}

#[tokio::test]
async fn the_server_hears_the_name_that_is_set_or_a_full_one_or_an_address() {
    let replies = ["220", HELLO, "250", "250", "354", "250"];
    let (_, heard) = scripted(&replies, |smtp| smtp.hello = Some("mail.example.org".into())).await;
    assert_eq!(heard[0], "EHLO mail.example.org");
    let (_, heard) = scripted(&replies, |_| ()).await;
    assert!(heard[0] == "EHLO [127.0.0.1]" || heard[0].contains('.'), "{heard:?}");
}

#[tokio::test]
async fn our_own_faults_alarm_and_the_recipients_do_not() {
    for (rcpt, expected, hint) in [
        ("504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", "alarm", "set SMTP_HELLO"),
        ("554 5.7.1 Relay access denied", "alarm", "log in with SMTP_USER"),
        ("530 5.7.0 Authentication required", "account", "check SMTP_USER"),
        ("550 5.1.1 no such user", "permanent", "correct the destination"),
        ("451 4.3.0 lookup failure", "retriable", "refused for now"),
    ] {
        let (outcome, _) = scripted(&["220", HELLO, "250", rcpt], |_| ()).await;
        assert_eq!(taken(&outcome), expected, "{rcpt}: {outcome:?}");
        assert!(detail(&outcome).contains(hint), "{rcpt}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_code_alone_is_told_by_its_code() {
    for (rcpt, told) in [
        ("451", "naming the recipient: 451 without a word; refused for now"),
        ("451-\r\n451 ", "naming the recipient: 451 without a word; refused for now"),
        ("550", "naming the recipient: 550 without a word; the recipient is refused for good"),
        ("451 later", "naming the recipient: later; refused for now"),
    ] {
        let (outcome, _) = scripted(&["220", HELLO, "250", rcpt], |_| ()).await;
        assert!(detail(&outcome).starts_with(told), "{rcpt}: {outcome:?}");
    }
}

#[tokio::test]
async fn greylisting_is_waited_for_as_long_as_the_server_says() {
    for (rcpt, seconds) in [
        ("451 4.7.1 Greylisted, please try again in 300 seconds", 300),
        ("450 4.2.0 Greylisted for 7 minutes", 420),
        ("451 4.7.1 please come back later", 300),
    ] {
        let (outcome, _) = scripted(&["220", HELLO, "250", rcpt], |_| ()).await;
        let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{rcpt}: {outcome:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(seconds)), "{rcpt}");
    }
}

#[tokio::test]
async fn sender_and_recipient_go_together_where_that_is_offered_and_stay_in_step() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
    let (one, two) = (Delivery::new("n-1", "ana@example.org"), Delivery::new("n-2", "luz@example.org"));
    let mails = async { (one.send_by(&channel).await, two.send_by(&channel).await) };
    let server = async {
        let mut server = Script::accept(&listener).await;
        server.say("220").await;
        server.hear().await;
        server.say("250-hi\r\n250 PIPELINING").await;
        let first = [server.hear().await, server.hear().await];
        server.say("451 later\r\n503 nobody to send it").await;
        let second = [server.hear().await, server.hear().await, server.hear().await];
        server.say("250\r\n250\r\n250").await;
        server.hear().await;
        server.say("354").await;
        while server.hear().await != "." {}
        server.say("250").await;
        (first, second)
    };
    let ((refused, sent), (first, second)) = tokio::join!(mails, server);
    assert_eq!((kind(&refused), kind(&sent)), ("retriable", "sent"), "{refused:?} {sent:?}");
    assert_eq!(first, ["MAIL FROM:<avisos@example.org>", "RCPT TO:<ana@example.org>"]);
    assert_eq!(second, ["RSET", "MAIL FROM:<avisos@example.org>", "RCPT TO:<luz@example.org>"]);
}

#[tokio::test]
async fn a_connection_on_which_more_was_said_than_asked_is_not_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
    let (one, two) = (Delivery::new("n-1", "ana@example.org"), Delivery::new("n-2", "ana@example.org"));
    let (outcome, _still_open) = tokio::join!(one.send_by(&channel), async {
        let mut server = Script::accept(&listener).await;
        server.run(&["220", HELLO, "250", "250", "354", "250 taken\r\n250 and once more"]).await;
        server
    });
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    tokio::select! {
        outcome = two.send_by(&channel) => panic!("it went on with the old connection: {outcome:?}"),
        _another = Script::accept(&listener) => {}
    }
}

#[tokio::test]
async fn the_size_is_told_and_a_mail_that_is_too_large_is_not_begun() {
    let (outcome, heard) = scripted(&["220", "250-hi\r\n250 SIZE 100000", "250", "250", "354", "250"], |_| ()).await;
    assert_eq!(kind(&outcome), "sent");
    assert!(heard[1].starts_with("MAIL FROM:<avisos@example.org> SIZE="), "{heard:?}");
    let (outcome, heard) = scripted(&["220", "250-hi\r\n250 SIZE 100"], |_| ()).await;
    assert_eq!(kind(&outcome), "permanent");
    assert!(detail(&outcome).contains("takes 100 bytes"), "{outcome:?}");
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[tokio::test]
async fn what_the_settings_do_not_fit_is_told_with_what_to_set() {
    let starttls = |smtp: &mut smtp::Settings| smtp.tls = Tls::StartTls;
    let (outcome, _) = scripted(&["220", HELLO], starttls).await;
    assert_eq!(taken(&outcome), "account");
    assert!(detail(&outcome).contains("STARTTLS: the server offers none: SMTP_TLS=implicit"), "{outcome:?}");

    let (outcome, _) = scripted(&["220", HELLO], |smtp| login(smtp, "ana", "secret")).await;
    assert_eq!(taken(&outcome), "account");
    assert!(detail(&outcome).contains("offers no login by PLAIN or LOGIN"), "{outcome:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = plain(listener.local_addr().unwrap().port());
    settings.smtp.tls = Tls::Implicit;
    let implicit = channel("email", &settings);
    let delivery = Delivery::new("n-1", "ana@example.org");
    let (outcome, _) = tokio::join!(delivery.send_by(&implicit), async {
        let mut server = Script::accept(&listener).await;
        server.say("220 plain text").await;
        server.rest().await
    });
    assert_eq!(taken(&outcome), "account");
    assert!(detail(&outcome).contains("does not speak TLS here"), "{outcome:?}");
}

#[tokio::test]
async fn what_somebody_says_before_the_encryption_is_not_believed_after_it() {
    let injected = "220 go\r\n250-evil.example\r\n250 AUTH PLAIN";
    let (outcome, heard) = scripted(&["220", "250-hi\r\n250 STARTTLS", injected], |smtp| {
        smtp.tls = Tls::StartTls;
        login(smtp, "ana", "secret");
    })
    .await;
    assert_eq!(
        (kind(&outcome), heard.last().map(String::as_str)),
        ("alarm", Some("STARTTLS")),
        "{outcome:?} {heard:?}"
    );
    assert!(detail(&outcome).contains("between the answer and the encryption"), "{outcome:?}");
}

#[tokio::test]
async fn starttls_goes_on_after_an_answer_of_the_code_alone() {
    let mut server = Server::start(&["--tls", "starttls"]).await;
    let mut settings = server.settings(|smtp| smtp.tls = Tls::StartTls);
    let real = settings.smtp.port.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    settings.smtp.port = Some(listener.local_addr().unwrap().port());
    let sending = async { Delivery::new("n-1", "ana@example.org").send_by(&channel("email", &settings)).await };
    let between = async {
        let (client, _) = listener.accept().await.unwrap();
        shorten(client, TcpStream::connect(("127.0.0.1", real)).await.unwrap(), "220 Ready to start TLS").await;
    };
    let outcome = tokio::select! {
        outcome = sending => outcome,
        () = between => panic!("the line was cut"),
    };
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    assert_eq!(server.mail().await["tls"], true);
}

#[tokio::test]
async fn a_mail_that_expires_while_the_server_is_slow_is_not_handed_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
    let deadline = Instant::now() + Duration::from_secs(1);
    let delivery = Delivery::new("n-1", "ana@example.org").expiring(deadline);
    let server = async {
        let mut server = Script::accept(&listener).await;
        server.run(&["220", HELLO, "250"]).await;
        // RCPT, which is answered too late.
        drop(server.line().await);
        tokio::time::sleep_until(deadline.into()).await;
        // A client that has left does not hear the answer.
        drop(server.stream.get_mut().write_all(b"250\r\n").await);
        server.rest().await
    };
    let (outcome, rest) = tokio::join!(delivery.send_by(&channel), server);
    assert_eq!(outcome, Outcome::Expired);
    assert_eq!(rest, "", "no DATA, no mail");
}

#[tokio::test]
async fn a_mail_that_has_expired_opens_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel("email", &plain(listener.local_addr().unwrap().port()));
    let delivery = Delivery::new("n-1", "ana@example.org").expiring(Instant::now());
    assert_eq!(delivery.send_by(&channel).await, Outcome::Expired);
}

/// Sends one mail to a server that answers with these lines in turn, the greeting first, and then hangs up. Returns the
/// outcome, and what the server heard.
async fn scripted(replies: &[&str], change: impl FnOnce(&mut smtp::Settings)) -> (Outcome, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings: Settings = plain(listener.local_addr().unwrap().port());
    change(&mut settings.smtp);
    let email = channel("email", &settings);
    let delivery = Delivery::new("n-1", "ana@example.org");
    tokio::join!(delivery.send_by(&email), async { Script::accept(&listener).await.run(replies).await })
}

fn login(smtp: &mut smtp::Settings, user: &str, password: &str) {
    (smtp.user, smtp.password) = (Some(user.into()), Some(password.into()));
}

fn detail(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Retriable { failure, .. } | Outcome::Permanent { failure, .. } => &failure.detail,
        outcome => panic!("{outcome:?}"),
    }
}

/// A server that says what the test tells it to.
struct Script {
    stream: BufReader<TcpStream>,
}

impl Script {
    async fn accept(listener: &TcpListener) -> Self {
        Self { stream: BufReader::new(listener.accept().await.unwrap().0) }
    }

    async fn say(&mut self, reply: &str) {
        // A client that has heard enough may have left.
        drop(self.stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await);
    }

    /// The next line, without its end.
    async fn hear(&mut self) -> String {
        self.line().await.expect("the client is still there")
    }

    /// The next line. None when the client has left.
    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        drop(self.stream.read_until(b'\n', &mut line).await);
        (!line.is_empty()).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Greets, then answers each command and the mail with the next reply. Returns the commands, and the mail's end.
    async fn run(&mut self, replies: &[&str]) -> Vec<String> {
        let mut heard = Vec::new();
        let mut in_mail = false;
        self.say(replies[0]).await;
        for reply in &replies[1..] {
            let Some(mut line) = self.line().await else { return heard };
            while in_mail && line != "." {
                let Some(next) = self.line().await else { return heard };
                line = next;
            }
            in_mail = reply.starts_with("354");
            heard.push(line);
            self.say(reply).await;
        }
        heard
    }

    /// Everything until the client leaves.
    async fn rest(mut self) -> String {
        let mut rest = Vec::new();
        drop(self.stream.read_to_end(&mut rest).await);
        String::from_utf8_lossy(&rest).into_owned()
    }
}

/// Passes everything on between the two, but keeps only the code of one line of the server.
async fn shorten(client: TcpStream, server: TcpStream, line: &str) {
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut from_server = BufReader::new(from_server);
    let up = async { tokio::io::copy(&mut from_client, &mut to_server).await };
    let down = async {
        let mut text = String::new();
        while from_server.read_line(&mut text).await? > 0 && text.trim_end() != line {
            to_client.write_all(text.as_bytes()).await?;
            text.clear();
        }
        to_client.write_all(b"220\r\n").await?;
        tokio::io::copy(&mut from_server, &mut to_client).await
    };
    drop(tokio::join!(up, down));
}
