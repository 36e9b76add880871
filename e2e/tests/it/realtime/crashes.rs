//! A gateway dies with what its client has shown: whenever that is, the client says it again at the next one.

use domain::{State, Tenant};
use e2e::processes::with;
use e2e::{Database, PollingSocket, Process, TestFleet};
use embedded::free_ports;
use serde_json::json;

use super::{SETTINGS, ana, gateway, post, token};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_has_shown_is_seen_once_wherever_its_gateway_dies() {
    let settings = [SETTINGS.as_slice(), &[("INBOX", "true")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let entered = async |gateway: &str| PollingSocket::enter(&fleet.http, gateway, &token(&ana(), 600)).await;
    let steps = ["gateway.seen_in_hand:1", "inbox.changed_before_told:1", "gateway.seen_noted:1"];
    for (step, items) in steps.into_iter().zip(1..) {
        let id = format!("item-{items}");
        post(&fleet, &id).await;
        fleet.until(&id, State::Delivered).await;
        let [port] = free_ports().expect("a free port");
        let address = format!("127.0.0.1:{port}");
        let armed = [("WS_LISTEN", address.as_str()), ("CHASQUI_ABORT_AT", step)];
        let mut process = Process::ready("gateway", &with(&fleet.environment, &armed)).await;
        let shown = json!({ "id": id });
        let mut socket = entered(&format!("http://{address}")).await.expect("let in");
        socket.ask("seen", &shown).await.expect_err("nobody answers any more");
        assert_eq!(process.ended().await, ABORTED, "{}", process.output());
        let mut again = entered(&gateway(&fleet)).await.expect("let in");
        assert_eq!(again.ask("seen", &shown).await.expect("acknowledged"), json!({ "seen": id }));
        again.close().await;
        let counters = fleet.store().inbox_counters(&Tenant::default(), "ana").await.expect("counters");
        assert_eq!((counters.unread, counters.unseen), (items, 0), "{step}");
        assert_eq!(counters.seq, 2 * items, "each came once and was seen once: {step}");
    }
    fleet.finish().await;
}
