//! `GET /.well-known/jwks.json`: the public keys by which services verify our tokens.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::Shared;

/// A set of keys (RFC 7517).
#[derive(ToSchema)]
#[schema(example = json!({"keys": [
    {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "ab12cd34", "use": "sig", "alg": "EdDSA"}
]}))]
#[expect(dead_code, reason = "describes an answer in the OpenAPI document")]
pub(crate) struct JwksAnswer {
    /// The key of today first, then the one before it.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<Value>,
}

/// The keys of our tokens
///
/// The public keys, as a JSON Web Key Set, by which a service verifies the token of a command. Look a key up by the `kid` of the
/// token's header, and read the set again for one that is not in it. Anybody may.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "jwks", tag = "Commands",
    responses((status = 200, description = "The keys.", body = JwksAnswer)),
)]
pub(crate) async fn jwks(State(app): Shared) -> impl IntoResponse {
    ([(CACHE_CONTROL, "public, max-age=300")], Json(app.jwks.clone()))
}
