//! Connections that do not come about: each error says what to do, and none shows the password.

use std::time::Duration;

use e2e::services::services;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use topology::{Broker, ConnectError, Management, verify};

use super::place::Place;

async fn refusal(url: String) -> ConnectError {
    let broker = Broker::new(url.into(), "test").unwrap().with_connect_timeout(Duration::from_secs(3));
    let error = broker.connect("test").await.expect_err("no connection");
    let text = error.to_string();
    assert!(!text.contains("s3cret") && !format!("{broker:?} {error:?}").contains("s3cret"), "{text}");
    error
}

#[tokio::test]
async fn a_wrong_password_says_what_to_check() {
    let place = Place::new().await;
    let error = refusal(format!("amqp://nobody:s3cret@{}/{}", place.address().await, place.vhost)).await;
    assert!(matches!(error, ConnectError::WrongCredentials { .. }), "{error:?}");
    assert!(error.to_string().contains("ACCESS_REFUSED for user 'nobody'"));
    place.remove().await;
}

#[tokio::test]
async fn a_wrong_virtual_host_says_how_to_create_and_grant_it() {
    let place = Place::new().await;
    let (start, _) = place.url.rsplit_once('/').unwrap();
    let error = refusal(format!("{start}/nowhere")).await;
    assert!(matches!(&error, ConnectError::WrongVhost { vhost, .. } if vhost == "nowhere"), "{error:?}");
    assert!(error.to_string().contains("rabbitmqctl add_vhost nowhere"));
    place.remove().await;
}

#[tokio::test]
async fn a_silent_peer_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let error = refusal(format!("amqp://user:s3cret@{address}/foro")).await;
    assert_eq!(error, ConnectError::Silent { place: format!("amqp://{address}/foro"), seconds: 3 });
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_host_are_told_apart() {
    let closed = testkit::nobody();
    let error = refusal(format!("amqp://user:s3cret@{closed}/foro")).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    let error = refusal("amqp://user:s3cret@broker.invalid/foro".into()).await;
    assert!(matches!(error, ConnectError::UnknownHost { .. }), "{error:?}");
}

#[tokio::test]
async fn another_program_in_the_brokers_place_is_told_in_words() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        while let Ok((mut stream, _)) = other.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
            // Until the caller has read it and gone.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let error = refusal(format!("amqp://user:s3cret@{address}/foro")).await;
    assert!(error.may_pass() && error.to_string().contains("does not speak AMQP"), "{error}");
    assert!(!error.to_string().contains("Parser"), "{error}");
    answering.abort();
}

#[tokio::test]
async fn tls_on_a_plain_port_says_so() {
    let place = Place::new().await;
    let error = refusal(format!("amqps://user:s3cret@{}/foro", place.address().await)).await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error:?}");
    place.remove().await;
}

/// RabbitMQ answers 401 to both.
#[tokio::test]
async fn a_wrong_password_for_the_management_api_is_not_taken_for_a_missing_tag() {
    let place = Place::new().await;
    let user = place.vhost.as_str();
    let path = format!("users/{user}");
    services().await.manage(Method::PUT, &path, Some(json!({"password": "s3cret", "tags": ""}))).await.unwrap();
    let (_, address) = services().await.management.rsplit_once('@').unwrap();
    for (password, said, not_said) in
        [("wrong", "refuses the password", "set_user_tags"), ("s3cret", "set_user_tags", "password of")]
    {
        let url = format!("http://{user}:{password}@{address}");
        let management = Management::new(&url.into(), place.broker()).unwrap();
        let refused = verify(place.broker(), &place.topology.plan, Some(&management)).await.unwrap_err().to_string();
        assert!(refused.contains(said) && !refused.contains(not_said) && !refused.contains("s3cret"), "{refused}");
    }
    services().await.manage(Method::DELETE, &path, None).await.unwrap();
    place.remove().await;
}
