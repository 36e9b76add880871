//! Every error of the API as `application/problem+json` (RFC 9457): what is wrong, and what to do next.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::FieldError;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Seconds after which a request that met an absent broker or ledger may be repeated.
const RETRY_AFTER_SECONDS: u64 = 5;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct Problem(Box<Answer>);

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
pub(crate) struct ProblemDetails {
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

/// One bad field of the body or of the query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BadField {
    /// Where in the body, as a JSON pointer (RFC 6901); `/3/destination` is a field of a batch's fourth item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// Which parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    /// What is wrong with it. Never repeats its value.
    detail: String,
}

/// What was taken and has not the effect that its client may think.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Warning {
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
pub(crate) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), detail: detail.into() }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let body =
            ProblemDetails { kind, title, status: status.as_u16(), detail, errors: Vec::new(), more: Map::new() };
        Self(Box::new(Answer { status, body, headers: Vec::new() }))
    }

    /// Adds a member of its own.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.body.more.insert(name.into(), value.into());
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    pub(crate) fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub(crate) fn with_challenge(self, challenge: &'static str) -> Self {
        self.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    pub(crate) fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        let bad = |field: FieldError| BadField { pointer: Some(field.pointer), parameter: None, detail: field.detail };
        self.0.body.errors.extend(fields.into_iter().map(bad));
        self
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-body", "The body cannot be read", detail)
    }

    pub(crate) fn invalid_fields(fields: Vec<FieldError>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-fields",
            "Some fields are not valid",
            "Correct the fields listed in errors and send the request again. Nothing was done.",
        )
        .with_fields(fields)
    }

    /// Each with its name and what is wrong with it.
    pub(crate) fn invalid_parameters(parameters: Vec<(String, String)>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-query",
            "The query is not valid",
            "Correct the parameters listed in errors and send the request again.",
        );
        let bad = |(name, detail)| BadField { pointer: None, parameter: Some(name), detail };
        problem.0.body.errors.extend(parameters.into_iter().map(bad));
        problem
    }

    pub(crate) fn invalid_parameter(parameter: &str, detail: impl Into<String>) -> Self {
        Self::invalid_parameters(vec![(parameter.to_owned(), detail.into())])
    }

    pub(crate) fn not_found(kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, kind, title, detail)
    }

    /// The broker has not confirmed. Says nothing of what to repeat: the caller knows the id.
    pub(crate) fn broker(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "broker-unavailable",
            "The broker has not confirmed the message",
            detail,
        )
        .with_retry_after(RETRY_AFTER_SECONDS)
    }
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Unavailable(_) => {}
            store::StoreError::Refused(_) => {
                tracing::warn!(%error, "the ledger refused a request");
                return Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "refused-by-ledger",
                    "The ledger does not take this",
                    "Some value cannot be stored. Nothing was done, and the same request will be refused again.",
                );
            }
            store::StoreError::Unreadable(_) => {
                tracing::error!(%error, "the ledger holds what this version cannot read");
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "unreadable-ledger",
                    "The ledger holds what this version cannot read",
                    "A newer version may have written it: tell the operator. Nothing was decided.",
                );
            }
        }
        tracing::warn!(%error, "the ledger did not answer");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ledger-unavailable",
            "The ledger cannot be reached",
            "Nothing was decided. Send the same request again; publishing does not need the ledger and still works.",
        )
        .with_retry_after(RETRY_AFTER_SECONDS)
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
