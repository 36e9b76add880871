//! Who did what: every action of an operator is listed with its reason, and whoever changes the list is found out.

use e2e::fleet::until;
use e2e::processes::run;
use e2e::{Database, Process, TestFleet};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

/// Runs statements beside the fleet, as somebody who owns the file.
async fn execute(fleet: &TestFleet, statements: &[&'static str]) {
    let url = fleet.environment.iter().find(|(name, _)| name == "DATABASE_URL").expect("a ledger").1.clone();
    let mut connection = SqliteConnection::connect(&url).await.expect("connected");
    for statement in statements {
        connection.execute(*statement).await.expect("executed");
    }
}

#[tokio::test]
async fn what_operators_do_is_listed_and_sealed_and_a_changed_entry_is_found() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let environment = fleet.environment.clone();
    let run = async |words: &[&str]| run(words, &environment).await;
    assert_eq!(run(&["migrate"]).await.0, 0);
    let (code, said) = run(&["pause", "channel", "sms", "--why", "wrong text", "--by", "ada"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(run(&["resume", "channel", "sms"]).await.0, 0);
    let to = ["--channel", "sms", "--to", "+12025550143", "--by", "bob"];
    assert_eq!(run(&[&["suppress", "add"][..], &to].concat()).await.0, 0);
    let (code, said) = run(&["audit", "list"]).await;
    assert_eq!(code, 0, "{said}");
    let kinds: Vec<&str> = said.lines().filter_map(|line| line.split("  ").nth(2)).collect();
    assert_eq!(kinds, ["suppression.added", "pause.resumed", "pause.begun"], "{said}");
    assert!(said.contains("by command line:ada  {") && said.contains(r#""why":"wrong text""#), "{said}");
    assert!(!said.contains("2025550143"), "{said}");
    let (code, said) = run(&["audit", "list", "--actor", "command line:bob", "--json"]).await;
    assert!(code == 0 && said.matches(r#""kind":"#).count() == 1 && said.contains("suppression.added"), "{said}");
    let (code, said) = run(&["audit", "verify"]).await;
    assert!(code == 0 && said.contains("nothing is sealed yet"), "{said}");

    let scheduler = Process::ready("scheduler", &environment).await;
    let whole = async || {
        let (code, said) = run(&["audit", "verify"]).await;
        (code == 0 && said.contains("the end of the chain: 3:")).then_some(said)
    };
    let said = until("everything is sealed", whole).await;
    scheduler.until_output("the end of the journal").await;
    let (_, told) = said.split_once("the end of the chain: ").expect("an end");
    let head = told.split_whitespace().next().expect("a head").to_owned();
    let (code, said) = run(&["audit", "verify", "--from-head", &head]).await;
    assert!(code == 0 && said.contains(&head), "{said}");
    drop(scheduler);

    let change = "UPDATE journal SET actor = 'command line:eve' WHERE seq = 2";
    execute(&fleet, &["DROP TRIGGER journal_is_sealed_once", change]).await;
    let (code, said) = run(&["audit", "verify"]).await;
    assert!(code == 1 && said.contains("entry 2 is altered"), "{said}");
    assert!(said.contains("SECRET_KEY_PREVIOUS") && said.contains("--from-head"), "{said}");
    execute(&fleet, &["DROP TRIGGER journal_is_kept", "DELETE FROM journal WHERE seq = 1"]).await;
    let (code, said) = run(&["audit", "verify", "--json"]).await;
    assert!(code == 1 && said.contains(r#""wrong":{"seq":1,"what":"missing"}"#), "{said}");
    fleet.remove().await;
}

#[tokio::test]
async fn every_slip_of_the_audit_is_told() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    assert_eq!(run(&["migrate"], &fleet.environment).await.0, 0);
    for (words, said) in [
        (&["audit", "verfy"][..], "verify"),
        (&["audit", "verify", "--from-head", "7"], "64 hexadecimal digits"),
        (&["audit", "list", "--since", "yesterday"], "--since"),
        (
            &["audit", "list", "--since", "2026-03-02T09:00:00Z", "--until", "2026-03-01T09:00:00Z"],
            "--until must be later",
        ),
        (&["audit", "list", "--limit", "0"], "--limit"),
    ] {
        let (code, told) = run(words, &fleet.environment).await;
        assert!(code == 2 && told.contains(said), "{words:?} {code}: {told}");
    }
    fleet.remove().await;
}
