//! What somebody may do, word by word, and the roles that are names for sets of these words.

use std::fmt;

/// What a token, a session or a key allows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// Publish notifications, and cancel them.
    Notify,
    /// See deliveries, what the sandbox captured, and who is suppressed.
    Read,
    /// Cancel deliveries, manage schedules and the suppression list, pause and resume, replay and drop dead letters.
    Operate,
    /// Manage users and keys of the own tenant, and send again what was edited.
    Admin,
    /// With `admin`: users of every tenant. With `operate`: pause for every tenant.
    Tenants,
    /// See the own inbox, and say what was done with what is in it: for the users of an application.
    Inbox,
}

/// A set of scopes under a name that people know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Sees everything of the tenant, and changes nothing.
    Viewer,
    /// Works: sends, cancels, pauses, replays, drops.
    Operator,
    /// Manages those who work as well.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 6] = [Self::Notify, Self::Read, Self::Operate, Self::Admin, Self::Tenants, Self::Inbox];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
            Self::Tenants => "tenants",
            Self::Inbox => "inbox",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Viewer => &[Scope::Read],
            Self::Operator => &[Scope::Notify, Scope::Read, Scope::Operate],
            Self::Admin => &[Scope::Notify, Scope::Read, Scope::Operate, Scope::Admin],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_may_do_what_the_one_before_it_may() {
        for [less, more] in Role::ALL.array_windows() {
            assert!(less.scopes().iter().all(|scope| more.scopes().contains(scope)), "{less} and {more}");
        }
    }

    #[test]
    fn words_read_as_they_are_written() {
        assert!(Scope::ALL.iter().all(|&scope| Scope::parse(scope.as_str()) == Some(scope)));
        assert!(Role::ALL.iter().all(|&role| Role::parse(role.as_str()) == Some(role)));
    }
}
