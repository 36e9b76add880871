//! `chasqui up` when its own RabbitMQ node dies: it is started again, and not for ever.

use std::path::Path;
use std::time::Duration;

use e2e::Process;
use embedded::Signal;
use serde_json::json;
use tokio::process::Command;
use tokio::time::Instant;

use super::up::{PATIENCE, until_output};

/// The process of the node whose folder this is: the Erlang machine has the node's name among its arguments.
fn node(folder: &Path) -> Option<u32> {
    let name = std::fs::read_to_string(folder.join("var/rabbitmq/node-name")).expect("a name");
    let processes = std::fs::read_dir("/proc").expect("a list of processes");
    processes.flatten().find_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let is_machine = line.split('\0').next().is_some_and(|program| program.ends_with("beam.smp"));
        (is_machine && line.split('\0').any(|word| word == name.trim())).then_some(pid)
    })
}

async fn kill_the_node(folder: &Path) {
    let pid = node(folder).expect("a node that runs").to_string();
    let status = Command::new("/bin/sh").args(["-c", r#"kill -s KILL "$0""#, &pid]).status().await.expect("a shell");
    assert!(status.success(), "the node {pid} was not there");
}

async fn until_it_runs_again(up: &mut Process, times: usize) {
    let deadline = Instant::now() + PATIENCE;
    while up.output().matches("the private RabbitMQ node runs again").count() < times {
        assert!(up.runs() && Instant::now() < deadline, "{times} times is not in:\n{}", up.output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Publishes until it is taken: the fleet connects again a moment after the node is there.
async fn notify(up: &mut Process, id: &str) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let sms = json!({"id": id, "channel": "sms", "destination": "+12025550143", "message": "Hola"});
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = client.post(up.url("/notify")).json(&sms).send().await.expect("answered");
        if answer.status() == 202 {
            return;
        }
        assert!(up.runs() && Instant::now() < deadline, "{}:\n{}", answer.status(), up.output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_node_of_up_that_dies_is_started_again_a_few_times_and_then_up_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = std::env::var("PATH").expect("a PATH");
    let environment =
        [("PATH", path.as_str()), ("CHANNELS", "email")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut up = Process::start_with_log("up", &environment, &dir.path().join("output"));
    until_output(&mut up, "Press Ctrl-C to stop.").await;
    for times in 1..=3 {
        kill_the_node(dir.path()).await;
        until_it_runs_again(&mut up, times).await;
    }
    notify(&mut up, "after-three-deaths").await;
    // No channel carries it, so that it has been through the queues when this is told.
    until_output(&mut up, "after-three-deaths").await;
    kill_the_node(dir.path()).await;
    assert_eq!(up.ended().await, 3, "{}", up.output());
    let said = up.output();
    assert_eq!(said.matches("has died: starting it again").count(), 3, "{said}");
    assert!(said.contains("started 3 times within 10 minutes and has died again, so the fleet ends"), "{said}");
    assert!(said.contains("it has ended by itself") && !said.contains("up: stopped;"), "{said}");
    assert_eq!(node(dir.path()), None, "nothing is left behind");
}

#[tokio::test]
async fn a_node_of_up_that_is_stopped_with_it_has_not_died() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = std::env::var("PATH").expect("a PATH");
    let environment = [("PATH".to_owned(), path)];
    let mut up = Process::start_with_log("up", &environment, &dir.path().join("output"));
    until_output(&mut up, "Press Ctrl-C to stop.").await;
    assert_eq!(up.end(Signal::Term).await, 0, "{}", up.output());
    assert!(!up.output().contains("has died") && node(dir.path()).is_none(), "{}", up.output());
}
