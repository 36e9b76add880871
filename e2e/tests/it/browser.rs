//! Pages in a real browser: one of another origin can neither register nor publish, by whatever name it calls the API;
//! one of the API's own origin can.

mod console;
mod inbox_client;
mod links;

use domain::State;
use e2e::browser::Browser;
use e2e::site::{Relayed, Site};
use e2e::{Database, TestFleet};
use serde_json::Value;

const REBOUND: &str = "rebound.example";

/// It tries everything at each of these addresses; an empty one is its own.
fn page(bases: &[String]) -> String {
    include_str!("browser/page.html").replace("BASES", &bases.join(" "))
}

/// The outcomes that the page reported.
fn lines(report: &Value) -> Vec<&str> {
    report.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

/// How many POSTs for this host the API has answered: each with this status.
fn refused(relayed: &[Relayed], host: &str, status: u16) -> usize {
    let posted: Vec<_> = relayed.iter().filter(|one| one.method == "POST" && one.host.starts_with(host)).collect();
    assert!(posted.iter().all(|one| one.status == status), "{relayed:?}");
    posted.len()
}

async fn nothing_was_done(fleet: &TestFleet) {
    assert!(fleet.store().user("eve").await.expect("read").is_none(), "a page registered the first user");
    let page = fleet.store().deliveries(store::Filter { limit: 10, ..store::Filter::default() }).await.expect("read");
    assert!(page.deliveries.is_empty(), "a page published");
}

#[tokio::test]
async fn only_a_page_of_the_apis_own_origin_registers_and_publishes() {
    let Some(browser) = Browser::find() else { return };
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let api = fleet.running().api;
    // Its page is of the API's own origin when it is loaded by a name of this machine. Loaded by another name, it is a
    // page whose name has come to resolve to this machine.
    let mut own = Site::start(page(&[String::new()]), api).await;

    // A page of another port calls the API by every name that leads there.
    let names = ["127.0.0.1", "localhost", REBOUND];
    let mut foreign = Site::start(page(&names.map(|name| own.url(name, ""))), api).await;
    for host in ["127.0.0.1", "evil.localhost", "evil.example"] {
        let window = browser.show(&foreign.url(host, "/page"));
        let report = foreign.report().await;
        let outcomes = lines(&report);
        assert_eq!(outcomes.len(), 36, "{outcomes:?}");
        let told = outcomes.iter().filter(|line| !line.ends_with(" sent") && !line.ends_with(" hidden"));
        assert_eq!(told.count(), 0, "{host} reads an answer: {outcomes:?}");
        let relayed = own.take_relayed();
        // For JSON a browser asks first, and then does not send it. What was misdirected it may send a second time.
        assert_eq!(refused(&relayed, "127.0.0.1", 403), 10, "{host}: {relayed:?}");
        assert_eq!(refused(&relayed, "localhost", 403), 10, "{host}: {relayed:?}");
        assert!(refused(&relayed, REBOUND, 421) >= 10, "{host}: {relayed:?}");
        nothing_was_done(&fleet).await;
        drop(window);
    }

    // A page whose own name has come to resolve to this machine reads every answer, and is refused.
    let window = browser.show(&own.url(REBOUND, "/page"));
    let report = own.report().await;
    let outcomes = lines(&report);
    assert_eq!(outcomes.iter().filter(|line| line.ends_with(" 421")).count(), 8, "{outcomes:?}");
    let relayed = own.take_relayed();
    assert!(refused(&relayed, REBOUND, 421) >= 12, "{relayed:?}");
    nothing_was_done(&fleet).await;
    drop(window);

    // The same page of the API's own origin may.
    let _window = browser.show(&own.url("127.0.0.1", "/page"));
    let report = own.report().await;
    let outcomes = lines(&report);
    assert!(outcomes.contains(&"json /register 201"), "{outcomes:?}");
    assert!(outcomes.contains(&"json /notify 202"), "{outcomes:?}");
    assert!(fleet.store().user("eve").await.expect("read").is_some());
    fleet.until("of-a-page", State::Captured).await;
    fleet.finish().await;
}
