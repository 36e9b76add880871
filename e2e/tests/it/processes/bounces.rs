//! `chasqui bounce`, as a mail server calls it: what it hands on, and the codes by which the mail server knows what to do.

use e2e::processes::{run, run_with_input, with};
use e2e::{Database, TestFleet};
use lapin::options::{BasicAckOptions, BasicGetOptions};
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
    let more = fleet.amqp.basic_get(INBOUND.into(), BasicGetOptions::default()).await.expect("get");
    assert!(more.is_none(), "nothing of the others");
    fleet.remove().await;
}
