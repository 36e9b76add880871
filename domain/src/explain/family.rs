//! What others say and do: receipts of the provider, the delivery before this one, its fallbacks, and what operators have
//! sent in its place.

use super::attempts::numbered;
use super::{EditFact, Facts, ReceiptFact, Sentence, Topic};
use crate::{INAPP, Key, Order, Row, State, child_id};

pub(super) fn receipts(receipts: &[ReceiptFact<'_>]) -> Vec<Sentence> {
    receipts.iter().map(|receipt| Topic::Receipt.says(Some(receipt.at), reported(receipt))).collect()
}

fn reported(receipt: &ReceiptFact<'_>) -> String {
    let ReceiptFact { provider, said, epoch, attempt, .. } = receipt;
    let class = receipt.class.map(|class| format!(" ({class})")).unwrap_or_default();
    let code = receipt.code.map(|code| format!(", code {code}")).unwrap_or_default();
    let detail = receipt.detail.trim_end_matches('.');
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    format!("{} was reported `{said}`{class} by {provider}{code}{detail}.", numbered(*epoch, *attempt))
}

pub(super) fn of(facts: &Facts<'_>) -> Vec<Sentence> {
    let parent = facts.row.parent.as_ref().map(|parent| of_a_parent(facts.row, parent));
    let waits_for_a_reader = matches!(facts.row.order, Order::Escalate { when, .. } if when.is_of_an_inbox());
    let children = facts.children.iter().map(|child| {
        let stands = match child.state {
            Some(State::Sending) if waits_for_a_reader => {
                "is sending: reading does not call this attempt back, and there is none after it".to_owned()
            }
            Some(state) => format!("is {}", in_words(state)),
            None if child.is_scheduled => "waits with the scheduler".to_owned(),
            None => "is on its way, and no worker has taken it yet".to_owned(),
        };
        format!("Its fallback `{}` {stands}.", child.id)
    });
    let family = parent.into_iter().chain(children).map(|text| Topic::Family.says(None, text));
    family.chain(facts.edits.iter().map(|edit| edited(&facts.row.key.id, edit))).collect()
}

/// What is told in an application is a fallback, or one of the messages that a topic was made of.
fn of_a_parent(row: &Row, parent: &str) -> String {
    let of = Key { tenant: row.key.tenant.clone(), id: parent.to_owned() };
    if row.channel.as_str() == INAPP && row.key.id != child_id(&of, 1) {
        return format!("It tells a member of the topic of `{parent}`.");
    }
    format!("It is the fallback of `{parent}`.")
}

/// What was sent in the place of a letter, told of the delivery with this id.
pub(super) fn edited(of: &str, edit: &EditFact<'_>) -> Sentence {
    let EditFact { id, edited_from, by, why, at } = *edit;
    let text = if of == edited_from {
        format!("{by} has sent `{id}` in the place of its dead letter: {why}")
    } else {
        format!("{by} has sent it in the place of the dead letter of `{edited_from}`: {why}")
    };
    Topic::Family.says(Some(at), text)
}

fn in_words(state: State) -> &'static str {
    match state {
        State::FellBack => "handed on",
        other => other.as_str(),
    }
}
