//! The services of `examples/` against a fleet and a fake Telegram: the walk that `make demo-dialog` shows, and their own
//! checks.

use std::fs;
use std::path::Path;

use chasqui::clock::SystemClock;
use domain::Clock as _;
use e2e::fleet::until;
use e2e::{Database, TestFleet};
use embedded::free_ports;
use fake::{Fake, Options};
use serde_json::{Value, json};
use testkit::Counterpart;
use testkit::tools::{installed, repository};
use tokio::process::Command;

const PYTHON: &str = "venv/bin/python";
const ANA: &str = "4711";
const BEN: &str = "4712";

fn now() -> u64 {
    u64::try_from(SystemClock.now().as_micros() / 1_000_000).unwrap_or_default()
}

/// A service of the examples, the fleet that has it do something, and the bot that people write to.
struct Walk {
    fleet: TestFleet,
    fake: Fake,
    service: Counterpart,
    /// Where the service listens.
    base_url: String,
    _folder: tempfile::TempDir,
}

impl Walk {
    async fn start(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The fake and the service are told where the API will be.
        let [port] = free_ports().expect("a free port");
        let listen = format!("127.0.0.1:{port}");
        let api = format!("http://{listen}");
        let mut service = start_service(name, &api, folder.path());
        let base_url = service.line().await.split_whitespace().last().expect("where it listens").to_owned();
        let file = folder.path().join("services.toml");
        fs::write(&file, registered(name, &base_url, folder.path())).expect("written");
        let any = || "127.0.0.1:0".to_owned();
        let options =
            Options { listen: any(), smtp_listen: any(), at: None, callbacks: Some(api), now, complain: |_line| () };
        let fake = Fake::start(options).await.expect("free ports");
        let told = fake.settings.lines().filter_map(|line| line.split_once('='));
        let mut settings: Vec<(&str, &str)> = told
            .filter(|(name, _)| name.starts_with("TELEGRAM_"))
            .map(|(name, value)| (name, value.trim_matches('\'')))
            .collect();
        let (file, admins) = (file.display().to_string(), format!("{ANA},{BEN}"));
        settings.extend([
            ("API_LISTEN", listen.as_str()),
            ("SERVICES_FILE", file.as_str()),
            ("ADMINS_TELEGRAM_IDS", admins.as_str()),
            ("DEFAULT_LOCALE", "es"),
            ("SANDBOX", "missing"),
        ]);
        let fleet = TestFleet::start(Database::Sqlite, &settings).await;
        Self { fleet, fake, service, base_url, _folder: folder }
    }

    /// What a person does in the chat with the bot, which the API takes at once.
    async fn does(&self, person: &str, mut what: Value) {
        what["provider"] = json!("telegram");
        what["from"] = json!(person);
        let url = format!("{}/_fake/inbound", self.fake.base_url);
        let answer = self.fleet.http.post(url).json(&what).send().await.expect("answered");
        let told: Value = answer.json().await.expect("JSON");
        assert_eq!(told["status"], 200, "{told}");
    }

    async fn writes(&self, person: &str, text: &str) {
        self.does(person, json!({ "text": text })).await;
    }

    async fn presses(&self, person: &str, question: &Value, label: &str) {
        let button = button(question, label).expect("the message has the button");
        self.does(person, json!({ "text": question["text"], "button": button })).await;
    }

    /// The requests by which the bot has written to a person, by their method.
    async fn sent(&self, person: &str) -> Vec<(String, Value)> {
        let url = format!("{}/_fake/received?provider=telegram&to={person}", self.fake.base_url);
        let shown: Value = self.fleet.http.get(url).send().await.expect("answered").json().await.expect("JSON");
        let received = shown["received"].as_array().cloned().unwrap_or_default();
        let fields = received.into_iter().map(|mut one| one["fields"].take());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        fields.map(|fields| (text(&fields["method"]), fields["parameters"].clone())).collect()
    }

    /// The first message to a person with these words in it.
    async fn told(&self, person: &str, words: &str) -> Value {
        let has = |(_, message): &(String, Value)| message["text"].as_str().is_some_and(|text| text.contains(words));
        let look = async || self.sent(person).await.into_iter().find(has).map(|(_, message)| message);
        until(&format!("{person} is told: {words}"), look).await
    }

    /// The question to a person, with its buttons.
    async fn asked(&self, person: &str) -> Value {
        let is_question = |(_, message): &(String, Value)| button(message, "Sí").is_some();
        let look = async || self.sent(person).await.into_iter().find(is_question).map(|(_, message)| message);
        until(&format!("{person} is asked"), look).await
    }

    /// Waits until the question to a person has no buttons any more.
    async fn edited(&self, person: &str) {
        let is_edit =
            |(method, message): &(String, Value)| method.starts_with("edit") && button(message, "Sí").is_none();
        let look = async || self.sent(person).await.iter().any(is_edit).then_some(());
        until(&format!("the question to {person} is closed"), look).await;
    }

