//! The links of messages in a real browser: whoever opens them decides nothing, however often and with scripts on; one click
//! decides.

use std::process::Stdio;
use std::time::Duration;

use e2e::browser::Browser;
use e2e::fleet::until;
use e2e::mail_server::MailServer;
use e2e::{Database, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use super::console::{modules, repository, screenshots};
use crate::api::{admin, ask, post};

const PUBLIC_URL: &str = "https://avisos.example.org";
const BEN: &str = "ben@hogar.example";
const ANA: &str = "ana@hogar.example";
/// How long a scene may take, with the first start of a browser.
const PATIENCE: Duration = Duration::from_secs(300);

/// Plays a scene of `links.js`.
async fn play(browser: &Browser, scene: &str, fleet: &TestFleet, pages: &[(&str, &str)]) {
    let pages: Vec<Value> = pages.iter().map(|(name, path)| json!({ "name": name, "path": path })).collect();
    let given = json!({
        "scene": scene, "base": fleet.url(""), "browser": browser.program(), "pages": pages,
        "folder": screenshots("links"),
    });
    let mut node = Command::new("node");
    node.arg(repository().join("e2e/tests/it/browser/links.js")).arg(given.to_string());
    node.env("NODE_PATH", modules()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, node.output()).await;
    let output = output.unwrap_or_else(|_| panic!("the scene {scene} does not end")).expect("node runs");
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "the scene {scene}:\n{said}{complained}");
}

/// The path of the link in the newest mail to somebody, which begins so.
async fn link_to(server: &MailServer, to: &str, page: &str) -> String {
    let text = server.mail(to).await.text;
    let whole = format!("{PUBLIC_URL}{page}");
    let at = text.find(&whole).unwrap_or_else(|| panic!("no link {page} in {text}"));
    let link: String = text[at + PUBLIC_URL.len()..].chars().take_while(|next| !next.is_whitespace()).collect();
    link.trim_end_matches(['.', ')', '>']).to_owned()
}

/// What a field of an answer says.
async fn says(fleet: &TestFleet, bearer: &str, path: &str, field: &str) -> String {
    let (status, answer) = ask(fleet, Method::GET, path, bearer).await;
    if status != StatusCode::OK {
        return String::new();
    }
    answer[field].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_scanner_with_a_browser_decides_nothing_and_one_click_does() {
    let Some(browser) = Browser::find() else { return };
    let server = MailServer::start(&[]).await;
    let settings = [server.settings(), vec![("PUBLIC_URL", PUBLIC_URL)]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let bearer = admin(&fleet).await;
    let authorized = [("authorization", bearer.as_str())];
    let question = json!({ "question": "Deploy version 7?", "expires_in": 3_600,
        "to": [{ "channel": "email", "destination": BEN }] });
    let (status, asked) = post(&fleet, "/asks", &authorized, &question).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let start = json!({ "channel": "email", "to": ANA, "purpose": "sign in" });
    let (status, started) = post(&fleet, "/v1/verification/start", &authorized, &start).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    let (asking, verifying) = (link_to(&server, BEN, "/a/").await, link_to(&server, ANA, "/v/").await);
    let pages = [("ask", asking.as_str()), ("verification", verifying.as_str())];
    let of_ask = format!("/asks/{}", asked["id"].as_str().expect("an id"));
    let of_verification = format!("/v1/verification/{}", started["id"].as_str().expect("an id"));

    play(&browser, "scan", &fleet, &pages).await;
    play(&browser, "pages", &fleet, &pages).await;
    // Whatever had been sent to a dialog by now would have been taken before this one.
    until("no call left", async || (fleet.depth("notifications.queue.inbound").await == 0).then_some(())).await;
    assert_eq!(says(&fleet, &bearer, &of_ask, "state").await, "open");
    assert_eq!(says(&fleet, &bearer, &of_verification, "status").await, "pending");

    play(&browser, "decide", &fleet, &pages).await;
    let decided = async || {
        let is_answered = says(&fleet, &bearer, &of_ask, "state").await == "answered";
        (is_answered && says(&fleet, &bearer, &of_verification, "status").await == "approved").then_some(())
    };
    until("both are decided", decided).await;
    assert_eq!(says(&fleet, &bearer, &of_ask, "choice").await, "yes");
    let ended = [("ask-ended", asking.as_str()), ("verification-ended", verifying.as_str())];
    play(&browser, "pages", &fleet, &ended).await;
    fleet.finish().await;
}
