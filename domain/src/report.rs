//! What a provider says of a delivery after it has accepted it, and what follows from that for the delivery's row,
//! decided purely.
//!
//! Reports come late, in any order, and more than once. So the rule is monotone: what is known of a delivery only ever
//! grows, from sent to bounced to delivered, and the same reports of one attempt in any order end in the same state.

use std::cmp::Ordering;

use crate::policy::{tier_after, tier_number};
use crate::{
    Attempt, AttemptOutcome, Keyword, Label, Order, Policy, Row, State, SuppressedFor, Timestamp, Transition, When,
};

/// One thing that a provider reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub provider: &'static str,
    /// A repeat has the same. Where the provider gives an event no id of its own, it is made of what the event says.
    pub event_id: String,
    /// None when the provider gave none of our labels back: what a person wrote, or a message that another program sent.
    pub about: Option<Label>,
    /// The id that the provider gave to the message.
    pub provider_id: Option<String>,
    /// Whom the message went to, as the provider writes it.
    pub recipient: Option<String>,
    /// Whether the message went to others as well, and any of them could have made the report: then nobody is put on the
    /// suppression list for it.
    pub has_copies: bool,
    pub said: Reported,
    pub code: Option<String>,
    /// One line for people. It may quote the recipient.
    pub detail: String,
    /// When it happened, by the provider's clock.
    pub at: Option<Timestamp>,
}

/// What is reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reported {
    /// The provider has it, or has handed it on.
    Accepted,
    /// The provider tries again by itself.
    Deferred,
    Delivered,
    Read,
    Opened,
    Clicked,
    /// The recipient calls it spam.
    Complained,
    Unsubscribed,
    Resubscribed,
    /// It came back, for good.
    Bounced {
        class: Bounce,
    },
    /// It failed after the provider had accepted it. `alarm` says that something is wrong on our side.
    FailedLater {
        retriable: bool,
        alarm: bool,
    },
    /// A person wrote.
    Reply {
        from: String,
        text: String,
        media: Vec<String>,
        keyword: Option<Keyword>,
    },
    /// A person pressed a button.
    Button {
        payload: String,
        by: String,
    },
    /// A person does not let us write any more.
    Blocked {
        by: String,
    },
    /// A person lets us write again.
    Unblocked {
        by: String,
    },
}

/// What a mail that came back says about its address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bounce {
    /// Nobody is there.
    Address,
    /// Nothing: this mail was refused.
    Message,
    /// The provider has it on a list of its own and sent nothing.
    Listed,
}

impl Bounce {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Message => "message",
            Self::Listed => "listed",
        }
    }
}

/// What follows from a report for the row of its delivery.
#[derive(Clone, PartialEq, Debug)]
pub enum Merged {
    /// It is earlier than our own record of its attempt: it waits, and is asked again.
    Early,
    /// The row stays as it is. The report is kept and shown all the same.
    Kept,
    /// The row is written, and its order carried out. Where the row says so already, the order is carried out once more,
    /// because nobody can know whether it was.
    Moved(Box<Transition>),
}

/// What a report says about where its message is.
enum Evidence {
    /// A person has it, whatever else is said of it.
    Arrived,
    /// It will not arrive.
    Lost,
    /// It has not arrived, and another try may.
    Failed,
    /// Nothing that was not known.
    Nothing,
}

