//! A code is in the message that was rendered for its reader, and nowhere else: not in the broker, the ledger, the dead-letter
//! queue, the events, the answers or the logs of the fleet.

use std::fmt::Write as _;

use domain::State;
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use store::Filter;

use crate::api::{BOOTSTRAP, admin_at};

const READER: &str = "+12025550143";
/// A number that the provider refuses for good: its message is a dead letter.
const REFUSED: &str = "+12025550144";
const LETTERS: &str = "notifications.queue.dlq";
const TABLES: &str = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' \
     AND table_type = 'BASE TABLE' ORDER BY table_name";

/// The six digits of a message, which stand alone.
fn code_in(text: &str) -> String {
    let mut words = text.split(|character: char| !character.is_ascii_alphanumeric());
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    words.find(is_code).expect("a message with a code").to_owned()
}

/// Whether a text has the code as a word of its own, as typed or in two halves. Digits of a time or of a hash are none.
fn has(text: &str, code: &str) -> bool {
    let halves = format!("{} {}", &code[..3], &code[3..]);
    [code, halves.as_str()].iter().any(|wanted| {
        text.match_indices(wanted).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !before.is_some_and(|before| before.is_ascii_alphanumeric() || before == '.')
                && !after.is_some_and(|after| after.is_ascii_alphanumeric())
        })
    })
}

/// All of the ledger, row by row. What is kept as bytes is read as text as well.
async fn ledger_of(fleet: &TestFleet) -> String {
    let mut ledger: PgConnection = fleet.database().await;
    let tables: Vec<String> = sqlx::query_scalar::<_, String>(TABLES).fetch_all(&mut ledger).await.expect("the tables");
    assert!(tables.iter().any(|table| table == "deliveries"), "{tables:?}");
    let mut text = String::new();
    for table in tables {
        let rows = format!("SELECT whole::text FROM \"{table}\" AS whole");
        let rows: Vec<String> = sqlx::query_scalar::<_, String>(AssertSqlSafe(rows))
            .fetch_all(&mut ledger)
            .await
            .expect("the rows of a table");
        for row in rows {
            let _ = writeln!(text, "{table}: {row}");
            for hex in row.split("\\x").skip(1) {
                let _ = writeln!(text, "{table}: {}", read_as_text(hex));
            }
        }
    }
    text
}

