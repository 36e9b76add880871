//! What an answer does: it counts, it ends the ask, it comes too late, or it is none.

use super::outcome::Tally;
use super::{Answer, Ask, AskDecision, AskEdit, AskEnd, AskState, AskVerdict, GivenAnswer, event};
use crate::Timestamp;

/// The most answers of one person to one ask, where they may be changed.
const MAX_ANSWERS: usize = 10;

impl Ask {
    /// What an answer does. `answers` are those that are kept, in their order. A copy of one of them does nothing, and is
    /// told the same again.
    pub fn answered(&self, answers: &[Answer], given: &GivenAnswer) -> AskDecision {
        let is_the_same = |kept: &Answer| (&kept.given.approver, &kept.given.id) == (&given.approver, &given.id);
        if let Some(at) = answers.iter().position(is_the_same) {
            return self.repeated(&answers[..at], &answers[at]);
        }
        if let Some(refusal) = self.refusal(given) {
            return refused(self, given, refusal);
        }
        if let Some(end) = &self.end {
            return self.late(end, answers, given);
        }
        if let Some(end) = self.end_by_time(given.at) {
            return self.late(&end, answers, given);
        }
        let own = || answers.iter().filter(|kept| !kept.late && kept.given.approver == given.approver);
        match own().next_back().map(|kept| &kept.given) {
            Some(kept) if self.goes_before(kept, given) && kept.choice == given.choice => {
                AskDecision::nothing(AskVerdict::Same)
            }
            Some(kept) if self.goes_before(kept, given) => {
                refused(self, given, AskVerdict::Stands { choice: kept.choice.clone() })
            }
            Some(kept) if self.may_change && kept.choice == given.choice => AskDecision::nothing(AskVerdict::Same),
            Some(_) if own().count() >= MAX_ANSWERS => refused(self, given, AskVerdict::TooOften),
            _ => self.counted(answers, given),
        }
    }

    /// Whether an answer that counts does so before another one of the same person: the first that came in, or the last where
    /// a mind may be changed. One may have waited longer than the other, and be heard after it.
    fn goes_before(&self, kept: &GivenAnswer, given: &GivenAnswer) -> bool {
        if self.may_change { given.at < kept.at } else { given.at >= kept.at }
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

    /// The first late answer of each person is kept, and told. It moves nothing, also where its time is over and nobody has
    /// ended it yet: what came in before that may be in hand of somebody else, and counts. It is ended once that was heard.
    fn late(&self, end: &AskEnd, answers: &[Answer], given: &GivenAnswer) -> AskDecision {
        let verdict = AskVerdict::Late(end.clone());
        if answers.iter().any(|kept| kept.late && kept.given.approver == given.approver) {
            return AskDecision::nothing(verdict);
        }
        let event = event::late(self, given, end.state);
        let kept = Some(Answer { given: given.clone(), late: true, version: self.version });
        AskDecision { kept, events: vec![event], ..AskDecision::nothing(verdict) }
    }

    /// The end that its time is at this moment. None before it.
    fn end_by_time(&self, at: Timestamp) -> Option<AskEnd> {
        (at >= self.expires_at).then_some(AskEnd { state: AskState::Expired, choice: None, by: None, at })
    }

    /// What a late answer that is kept was too late for: its time where nothing else had ended the ask by then, which has made
    /// a later version since.
    fn end_before(&self, kept: &Answer) -> Option<AskEnd> {
        let ended = self.end.clone().filter(|_| kept.version == self.version);
        ended.or_else(|| self.end_by_time(kept.given.at))
    }

    /// What was decided when an answer came for the first time: nobody may have been told of it.
    fn repeated(&self, before: &[Answer], kept: &Answer) -> AskDecision {
        match self.end_before(kept).filter(|_| kept.late) {
            Some(end) => {
                let event = event::late(self, &kept.given, end.state);
                AskDecision { events: vec![event], ..AskDecision::nothing(AskVerdict::Late(end)) }
            }
            None => self.told(before, kept).decision,
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

fn refused(ask: &Ask, given: &GivenAnswer, verdict: AskVerdict) -> AskDecision {
    let event = event::refused(ask, given, &verdict);
    AskDecision { events: vec![event], ..AskDecision::nothing(verdict) }
}
