//! `chasqui up` with a broker and a ledger of its own: what it makes, what it prints, and what it does when delays change.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::Process;
use e2e::processes::{Environment, run_within, with};
use embedded::Signal;
use serde_json::json;
use tokio::time::Instant;

/// For a start of a broker on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);

/// What somebody else may read below `folder`, itself included. What is gone meanwhile is open to nobody.
fn open_below(folder: &Path) -> Vec<PathBuf> {
    let (mut left, mut open) = (vec![folder.to_owned()], Vec::new());
    while let Some(path) = left.pop() {
        let Ok(found) = path.symlink_metadata() else { continue };
        if found.is_dir() {
            left.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
        if !found.is_symlink() && found.permissions().mode() & 0o077 != 0 {
            open.push(path);
        }
    }
    open
}

pub(super) async fn until_output(up: &mut Process, words: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !up.output().contains(words) {
        assert!(up.runs() && Instant::now() < deadline, "{words} is not in:\n{}", up.output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The word that follows `before`.
fn after<'a>(said: &'a str, before: &str) -> &'a str {
    let (_, rest) = said.split_once(before).unwrap_or_else(|| panic!("{before} is not in:\n{said}"));
    rest.split_whitespace().next().expect("a word")
}

/// What other commands say in the directory of a running fleet.
async fn beside_a_running_one(up: &Process, folder: &Path, environment: &Environment) {
    let (code, said) = run_within(PATIENCE, folder, &["up"], environment).await;
    assert_eq!(code, 3, "{said}");
    let words = format!("`chasqui up` runs in this directory already, with its API at {}: use that one", up.url(""));
    assert!(said.lines().count() == 1 && said.contains(&words), "{said}");
    let (code, said) = run_within(PATIENCE, folder, &["check", "worker"], environment).await;
    assert!(code == 1 && said.contains("no broker is given") && !said.contains("run `chasqui up`"), "{said}");
    assert!(said.starts_with("`chasqui worker` would not start: ") && said.contains("check up"), "{said}");
    check_names_the_role_of_this_directory(folder, environment).await;
    let (code, said) = run_within(PATIENCE, folder, &["webhook", "secret"], environment).await;
    assert!(code == 0 && said.starts_with("whsec_") && !said.contains("stopped"), "{said}");
    let (code, said) = run_within(PATIENCE, folder, &["providers"], environment).await;
    assert!(code == 0 && said.contains("no provider is configured here: the sandbox captures all"), "{said}");
    let mail = [("SMTP_HOST", "mail.example"), ("FROM_EMAIL", "a@example.org")];
    let (code, said) = run_within(PATIENCE, folder, &["providers"], &with(environment, &mail)).await;
    assert!(code == 0 && said.contains("given nothing, because SANDBOX=all captures all messages"), "{said}");
    // It is at the address of the API, whatever is set for roles of their own.
    let elsewhere = with(environment, &[("METRICS_LISTEN", "127.0.0.1:1")]);
    let (code, said) = run_within(PATIENCE, folder, &["health"], &elsewhere).await;
    assert!(code == 0 && said.contains("ready"), "{said}");
}

/// Without a role, `check` is for the fleet that runs or has run in this directory.
async fn check_names_the_role_of_this_directory(folder: &Path, environment: &Environment) {
    let (code, said) = run_within(PATIENCE, folder, &["check"], environment).await;
    assert!(code == 0 && said.starts_with("No role is named: this is for `chasqui up`."), "{said}");
    assert!(said.contains("The settings for `chasqui up` are valid."), "{said}");
}

/// What was sent is looked for in the ledger of the stopped fleet.
async fn beside_a_stopped_one(folder: &Path, environment: &Environment) {
    check_names_the_role_of_this_directory(folder, environment).await;
    for command in ["stuck", "migrate"] {
        let (code, said) = run_within(PATIENCE, folder, &[command], environment).await;
        assert!(code == 0 && said.contains("taking that of the stopped `chasqui up`, ./var/chasqui.db"), "{said}");
    }
    let (code, said) = run_within(PATIENCE, folder, &["webhook", "secret"], environment).await;
    assert!(code == 0 && said.contains("taking that of the stopped `chasqui up`, ./var/secret.key"), "{said}");
}

#[tokio::test]
async fn up_closes_what_it_makes_refuses_a_second_tells_what_dies_and_follows_new_delays() {
    let dir = tempfile::tempdir().expect("a folder");
    let var = dir.path().join("var");
    // As an earlier release left it.
    std::fs::create_dir(&var).expect("made");
    std::fs::set_permissions(&var, std::fs::Permissions::from_mode(0o755)).expect("opened");
    let path = std::env::var("PATH").expect("a PATH");
    let environment = |delay: &str| {
        [("PATH", path.as_str()), ("CHANNELS", "email"), ("WORKER_RETRY_DELAY_1", delay)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let log = dir.path().join("output");
    let mut up = Process::start_with_log("up", &environment("5"), &log);
    until_output(&mut up, "Press Ctrl-C to stop.").await;

    let said = up.output();
    assert!(said.contains("closed to other users of this machine"), "{said}");
    assert!(said.contains("email      captured, not sent") && said.contains("sms        off"), "{said}");
    assert_eq!(said.matches("captured, not sent").count(), 1, "it is said once: {said}");
    assert!(!said.contains("for-development") && !said.contains("logged in"), "{said}");
    let password = after(&said, "user admin, password ");
    let overview = format!("{}/api/overview", after(&said, "RabbitMQ   "));
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let as_admin = client.get(&overview).basic_auth("admin", Some(password)).send().await.expect("answered");
    assert_eq!(as_admin.status(), 200);
    let published = client.get(&overview).basic_auth("admin", Some("admin-for-development")).send().await;
    assert_eq!(published.expect("answered").status(), 401);
    assert!(after(&said, "X-Bootstrap-Token: ").len() >= 32);
    assert!(var.join("chasqui.db").exists() && var.join("rabbitmq/passwords").exists());
    assert_eq!(open_below(&var), Vec::<PathBuf>::new());
    beside_a_running_one(&up, dir.path(), &environment("5")).await;

    let sms = json!({"id": "to-nobody", "channel": "sms", "destination": "+12025550143", "message": "Hola"});
    let answer = client.post(up.url("/notify")).json(&sms).send().await.expect("answered");
    assert_eq!(answer.status(), 202);
    until_output(&mut up, "a delivery is dead").await;
    let said = up.output();
    let line = said.lines().find(|line| line.contains("a delivery is dead")).expect("a line");
    assert!(line.contains("to-nobody") && line.contains("sms") && line.contains("channel_not_configured"), "{line}");
    assert!(!said.contains("2025550143"), "{said}");
    assert_eq!(up.end(Signal::Term).await, 0, "{}", up.output());
    beside_a_stopped_one(dir.path(), &environment("5")).await;

    // The node is started for the command.
    let (code, said) = run_within(PATIENCE, dir.path(), &["topology", "verify"], &environment("5")).await;
    assert!(code == 0 && said.contains("the broker is as the plan says"), "{said}");
    let (code, said) = run_within(PATIENCE, dir.path(), &["topology", "verify"], &environment("4")).await;
    assert!(code == 1 && said.contains("x-message-ttl"), "{said}");

    let mut up = Process::start_with_log("up", &environment("4"), &dir.path().join("later"));
    until_output(&mut up, "Try it:").await;
    let said = up.output();
    assert!(said.contains("the retry delays have changed: notifications.queue.retry.1 made again"), "{said}");
    assert!(said.contains(password), "the passwords of this folder are kept: {said}");
    assert_eq!(up.end(Signal::Term).await, 0, "{}", up.output());
}
