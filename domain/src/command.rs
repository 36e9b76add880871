//! A command to a service of somebody's: who has asked for it, whether that was confirmed, and how far the service says it
//! is. It goes forward only.

mod fault;
mod line;
mod registry;
mod reply;
mod schema;
mod written;

use crate::{Key, SubjectEvent, Timestamp};

pub use self::fault::{ArgumentFault, ArgumentWrong};
pub use self::line::{CommandLine, InvalidLine};
pub use self::registry::{Action, Confirm, Registry, Service, Unresolved, WantedCommand};
pub use self::reply::ReplyTo;
pub use self::schema::{Argument, ArgumentKind, Schema};

const NOUN: &str = "command";
/// What is kept of a command whose delivery has failed for good; the delivery itself says why.
const UNDELIVERED: &str = "it could not be delivered to its service";
/// The error of the dead letter of a command that was told as failed before: whoever has moved it reads what is to be done
/// instead.
pub const COMMAND_IS_OVER: &str =
    "its command was told as failed, so it is not sent any more: dispatch the command anew, and drop this letter";
/// How many states a command has had that went through all of them.
const STATES_IF_CONFIRMED: u32 = 4;
/// The same where nobody was asked.
const STATES_IF_NOT: u32 = 3;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CommandState {
    /// An ask decides whether it is dispatched.
    PendingConfirmation,
    /// A delivery takes it to its service.
    Dispatched,
    /// The service has begun.
    Running,
    Succeeded,
    Failed,
    /// Those who were asked have refused it, or its service has.
    Rejected,
    /// Its time was over before its service had said how it ended.
    Expired,
}

/// A command, as its row has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    pub key: Key,
    pub service: String,
    pub action: String,
    /// A JSON object, as the schema of the action wants it.
    pub arguments: String,
    /// The id of the ask that decides, where one does.
    pub ask: Option<String>,
    /// The id of the delivery that takes it to its service.
    pub delivery: Option<String>,
    pub state: CommandState,
    /// Counts the states.
    pub version: u32,
    /// By the id under which they are known.
    pub requested_by: String,
    pub confirmed_by: Option<String>,
    pub correlation_id: Option<String>,
    /// What its service says of its end, or why it was not dispatched.
    pub output: Option<String>,
    /// Where whoever has asked for it is told its end. Forgotten once that was done.
    pub reply: Option<ReplyTo>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a service says of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandReport<'a> {
    /// Who says so, as its token shows.
    pub service: &'a str,
    pub state: CommandState,
    pub output: Option<&'a str>,
}

/// What a signal does to a command.
#[derive(Clone, PartialEq, Debug)]
pub enum CommandStep {
    /// It is written, if the row still has the version before it.
    Moved(Box<CommandMoved>),
    /// It is as far already. As it was when that was seen: it may have moved on since.
    Same(Box<Command>),
    /// It went through that, and has ended since. As it was then: whoever took that step may have died before it was told, or
    /// its end was heard first.
    Passed(Box<Command>),
    /// It was further than that.
    Backwards,
    /// It has ended, in another way.
    Ended,
    /// It waits for its confirmation: no service has it yet.
    NotDispatched,
    /// It is another service's command.
    Foreign,
    /// No service says that of a command.
    NoReport,
}

#[derive(Clone, PartialEq, Debug)]
pub struct CommandMoved {
    pub command: Command,
    pub event: SubjectEvent,
}

impl CommandState {
    pub const ALL: [Self; 7] = [
        Self::PendingConfirmation,
        Self::Dispatched,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Rejected,
        Self::Expired,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingConfirmation => "pending_confirmation",
            Self::Dispatched => "dispatched",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Rejected | Self::Expired)
    }

    /// How far it is: a command never goes to a state of a lower rank.
    const fn rank(self) -> u8 {
        match self {
            Self::PendingConfirmation => 0,
            Self::Dispatched => 1,
            Self::Running => 2,
            Self::Succeeded | Self::Failed | Self::Rejected | Self::Expired => 3,
        }
    }

    const fn is_reported(self) -> bool {
        matches!(self, Self::Running | Self::Succeeded | Self::Failed | Self::Rejected)
    }
}

impl Command {
    /// What is told of the state that it has.
    pub fn told(&self) -> SubjectEvent {
        let of = self.version.to_string();
        let event = SubjectEvent::new(NOUN, &self.key, self.state.as_str(), &of, self.updated_at);
        let event = event.with("service", self.service.as_str()).with("action", self.action.as_str());
        let event = event.with("requested_by", self.requested_by.as_str()).with("version", self.version);
        let event = event.with("confirmed_by", self.confirmed_by.as_deref());
        event.with("correlation_id", self.correlation_id.as_deref())
    }

