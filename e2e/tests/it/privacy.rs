//! Nothing personal and nothing secret in what the processes print and count, at the most talkative level.

use std::collections::BTreeSet;

use domain::State;
use e2e::mail_server::MailServer;
use e2e::processes::with;
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use lapin::BasicProperties;
use serde_json::{Value, json};

/// In every text, subject and template value of this test.
const WORDS: &str = "zapallo-secreto";
const PASSWORD: &str = "contraseña-de-ada";
const SECRETS: [(&str, &str); 4] = [
    ("SECRET_KEY", "una clave de firma bastante larga y secreta"),
    ("BOOTSTRAP_TOKEN", "ficha-inicial-secreta"),
    ("SMTP_USER", "cartero"),
    ("SMTP_PASSWORD", "sello-secreto"),
];

/// A recipient, its channel, and how the provider answers.
fn recipients() -> Vec<(&'static str, String, Option<Answer>)> {
    let refuse = |status, code| Some(Answer::Refuse { status, code, retry_after: None });
    let mut all = vec![
        ("sms", "+12025550171".to_owned(), None),
        ("whatsapp", "+12025550172".to_owned(), None),
        ("sms", "+12025550173".to_owned(), refuse(400, 21211)),
        ("sms", "+12025550174".to_owned(), refuse(503, 0)),
        ("sms", "+12025550175".to_owned(), refuse(400, 21606)),
        ("sms", "+12025550176".to_owned(), Some(Answer::Vanish)),
        ("sms", "+12025550177".to_owned(), Some(Answer::Garbage)),
        ("push", "ficha-del-aparato-0123456789".to_owned(), None),
    ];
    let mails = ["ana.quispe", "rcpt-550", "data-451", "data-554", "drop"];
    all.extend(mails.map(|local| ("email", format!("{local}@hogar.example"), None)));
    all
}

fn body(channel: &str, to: &str) -> Value {
    json!({"channel": channel, "destination": to, "subject": WORDS, "message": format!("Su código: {WORDS}")})
}

/// Bodies that cannot be delivered, each with words or a recipient at the place that is wrong.
fn poison() -> Vec<String> {
    let to = "+12025550178";
    let with = |name: &str, value: Value| {
        let mut body = body("sms", to);
        body[name] = value;
        body.to_string()
    };
    vec![
        format!("{{{WORDS} {to}"),
        format!("\"{WORDS} {to}\""),
        with("destination", json!([to, WORDS])),
        with("destination", json!({"phone": to})),
        with("destination", json!(format!("{to} {WORDS}"))),
        with("send_at", json!(WORDS)),
        with("expires_at", json!(to)),
        with("priority", json!(WORDS)),
        with("subject", json!(format!("{WORDS}\r\nBcc: {to}"))),
        with("message", json!({"text": WORDS})),
        with("data", json!(WORDS)),
        with("fallback", json!([{"channel": "email", "destination": [WORDS]}])),
        json!({"channel": "sms", "destination": to, "template": "otp", "data": {"code": {"wrong": WORDS}}}).to_string(),
        json!({"channel": "email", "destination": format!("{to} {WORDS}@hogar.example"), "message": WORDS}).to_string(),
    ]
}

async fn publish_load(fleet: &TestFleet, provider: &Provider) {
    for (at, (channel, to, answer)) in recipients().into_iter().enumerate() {
        if let Some(answer) = answer {
            provider.answer_for(&to, answer);
        }
        fleet.notify(&format!("m{at}"), &body(channel, &to)).await;
    }
    for (at, body) in poison().into_iter().enumerate() {
        fleet.publish(body, BasicProperties::default().with_message_id(format!("p{at}").into())).await;
    }
}

/// Everything a user does over HTTP, rightly and wrongly. Returns the tokens.
async fn use_api(fleet: &TestFleet, api: &Process) -> Vec<String> {
    let post = async |path: &str, token: &str, body: String| {
        let mut request = fleet.http.post(api.url(path)).header("content-type", "application/json").body(body);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.send().await.expect("answered");
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap_or_default())
    };
    let user = |password: &str| json!({"username": "ada", "password": password}).to_string();
    let first = fleet.http.post(api.url("/register")).header("content-type", "application/json").body(user(PASSWORD));
    let first = first.header("x-bootstrap-token", SECRETS[1].1).send().await.expect("answered");
    assert_eq!(first.status(), 201);
    assert_eq!(post("/login", "", user(&format!("{PASSWORD}-wrong"))).await.0, 401);
    let (_, answer) = post("/login", "", user(PASSWORD)).await;
    let token = answer["access_token"].as_str().expect("a token").to_owned();
    let forged = format!("{token}x");
    let good = body("sms", "+12025550171");
    assert_eq!(post("/notify-auth", &token, good.to_string()).await.0, 202);
    assert_eq!(post("/notify-auth", &forged, good.to_string()).await.0, 401);
    for bad in poison() {
        assert!(post("/notify-auth", &token, bad).await.0 < 500);
    }
    let list = fleet.http.get(api.url("/deliveries?ambiguous=true")).header("authorization", format!("Bearer {token}"));
    assert_eq!(list.send().await.expect("answered").status(), 200);
    vec![token, forged]
}

#[tokio::test]
async fn nothing_personal_and_nothing_secret_is_printed_or_counted() {
    let (provider, mail) = (Provider::start().await, MailServer::start(&["--login", SECRETS[2].1, SECRETS[3].1]).await);
    let settings = [provider.settings(), mail.settings(), SECRETS.to_vec()].concat();
    let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
    let environment = with(&fleet.environment, &[("LOG", "debug")]);
    let json = with(&environment, &[("LOG_FORMAT", "json")]);
    let (worker, api) = tokio::join!(Process::ready("worker", &environment), Process::ready("api", &json));
    fleet.open_store().await;
    publish_load(&fleet, &provider).await;
    let tokens = use_api(&fleet, &api).await;
    for at in 0..recipients().len() {
        e2e::fleet::until(&format!("the end of m{at}"), async || {
            let view = fleet.delivery(&format!("m{at}")).await?;
            (!matches!(view.row.state, State::Sending | State::Waiting)).then_some(())
        })
        .await;
    }
    let mut letters = Vec::new();
    let mut poisoned: BTreeSet<String> = (0..poison().len()).map(|at| format!("p{at}")).collect();
    while !poisoned.is_empty() {
        let letter = fleet.take_dead_letters(1).await.remove(0);
        poisoned.remove(letter.message_id.as_deref().unwrap_or_default());
        letters.push(format!("{}: {}\n", letter.reason, letter.error));
    }
    let printed = [worker.output(), api.output(), worker.metrics().await, api.metrics().await];
    let shown = [&printed[..], &letters].concat().concat();
    assert!(shown.contains("an attempt failed") && shown.contains("chasqui_attempts_total"), "{shown}");
    let recipients = recipients().into_iter().map(|(_, to, _)| to);
    let broker = fleet.sources.get("AMQP_URL").expect("a broker");
    let broker_password = broker.split(['@', ':']).nth(2).expect("a password");
    let words = [WORDS, PASSWORD, "+12025550178", "a token of the tests", broker_password].map(str::to_owned);
    let secrets = SECRETS.map(|(_, value)| value.to_owned());
    for hidden in recipients.chain(words).chain(secrets).chain(tokens) {
        // A number without its plus sign, or percent-encoded, is as personal.
        let hidden = hidden.trim_start_matches('+');
        let lines: Vec<&str> = shown.lines().filter(|line| line.contains(hidden)).collect();
        assert!(lines.is_empty(), "{hidden} is shown: {lines:#?}");
    }
    fleet.remove().await;
}
