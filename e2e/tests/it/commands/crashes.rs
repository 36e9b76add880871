//! An API or a dialog dies between any two of its steps with a command: it is dispatched with one key, and ends once.

use std::collections::BTreeSet;

use domain::{AskState, CommandState, State};
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use store::Filter;
use testkit::key;
use tokio::sync::Mutex;

use super::{Trading, trading};
use crate::api::{BOOTSTRAP, admin_at};
use crate::asks::request;

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;
const INBOUND: &str = "notifications.queue.inbound";
/// Each step, and whose it is.
const STEPS: [(&str, &str); 5] = [
    ("dialog", "dialog.command_made"),
    ("dialog", "dialog.command_moved"),
    ("dialog", "dialog.command_told"),
    ("api", "api.dispatched_before_response"),
    ("api", "api.reported_before_response"),
];

/// A process that is started again once it has died of its step, as a supervisor would.
struct Kept {
    role: &'static str,
    environment: Vec<(String, String)>,
    running: Mutex<Running>,
}

struct Running {
    process: Process,
    deaths: usize,
}

impl Kept {
    /// Starts the process, which dies at the step where that is its own.
    async fn start(role: &'static str, fleet: &TestFleet, (whose, step): (&str, &str)) -> Self {
        let abort_at = format!("{step}:1");
        let armed = with(&fleet.environment, &[("CHASQUI_ABORT_AT", abort_at.as_str())]);
        let environment = if role == whose { &armed } else { &fleet.environment };
        let process = Process::ready(role, environment).await;
        let running = Mutex::new(Running { process, deaths: 0 });
        Self { role, environment: fleet.environment.clone(), running }
    }

    /// Starts it again where it has died.
    async fn revive(&self) {
        let mut running = self.running.lock().await;
        let Some(code) = running.process.exit_code() else { return };
        assert_eq!(code, ABORTED, "the {}: {}", self.role, running.process.output());
        running.deaths += 1;
        running.process = Process::ready(self.role, &self.environment).await;
    }

    async fn url(&self, path: &str) -> String {
        self.running.lock().await.process.url(path)
    }

    async fn deaths(&self) -> usize {
        self.running.lock().await.deaths
    }
}

/// The fleet of one step, and the service that it dispatches to.
struct Played {
    fleet: TestFleet,
    trading: Trading,
    api: Kept,
    dialog: Kept,
    bearer: String,
    _worker: Process,
}

impl Played {
    async fn start(step: (&str, &str)) -> Self {
        let trading = trading().await;
        let file = trading.file.path().to_str().expect("UTF-8").to_owned();
        let settings =
            [("SERVICES_FILE", file.as_str()), ("SANDBOX", "missing"), ("ADMINS_TELEGRAM_IDS", "4711"), BOOTSTRAP];
        let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
        for command in [["topology", "apply"].as_slice(), &["migrate"]] {
            let (code, said) = run(command, &fleet.environment).await;
            assert_eq!(code, 0, "{said}");
        }
        fleet.open_store().await;
        fleet.subscribe("seen", "*.command.*").await;
        let api = Kept::start("api", &fleet, step).await;
        let dialog = Kept::start("dialog", &fleet, step).await;
        let worker = Process::ready("worker", &fleet.environment).await;
        let bearer = admin_at(&fleet, &api.running.lock().await.process).await;
        Self { fleet, trading, api, dialog, bearer, _worker: worker }
    }

    /// Starts again whoever has died.
    async fn revive(&self) {
        self.api.revive().await;
        self.dialog.revive().await;
    }

    /// Repeats a request until it is accepted, as whoever gets no answer does.
    async fn accepted(&self, what: &str, ask: impl Fn(String) -> RequestBuilder, path: &str) -> Value {
        let look = async || {
            self.revive().await;
            let answer = ask(self.api.url(path).await).send().await.ok()?;
            assert_eq!(answer.status(), StatusCode::ACCEPTED, "{what}");
            answer.json().await.ok()
        };
        until(what, look).await
    }

