//! What the answers that count come to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Ask, AskChoice};

/// The last answer of each approver that counts.
pub(super) struct Tally<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Tally<'a> {
    /// Late answers do not count.
    pub(super) fn of(answers: &'a [Answer]) -> Self {
        let mut tally = Self(BTreeMap::new());
        for answer in answers.iter().filter(|answer| !answer.late) {
            tally.count(answer);
        }
        tally
    }

    /// Counts one answer more; true where its approver has answered before.
    pub(super) fn count(&mut self, answer: &'a Answer) -> bool {
        self.0.insert(&answer.given.approver, &answer.given.choice).is_some()
    }

    pub(super) fn of_choice(&self, choice: &str) -> u32 {
        let chosen = self.0.values().filter(|chosen| **chosen == choice).count();
        u32::try_from(chosen).unwrap_or(u32::MAX)
    }

    fn approvers(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

impl Ask {
    /// How many may answer, each person once.
    pub(super) fn eligible(&self) -> u32 {
        let people: BTreeSet<&str> = self.audience.iter().map(String::as_str).collect();
        let eligible = people.into_iter().filter(|approver| self.may_answer(approver)).count();
        u32::try_from(eligible).unwrap_or(u32::MAX)
    }

    /// How many have chosen the same so far, of the choices that win with the quorum.
    pub fn so_far(&self, answers: &[Answer]) -> u32 {
        let tally = Tally::of(answers);
        let agreeing = self.choices.iter().filter(|choice| !choice.refuses);
        agreeing.map(|choice| tally.of_choice(&choice.id)).max().unwrap_or(0)
    }

    /// With which choice the ask has ended, if with any. None while something is waited for.
    ///
    /// A choice that refuses nothing wins with the quorum. Once none of them can reach it with those who have not answered,
    /// it is the refusal that most have chosen, of equal ones that which stands first.
    pub(super) fn outcome(&self, tally: &Tally<'_>) -> Option<Option<String>> {
        let (refusing, agreeing): (Vec<&AskChoice>, Vec<&AskChoice>) =
            self.choices.iter().partition(|choice| choice.refuses);
        let left = self.eligible().saturating_sub(tally.approvers());
        let votes = |choice: &AskChoice| tally.of_choice(&choice.id);
        if let Some(winner) = agreeing.iter().find(|choice| votes(choice) >= self.quorum) {
            return Some(Some(winner.id.clone()));
        }
        if agreeing.iter().any(|choice| votes(choice).saturating_add(left) >= self.quorum) {
            return None;
        }
        // Of equal ones `max_by_key` takes the last.
        let refusal = refusing.iter().rev().filter(|choice| votes(choice) > 0).max_by_key(|choice| votes(choice));
        Some(refusal.map(|choice| choice.id.clone()))
    }
}
