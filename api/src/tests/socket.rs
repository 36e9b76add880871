//! Over a real socket: for whom a request is, and that every refusal is a problem.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::tests::app::TestApp;

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
