//! The web client of the inbox: what is shipped is what its sources build, and its own tests hold, also in a real browser.

use std::process::Stdio;
use std::time::Duration;

use e2e::browser::Browser;
use tokio::process::Command;

use super::console::{modules, repository, screenshots};

/// Far above what the compiler and a browser need on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs `clients/inbox/build.js`.
async fn build(asked: &str, browser: Option<&Browser>) {
    let mut node = Command::new("node");
    node.arg(repository().join("clients/inbox/build.js")).arg(asked).env("NODE_PATH", modules());
    if let Some(browser) = browser {
        node.env("CHASQUI_BROWSER", browser.program()).env("CHASQUI_SCREENSHOTS", screenshots("inbox-client"));
    }
    node.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, node.output()).await;
    let output = output.unwrap_or_else(|_| panic!("build.js {asked} does not end")).expect("node runs");
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "build.js {asked}:\n{said}{complained}");
}

#[tokio::test]
async fn the_client_that_is_shipped_is_what_its_sources_build() {
    build("--check", None).await;
}

#[tokio::test]
async fn the_client_resumes_shares_a_connection_and_can_be_used_by_everybody() {
    let browser = Browser::find();
    build("--test", browser.as_ref()).await;
}
