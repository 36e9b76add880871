//! Somebody with a token, who asks the API for something, once or until there is an answer.

use reqwest::Method;
use serde_json::Value;

use super::book::Book;
use crate::chaos::load::{Clients, REPEAT_EVERY};
use crate::chaos::reconcile::journal::Said;

pub(super) struct Desk<'a> {
    pub(super) clients: &'a Clients,
    pub(super) book: &'a Book,
    pub(super) token: &'a str,
}

impl Desk<'_> {
    /// Asks once. None when there was no answer.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let mut request = self.clients.http.request(method, self.clients.api.url(path)).bearer_auth(self.token);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.unwrap_or_default()))
    }

    /// Asks until there is an answer that says what was done.
    pub(super) async fn until_answered(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> (u16, Value) {
        loop {
            match self.ask(method.clone(), path, body, key).await {
                None | Some((503, _)) => tokio::time::sleep(REPEAT_EVERY).await,
                Some((status, said)) => {
                    self.look_at(&method, path, status, &said);
                    return (status, said);
                }
            }
        }
    }

    /// Asks once for what the journal tells, by this kind and of this subject.
    pub(super) async fn act(
        &self,
        kind: &'static str,
        subject: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (Said, Value) {
        let at = self.book.begin(kind, subject);
        let answer = self.ask(method.clone(), path, body, None).await;
        let said = Said::of(answer.as_ref().map(|(status, _)| *status));
        self.book.end(at, said);
        let Some((status, answer)) = answer else { return (said, Value::Null) };
        self.look_at(&method, path, status, &answer);
        (said, answer)
    }

    /// Nothing that an operator of a run asks for is wrong: it is done, or it is too late for it, or something is away.
    fn look_at(&self, method: &Method, path: &str, status: u16, said: &Value) {
        if !matches!(status, 200..=299 | 404 | 409 | 503) {
            self.book.note_wrong(format!("{method} {path}: {status} {said}"));
        }
    }
}