impl Reported {
    /// What is reported, in one word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Complained => "complained",
            Self::Unsubscribed => "unsubscribed",
            Self::Resubscribed => "resubscribed",
            Self::Bounced { .. } => "bounced",
            Self::FailedLater { .. } => "failed",
            Self::Reply { .. } => "reply",
            Self::Button { .. } => "button",
            Self::Blocked { .. } => "blocked",
            Self::Unblocked { .. } => "unblocked",
        }
    }

    /// What is more exact than the word.
    pub const fn class(&self) -> Option<&'static str> {
        match self {
            Self::Bounced { class } => Some(class.as_str()),
            Self::FailedLater { retriable: true, .. } => Some("retriable"),
            Self::FailedLater { retriable: false, .. } => Some("permanent"),
            _ => None,
        }
    }

    /// Why whoever it is about is not written to any more, if that follows. A mail that was refused says nothing about its
    /// address.
    pub const fn suppresses(&self) -> Option<SuppressedFor> {
        match self {
            Self::Bounced { class: Bounce::Address } => Some(SuppressedFor::HardBounce),
            Self::Bounced { class: Bounce::Listed } => Some(SuppressedFor::Provider),
            Self::Complained => Some(SuppressedFor::Complaint),
            Self::Unsubscribed => Some(SuppressedFor::Unsubscribe),
            Self::Reply { keyword: Some(Keyword::Stop), .. } | Self::Blocked { .. } => Some(SuppressedFor::Stop),
            _ => None,
        }
    }

    /// Which reason not to write to somebody is taken back.
    pub const fn lifts(&self) -> Option<SuppressedFor> {
        match self {
            Self::Resubscribed => Some(SuppressedFor::Unsubscribe),
            Self::Reply { keyword: Some(Keyword::Start), .. } | Self::Unblocked { .. } => Some(SuppressedFor::Stop),
            _ => None,
        }
    }

    /// Who has written or pressed, as the provider names them.
    pub fn written_by(&self) -> Option<&str> {
        match self {
            Self::Reply { from: by, .. } | Self::Button { by, .. } => Some(by),
            _ => None,
        }
    }

    /// The person by whom it was said, as the provider names them: who has written or pressed, blocked us or let us in.
    pub fn said_by(&self) -> Option<&str> {
        match self {
            Self::Blocked { by } | Self::Unblocked { by } => Some(by),
            other => other.written_by(),
        }
    }

    /// Who reads, clicks or complains has it: providers leave a `delivered` out when there is more to say.
    const fn evidence(&self) -> Evidence {
        match self {
            Self::Delivered
            | Self::Read
            | Self::Opened
            | Self::Clicked
            | Self::Complained
            | Self::Unsubscribed
            | Self::Button { .. } => Evidence::Arrived,
            Self::Bounced { .. } | Self::FailedLater { retriable: false, .. } => Evidence::Lost,
            Self::FailedLater { retriable: true, .. } => Evidence::Failed,
            Self::Accepted
            | Self::Deferred
            | Self::Resubscribed
            | Self::Reply { .. }
            | Self::Blocked { .. }
            | Self::Unblocked { .. } => Evidence::Nothing,
        }
    }

    /// Whether it is what a child waits for in vain.
    pub(crate) const fn answers(&self, when: When) -> bool {
        match when {
            When::Undelivered => matches!(self.evidence(), Evidence::Arrived),
            // What has arrived was not answered by that, and a press counts only once it was looked at. What happens in an
            // inbox nobody reports.
            When::Unanswered | When::Unread | When::Unseen => false,
        }
    }

    const fn is_alarm(&self) -> bool {
        matches!(self, Self::FailedLater { alarm: true, .. })
    }
}

/// Decides about the row that a report is about. `ladder` is the policy of the channel where the message is at hand and
/// can be published again; without the message, a late failure is the end.
pub fn report(row: &Row, report: &Report, ladder: Option<&Policy>, now: Timestamp) -> Merged {
    let Some(about) = report.about.as_ref().filter(|about| about.key == row.key) else { return Merged::Kept };
    let evidence = report.said.evidence();
    match (&evidence, row.state) {
        (Evidence::Nothing, _) => return Merged::Kept,
        // Whoever sends right now records first.
        (_, State::Sending) => return Merged::Early,
        _ => {}
    }
    let merging = Merging { row, report, now };
    let of_attempt = (about.epoch, about.attempt).cmp(&(row.epoch, row.attempt));
    match evidence {
        Evidence::Nothing => Merged::Kept,
        Evidence::Arrived => merging.arrived(),
        Evidence::Lost | Evidence::Failed if !is_open(row) || of_attempt == Ordering::Less => Merged::Kept,
        Evidence::Lost | Evidence::Failed if of_attempt == Ordering::Greater => Merged::Early,
        // What waits has a message of its own on the way. That is tried again, or hands on to the next channel.
        Evidence::Lost | Evidence::Failed if ladder.is_none() && row.state == State::Waiting => Merged::Kept,
        Evidence::Lost => merging.bounced(),
        Evidence::Failed => merging.failed(ladder),
    }
}

