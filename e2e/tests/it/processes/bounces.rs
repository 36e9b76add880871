//! `chasqui bounce`, as a mail server calls it: what it hands on, and the codes by which the mail server knows what to do.

use domain::State;
use e2e::mail_server::MailServer;
use e2e::processes::{run, run_with_input, with};
use e2e::{Database, TestFleet};
use lapin::options::{BasicAckOptions, BasicGetOptions};
use serde_json::{Value, json};
use topology::Inbound;

const INBOUND: &str = "notifications.queue.inbound";

const REPORT: &str = "\
From: MAILER-DAEMON@mail.example.com
To: bounces@example.com
Content-Type: multipart/report; report-type=delivery-status; boundary=b
Message-Id: <4ZzQkM1x2yz@mail.example.com>

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1

--b--
";

#[tokio::test]
async fn a_mail_that_comes_back_is_with_the_broker_or_stays_with_the_mail_server() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let environment = fleet.environment.clone();
    let bounce =
        async |mail: &[u8]| run_with_input(&["bounce", "--to", "bounces+a@example.com"], &environment, mail).await;
    let (code, said) = bounce(REPORT.as_bytes()).await;
    assert_eq!(code, 75, "nobody has made the queue yet: {said}");
    assert_eq!(run(&["topology", "apply"], &environment).await.0, 0);

    let long = format!("{REPORT}{}", "x".repeat(3 * 1024 * 1024));
    let (code, said) = bounce(long.as_bytes()).await;
    assert_eq!((code, said.contains("ana@")), (0, false), "{said}");
    assert!(said.contains("about no delivery of this fleet"), "{said}");
    let got = fleet.amqp.basic_get(INBOUND.into(), BasicGetOptions::default()).await.expect("get");
    let delivery = got.expect("it is in the queue").delivery;
    delivery.acker.ack(BasicAckOptions::default()).await.expect("ack");
    let inbound = Inbound::read(&delivery.properties, delivery.data.clone().into()).expect("it is readable");
    assert_eq!((inbound.provider.as_str(), inbound.target.as_str()), ("smtp", "/bounce?to=bounces%2Ba%40example.com"));
    assert!(inbound.body.len() == 1024 * 1024 && inbound.body.starts_with(REPORT.as_bytes()), "its beginning");

    let unknown = REPORT.replace("Action: failed", "Action: seen");
    for (mail, code, words) in [
        ("From: ana@example.org\nSubject: Thanks\n\nWhen do you open?\n", 65, "reads reports of mail servers only"),
        ("", 65, "reads reports of mail servers only"),
        (unknown.as_str(), 0, "nothing in this report"),
    ] {
        let (found, said) = bounce(mail.as_bytes()).await;
        assert!(found == code && said.contains(words), "{mail}: {found} {said}");
    }
    for wrong in [("AMQP_URL", "amqp://nobody:x@127.0.0.1:1/foro"), ("AMQP_URL", "nonsense"), ("SMTP_PORT", "x")] {
        let (code, said) = run_with_input(&["bounce"], &with(&environment, &[wrong]), REPORT.as_bytes()).await;
        assert_eq!(code, 75, "{wrong:?}: {said}");
    }
    let (code, said) = run_with_input(&["bounce", "--too", "x"], &environment, REPORT.as_bytes()).await;
    assert!(code == 75 && said.contains("--to"), "{said}");
    let more = fleet.amqp.basic_get(INBOUND.into(), BasicGetOptions::default()).await.expect("get");
    assert!(more.is_none(), "nothing of the others");
    fleet.remove().await;
}

/// What a mail server tells of a mail to `to`, of which it could not deliver the one to `failed`.
fn report_about(failed: &str, to: &str, header: &str) -> String {
    let returned = format!("--b\nContent-Type: text/rfc822-headers\n\nTo: {to}\n{header}\n--b--\n");
    // Each report is a mail of its own; one that comes again is known by its Message-ID.
    let report = REPORT.replace("4ZzQkM1x2yz", &failed.replace('@', "."));
    report.replace("ana@example.org", failed).replace("--b--\n", &returned)
}

async fn return_path(settings: &[(&'static str, &str)]) -> (TestFleet, impl AsyncFn(&str, &str) + use<>) {
    let settings = [settings, &[("EMAIL_BOUNCE_ADDRESS", "bounces@example.com")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let environment = fleet.environment.clone();
    let came_back = async move |to: &str, report: &str| {
        let (code, said) = run_with_input(&["bounce", "--to", to], &environment, report.as_bytes()).await;
        assert_eq!(code, 0, "{said}");
    };
    (fleet, came_back)
}

fn mail_to(to: &str) -> Value {
    json!({"channel": "email", "destination": to, "subject": "Hola", "message": "Hola"})
}

#[tokio::test]
async fn who_has_no_mailbox_any_more_gets_no_second_mail() {
    let mail = MailServer::start(&[]).await;
    let (fleet, came_back) = return_path(&mail.settings()).await;
    fleet.notify("first", &mail_to("Ana@example.org")).await;
    fleet.until("first", State::Sent).await;
    let header = format!("X-Chasqui-Label: {}\n", mail.mail("Ana@example.org").await.header("x-chasqui-label"));
    // Whoever tells of it by the header alone need not know the address that the mail was sent by.
    came_back("bounces@example.com", &report_about("ana@example.org", "Ana@example.org", &header)).await;
    fleet.until("first", State::Bounced).await;
    for (id, address, state) in
        [("second", "ana@EXAMPLE.org", State::Suppressed), ("other", "bo@example.org", State::Sent)]
    {
        fleet.notify(id, &mail_to(address)).await;
        fleet.until(id, state).await;
    }
    fleet.finish().await;
}

#[tokio::test]
async fn a_mail_with_copies_bounces_by_the_report_of_its_own_recipient_and_suppresses_nobody() {
    let mail = MailServer::start(&[]).await;
    let (fleet, came_back) = return_path(&mail.settings()).await;
    let mut copied = mail_to("bo@example.org");
    copied["cc"] = json!(["eve@example.org"]);
    for id in ["of-a-copy", "of-its-own"] {
        fleet.notify(id, &copied).await;
        fleet.until(id, State::Sent).await;
    }
    let mails = mail.mails("bo@example.org");
    assert_eq!(mails.len(), 2);
    // A copy of the mail tells anybody whom it went to, and has no header by which they could report for somebody else.
    assert!(mails.iter().all(|mail| mail.header("x-chasqui-label").is_empty()));

    came_back(&mails[0].sender, &report_about("eve@example.org", "bo@example.org", "")).await;
    came_back(&mails[1].sender, &report_about("bo@example.org", "Bo <bo@example.org>", "")).await;
    fleet.until("of-its-own", State::Bounced).await;
    fleet.until("of-a-copy", State::Sent).await;
    // The addresses of a mail with copies were known to all of them: any of these could have written such a report.
    for (id, address) in [("to-bo", "bo@example.org"), ("to-eve", "eve@example.org")] {
        fleet.notify(id, &mail_to(address)).await;
        fleet.until(id, State::Sent).await;
    }
    fleet.finish().await;
}
