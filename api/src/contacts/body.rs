//! A contact as the OpenAPI document shows it: what `PUT /contacts/{id}` is given, which `operations` reads.

use utoipa::ToSchema;

/// Somebody, and by what they are reached.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ana", "locale": "es-AR", "groups": ["admins"],
    "addresses": [{"channel": "telegram", "destination": "12345"}, {"channel": "email", "destination": "ana@example.com"}]
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct ContactBody {
    /// For people. Default: the id.
    #[schema(max_length = 500)]
    name: Option<String>,
    /// Their language, BCP 47.
    #[schema(example = "es-AR", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    locale: Option<String>,
    /// Of which groups they are, such as `admins`.
    #[schema(max_items = 20)]
    groups: Option<Vec<String>>,
    /// In the order in which they are tried.
    #[schema(max_items = 8)]
    addresses: Option<Vec<AddressBody>>,
}

/// Where somebody is reached.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct AddressBody {
    /// In any case.
    #[schema(example = "email")]
    channel: String,
    /// As a notification names it. Of Telegram the number of their account, which is that of their private chat.
    #[schema(min_length = 1, max_length = 4096)]
    destination: String,
}
