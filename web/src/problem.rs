//! Every error of a listener as `application/problem+json` (RFC 9457): what is wrong, and what to do next.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use text::FieldError;
use utoipa::ToSchema;

/// A refusal on its way to the client.
#[derive(Debug)]
pub struct Problem(Box<Answer>);

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    body: ProblemDetails,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of every error (RFC 9457). Some problems carry further members, such as `id`, `accepted`, `failed`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "invalid-fields", "title": "Some fields are not valid", "status": 422,
    "detail": "Correct the fields listed in errors and send the request again.",
    "errors": [{"pointer": "/destination", "detail": "is missing"}]
}))]
pub struct ProblemDetails {
    /// A word that names the kind of problem; programs branch on it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind of problem, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what to do next.
    detail: String,
    /// Every bad field at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<BadField>,
    #[serde(flatten)]
    #[schema(ignore)]
    more: Map<String, Value>,
}

/// One bad field of the body, or parameter of the query or the path.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadField {
    /// Where in the body, as a JSON pointer (RFC 6901); `/3/destination` is a field of a batch's fourth item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// Which parameter of the query or of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    /// What is wrong with it. Never repeats its value.
    detail: String,
}

/// What was taken and has not the effect that its client may think.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Warning {
    /// Where in the body, as a JSON pointer (RFC 6901).
    pointer: String,
    /// What is not done. Never repeats a value.
    detail: String,
}

impl From<&FieldError> for Warning {
    fn from(field: &FieldError) -> Self {
        Self { pointer: field.pointer.clone(), detail: field.detail.clone() }
    }
}

/// What is wrong with one field of the body.
pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), detail: detail.into() }
}

impl Problem {
    /// `kind` is what programs branch on; `detail` says what is wrong this time, and what to do next.
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let body =
            ProblemDetails { kind, title, status: status.as_u16(), detail, errors: Vec::new(), more: Map::new() };
        Self(Box::new(Answer { status, body, headers: Vec::new() }))
    }

    /// Adds a member of its own.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.body.more.insert(name.into(), value.into());
        self
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The kind of problem, for people.
    pub fn title(&self) -> &'static str {
        self.0.body.title
    }

    /// What is wrong this time, and what to do next.
    pub fn detail(&self) -> &str {
        &self.0.body.detail
    }

    /// Each field or parameter that is wrong, by its name, and what is wrong with it.
    pub fn bad(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.body.errors.iter().map(|bad| {
            let name = bad.parameter.as_deref().or(bad.pointer.as_deref());
            (name.unwrap_or_default(), bad.detail.as_str())
        })
    }

    /// Adds the seconds after which the request may be repeated.
    pub fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds how to authenticate (RFC 9110, section 11.6.1).
    pub fn with_challenge(self, challenge: &'static str) -> Self {
        self.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// Adds the fields of the body that are wrong.
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        let bad = |field: FieldError| BadField { pointer: Some(field.pointer), parameter: None, detail: field.detail };
        self.0.body.errors.extend(fields.into_iter().map(bad));
        self
    }

    /// Adds a parameter of the path or of the query that is wrong.
    pub fn with_parameter(mut self, name: &str, detail: impl Into<String>) -> Self {
        let bad = BadField { pointer: None, parameter: Some(name.to_owned()), detail: detail.into() };
        self.0.body.errors.push(bad);
        self
    }

    /// 400: the body cannot be read at all.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-body", "The body cannot be read", detail)
    }

    /// 422: the body can be read, and these of its fields are not valid.
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-fields",
            "Some fields are not valid",
            "Correct the fields listed in errors and send the request again. Nothing was done.",
        )
        .with_fields(fields)
    }

    /// 422: these parameters of the query are not valid, each with its name and what is wrong with it.
    pub fn invalid_parameters(parameters: Vec<(String, String)>) -> Self {
        let problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-query",
            "The query is not valid",
            "Correct the parameters listed in errors and send the request again.",
        );
        parameters.into_iter().fold(problem, |problem, (name, detail)| problem.with_parameter(&name, detail))
    }

    /// 404: there is no such route or thing.
    pub fn not_found(kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, kind, title, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Answer { status, body, headers } = *self.0;
        let text = serde_json::to_vec(&body).unwrap_or_else(|_| b"{}".to_vec());
        let mut response = (status, text).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
