//! One request as it came, and the answer to it.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use serde_json::Value;
use url::form_urlencoded;

/// One request, whole.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) is_http2: bool,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// A header by its name in lower case; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What stands behind a scheme such as `Bearer` in the header that authorizes.
    pub(crate) fn authorized_by(&self, scheme: &str) -> Option<&str> {
        let (given, rest) = self.header("authorization").split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }

    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// The steps of the path of a POST; none of another request.
    pub(crate) fn posted_to(&self) -> Vec<&str> {
        self.steps_of("POST")
    }

    /// The steps of the path of a GET; none of another request.
    pub(crate) fn asked_of(&self) -> Vec<&str> {
        self.steps_of("GET")
    }

    fn steps_of(&self, method: &str) -> Vec<&str> {
        if self.method == method { self.path.split('/').skip(1).collect() } else { Vec::new() }
    }
}

/// The names and values of a form or of a query.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// An answer. Of SMTP it has the status and the text alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Whether the message was not taken although the status is that of a success.
    pub(crate) is_refusal: bool,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: body.to_string(), is_refusal: false }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        let headers = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: body.to_owned(), is_refusal: false }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), is_refusal: false }
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Whether a provider that answers so has taken the message.
    pub(crate) fn accepts(&self) -> bool {
        self.status < 400 && !self.is_refusal
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        // What stands in headers was looked at when it was given.
        response.body(Body::from(self.body)).unwrap_or_default()
    }
}
