//! A room: whoever is in it is told what goes there. Rooms of different tenants are different rooms.

use std::fmt;

use domain::{Tenant, is_unsafe_in_a_line};

/// The most bytes of the name of a topic, a role or a person.
pub(crate) const MAX_NAME_BYTES: usize = 255;

/// A room.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Room {
    tenant: Tenant,
    kind: Kind,
    name: String,
}

/// What makes somebody belong to a room.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    /// Being that person.
    User,
    /// Having the role.
    Role,
    /// Having asked to join it.
    Topic,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::User, Self::Role, Self::Topic];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Topic => "topic",
        }
    }
}

impl Room {
    /// The name of a room that was asked for. None for those that one is in without having asked.
    pub(crate) fn topic(&self) -> Option<&str> {
        (self.kind == Kind::Topic).then_some(self.name.as_str())
    }

    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Whether only one person can be in it.
    pub(crate) fn is_one_persons(&self) -> bool {
        self.kind == Kind::User
    }

    /// None for what is no name.
    pub(crate) fn new(tenant: &Tenant, kind: Kind, name: &str) -> Option<Self> {
        is_name(name).then(|| Self { tenant: tenant.clone(), kind, name: name.to_owned() })
    }
}

/// As people know it: `user:4711`.
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

/// Whether something can be the name of a topic, a role or a person.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(is_unsafe_in_a_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_of_one_name_are_one_room_of_each_tenant_and_kind() {
        let [acme, globex] = ["acme", "globex"].map(|name| Tenant::parse(name).unwrap());
        let room = |tenant: &Tenant, kind| Room::new(tenant, kind, "7").unwrap();
        assert_eq!(room(&acme, Kind::User), room(&acme, Kind::User));
        assert_ne!(room(&acme, Kind::User), room(&globex, Kind::User));
        assert_ne!(room(&acme, Kind::User), room(&acme, Kind::Topic));
        assert_eq!(room(&acme, Kind::Topic).to_string(), "topic:7");
    }

    #[test]
    fn what_is_empty_too_long_or_disguises_itself_is_no_name() {
        let tenant = Tenant::default();
        for name in ["", "a\nb", "a\u{202e}b", &"x".repeat(256)] {
            assert_eq!(Room::new(&tenant, Kind::Topic, name), None, "{name:?}");
        }
        assert!(Room::new(&tenant, Kind::Topic, &"x".repeat(255)).is_some());
    }
}
