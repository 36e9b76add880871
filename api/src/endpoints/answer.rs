//! One endpoint as it is shown: never with its secret, but where that is new.

use domain::EventName;
use operations::endpoints;
use serde::Serialize;
use store::Endpoint;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::app::App;

/// A URL to which events are sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointAnswer {
    /// The endpoint's id.
    id: String,
    /// Whose it is.
    tenant: String,
    /// The URL without its query, which may be a secret.
    #[schema(example = "https://hooks.example.org/chasqui?***")]
    url: String,
    /// The events that are sent to it.
    #[schema(example = json!(["dead", "held"]))]
    types: Vec<&'static str>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Since when nothing is sent to it any more.
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
    /// Why nothing is sent to it any more.
    #[schema(example = "gone")]
    why: Option<String>,
    /// Until when the secret before the newest signs as well.
    #[schema(format = DateTime)]
    previous_secret_until: Option<String>,
    /// The secret with which its receiver verifies, of Standard Webhooks: only where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "whsec_C2FVsBQIhrAChsO2aNTsSRWvjLFLABEA3dWbQTSHkSU=")]
    secret: Option<String>,
}

/// An endpoint without its secret.
pub(crate) fn answer(endpoint: Endpoint) -> EndpointAnswer {
    let types = if endpoint.types.is_empty() { EventName::ALL.to_vec() } else { endpoint.types };
    let (disabled_at, why) = endpoint.disabled.map(|(at, why)| (at.to_string(), why)).unzip();
    EndpointAnswer {
        id: endpoint.key.id,
        tenant: endpoint.key.tenant.to_string(),
        url: endpoints::shown(&endpoint.url),
        types: types.into_iter().map(EventName::as_str).collect(),
        created_at: endpoint.created_at.to_string(),
        disabled_at,
        why,
        previous_secret_until: endpoint.previous_until.map(|at| at.to_string()),
        secret: None,
    }
}

/// The same with its newest secret.
pub(super) fn with_secret(app: &App, endpoint: Endpoint) -> EndpointAnswer {
    let secret = endpoints::secret(&app.webhooks, &endpoint);
    EndpointAnswer { secret, ..answer(endpoint) }
}

/// The tenant has none of this id.
pub(super) fn unknown() -> Problem {
    Problem::not_found("unknown-endpoint", "There is no such endpoint", "GET /endpoints lists those there are.")
}
