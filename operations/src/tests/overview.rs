//! The overview: what the ledger says of a tenant and of all; a broker or a ledger that is lost leaves the rest.

use std::sync::Arc;

use domain::{Lane, Outcome};
use secrecy::SecretString;
use store::{Options, Store};
use topology::{Broker, Names};

use crate::overview::Watching;
use crate::tests::fixtures::{NOW, Still, attempted, foreign, key, ledger, tenant};

fn watching(store: &Store, broker: Option<(Broker, Names)>) -> Watching {
    Watching::new(store.clone(), broker, Arc::new(Still(NOW)))
}

#[tokio::test]
async fn the_ledgers_numbers_are_of_the_tenant_or_of_all() {
    let ledger = ledger().await;
    attempted(&ledger.store, &key("captured"), false, &Outcome::Captured).await;
    attempted(&ledger.store, &key("waiting"), false, &Outcome::PutAside).await;
    attempted(&ledger.store, &foreign("another"), false, &Outcome::Captured).await;
    let watching = watching(&ledger.store, None);

    let own = watching.look(Some(tenant("acme"))).await;
    let [sms] = &own.channels[..] else { panic!("{own:?}") };
    assert_eq!((sms.channel.as_str(), sms.accepted, sms.sent, sms.dead), ("sms", 2, 1, 0));
    assert_eq!((sms.waiting_by_tier, sms.in_flight, sms.oldest), ([1, 0, 0], 0, Some(NOW)));
    assert_eq!((sms.p50_ms, sms.p99_ms), (Some(0), Some(0)));
    let normal = &own.lanes[1];
    assert_eq!((normal.lane, normal.waiting, normal.depth), (Lane::Normal, 1, None));
    assert!(normal.rate_in > normal.rate_out && normal.rate_out > 0.0, "{normal:?}");
    let present = own.history.last().expect("a minute");
    assert_eq!((own.history.len(), present.accepted, present.sent), (60, 2, 1));
    assert_eq!((own.scheduled.jobs, own.dead.open_groups), (Some(0), Some(0)));
    assert_eq!((own.ledger.at, &own.ledger.problem), (Some(NOW), &None));
    assert_eq!((own.broker.at, own.broker.problem.as_deref()), (None, Some("no broker is given")));

    let all = watching.look(None).await;
    assert_eq!((all.channels[0].accepted, &all.tenant), (3, &None));
    let nobody = watching.look(Some(tenant("nobody"))).await;
    assert!(nobody.channels.is_empty() && nobody.ledger.problem.is_none(), "{nobody:?}");
}

#[tokio::test]
async fn a_broker_that_is_away_leaves_the_ledger() {
    let ledger = ledger().await;
    attempted(&ledger.store, &key("captured"), false, &Outcome::Captured).await;
    // A port on which nobody listens.
    let broker = Broker::new(SecretString::from("amqp://nobody:secret@127.0.0.1:1/foro".to_owned()), "tests").unwrap();
    let seen = watching(&ledger.store, Some((broker, Names::of("notifications")))).look(None).await;
    let problem = seen.broker.problem.as_deref().expect("a problem");
    assert!(problem.contains("127.0.0.1:1") && seen.broker.at.is_none(), "{problem}");
    assert_eq!((seen.channels[0].sent, seen.ledger.at), (1, Some(NOW)));
}

#[tokio::test]
async fn a_ledger_that_is_away_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let url = SecretString::from(format!("sqlite://{}", folder.path().join("empty.db").display()));
    // Nobody has made its tables.
    let store = Store::connect(Options::new(url, 10, Arc::new(Still(NOW)))).await.unwrap();
    let seen = watching(&store, None).look(None).await;
    assert!(seen.ledger.problem.is_some() && seen.ledger.at.is_none(), "{seen:?}");
    assert!(seen.channels.is_empty() && seen.history.is_empty());
}
