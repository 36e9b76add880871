//! Answers, and what may become of one.

use super::{Ask, AskEnd};
use crate::{SubjectEvent, Timestamp};

/// An answer as it came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenAnswer {
    /// As its sender names it: a repeat has the same.
    pub id: String,
    pub approver: String,
    pub choice: String,
    /// The medium by which it came.
    pub via: String,
    /// When it came in, before it waited anywhere: whoever answers in time is in time.
    pub at: Timestamp,
    /// What shows that it was they, as JSON. Never a destination or a secret.
    pub evidence: String,
}

/// An answer as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub given: GivenAnswer,
    /// The ask had ended. It has changed nothing.
    pub late: bool,
    /// The version of the ask that it has made; of a late one, that of the ask which had ended.
    pub version: u32,
}

/// What the approver is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AskVerdict {
    /// It counts, and others are waited for.
    Counts {
        counted: u32,
        quorum: u32,
    },
    /// It counts, and nothing is waited for any more.
    Ends {
        choice: Option<String>,
    },
    /// They have answered the same before.
    Same,
    /// They have answered this before, and it may not be changed; or after it, where it may.
    Stands {
        choice: String,
    },
    /// They have changed their mind as often as anybody may.
    TooOften,
    /// It has ended, in this way.
    Late(AskEnd),
    NotAsked,
    /// They have asked themselves.
    IsRequester,
    UnknownChoice,
}

/// What becomes of the messages with the question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AskEdit {
    Nothing,
    /// All of them tell how many have answered.
    Progress,
    /// All of them tell the end, and have no button any more.
    End,
}

/// All that follows from an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct AskDecision {
    pub verdict: AskVerdict,
    /// The next version of the ask. None where its row stays as it is.
    pub moved: Option<Ask>,
    /// The row of the answer. None where it is not kept, or kept already.
    pub kept: Option<Answer>,
    /// In their order. A repeat of the answer has the same again.
    pub events: Vec<SubjectEvent>,
    pub edit: AskEdit,
}

/// What follows from an end that no answer has brought.
#[derive(Clone, PartialEq, Debug)]
pub struct AskEnding {
    pub ask: Ask,
    pub event: SubjectEvent,
}

impl AskDecision {
    /// Nothing is written.
    pub(super) fn nothing(verdict: AskVerdict) -> Self {
        Self { verdict, moved: None, kept: None, events: Vec::new(), edit: AskEdit::Nothing }
    }
}
