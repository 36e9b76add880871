//! One contact as it is shown: the addresses masked.

use domain::mask;
use serde::Serialize;
use store::{Contact, ContactAddress};
use utoipa::ToSchema;
use web::problem::Problem;

/// Somebody who is known by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactAnswer {
    /// The contact's id.
    #[schema(example = "ana")]
    id: String,
    /// Whose it is.
    tenant: String,
    /// For people.
    #[schema(example = "Ana")]
    name: String,
    /// Their language.
    #[schema(example = "es-AR")]
    locale: Option<String>,
    /// Of which groups they are.
    #[schema(example = json!(["admins"]))]
    groups: Vec<String>,
    /// Where they are reached, in the order in which that is tried.
    addresses: Vec<AddressAnswer>,
    /// Until when the link that was made last connects an account. Null where there is none, or it was used.
    #[schema(format = DateTime)]
    link_until: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Where somebody is reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressAnswer {
    /// By which channel.
    #[schema(example = "email")]
    channel: String,
    /// The recipient, masked.
    #[schema(example = "***@example.com")]
    recipient: String,
    /// Since when it is known.
    #[schema(format = DateTime)]
    since: String,
    /// Whether whoever reads it has opened a link of this contact. What comes from an address that is not proved has nothing
    /// done.
    proved: bool,
}

pub(super) fn answer(contact: Contact) -> ContactAnswer {
    let address = |address: ContactAddress| AddressAnswer {
        channel: address.channel.to_string(),
        recipient: mask(&address.destination),
        since: address.since.to_string(),
        proved: address.proved,
    };
    ContactAnswer {
        id: contact.key.id,
        tenant: contact.key.tenant.to_string(),
        name: contact.name,
        locale: contact.locale,
        groups: contact.groups,
        addresses: contact.addresses.into_iter().map(address).collect(),
        link_until: contact.link_until.map(|at| at.to_string()),
        created_at: contact.created_at.to_string(),
        updated_at: contact.updated_at.to_string(),
    }
}

/// The tenant has none of this id.
pub(super) fn unknown() -> Problem {
    Problem::not_found("unknown-contact", "There is no such contact", "GET /contacts lists those there are.")
}
