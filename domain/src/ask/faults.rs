//! What is wrong with an ask that somebody wants to make: each field at once.

use std::collections::BTreeSet;

use text::{FieldError, is_plain_name};

use super::{Ask, AskChoice, MAX_APPROVERS, MAX_ASK_CHOICES, MAX_QUESTION_CHARS};
use crate::limits::{MAX_ID_BYTES, MAX_SPAN};

/// The longest label of a button, in characters. Some media take fewer.
pub(super) const MAX_LABEL_CHARS: usize = 64;

impl Ask {
    /// Everything for which it would be refused.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Faults(Vec::new());
        self.check_question(&mut faults);
        self.check_choices(&mut faults);
        self.check_audience(&mut faults);
        self.check_quorum(&mut faults);
        let lasts = self.expires_at.since(self.created_at);
        faults.check(!lasts.is_zero(), "/expires_in", || "must be later than now".into());
        faults.check(lasts <= MAX_SPAN, "/expires_in", || "must not be more than ten years".into());
        faults.0
    }

    fn check_question(&self, faults: &mut Faults) {
        let chars = self.question.chars().count();
        faults.check(!self.question.trim().is_empty(), "/question", || "must not be empty".into());
        faults.check(chars <= MAX_QUESTION_CHARS, "/question", || {
            format!("has {chars} characters, and may have {MAX_QUESTION_CHARS}")
        });
    }

    fn check_choices(&self, faults: &mut Faults) {
        let count = self.choices.len();
        faults.check(count <= MAX_ASK_CHOICES, "/choices", || format!("are {count}, and may be {MAX_ASK_CHOICES}"));
        let agrees = self.choices.iter().any(|choice| !choice.refuses);
        faults.check(agrees, "/choices", || "must have one at least that does not refuse".into());
        let mut seen = BTreeSet::new();
        for (at, AskChoice { id, label, .. }) in self.choices.iter().enumerate().take(MAX_ASK_CHOICES) {
            let is_id = !id.is_empty() && is_plain_name(id);
            faults.check(is_id, &format!("/choices/{at}/id"), || "must be 1 to 64 of A-Z, a-z, 0-9, _ and -".into());
            faults.check(seen.insert(id), &format!("/choices/{at}/id"), || "is that of another choice".into());
            let chars = label.chars().count();
            let is_label = !label.trim().is_empty() && chars <= MAX_LABEL_CHARS;
            faults.check(is_label, &format!("/choices/{at}/label"), || {
                format!("must have 1 to {MAX_LABEL_CHARS} characters")
            });
        }
    }

    fn check_audience(&self, faults: &mut Faults) {
        let count = self.audience.len();
        faults.check(count > 0, "/to", || "must name somebody".into());
        faults.check(count <= MAX_APPROVERS, "/to", || format!("names {count}, and may name {MAX_APPROVERS}"));
        let is_alone = count <= 1 || !self.kind.is_of_one();
        faults.check(is_alone, "/to", || format!("must name one alone where the kind is {}", self.kind.as_str()));
        let mut seen = BTreeSet::new();
        for (at, approver) in self.audience.iter().enumerate().take(MAX_APPROVERS) {
            let is_name = (1..=MAX_ID_BYTES).contains(&approver.len()) && !approver.contains('\0');
            faults.check(is_name, &format!("/to/{at}"), || format!("must have 1 to {MAX_ID_BYTES} bytes and no NUL"));
            faults.check(seen.insert(approver), &format!("/to/{at}"), || "is named before".into());
        }
    }

    fn check_quorum(&self, faults: &mut Faults) {
        let eligible = self.eligible();
        if self.audience.is_empty() {
            return;
        }
        let nobody = eligible == 0;
        faults.check(!nobody, "/four_eyes", || "leaves nobody who may answer: name others, too".into());
        let is_possible = nobody || (1..=eligible).contains(&self.quorum);
        faults.check(is_possible, "/quorum", || format!("must be 1 to {eligible}: so many may answer"));
    }
}

struct Faults(Vec<FieldError>);

impl Faults {
    fn check(&mut self, is_right: bool, pointer: &str, detail: impl FnOnce() -> String) {
        if !is_right {
            self.0.push(FieldError { pointer: pointer.to_owned(), detail: detail() });
        }
    }
}
