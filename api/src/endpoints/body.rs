//! An endpoint as the OpenAPI document shows it: what `POST /endpoints` is given, which `operations` reads.

use utoipa::ToSchema;

/// Where events are sent, and which.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://hooks.example.org/chasqui", "types": ["dead", "held"]}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct EndpointBody {
    /// An https URL as it is called, without a user, a password and a fragment.
    #[schema(max_length = 2048)]
    url: String,
    /// The events that are wanted, such as `dead`. Default: all.
    #[schema(min_items = 1, max_items = 24)]
    types: Option<Vec<String>>,
}
