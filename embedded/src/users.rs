//! The users of a private node.

/// The users of `rabbitmq/definitions.json`. The passwords in that file are for the broker of compose; a private node
/// has passwords of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum User {
    /// The user that may do everything.
    Admin,
    /// The user that publishes, and moves messages in the management UI.
    Orchestrator,
    /// The user of the fleet, which may use only names that begin with `notifications.`.
    Notifications,
}

impl User {
    pub const ALL: [Self; 3] = [Self::Admin, Self::Orchestrator, Self::Notifications];

    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Orchestrator => "orchestrator_user",
            Self::Notifications => "notifications_user",
        }
    }
}
