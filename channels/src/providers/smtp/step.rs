//! How far the dialogue got, and why it did not get further.

use super::reply::Reply;

/// How far the dialogue got.
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
    /// Naming one of those who get a copy.
    Copy,
    Data,
    /// The mail was written, at least in part.
    Message,
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server refused by a complete answer.
    Refused(Reply),
    /// There is no answer, or none that can be read.
    Lost(String),
    /// The settings do not fit this server, which stays so until somebody acts.
    Unfit(String),
    /// The server accepts mails of at most this many bytes.
    TooLarge(u64),
}

/// A step, and why it did not succeed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) step: Step,
    pub(super) trouble: Trouble,
}

impl Step {
    /// The step, in words for people. "The server refused …" is not always true, so the words only say where it
    /// happened.
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
            Self::Copy => "naming a recipient of cc or bcc",
            Self::Data => "announcing the mail",
            Self::Message => "handing over the mail",
        }
    }

    pub(super) fn failed(self, trouble: Trouble) -> Failed {
        Failed { step: self, trouble }
    }
}
