//! Over a real socket: for whom a request is, huge headers, stopping, and the probes of roles without an API.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::Probes;
use runtime::Readiness;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::tests::app::TestApp;

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
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n")).await
}

/// Sends these bytes, and reads to the end.
async fn exchange(address: SocketAddr, request: &str) -> String {
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
    assert!(ask(address, "/health", "").await.ends_with(r#"{"status":"ok"}"#));
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

#[tokio::test]
async fn a_request_says_once_for_whom_it_is_and_its_target_says_the_same() {
    let app = TestApp::start().await;
    let address = app.listen().await;
    for (head, status, kind) in [
        ("GET /docs/ HTTP/1.1\r\nHost: localhost", "200", "viewport"),
        ("GET /docs/ HTTP/1.0", "200", "viewport"),
        ("GET http://localhost/docs/ HTTP/1.1\r\nHost: localhost", "200", "viewport"),
        ("GET /docs/ HTTP/1.1", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost:", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: [localhost]", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: [127.0.0.1]:80", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: localhost:http", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: localhost@rebound.example", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: localhost, rebound.example", "400", "invalid-host"),
        ("GET /docs/ HTTP/1.1\r\nHost: rebound.example", "421", "unknown-host"),
        ("GET http://rebound.example/docs/ HTTP/1.1\r\nHost: localhost", "421", "unknown-host"),
        ("GET http://localhost/docs/ HTTP/1.1\r\nHost: rebound.example", "421", "unknown-host"),
    ] {
        let answer = exchange(address, &format!("{head}\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.get(9..12) == Some(status) && answer.contains(kind), "{head}\n{answer}");
    }
    // What a proxy is asked for has been passed on by one: it is nobody on this machine.
    let body = r#"{"username":"ada","password":"correct horse battery"}"#;
    let register = async |target: &str| {
        let length = body.len();
        let head = format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json");
        exchange(address, &format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")).await
    };
    let answer = register("http://localhost/register").await;
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("missing-token"), "{answer}");
    let answer = register("/register").await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test]
async fn every_refusal_is_a_problem_whatever_the_path_and_method() {
    let app = TestApp::start().await;
    let address = app.listen().await;
    let paths = [
        "/docs/../x",
        "/docs/..",
        "/docs/../../etc/passwd",
        "/docs//",
        "/docs/x",
        "/docs/%2e%2e/x",
        "/docs/%ff",
        "/docs/x/",
        "/docs/swagger-initializer.js",
        "//",
        "//docs",
        "/..",
        "/%00",
        "/%ff",
        "/x",
        "/x/",
        "/notify/",
        "/notify//x",
        "/deliveries/",
        "/deliveries/a/b",
        "/health/",
        "/health/x",
        "/sandbox",
        "/sandbox/captures",
        "/schedules/",
        "/openapi.json/",
        "*",
    ];
    for path in paths {
        for method in ["GET", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost");
            let answer = exchange(address, &format!("{head}\r\nConnection: close\r\n\r\n")).await;
            let (header, body) = answer.split_once("\r\n\r\n").unwrap();
            // What HTTP itself has no reading for is refused before there is a request.
            if header.starts_with("HTTP/1.1 400 ") && path == "*" {
                continue;
            }
            assert!(header.starts_with("HTTP/1.1 4"), "{head}\n{answer}");
            assert!(header.contains("content-type: application/problem+json"), "{head}\n{answer}");
            assert!(body.contains("\"type\":"), "{head}\n{answer}");
        }
    }
    for path in ["/docs", "/docs/", "/", "/openapi.json", "/deliveries", "/notify", "/health"] {
        let answer =
            exchange(address, &format!("BREW {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("wrong-method"), "{path}\n{answer}");
    }
}