    /// The next line of the service's log with these words in it.
    async fn logged(&mut self, words: &str) -> String {
        loop {
            let line = self.service.line().await;
            if line.contains(words) {
                return line;
            }
        }
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.fleet.http.get(format!("{}{path}", self.base_url)).send().await.expect("answered");
        answer.text().await.expect("text")
    }

    /// Waits until every delivery is final, and looks whether anything was left.
    async fn finish(self) {
        self.fleet.until_all_are_final().await;
        self.fleet.finish().await;
    }
}

fn start_service(name: &str, api: &str, folder: &Path) -> Counterpart {
    let (program, state) = (format!("examples/{name}"), folder.display().to_string());
    let arguments = ["-B", program.as_str(), "--listen", "127.0.0.1:0", "--chasqui", api, "--state", state.as_str()];
    Counterpart::start(PYTHON, &arguments)
}

/// `services.toml` as it stands in the examples, with the address and the key that one of them has today.
fn registered(name: &str, base_url: &str, folder: &Path) -> String {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (text, key) = (read(&repository().join("examples/services.toml")), read(&folder.join("public-key.pem")));
    let header = format!("[{name}]\n");
    let (before, after) = text.split_once(&header).expect("the service is there");
    let (_, rest) = after.split_once('\n').expect("its base_url comes first");
    format!("{before}{header}base_url = \"{base_url}\"\npublic_key = \"\"\"\n{key}\"\"\"\n{rest}")
}

/// What stands behind the button of this label below a message.
fn button(message: &Value, label: &str) -> Option<String> {
    let rows = message["reply_markup"]["inline_keyboard"].as_array()?;
    let mut buttons = rows.iter().flat_map(|row| row.as_array().into_iter().flatten());
    let found = buttons.find(|button| button["text"] == label)?;
    found["callback_data"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_walk_of_the_demo_ends_with_the_service_s_word() {
    let mut walk = Walk::start("trading").await;
    let deploy = format!("{}/v1/trading/deploy", walk.base_url);
    let body = json!({ "strategies": ["btc-arb-01", "eth-grid-02"] });
    assert_eq!(walk.fleet.http.post(deploy).json(&body).send().await.expect("answered").status().as_u16(), 200);
    walk.writes(ANA, "/cmd trading.strategy.pause strategy_id=btc-arb-01").await;
    let question = walk.asked(ANA).await;
    assert!(question["text"].as_str().is_some_and(|text| text.contains("btc-arb-01")), "{question}");
    assert!(
        !walk.get("/metrics").await.contains("trading_commands{"),
        "nothing is dispatched before somebody confirms it"
    );
    walk.presses(ANA, &question, "Sí").await;
    let believed = walk.logged("strategy.pause: its token is Chasqui's").await;
    assert!(believed.ends_with(&format!("telegram:{ANA} asks, telegram:{ANA} has confirmed")), "{believed}");
    for state in ["running", "succeeded"] {
        walk.logged(&format!("reported {state}, and Chasqui says 202")).await;
    }
    for words in ["Queda decidido", "btc-arb-01 is paused now"] {
        walk.told(ANA, words).await;
    }
    walk.edited(ANA).await;
    let metrics = walk.get("/metrics").await;
    for line in
        ["trading_commands{state=\"succeeded\"} 1\n", "trading_strategies_paused 1\n", "trading_reports_waiting 0\n"]
    {
        assert!(metrics.contains(line), "{line}{metrics}");
    }
    walk.finish().await;
}

#[tokio::test]
async fn an_invoice_is_approved_by_somebody_else_than_whoever_asks_for_it() {
    let mut walk = Walk::start("financial").await;
    walk.writes(ANA, "/cmd financial.invoice.approve id=F-118 amount=1250.5").await;
    let (hers, his) = (walk.asked(ANA).await, walk.asked(BEN).await);
    walk.presses(ANA, &hers, "Sí").await;
    walk.told(ANA, "Lo has pedido tú").await;
    walk.presses(BEN, &his, "Sí").await;
    walk.logged("reported succeeded, and Chasqui says 202").await;
    walk.told(BEN, "Queda decidido").await;
    walk.told(ANA, &format!("F-118 of 1250.50 is approved by telegram:{BEN}")).await;
    walk.edited(ANA).await;
    walk.edited(BEN).await;
    walk.finish().await;
}

#[tokio::test]
async fn the_examples_pass_their_own_checks() {
    let python = installed().join(PYTHON);
    let ran = Command::new(python).args(["-B", "examples/tests.py"]).current_dir(repository()).output().await;
    let output = ran.expect("it runs: run `make tools`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
