//! The console in a real browser: operated as people do, with and without scripts, and looked at page by page.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use domain::State;
use e2e::browser::Browser;
use e2e::fleet::until;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

const NAME: &str = "ops";
const PASSWORD: &str = "correct horse battery";
const DLQ: &str = "notifications.queue.dlq";
/// What Twilio says of a number that is none, and is therefore not tried again.
const CODE: u32 = 21_211;
const LETTERS: usize = 3;
/// How long a scene may take: the one with all pages looks at each of them four times.
const PATIENCE: Duration = Duration::from_secs(300);
/// A replayed group counts as resolved once nothing has come back for ten minutes.
const SETTLED: &str = "UPDATE letter_groups SET changed_at = changed_at - 660000000 WHERE life = 'replayed'";

/// What every scene is played with.
struct Stage<'a> {
    browser: Browser,
    fleet: &'a TestFleet,
}

impl Stage<'_> {
    /// Plays a scene of `console.js`, and gives what it has found out.
    async fn play(&self, scene: &str, more: Value) -> Value {
        let mut given = json!({
            "scene": scene, "base": self.fleet.url(""), "browser": self.browser.program(), "name": NAME,
            "password": PASSWORD, "id": "live-1", "destination": number(0), "code": CODE.to_string(),
            "letters": LETTERS, "folder": screenshots("console"),
        });
        given.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let mut node = Command::new("node");
        node.arg(repository().join("e2e/tests/it/browser/console.js")).arg(given.to_string());
        node.env("NODE_PATH", modules()).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, node.output()).await;
        let output = output.unwrap_or_else(|_| panic!("the scene {scene} does not end")).expect("node runs");
        let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "the scene {scene}:\n{said}{complained}");
        serde_json::from_str(&said).expect("a scene prints JSON")
    }
}

pub(super) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Where `tools/setup --test` puts what the scenes load.
pub(super) fn modules() -> PathBuf {
    let modules = testkit::tools::installed().join("node/node_modules");
    assert!(modules.join("playwright-core").exists(), "playwright-core is missing: run `tools/setup --test`");
    modules
}

/// In the target folder, where the test's own program is too: they are looked at, and never compared.
pub(super) fn screenshots(of: &str) -> PathBuf {
    let program = std::env::current_exe().expect("this executable");
    program.ancestors().nth(3).expect("a target folder").join("screenshots").join(of)
}

fn number(n: usize) -> String {
    format!("+1202555{n:04}")
}

fn letter(n: usize) -> String {
    format!("lost-{n}")
}

/// The first user, who may do everything.
async fn register(fleet: &TestFleet) {
    let user = json!({"username": NAME, "password": PASSWORD});
    let answer = fleet.http.post(fleet.url("/register")).json(&user).send().await.expect("answered");
    assert_eq!(answer.status(), StatusCode::CREATED);
}

/// Publishes what the provider refuses for good, and waits for the letters.
async fn die(fleet: &TestFleet, provider: &Provider) {
    provider.answer(Answer::Refuse { status: 400, code: CODE, retry_after: None });
    for n in 1..=LETTERS {
        let body = json!({"channel": "sms", "destination": number(n), "message": "Hola"});
        fleet.notify(&letter(n), &body).await;
    }
    until("the dead letters", async || (fleet.depth(DLQ).await == LETTERS as u64).then_some(())).await;
}

/// Pages that the navigation does not lead to.
fn more_pages(plan: &Value) -> Value {
    let plan = plan["plan"].as_str().and_then(|plan| url::Url::parse(plan).ok()).expect("the address of a plan");
    json!({"more": [
        plan.path(), "/console/deliveries/live-1", "/console/deliveries?state=dead", "/console/dead-letters/letters",
        "/console/dead-letters/jobs", "/console/users/one?name=ops", "/console/users/act?name=ops&act=disable",
        "/console/account", "/console/audit?kind=dead_letters.replayed",
        "/console/commands/new",
    ]})
}

#[tokio::test]
async fn a_pause_moves_nothing_on_the_overview_and_a_silent_stream_is_told_stale() {
    let Some(browser) = Browser::find() else { return };
    let fleet = TestFleet::start(Database::Sqlite, &[]).await;
    register(&fleet).await;
    let stage = Stage { browser, fleet: &fleet };
    stage.play("paused", json!({})).await;
    stage.play("several", json!({})).await;
    stage.play("silence", json!({})).await;
    fleet.finish().await;
}

#[tokio::test]
async fn dead_letters_are_planned_and_replayed_in_the_console_with_and_without_scripts() {
    let Some(browser) = Browser::find() else { return };
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    register(&fleet).await;
    let stage = Stage { browser, fleet: &fleet };
    stage.play("live", json!({})).await;

    die(&fleet, &provider).await;
    stage.play("plain", json!({})).await;
    let plan = stage.play("plan", json!({})).await;
    until("all letters, for a plan moves nothing", async || (fleet.depth(DLQ).await == LETTERS as u64).then_some(()))
        .await;

    provider.answer(Answer::Accept);
    stage.play("replay", plan.clone()).await;
    for n in 1..=LETTERS {
        fleet.until(&letter(n), State::Sent).await;
        assert_eq!(provider.count(&number(n)), 2, "{} is sent once more", letter(n));
    }
    let mut ledger = fleet.database().await;
    let settled = sqlx::query(SETTLED).execute(&mut ledger).await.expect("the ledger takes it");
    assert_eq!(settled.rows_affected(), 1, "a group was replayed");
    stage.play("resolved", json!({})).await;

    stage.play("pages", more_pages(&plan)).await;
    stage.play("out", json!({})).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_notification_arrives_in_the_browser_of_whoever_has_try_it_open() {
    let Some(browser) = Browser::find() else { return };
    let fleet = TestFleet::start(Database::Sqlite, &[("WS_LISTEN", "127.0.0.1:0")]).await;
    register(&fleet).await;
    Stage { browser, fleet: &fleet }.play("bell", json!({})).await;
    fleet.finish().await;
}