/// The bytes that the hexadecimal digits at the beginning say.
fn read_as_text(hex: &str) -> String {
    let digits: Vec<u8> =
        hex.chars().map_while(|digit| digit.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every message of every queue, with its headers, which stay there.
async fn queues_of(fleet: &TestFleet) -> String {
    let queues = fleet.manage(Method::GET, &format!("queues/{}", fleet.vhost), None).await;
    let look = json!({ "count": 100, "ackmode": "ack_requeue_true", "encoding": "auto" });
    let mut text = String::new();
    for queue in queues.as_array().expect("a list") {
        let name = queue["name"].as_str().expect("a name");
        let path = format!("queues/{}/{name}/get", fleet.vhost);
        let messages = fleet.manage(Method::POST, &path, Some(look.clone())).await;
        for message in messages.as_array().into_iter().flatten() {
            let _ = writeln!(text, "{name}: {message} {}", message["payload"].as_str().unwrap_or_default());
        }
    }
    text
}

/// A fleet as processes that say all they can, and what was answered so far.
struct Spoken {
    fleet: TestFleet,
    api: Process,
    environment: Vec<(String, String)>,
    bearer: String,
    answers: String,
}

impl Spoken {
    async fn start(provider: &Provider) -> Self {
        let settings = [provider.settings(), vec![("VERIFY_COUNTRIES", "+1"), BOOTSTRAP]].concat();
        let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
        for command in [["topology", "apply"].as_slice(), &["migrate"]] {
            let (code, said) = run(command, &fleet.environment).await;
            assert_eq!(code, 0, "{said}");
        }
        fleet.open_store().await;
        fleet.subscribe("seen", "#").await;
        let environment = with(&fleet.environment, &[("LOG", "debug")]);
        let api = Process::ready("api", &environment).await;
        let bearer = admin_at(&fleet, &api).await;
        Self { fleet, api, environment, bearer, answers: String::new() }
    }

    async fn post(&mut self, path: &str, body: &Value, expected: StatusCode) -> Value {
        let request = self.fleet.http.post(self.api.url(path)).header("authorization", &self.bearer).json(body);
        let answer = request.send().await.expect("answered");
        let (status, headers) = (answer.status(), format!("{:?}", answer.headers()));
        let told: Value = answer.json().await.expect("JSON");
        assert_eq!(status, expected, "{path}: {told}");
        let _ = writeln!(self.answers, "{headers} {told}");
        told
    }

    async fn start_for(&mut self, number: &str) -> String {
        let body = json!({ "channel": "sms", "to": number, "purpose": "sign in" });
        let told = self.post("/v1/verification/start", &body, StatusCode::ACCEPTED).await;
        told["id"].as_str().expect("an id").to_owned()
    }

    async fn rest(&self) {
        let is_final = async || {
            let page = self.fleet.store().deliveries(Filter { limit: 100, ..Filter::default() }).await.ok()?;
            let open = |state: State| matches!(state, State::Sending | State::Waiting);
            let is_done = page.deliveries.len() >= 2 && !page.deliveries.iter().any(|view| open(view.row.state));
            is_done.then_some(())
        };
        until("both messages have an end", is_final).await;
        until("the dead letter", async || (self.fleet.depth(LETTERS).await == 1).then_some(())).await;
    }

    /// Whatever the fleet keeps, and has told so far.
    async fn shown(&self, processes: &[&Process]) -> String {
        let printed: String = processes.iter().map(|process| process.output()).collect();
        let mut counted = String::new();
        for process in processes {
            counted.push_str(&process.metrics().await);
        }
        [queues_of(&self.fleet).await, ledger_of(&self.fleet).await, self.answers.clone(), printed, counted].concat()
    }
}

#[tokio::test]
async fn a_code_is_in_the_message_for_its_reader_and_nowhere_else() {
    let provider = Provider::start().await;
    provider.answer_for(REFUSED, Answer::Refuse { status: 400, code: 21_211, retry_after: None });
    let mut spoken = Spoken::start(&provider).await;
    let id = spoken.start_for(READER).await;
    spoken.start_for(REFUSED).await;
    // While nobody sends, both messages wait in their lane.
    let waiting = spoken.shown(&[&spoken.api]).await;
    assert!(waiting.contains(&id) && waiting.contains(READER), "{waiting}");
    let dialog = Process::ready("dialog", &spoken.environment).await;
    let worker = Process::ready("worker", &spoken.environment).await;
    spoken.rest().await;
    let sent = |to: &str| provider.received().into_iter().find(|one| one.to == to).expect("it was asked to send").body;
    let codes = [READER, REFUSED].map(|to| code_in(&sent(to)));
    assert!(has(&sent(READER), &codes[0]), "what is looked for is found where it is");
    let ended = spoken.shown(&[&spoken.api, &dialog, &worker]).await;
    let path = format!("/v1/verification/{id}/confirm");
    let told = spoken.post(&path, &json!({ "code": codes[0] }), StatusCode::OK).await;
    assert_eq!(told["status"], "approved", "{told}");
    let approved = spoken.shown(&[&spoken.api, &dialog, &worker]).await;
    for (when, shown) in [("waiting", &waiting), ("ended", &ended), ("approved", &approved)] {
        for code in &codes {
            let lines: Vec<&str> = shown.lines().filter(|line| has(line, code)).collect();
            assert!(lines.is_empty(), "{when}, {code} is shown: {lines:#?}");
        }
    }
    drop((dialog, worker));
    spoken.fleet.remove().await;
}

#[test]
fn a_code_is_found_as_a_word_of_its_own() {
    for (text, is_found) in [
        ("Your code is 482193.", true),
        ("482193 is your code", true),
        ("{\"code\":\"482193\"}", true),
        ("482 193", true),
        ("1764528182482193", false),
        ("18:53:02.482193Z", false),
        ("a482193f", false),
    ] {
        assert_eq!(has(text, "482193"), is_found, "{text}");
    }
}
