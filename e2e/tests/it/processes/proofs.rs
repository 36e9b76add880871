//! `chasqui prove`: the books of a fleet that works, of one whose worker stands still, and of one that is not there.

use domain::State;
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use serde_json::{Value, json};
use store::Filter;

use super::set_up;
use crate::api::admin;

/// How `chasqui prove` ends, and its books.
async fn proved(words: &[&str], environment: &[(String, String)]) -> (i32, Value) {
    let (code, said) = run(&[&["prove", "--json"], words].concat(), environment).await;
    (code, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

#[tokio::test]
async fn the_books_of_a_fleet_that_works_close_over_http_and_over_amqp() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all"), ("LOG", "off")]).await;
    let bearer = admin(&fleet).await;
    let token = bearer.strip_prefix("Bearer ").expect("a token");
    let user = [("PROVE_USERNAME", "ada"), ("PROVE_PASSWORD", "correct horse battery")];
    let url = fleet.url("");
    for known_by in [&[("PROVE_TOKEN", token)][..], &user] {
        let (code, books) = proved(&["-n", "4", "--url", &url], &with(&[], known_by)).await;
        assert_eq!((code, &books["closes"], &books["ended"]), (0, &json!(true), &json!({"captured": 4})), "{books}");
        assert!(books["p99_ms"].is_number() && books["wrong"] == json!([]), "{books}");
    }
    let to = ["--to", "sms:+12025550143", "--to", "email:probe@example.com"];
    let (code, books) = proved(&[&["-n", "5"], &to[..]].concat(), &fleet.environment).await;
    assert_eq!((code, &books["accepted"], &books["ended"]), (0, &json!(5), &json!({"captured": 5})), "{books}");
    let (code, said) = run(&["prove", "-n", "1", "-q"], &fleet.environment).await;
    assert_eq!((code, said.as_str()), (0, ""));
    let (code, said) = run(&["prove", "-n", "2"], &fleet.environment).await;
    assert!(code == 0 && said.contains("the books close: 2 of 2 accepted, 2 captured"), "{said}");

    let page = fleet.store().deliveries(Filter { limit: 100, ..Filter::default() }).await.expect("read");
    assert_eq!(page.deliveries.len(), 4 + 4 + 5 + 1 + 2, "each is a delivery like any other");
    assert!(page.deliveries.iter().all(|view| view.row.key.id.starts_with("probe-")));
    fleet.finish().await;
}

#[tokio::test]
async fn what_no_worker_takes_and_what_dies_leave_the_books_open() {
    let settings = [("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"), ("LOG", "off")];
    let twilio = [("TWILIO_AUTH_TOKEN", "a token of the tests"), ("TWILIO_FROM_NUMBER", "+15005550006")];
    let settings = [&settings[..], &twilio, &[("SANDBOX", "off")]].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place");
    set_up(&mut fleet).await;
    let (code, books) = proved(&["-n", "2", "--within", "1s"], &fleet.environment).await;
    assert_eq!((code, &books["accepted"], &books["lost"]), (1, &json!(2), &json!(2)), "{books}");
    assert!(books["wrong"][0]["what"].as_str().is_some_and(|what| what.starts_with("no row")), "{books}");
    let (code, said) = run(&["prove", "-n", "1", "--within", "1s", "-q"], &fleet.environment).await;
    assert_eq!((code, said.lines().count()), (1, 1), "{said}");
    assert!(said.starts_with("the books do not close: 1 of 1 accepted, 1 without a row; probe-"), "{said}");

    // A channel that nobody has configured.
    let worker = Process::ready("worker", &fleet.environment).await;
    let (code, said) = run(&["prove", "-n", "1"], &fleet.environment).await;
    assert!(code == 1 && said.contains("dead (channel_not_configured)"), "{said}");
    let dead = fleet.take_dead_letters(4).await;
    assert!(dead.iter().all(|letter| letter.message_id.as_ref().is_some_and(|id| id.starts_with("probe-"))));
    for letter in &dead {
        fleet.until(letter.message_id.as_deref().unwrap_or_default(), State::Dead).await;
    }
    drop(worker);
    fleet.finish().await;
}

#[tokio::test]
async fn a_fleet_that_cannot_be_asked_is_told_in_one_line_with_an_exit_code_of_its_own() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    set_up(&mut fleet).await;
    let api = Process::ready("api", &fleet.environment).await;
    let (url, nowhere) = (api.url(""), "http://127.0.0.1:1");
    let somebody = with(&[], &[("PROVE_TOKEN", "hidden.and.wrong")]);
    let nobody = with(&[], &[("PROVE_USERNAME", "nobody"), ("PROVE_PASSWORD", "hidden and wrong")]);
    let right = fleet.sources.get("AMQP_URL").expect("a broker");
    let (_, address) = right.rsplit_once('@').expect("credentials");
    let refused = with(&fleet.environment, &[("AMQP_URL", &format!("amqp://nobody:hidden@{address}"))]);
    for (words, environment, code, told) in [
        (&["--url", nowhere][..], &somebody, 3, "http://127.0.0.1:1 does not answer"),
        (&["--url", &url], &somebody, 3, "answered 401"),
        (&["--url", &url], &nobody, 3, "PROVE_USERNAME cannot log in"),
        (&[], &refused, 3, "ACCESS_REFUSED for user 'nobody'"),
        (&["--url", &url], &Vec::new(), 2, "set PROVE_USERNAME and PROVE_PASSWORD, or PROVE_TOKEN"),
        (&["--url", "ftp://x"], &somebody, 2, "--url must be the address of an API"),
        (&["--to", "email:hidden@mail.net"], &fleet.environment, 2, "add --really"),
        (&["--within", "0s"], &fleet.environment, 2, "from 1s to 1d"),
        (&["-n", "0"], &fleet.environment, 2, "0 is not in 1..=1000"),
    ] {
        let (ended, said) = run(&[&["prove", "-q"], words].concat(), environment).await;
        assert_eq!(ended, code, "{words:?}: {said}");
        assert!(said.contains(told) && !said.contains("hidden"), "{words:?}: {said}");
        assert!(code == 2 || said.lines().count() == 1, "{words:?}: {said}");
    }
    drop(api);
    fleet.finish().await;
}
