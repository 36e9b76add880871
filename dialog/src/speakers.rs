//! Who speaks to which question: what must be heard in the order in which it came. Everything else that somebody says waits for
//! nobody.

use std::collections::BTreeSet;

use domain::{Purpose, Reported, Ticket};
use serde_json::Value;
use topology::Inbound;

use crate::requests::ANSWER;
use crate::said::{Said, Spoken};
use crate::words::code_in;

/// Whoever answers in a call or request, with the question. None for what can be no answer.
pub(crate) fn speakers_of(inbound: Option<&Inbound>, spoken: Option<&Spoken>) -> BTreeSet<String> {
    match (inbound, spoken) {
        (_, Some(spoken)) => spoken.said.iter().filter_map(speaker_of).collect(),
        (Some(inbound), None) if inbound.is_own() && inbound.target == ANSWER => {
            answerer_of(&inbound.body).into_iter().collect()
        }
        _ => BTreeSet::new(),
    }
}

fn speaker_of(one: &Said) -> Option<String> {
    match &one.report.said {
        Reported::Button { payload, .. } => {
            let ticket = Ticket::parse(payload).filter(|ticket| ticket.purpose == Purpose::Answer)?;
            Some(format!("{} {}", ticket.handle, ticket.approver))
        }
        // Which question it is about only the ledger knows, and by the code.
        Reported::Reply { text, .. } => Some(format!("{} {} {}", one.channel, one.person.as_deref()?, code_in(text)?)),
        _ => None,
    }
}

/// Whoever answers by a link.
fn answerer_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let named = |name: &str| body.get(name)?.as_str();
    Some(format!("{}/{} {}", named("tenant")?, named("ask")?, named("approver")?))
}
