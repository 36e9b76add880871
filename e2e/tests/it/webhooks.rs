//! What a provider reports, from its call to the queue in which it waits for whoever reads it.

use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueBindOptions};
use lapin::types::FieldTable;
use topology::Inbound;

/// A queue that gets what the dialog gets.
const INBOUND: &str = "seen";
const BODY: &str = r#"{"object":"whatsapp_business_account","entry":[],"x":"\ud83c\udf89"}"#;
/// HMAC-SHA256 of the body with the secret `app-secret`, by Node's crypto.
const SIGNATURE: &str = "sha256=529eff254c7326b75569ac1e5be415637258cd15d2441aaf00b3573172521d34";

#[tokio::test]
async fn a_signed_call_is_in_its_queue_when_it_is_answered_and_a_forged_one_is_nowhere() {
    let provider = Provider::start().await;
    let keys = vec![("WHATSAPP_CLOUD_APP_SECRET", "app-secret"), ("WHATSAPP_CLOUD_VERIFY_TOKEN", "our-word")];
    let fleet = TestFleet::start(Database::Sqlite, &[provider.settings(), keys].concat()).await;
    fleet.declare(INBOUND).await;
    let (exchange, key) = ("notifications.exchange".into(), "notifications.key.inbound".into());
    let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
    fleet.amqp.queue_bind(INBOUND.into(), exchange, key, options, arguments).await.expect("bound");
    let call = async |path: &str, signature: &str, body: &'static str| {
        let request = fleet.http.post(fleet.url(path)).header("X-Hub-Signature-256", signature).body(body);
        request.send().await.expect("answered").status().as_u16()
    };
    let altered = SIGNATURE.replace("529", "530");
    for forged in ["", "sha256=00", altered.as_str()] {
        assert_eq!(call("/webhook/whatsapp", forged, BODY).await, 403, "{forged}");
    }
    assert_eq!(call("/webhook/whatsapp", SIGNATURE, "{}").await, 403);
    assert_eq!(call("/webhook/sendgrid", SIGNATURE, BODY).await, 404, "no key of it is set");
    assert_eq!(call("/webhook/whatsapp_cloud?x=1%2F2", SIGNATURE, BODY).await, 200);

    let got = fleet.amqp.basic_get(INBOUND.into(), BasicGetOptions::default()).await.expect("get");
    let delivery = got.expect("it is in the queue").delivery;
    delivery.acker.ack(BasicAckOptions::default()).await.expect("ack");
    let inbound = Inbound::read(&delivery.properties, delivery.data.clone().into()).expect("it is readable");
    assert_eq!(
        (inbound.provider.as_str(), inbound.target.as_str()),
        ("whatsapp_cloud", "/webhook/whatsapp_cloud?x=1%2F2")
    );
    assert_eq!(&inbound.body[..], BODY.as_bytes());
    let more = fleet.amqp.basic_get(INBOUND.into(), BasicGetOptions::default()).await.expect("get");
    assert!(more.is_none(), "nothing of the others");

    let question = "/webhook/whatsapp?hub.mode=subscribe&hub.verify_token=our-word&hub.challenge=1158201444";
    let answer = fleet.http.get(fleet.url(question)).send().await.expect("answered");
    assert_eq!((answer.status().as_u16(), answer.text().await.expect("a text").as_str()), (200, "1158201444"));
    let wrong = fleet.http.get(fleet.url(&question.replace("our-word", "their-word"))).send().await.expect("answered");
    assert_eq!(wrong.status().as_u16(), 403);
    fleet.finish().await;
}

#[tokio::test]
async fn a_call_of_telegram_is_believed_by_its_secret_and_a_press_is_answered_in_it() {
    let provider = Provider::start().await;
    let keys = vec![("TELEGRAM_WEBHOOK_SECRET", "a-secret")];
    let fleet = TestFleet::start(Database::Sqlite, &[provider.settings(), keys].concat()).await;
    let press = r#"{"update_id":7,"callback_query":{"id":"77","from":{"id":4711},"data":"ask-1-yes"}}"#;
    let call = async |secret: &str| {
        let request = fleet.http.post(fleet.url("/webhook/telegram")).header("X-Telegram-Bot-Api-Secret-Token", secret);
        let answer = request.body(press).send().await.expect("answered");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    for other in ["", "another", "a-secret-"] {
        assert_eq!(call(other).await.0, 403, "{other}");
    }
    let (status, said) = call("a-secret").await;
    assert!(status == 200 && said.contains("answerCallbackQuery") && said.contains("77"), "{status} {said}");
    fleet.finish().await;
}
