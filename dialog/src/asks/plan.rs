//! Which messages ask whom, by which channel and when: decided once, and kept with the ask.

use std::time::Duration;

use domain::{Ask, Key, RecipientHasher, ask_copy_id, child_id};
use store::AskCopy;

use crate::people::Address;

/// The step of the question itself.
pub(super) const QUESTION: u32 = 0;
/// The step of the reminder.
const REMINDER: u32 = 1;
pub(super) const FIRST_STEP_OF_ESCALATION: u32 = 2;

/// The most channels of one person: one, and as many as a fallback may have.
const MAX_RUNGS: usize = 9;

/// Somebody who is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Approver {
    /// By which they are known: no destination.
    pub(super) id: String,
    pub(super) locale: Option<String>,
    /// In the order in which they are tried.
    pub(super) addresses: Vec<Address>,
    pub(super) step: u32,
    /// Since the question was asked.
    pub(super) after: Duration,
}

impl Approver {
    /// Has them asked at an address of theirs before all others. Nothing changes where it is not theirs.
    pub(super) fn first_by(&mut self, address: &Address) {
        // Among equal keys the order stays.
        self.addresses.sort_by_key(|own| own != address);
    }
}

/// When something happens, since the question was asked.
pub(super) struct Times {
    pub(super) next_channel_after: Duration,
    pub(super) remind_after: Option<Duration>,
}

/// The copies of an ask, in the order of people, steps and channels. Whoever may not answer what they have asked is not
/// asked, and keeps their place.
pub(super) fn copies(ask: &Ask, approvers: &[Approver], times: &Times, recipients: &RecipientHasher) -> Vec<AskCopy> {
    let mut copies = Vec::new();
    let places = (0..=u16::MAX).zip(approvers);
    for (place, approver) in places.filter(|(_, approver)| !ask.is_kept_out(&approver.id)) {
        copies.extend(rungs(ask, place, approver, times, recipients));
        let reminded = times.remind_after.filter(|_| approver.step == QUESTION);
        if let Some(after) = reminded {
            let addresses = approver.addresses.iter().take(1).cloned().collect();
            let reminded = Approver { step: REMINDER, after, addresses, ..approver.clone() };
            copies.extend(rungs(ask, place, &reminded, times, recipients));
        }
    }
    copies
}

/// The copies of one person and step: each is the fallback of the one before it.
fn rungs(ask: &Ask, place: u16, approver: &Approver, times: &Times, recipients: &RecipientHasher) -> Vec<AskCopy> {
    let mut due_at = ask.created_at.plus(approver.after);
    let mut copies: Vec<AskCopy> = Vec::new();
    for (rung, address) in (0..).zip(approver.addresses.iter().take(MAX_RUNGS)) {
        let delivery = match copies.last() {
            None => ask_copy_id(&ask.key, &approver.id, address.channel.as_str(), approver.step),
            Some(before) => child_id(&Key { tenant: ask.key.tenant.clone(), id: before.delivery.clone() }, 1),
        };
        copies.push(AskCopy {
            delivery,
            place,
            step: approver.step,
            rung,
            channel: address.channel.clone(),
            destination: Some(address.destination.clone()),
            recipient: operations::recipient_of(&address.channel, &address.destination, recipients),
            locale: approver.locale.clone(),
            due_at,
        });
        due_at = due_at.plus(times.next_channel_after);
    }
    copies
}
