//! A list of brokers: whoever answers is taken, and nobody's password is shown.

use std::time::Duration;

use e2e::proxy::Proxy;
use tokio::net::TcpListener;
use topology::{Broker, ConnectError, Publisher, To, Topology};

use super::place::{Place, patient, publication};

/// Nobody listens there, and nobody will while the listener is kept.
async fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn of_a_list_whoever_answers_is_taken_however_often_one_connects() {
    let place = Place::declared().await;
    let (_kept, mute) = silent().await;
    let vhost = &place.vhost;
    let urls = format!("amqp://u:s3cret@127.0.0.1:1/{vhost},amqp://u:s3cret@127.0.0.1:{mute}/{vhost},{}", place.url);
    let broker = Broker::new(urls.into(), "test").unwrap().with_connect_timeout(Duration::from_secs(1));
    for _ in 0..6 {
        broker.connect("test").await.expect("one of them answers").close(200, "done".into()).await.unwrap();
    }
    place.remove().await;
}

#[tokio::test]
async fn when_none_of_a_list_answers_each_is_named_without_its_password() {
    let (_kept, mute) = silent().await;
    let urls = format!("amqp://u:s3cret@127.0.0.1:1/foro,amqp://u:s3cret2@127.0.0.1:{mute}/foro");
    let broker = Broker::new(urls.into(), "test").unwrap().with_connect_timeout(Duration::from_secs(1));
    let error = broker.connect("test").await.expect_err("no connection");
    let text = format!("{error} {error:?} {broker:?}");
    assert!(text.contains("127.0.0.1:1/") && text.contains(&mute.to_string()) && !text.contains("s3cret"), "{text}");
    assert!(matches!(&error, ConnectError::NoneOfThem(errors) if errors.len() == 2) && error.may_pass(), "{error:?}");
}

#[tokio::test]
async fn a_publisher_that_loses_its_node_goes_on_with_another_of_the_list() {
    let place = Place::declared().await;
    let address = place.address().await;
    let (one, other) = (Proxy::before(address).await, Proxy::before(address).await);
    let (start, end) = place.url.rsplit_once('@').unwrap();
    let vhost = end.rsplit_once('/').unwrap().1;
    let urls = [&one, &other].map(|proxy| format!("{start}@{}/{vhost}", proxy.address)).join(",");
    let broker = Broker::new(urls.into(), "test").unwrap();
    let topology = Topology { broker, ..place.topology.clone() };
    let publisher = Publisher::start(topology, patient(), Default::default());
    for (cut, whole) in [(&one, &other), (&other, &one)] {
        whole.pass();
        cut.cut();
        e2e::fleet::until("a publish through the other", async || {
            publisher.publish(publication(To::Lane(domain::Lane::Normal), "kept")).await.ok()
        })
        .await;
    }
    place.remove().await;
}
