//! `chasqui user` and `chasqui key`: who may log in and which keys are taken, changed beside a running API.

use e2e::processes::{run_with_input, with};
use e2e::{Database, Process, TestFleet, fleet};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn users_and_keys_that_a_command_makes_are_taken_by_the_api_until_it_ends_them() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &[]).await.expect("a place");
    super::set_up(&mut fleet).await;
    let environment = with(&fleet.environment, &[("LOGNAME", "ops")]);
    let run = async |words: &[&str], input: &str| run_with_input(words, &environment, input.as_bytes()).await;
    let (code, said) = run(&["user", "list"], "").await;
    assert!(code == 0 && said.contains("there is no user"), "{said}");
    let (code, said) = run(&["user", "add", "root", "--scope", "admin tenants"], "correct horse\n").await;
    assert!(code == 0 && said.contains("added root") && !said.contains("horse"), "{said}");
    let (code, said) = run(&["user", "add", "ada", "--tenant", "acme", "--role", "operater"], "correct horse\n").await;
    assert!(code == 2 && said.contains("--role must be one of") && said.contains("did you mean operator?"), "{said}");
    for (input, words) in [("short\n", "the password must have"), ("", "no password was given")] {
        let (code, said) = run(&["user", "add", "ada"], input).await;
        assert!(code == 2 && said.contains(words), "{said}");
    }
    let (code, said) = run(&["user", "add", "ada", "--tenant", "acme", "--role", "operator"], "correct horse\n").await;
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(&["user", "disable", "root"], "").await;
    assert!(code == 1 && said.contains("the last user"), "{said}");
    let (code, said) = run(&["user", "enable", "adda"], "").await;
    assert!(code == 1 && said.contains("there is no user adda"), "{said}");
    let (code, said) = run(&["key", "add", "orders", "--tenant", "acme", "--scope", "read", "--json"], "").await;
    assert_eq!(code, 0, "{said}");
    let key: Value =
        serde_json::from_str(said.lines().find(|line| line.starts_with('{')).expect("JSON")).expect("JSON");
    let secret = key["secret"].as_str().expect("it is shown");

    let api = Process::ready("api", &environment).await;
    let http = Client::builder().build().expect("a client");
    let reads = async |token: &str| {
        let answer = http.get(api.url("/deliveries")).bearer_auth(token).send().await.expect("answered");
        answer.status()
    };
    let credentials = json!({"username": "ada", "password": "correct horse"});
    let login = async || http.post(api.url("/login")).json(&credentials).send().await.expect("answered");
    let token: Value = login().await.json().await.expect("JSON");
    let token = token["access_token"].as_str().expect("a token");
    assert_eq!((reads(token).await, reads(secret).await), (StatusCode::OK, StatusCode::OK));
    assert_eq!(run(&["user", "disable", "ada"], "").await.0, 0);
    assert_eq!(run(&["key", "revoke", key["id"].as_str().expect("an id")], "").await.0, 0);
    assert_eq!(login().await.status(), StatusCode::UNAUTHORIZED, "at once");
    for ended in [token, secret] {
        let what = "a token and a key that were revoked are refused";
        fleet::until(what, async || (reads(ended).await == StatusCode::UNAUTHORIZED).then_some(())).await;
    }
    let (_, said) = run(&["user", "list"], "").await;
    assert!(said.contains("NAME") && said.contains("disabled since") && !said.contains("argon2"), "{said}");
    let (_, said) = run(&["key", "list"], "").await;
    assert!(said.contains("orders") && said.contains("revoked") && !said.contains(secret), "{said}");
    let (_, said) = run(&["audit", "list"], "").await;
    assert!(
        said.contains("user.disabled") && said.contains("key.revoked") && said.contains("command line:ops"),
        "{said}"
    );
    drop(api);
    fleet.remove().await;
}