    async fn dispatch(&self) -> String {
        let body = json!({ "service": "trading", "action": "pause" });
        let ask = |url: String| {
            let request = self.fleet.http.post(url).header("authorization", &self.bearer).json(&body);
            request.header("idempotency-key", "pause-7")
        };
        let answer = self.accepted("a command that is accepted", ask, "/v1/commands/dispatch").await;
        answer["command_id"].as_str().expect("an id").to_owned()
    }

    /// Somebody who is asked says yes, once they are asked.
    async fn confirm(&self, id: &str) {
        let look = async || {
            self.revive().await;
            let command = self.fleet.store().command(&key(id)).await.ok()??;
            let ask = self.fleet.store().ask(&key(&command.ask?)).await.ok()??;
            (ask.state() == AskState::Open).then_some(ask.key.id)
        };
        let ask = until("somebody is asked", look).await;
        let answered = json!({ "tenant": "default", "ask": ask, "approver": "telegram:4711", "choice": "yes",
            "id": "answer-1", "via": "link", "evidence": "{}" });
        request(&self.fleet, "/asks/answer", &answered).await;
    }

    async fn until_posted(&self) {
        let look = async || {
            self.revive().await;
            (!self.trading.receiver.posted().is_empty()).then_some(())
        };
        until("the service has the command", look).await;
    }

    /// The service says how far it is, until that is taken and shows.
    async fn report(&self, id: &str, state: CommandState) {
        let body = json!({ "command_id": id, "state": state.as_str() });
        let ask = |url: String| {
            let request = self.fleet.http.post(url).header("authorization", self.trading.authorization());
            request.json(&body)
        };
        self.accepted("a report that is accepted", ask, "/v1/events").await;
        let look = async || {
            self.revive().await;
            let command = self.fleet.store().command(&key(id)).await.ok()??;
            (command.state == state).then_some(())
        };
        until(state.as_str(), look).await;
    }

    /// Waits until nothing is on its way.
    async fn rest(&self) {
        until("no request left", async || (self.fleet.depth(INBOUND).await == 0).then_some(())).await;
        let is_final = async || {
            let page = self.fleet.store().deliveries(Filter { limit: 1000, ..Filter::default() }).await.ok()?;
            let open = |state: State| matches!(state, State::Sending | State::Waiting);
            (!page.deliveries.iter().any(|view| open(view.row.state))).then_some(())
        };
        until("every delivery is final", is_final).await;
    }

    /// The names of the events, each with its id.
    async fn told(&self) -> BTreeSet<(String, String)> {
        let mut told = BTreeSet::new();
        while let Some(event) = self.fleet.try_event("seen").await {
            told.insert((event.name().to_owned(), event.id().to_owned()));
        }
        told
    }
}

#[tokio::test]
async fn a_command_whose_api_or_dialog_dies_at_any_step_is_dispatched_with_one_key_and_ends_once() {
    for step in STEPS {
        let played = Played::start(step).await;
        let id = played.dispatch().await;
        played.confirm(&id).await;
        played.until_posted().await;
        played.report(&id, CommandState::Running).await;
        played.report(&id, CommandState::Succeeded).await;
        played.rest().await;
        assert_eq!(played.api.deaths().await + played.dialog.deaths().await, 1, "{step:?}");
        let posted = played.trading.receiver.posted();
        let keys: Vec<&str> = posted.iter().map(|posted| posted.header("idempotency-key")).collect();
        assert_eq!(keys, [id.as_str()], "{step:?}: no worker has died");
        let told = played.told().await;
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["dispatched", "pending_confirmation", "running", "succeeded"];
        assert_eq!(names, expected, "{step:?}: each once, however often it was told");
        let Played { fleet, .. } = played;
        fleet.finish().await;
    }
}
