//! Who may log in at a private node.

/// The users of `rabbitmq/definitions.json`. The passwords that stand there are for a broker of compose; a private node
/// has its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum User {
    /// May do everything.
    Admin,
    /// Publishes, and moves messages in the management UI.
    Orchestrator,
    /// The fleet: only what begins with `notifications.`.
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