/// Whether a failure of the row's last attempt is news. What is dead or held is an operator's; the rest has ended.
const fn is_open(row: &Row) -> bool {
    matches!(row.state, State::Sent | State::Waiting) || handed_on_in_doubt(row)
}

/// Whether the next channel was asked although this one may have sent: of one that has certainly failed nothing is
/// reported.
const fn handed_on_in_doubt(row: &Row) -> bool {
    matches!((row.state, &row.order), (State::FellBack, Order::Escalate { .. }))
}

struct Merging<'a> {
    row: &'a Row,
    report: &'a Report,
    now: Timestamp,
}

impl Merging<'_> {
    /// Any attempt may be the one that arrived. A copy that still comes finds a row that has ended, and a letter that is
    /// still moved sends nothing more.
    fn arrived(&self) -> Merged {
        match self.row.state {
            State::Sent | State::Waiting | State::Dead | State::Held | State::Bounced => self.delivered(),
            State::FellBack if handed_on_in_doubt(self.row) => self.delivered(),
            _ => Merged::Kept,
        }
    }

    /// A child that waits for more than this still waits.
    fn delivered(&self) -> Merged {
        let order = match &self.row.order {
            Order::Escalate { when, .. } if !self.report.said.answers(*when) => self.row.order.clone(),
            _ => Order::Nothing,
        };
        self.moved(State::Delivered, order, false)
    }

    /// A child that waits is ordered for now. It may not be with the scheduler yet, so the next copy must order it too.
    fn bounced(&self) -> Merged {
        let order = match self.row.order {
            Order::Escalate { when, .. } => Order::Escalate { when, due: self.now },
            _ => Order::Nothing,
        };
        self.moved(State::Bounced, order, true)
    }

    /// The attempt was counted when the provider accepted it, so the count is kept.
    fn failed(&self, ladder: Option<&Policy>) -> Merged {
        let waits = self.row.state == State::Waiting;
        let policy = match ladder {
            Some(_) if waits => return self.once_more(),
            Some(policy) => policy,
            None => return self.bounced(),
        };
        // The next channel is quicker than another try.
        if self.row.order.escalates_at().is_some() {
            return self.bounced();
        }
        let tier = tier_after(self.row.attempt);
        let next = self.now.plus(policy.delays[tier]);
        let is_too_late = self.row.expires_at.is_some_and(|expires| expires <= next);
        if is_too_late || self.row.attempt > policy.max_retries {
            return self.bounced();
        }
        let order = Order::Retry { tier: tier_number(tier) };
        self.moved(State::Waiting, order, true)
    }

    fn once_more(&self) -> Merged {
        match &self.row.order {
            order @ (Order::Retry { .. } | Order::Schedule { .. }) => {
                let (row, order) = (self.row.clone(), order.clone());
                Merged::Moved(Box::new(Transition { row, order, attempt: None, alarm: false }))
            }
            _ => Merged::Kept,
        }
    }

    fn moved(&self, state: State, order: Order, has_failed: bool) -> Merged {
        let mut row = Row { state, order: order.clone(), updated_at: self.now, ..self.row.clone() };
        if state == State::Waiting {
            row.seq = row.seq.saturating_add(1);
        }
        if has_failed {
            row.code.clone_from(&self.report.code);
        }
        if row.provider_id.is_none() {
            row.provider_id.clone_from(&self.report.provider_id);
        }
        let attempt = self.accepted().filter(|_| has_failed);
        let alarm = self.report.said.is_alarm();
        Merged::Moved(Box::new(Transition { row, order, attempt, alarm }))
    }

    /// The attempt that the row stands for, with the answer that the provider gave then: the row forgets that answer for
    /// what is reported. None where the attempt has a row of its own.
    fn accepted(&self) -> Option<Attempt> {
        let row = self.row;
        (row.state == State::Sent).then(|| Attempt {
            epoch: row.epoch,
            n: row.attempt,
            outcome: AttemptOutcome::Sent,
            provider: row.provider.clone().unwrap_or_default(),
            code: row.code.clone(),
            detail: String::new(),
            at: row.updated_at,
        })
    }
}

#[cfg(test)]
mod tests;
