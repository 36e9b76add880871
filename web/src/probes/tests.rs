//! Over a real socket: the probes of a role without an API, huge headers, stopping.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn probes() -> (SocketAddr, Readiness, CancellationToken, tokio::task::JoinHandle<()>) {
    let readiness = Readiness::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let probes = Probes { readiness: readiness.clone(), metrics: Arc::new(|| "up 1\n".into()) };
    let served = tokio::spawn(probes.serve(listener, stop.clone()));
    (address, readiness, stop, served)
}

/// Sends a request that asks to close, and reads to the end.
async fn ask(address: SocketAddr, path: &str, header: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // What was refused before it was read to its end may end with a reset.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_role_without_an_api_shows_its_readiness_and_metrics() {
    let (address, readiness, stop, served) = probes().await;
    assert!(ask(address, "/health/ready", "").await.contains("503"));
    readiness.set(Vec::new());
    assert!(ask(address, "/health/ready", "").await.contains("200 OK"));
    let ready = format!(r#"{{"status":"ready","version":"{}""#, env!("CARGO_PKG_VERSION"));
    assert!(ask(address, "/health/ready", "").await.ends_with(&format!("{ready}}}")));
    readiness.set_paused(vec!["the channel sms is paused: wrong text".into()]);
    let paused = r#","paused":["the channel sms is paused: wrong text"]}"#;
    assert!(ask(address, "/health/ready", "").await.ends_with(&format!("{ready}{paused}")));
    readiness.set(vec!["stopping".into()]);
    let stopping = ask(address, "/health/ready", "").await;
    assert!(stopping.contains("503") && stopping.contains("stopping") && stopping.contains("the channel sms"));
    assert!(ask(address, "/health", "").await.ends_with(concat!(
        r#"{"status":"ok","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#
    )));
    assert!(ask(address, "/metrics", "").await.ends_with("up 1\n"));
    assert!(ask(address, "/notify", "").await.contains("404 Not Found"));
    stop.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn stopping_closes_idle_connections_and_the_listener() {
    let (address, _, stop, served) = probes().await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stop.cancel();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    served.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_header_of_more_than_64_kib_is_refused_and_costs_no_more() {
    let (address, _, stop, served) = probes().await;
    let header = |size: usize| format!("Authorization: Bearer {}\r\n", "a".repeat(size));
    assert!(ask(address, "/health", &header(60 * 1024)).await.contains("200 OK"));
    // The rest of it is not read, so the end of the connection may reach the client before its answer does.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{}\r\n", header(512 * 1024));
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&answer));
    stop.cancel();
    served.await.unwrap();
}
