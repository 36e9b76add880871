//! The tenant of a message, where it is told from the user who published the message.

use domain::Tenant;

const NO_USER_ID: &str = "it has no user_id, from which its tenant is told (AMQP_TENANT_FROM_USER_ID): set the property \
                          user_id to the RabbitMQ user that you publish as, and publish it again";
const WAS_NOBODYS: &str = "its publisher was not known by a user_id before, and a move does not change that: publish it \
                           again as the RabbitMQ user of its tenant, with the property user_id set to that user";

/// The tenant of a message. The body names it, unless tenants are told from the `user_id`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The tenant that the body names.
    Body,
    /// The tenant of the user who published the message, or the first copy of one that the fleet publishes again.
    Tenant(Tenant),
    /// The tenant cannot be known: why, and what to do.
    Nobody(String),
}

/// Tells the owner. `fleet_user` is our own user, or none when the body is believed. `noted` is `notify-tenant`, in
/// which our own copies note their owner; in a publisher's message it means nothing.
pub(crate) fn owner_of(fleet_user: Option<&str>, user_id: Option<&str>, noted: Option<&str>) -> Owner {
    let Some(fleet_user) = fleet_user else { return Owner::Body };
    match (user_id.filter(|user| !user.is_empty()), noted) {
        (None, _) => Owner::Nobody(NO_USER_ID.into()),
        (Some(user), None) if user == fleet_user => Owner::Body,
        (Some(user), Some(noted)) if user == fleet_user => {
            Tenant::parse(noted).map_or_else(|| Owner::Nobody(WAS_NOBODYS.into()), Owner::Tenant)
        }
        (Some(user), _) => Tenant::parse(user).map_or_else(|| Owner::Nobody(no_tenant(user)), Owner::Tenant),
    }
}

fn no_tenant(user: &str) -> String {
    format!(
        "its user_id {user:?} is no name of a tenant (AMQP_TENANT_FROM_USER_ID): publish it as a RabbitMQ user whose name \
         is 1 to 64 letters, digits, '_' or '-'"
    )
}

impl Owner {
    /// The `notify-tenant` of every copy. It is empty when the owner is not known, so that a move out of the
    /// dead-letter queue does not make the body believed.
    pub(crate) fn noted(&self) -> Option<&str> {
        match self {
            Self::Body => None,
            Self::Tenant(tenant) => Some(tenant.as_str()),
            Self::Nobody(_) => Some(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Headers;

    use super::*;
    use crate::envelope::noted_tenant;
    use crate::{PublisherProperties, properties};

    fn tenant(name: &str) -> Owner {
        Owner::Tenant(Tenant::parse(name).unwrap())
    }

    #[test]
    fn the_owner_is_told_from_the_user_id_and_our_header_is_believed_on_our_own_copies_only() {
        let fleet = Some("fleet");
        let cases = [
            // The setting is off: the body is believed, whatever else is there.
            (None, None, None, Owner::Body),
            (None, Some("acme"), Some("globex"), Owner::Body),
            // Our own messages: published first, published again, and published again after the owner could not be
            // told.
            (fleet, fleet, None, Owner::Body),
            (fleet, fleet, Some("acme"), tenant("acme")),
            (fleet, fleet, Some(""), Owner::Nobody(WAS_NOBODYS.into())),
            (fleet, fleet, Some("not a tenant"), Owner::Nobody(WAS_NOBODYS.into())),
            // A publisher's messages, with our header forged or not.
            (fleet, Some("acme"), None, tenant("acme")),
            (fleet, Some("acme"), Some("globex"), tenant("acme")),
            (fleet, Some("acme"), Some(""), tenant("acme")),
            (fleet, Some("FLEET"), Some("globex"), tenant("FLEET")),
            (fleet, Some("a.b"), Some("globex"), Owner::Nobody(no_tenant("a.b"))),
            // Messages whose owner cannot be told.
            (fleet, None, None, Owner::Nobody(NO_USER_ID.into())),
            (fleet, None, Some("globex"), Owner::Nobody(NO_USER_ID.into())),
            (fleet, Some(""), Some("globex"), Owner::Nobody(NO_USER_ID.into())),
        ];
        for (fleet_user, user_id, noted, expected) in cases {
            assert_eq!(owner_of(fleet_user, user_id, noted), expected, "{fleet_user:?} {user_id:?} {noted:?}");
        }
    }

    #[test]
    fn a_copy_that_the_fleet_publishes_again_has_the_owner_of_the_first() {
        for first in [Owner::Body, tenant("acme")] {
            assert_eq!(owner_of(Some("fleet"), Some("fleet"), first.noted()), first);
        }
        let nobodys = owner_of(Some("fleet"), None, None);
        assert!(matches!(owner_of(Some("fleet"), Some("fleet"), nobodys.noted()), Owner::Nobody(_)));
    }

    #[test]
    fn every_copy_says_whose_it_is_also_one_that_was_stored_meanwhile() {
        let noted = |owner: &Owner| {
            let stored = serde_json::to_vec(&PublisherProperties::default().with_owner(owner)).unwrap();
            let kept: PublisherProperties = serde_json::from_slice(&stored).unwrap();
            properties("id", &Headers::default(), &kept)
        };
        assert_eq!(noted_tenant(&noted(&tenant("acme"))), Some("acme"));
        assert_eq!(noted_tenant(&noted(&Owner::Nobody(NO_USER_ID.into()))), Some(""));
        assert_eq!(noted(&Owner::Body).headers(), &None);
    }
}
