//! Servers that stand in for a provider.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::conversation::Conversation;

/// Grants a token, and answers every other request with `respond`.
pub(super) async fn mount(server: &MockServer, respond: impl wiremock::Respond + 'static) {
    let token = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "oauth-secret", "expires_in": 3600 }));
    Mock::given(matchers::path("/token")).respond_with(token).mount(server).await;
    Mock::given(matchers::method("POST")).respond_with(respond).with_priority(9).mount(server).await;
}

/// A server for what wiremock cannot do. Requests for a token are answered; `serve` gets every other connection.
pub(super) async fn raw_server<F: Future<Output = ()> + Send>(
    serve: impl Fn(Conversation) -> F + Clone + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let serve = serve.clone();
            tokio::spawn(async move {
                let mut start = [0; 16];
                let seen = stream.peek(&mut start).await.unwrap_or(0);
                let mut conversation = Conversation::new(stream);
                if start[..seen].starts_with(b"POST /token ") {
                    conversation.request().await;
                    let body = r#"{"access_token":"oauth-secret","expires_in":3600}"#;
                    let head =
                        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                    conversation.stream.write_all((head + body).as_bytes()).await.unwrap();
                } else {
                    serve(conversation).await;
                }
            });
        }
    });
    base
}