    /// Those who were asked have confirmed it: the delivery of this id takes it to its service.
    pub fn confirmed(&self, by: &str, delivery: &str, now: Timestamp) -> CommandStep {
        if self.state != CommandState::PendingConfirmation {
            return self.stays(CommandState::Dispatched);
        }
        if now >= self.expires_at {
            return CommandStep::Ended;
        }
        let confirmed_by = Some(by.to_owned());
        let next = Self { confirmed_by, delivery: Some(delivery.to_owned()), ..self.clone() };
        next.moves(CommandState::Dispatched, now)
    }

    /// Those who were asked have refused it.
    pub fn refused(&self, by: &str, now: Timestamp) -> CommandStep {
        self.rejected(&format!("refused by {by}"), now)
    }

    /// It is never dispatched, for this reason.
    pub fn rejected(&self, why: &str, now: Timestamp) -> CommandStep {
        if self.state != CommandState::PendingConfirmation {
            return self.stays(CommandState::Rejected);
        }
        Self { output: Some(why.to_owned()), ..self.clone() }.moves(CommandState::Rejected, now)
    }

    /// The delivery that takes it to its service has failed for good. It may have arrived all the same: what its service
    /// says of it counts, if that is heard first.
    pub fn undelivered(&self, now: Timestamp) -> CommandStep {
        match self.state {
            CommandState::PendingConfirmation => CommandStep::NotDispatched,
            CommandState::Dispatched => {
                Self { output: Some(UNDELIVERED.to_owned()), ..self.clone() }.moves(CommandState::Failed, now)
            }
            _ => self.stays(CommandState::Failed),
        }
    }

    /// Whether that was its end.
    pub fn is_undelivered(&self) -> bool {
        self.state == CommandState::Failed && self.output.as_deref() == Some(UNDELIVERED)
    }

    /// What a service says of it.
    pub fn reported(&self, report: &CommandReport<'_>, now: Timestamp) -> CommandStep {
        if report.service != self.service {
            return CommandStep::Foreign;
        }
        if !report.state.is_reported() {
            return CommandStep::NoReport;
        }
        if self.state == CommandState::PendingConfirmation {
            return CommandStep::NotDispatched;
        }
        if report.state == CommandState::Running && (self.has_run_and_ended() || self.was_overtaken_at(now)) {
            return CommandStep::Passed(Box::new(self.as_it_ran(now)));
        }
        if report.state.rank() <= self.state.rank() {
            return self.stays(report.state);
        }
        let output = report.output.map(str::to_owned).or_else(|| self.output.clone());
        Self { output, ..self.clone() }.moves(report.state, now)
    }

    /// What its expiry does. None before its time, and where it has ended.
    pub fn expired(&self, now: Timestamp) -> Option<CommandMoved> {
        if now < self.expires_at || self.state.is_ended() {
            return None;
        }
        Some(self.clone().moved(CommandState::Expired, now))
    }

    /// Whether its service had begun before it ended: its states are counted, and only that one may be left out.
    const fn has_run_and_ended(&self) -> bool {
        let states = if self.ask.is_some() { STATES_IF_CONFIRMED } else { STATES_IF_NOT };
        self.state.is_ended() && self.version >= states
    }

    /// Whether it had been dispatched, and had not ended, at the time at which its service said that it runs: the end was heard
    /// first.
    fn was_overtaken_at(&self, at: Timestamp) -> bool {
        self.state.is_ended() && self.delivery.is_some() && at < self.updated_at
    }

    /// What it was before it ended, where it ran: the row has only kept when it ended. Where its end was heard first it has no
    /// version of its own, and is told with that of its dispatch.
    fn as_it_ran(&self, now: Timestamp) -> Self {
        let (version, updated_at) = (self.version.saturating_sub(1), now.min(self.updated_at));
        Self { state: CommandState::Running, version, updated_at, ..self.clone() }
    }

    /// What is said of a wish to go where it cannot go any more.
    fn stays(&self, wanted: CommandState) -> CommandStep {
        if self.state == wanted {
            CommandStep::Same(Box::new(self.clone()))
        } else if self.state.is_ended() {
            CommandStep::Ended
        } else {
            CommandStep::Backwards
        }
    }

    fn moves(self, state: CommandState, now: Timestamp) -> CommandStep {
        CommandStep::Moved(Box::new(self.moved(state, now)))
    }

    fn moved(self, state: CommandState, now: Timestamp) -> CommandMoved {
        let command = Self { state, version: self.version.saturating_add(1), updated_at: now, ..self };
        CommandMoved { event: command.told(), command }
    }
}

#[cfg(test)]
mod tests;
