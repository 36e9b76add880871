//! Servers that stand in for a provider.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Grants a token, and answers every other request with `respond`.
pub(super) async fn mount(server: &MockServer, respond: impl wiremock::Respond + 'static) {
    let token = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "oauth-secret", "expires_in": 3600 }));
    Mock::given(matchers::path("/token")).respond_with(token).mount(server).await;
    Mock::given(matchers::method("POST")).respond_with(respond).with_priority(9).mount(server).await;
}

/// A server for what wiremock cannot do. Requests for a token are answered; `serve` gets every other request.
pub(super) async fn raw_server<F: Future<Output = ()> + Send>(
    serve: impl Fn(TcpStream) -> F + Clone + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let serve = serve.clone();
            tokio::spawn(async move {
                let mut start = [0; 16];
                let seen = stream.peek(&mut start).await.unwrap_or(0);
                if start[..seen].starts_with(b"POST /token ") {
                    read_request(&mut stream).await;
                    let body = r#"{"access_token":"oauth-secret","expires_in":3600}"#;
                    let head =
                        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                    stream.write_all((head + body).as_bytes()).await.unwrap();
                } else {
                    serve(stream).await;
                }
            });
        }
    });
    base
}

/// Reads one request to its end, so that closing the connection afterwards is no reset.
pub(super) async fn read_request(stream: &mut TcpStream) {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return;
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(n) => read.extend_from_slice(&chunk[..n]),
        }
    }
}
