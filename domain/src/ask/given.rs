//! What an answer does: it counts, it ends the ask, it comes too late, or it is none.

use super::outcome::Tally;
use super::{Ask, AskEnd, AskState, event};
use crate::{SubjectEvent, Timestamp};

/// The most answers of one person to one ask, where they may be changed.
const MAX_ANSWERS: usize = 10;

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
    /// They have answered this before, and it may not be changed.
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
    fn nothing(verdict: AskVerdict) -> Self {
        Self { verdict, moved: None, kept: None, events: Vec::new(), edit: AskEdit::Nothing }
    }

    fn refused(ask: &Ask, given: &GivenAnswer, verdict: AskVerdict) -> Self {
        let event = event::refused(ask, given, &verdict);
        Self { events: vec![event], ..Self::nothing(verdict) }
    }
}

impl Ask {
    /// What an answer does. `answers` are those that are kept, in their order. A copy of one of them does nothing, and is
    /// told the same again.
    pub fn answered(&self, answers: &[Answer], given: &GivenAnswer) -> AskDecision {
        let is_the_same = |kept: &Answer| (&kept.given.approver, &kept.given.id) == (&given.approver, &given.id);
        if let Some(at) = answers.iter().position(is_the_same) {
            return self.repeated(&answers[..at], &answers[at]);
        }
        if let Some(refusal) = self.refusal(given) {
            return AskDecision::refused(self, given, refusal);
        }
        if let Some(end) = &self.end {
            return self.late(end, answers, given);
        }
        if let Some(expired) = self.expired(given.at) {
            return self.too_late(expired, answers, given);
        }
        let own = || answers.iter().filter(|kept| !kept.late && kept.given.approver == given.approver);
        match own().next_back().map(|kept| &kept.given.choice) {
            Some(choice) if *choice == given.choice => AskDecision::nothing(AskVerdict::Same),
            Some(choice) if !self.may_change => {
                AskDecision::refused(self, given, AskVerdict::Stands { choice: choice.clone() })
            }
            Some(_) if own().count() >= MAX_ANSWERS => AskDecision::refused(self, given, AskVerdict::TooOften),
            _ => self.counted(answers, given),
        }
    }

    /// Why an answer is none, whatever has become of the ask.
    fn refusal(&self, given: &GivenAnswer) -> Option<AskVerdict> {
        if self.is_kept_out(&given.approver) {
            return Some(AskVerdict::IsRequester);
        }
        if !self.may_answer(&given.approver) {
            return Some(AskVerdict::NotAsked);
        }
        let is_known = self.choices.iter().any(|choice| choice.id == given.choice);
        (!is_known).then_some(AskVerdict::UnknownChoice)
    }

    fn counted(&self, answers: &[Answer], given: &GivenAnswer) -> AskDecision {
        let version = self.version.saturating_add(1);
        let answer = Answer { given: given.clone(), late: false, version };
        let told = self.told(answers, &answer);
        let end = told.ends.map(|choice| AskEnd {
            state: AskState::Answered,
            choice,
            by: Some(given.approver.clone()),
            at: given.at,
        });
        let moved = Self { version, end, ..self.clone() };
        AskDecision { moved: Some(moved), kept: Some(answer), ..told.decision }
    }

    /// The first late answer of each person is kept, and told.
    fn late(&self, end: &AskEnd, answers: &[Answer], given: &GivenAnswer) -> AskDecision {
        let verdict = AskVerdict::Late(end.clone());
        if answers.iter().any(|kept| kept.late && kept.given.approver == given.approver) {
            return AskDecision::nothing(verdict);
        }
        let event = event::late(self, given);
        let kept = Some(Answer { given: given.clone(), late: true, version: self.version });
        AskDecision { kept, events: vec![event], ..AskDecision::nothing(verdict) }
    }

    /// Its time is over, which nobody has noted yet.
    fn too_late(&self, expired: AskEnding, answers: &[Answer], given: &GivenAnswer) -> AskDecision {
        let AskEnding { ask, event } = expired;
        let Some(end) = &ask.end else { return AskDecision::nothing(AskVerdict::Same) };
        let mut decision = ask.late(end, answers, given);
        decision.events.insert(0, event);
        AskDecision { moved: Some(ask), edit: AskEdit::End, ..decision }
    }

    /// What was decided when an answer came for the first time: nobody may have been told of it.
    fn repeated(&self, before: &[Answer], kept: &Answer) -> AskDecision {
        match &self.end {
            Some(end) if kept.late => {
                let event = event::late(self, &kept.given);
                AskDecision { events: vec![event], ..AskDecision::nothing(AskVerdict::Late(end.clone())) }
            }
            _ => self.told(before, kept).decision,
        }
    }

    /// What an answer is told that counts after others, and whether it ends the ask.
    fn told(&self, before: &[Answer], answer: &Answer) -> Told {
        let mut tally = Tally::of(before);
        let is_changed = tally.count(answer);
        let ends = self.outcome(&tally);
        let counted = tally.of_choice(&answer.given.choice);
        let mut events = vec![event::counted(self, answer, counted, is_changed)];
        let verdict = match &ends {
            None => AskVerdict::Counts { counted, quorum: self.quorum },
            Some(choice) => {
                events.push(event::answered(self, answer, choice.as_deref()));
                AskVerdict::Ends { choice: choice.clone() }
            }
        };
        let edit = if ends.is_some() { AskEdit::End } else { AskEdit::Progress };
        Told { ends, decision: AskDecision { events, edit, ..AskDecision::nothing(verdict) } }
    }
}

struct Told {
    /// With which choice, if with any.
    ends: Option<Option<String>>,
    decision: AskDecision,
}
