//! Who a client is, as its token says.

use std::collections::BTreeMap;

use domain::{Tenant, Timestamp};
use serde_json::{Map, Value};

use crate::person::Person;
use crate::room::{Kind, Room, is_name};

/// Where a token's owner is called so, in this order: the original's tokens have `user_id`, others `sub` (RFC 7519).
const NAMES: [&str; 2] = ["user_id", "sub"];
/// How many texts of a claim that decides about topics are looked at.
const MOST_IN_CLAIM: usize = 1_000;

/// Whose token it is and since when, where it may be taken back while it is in force.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SignedIn {
    pub(crate) name: String,
    /// In seconds of the epoch, as the token says it.
    pub(crate) issued_at: Option<f64>,
}

/// Somebody whose token was believed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Identity {
    pub(crate) tenant: Tenant,
    pub(crate) user: String,
    /// The claim `role`.
    pub(crate) role: Option<String>,
    /// When the token ends, and whoever has shown it with it.
    pub(crate) ends: Timestamp,
    /// The claims that decide about topics.
    pub(crate) claims: BTreeMap<String, Value>,
    /// None for a token that nobody here takes back.
    pub(crate) signed_in: Option<SignedIn>,
}

impl Identity {
    /// Reads the claims of a token that is signed and in force. None without an owner, and where what it says of the owner
    /// cannot be.
    pub(crate) fn of<'a>(
        claims: &Map<String, Value>,
        ends: Timestamp,
        kept: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let user = NAMES.iter().find_map(|name| word(claims.get(*name)?))?;
        let tenant = match claims.get("tenant") {
            None | Some(Value::Null) => Tenant::default(),
            Some(named) => Tenant::parse(named.as_str()?)?,
        };
        let role = match claims.get("role") {
            None | Some(Value::Null) => None,
            Some(named) => Some(word(named)?),
        };
        let of_topics = kept.filter_map(|name| Some((name.to_owned(), claims.get(name)?.clone())));
        Some(Self { tenant, user, role, ends, claims: of_topics.collect(), signed_in: None })
    }

    pub(crate) fn person(&self) -> Person {
        Person { tenant: self.tenant.clone(), user: self.user.clone() }
    }

    /// The room of this person.
    pub(crate) fn own_room(&self) -> Option<Room> {
        Room::new(&self.tenant, Kind::User, &self.user)
    }

    /// Whether a claim is this text, or a list with it.
    pub(crate) fn has_in(&self, claim: &str, text: &str) -> bool {
        let is = |value: &Value| word(value).is_some_and(|word| word == text);
        match self.claims.get(claim) {
            Some(Value::Array(values)) => values.iter().take(MOST_IN_CLAIM).any(is),
            Some(value) => is(value),
            None => false,
        }
    }

    /// Whether another token is of the same person.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        (&self.tenant, &self.user) == (&other.tenant, &other.user)
    }
}

/// A text, or a number as a text: the ids of many applications are numbers.
fn word(value: &Value) -> Option<String> {
    let word = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    is_name(&word).then_some(word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Option<Identity> {
        Identity::of(claims.as_object().unwrap(), Timestamp::from_seconds(9), ["solicitudes"].into_iter())
    }

    #[test]
    fn the_claims_of_the_original_and_ours_say_who_somebody_is() {
        for (claims, user, role, tenant) in [
            (json!({ "user_id": 4711, "sub": "ana@example.com", "role": "ADMIN" }), "4711", Some("ADMIN"), "default"),
            (json!({ "sub": "ana", "tenant": "acme" }), "ana", None, "acme"),
            (json!({ "user_id": null, "sub": "ana", "role": null }), "ana", None, "default"),
        ] {
            let identity = read(claims).unwrap();
            assert_eq!((identity.user.as_str(), identity.role.as_deref()), (user, role));
            if tenant == "default" {
                assert_eq!(identity.tenant, Tenant::default());
            } else {
                assert_eq!(identity.tenant.as_str(), tenant);
            }
        }
    }

    #[test]
    fn a_token_that_says_who_nobody_can_be_is_nobodys() {
        for claims in [
            json!({}),
            json!({ "sub": "" }),
            json!({ "sub": "a\nb" }),
            json!({ "sub": ["ana"] }),
            json!({ "sub": "ana", "tenant": "no tenant" }),
            json!({ "sub": "ana", "tenant": 7 }),
            json!({ "sub": "ana", "role": {} }),
        ] {
            assert_eq!(read(claims.clone()), None, "{claims}");
        }
    }

    #[test]
    fn only_the_claims_that_decide_are_kept() {
        let identity = read(json!({ "sub": "ana", "solicitudes": [7, "8"], "email": "hidden" })).unwrap();
        assert_eq!(identity.claims.len(), 1);
        assert!(identity.has_in("solicitudes", "7") && identity.has_in("solicitudes", "8"));
        assert!(!identity.has_in("solicitudes", "9") && !identity.has_in("email", "hidden"));
    }
}
