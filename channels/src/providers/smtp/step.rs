//! How far the dialogue came, and why it did not come further.

use super::reply::Reply;

/// How far the dialogue came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Connect,
    Greeting,
    Hello,
    StartTls,
    Auth,
    Reset,
    From,
    To,
    Data,
    /// The mail was written, at least in part.
    Message,
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A complete answer that says no.
    Refused(Reply),
    /// No answer, or none that can be read.
    Lost(String),
    /// What is set here does not fit this server: it stays so until somebody acts.
    Unfit(String),
    /// The server takes mails of this many bytes at most.
    TooLarge(u64),
}

/// A step, and why it did not succeed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) step: Step,
    pub(super) trouble: Trouble,
}

impl Step {
    /// For people: "the server refused …" is not always true, so it only says where.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Greeting => "waiting to be greeted",
            Self::Hello => "greeting (SMTP_HELLO)",
            Self::StartTls => "STARTTLS",
            Self::Auth => "logging in (SMTP_USER, SMTP_PASSWORD)",
            Self::Reset => "beginning a mail",
            Self::From => "naming the sender (FROM_EMAIL)",
            Self::To => "naming the recipient",
            Self::Data => "announcing the mail",
            Self::Message => "handing over the mail",
        }
    }

    pub(super) fn failed(self, trouble: Trouble) -> Failed {
        Failed { step: self, trouble }
    }
}
