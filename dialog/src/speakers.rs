//! Who speaks to which question: what must be heard in the order in which it came, by whichever way. A button names its question;
//! of words with a code and of links the ledger knows it. Everything else that somebody says waits for nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Ask, Key, Purpose, Reported, Tenant, Ticket, Timestamp};
use serde_json::Value;
use store::AskedPerson;
use tokio::task::JoinHandle;
use topology::Inbound;

use crate::requests::ANSWER;
use crate::said::{Said, Spoken};
use crate::shared::Shared;
use crate::words::{code_in, may_mean};

/// Whoever answers in a call, each with the question.
pub(crate) enum Speakers {
    Known(BTreeSet<String>),
    /// They are being looked up.
    Asked(JoinHandle<BTreeSet<String>>),
}

impl Speakers {
    /// Of a call that was taken from the queue. None are looked for in what can be no answer. What the ledger does not tell at
    /// once is heard in no order: it is decided by when it came in all the same, as long as the question is open.
    pub(crate) fn of(shared: &Arc<Shared>, inbound: Option<&Inbound>, spoken: Option<&Spoken>) -> Self {
        let Some(inbound) = inbound else { return Self::Known(BTreeSet::new()) };
        let (at, said) = (inbound.at, spoken.map(|spoken| spoken.said.as_slice()).unwrap_or_default());
        let known: BTreeSet<String> = said.iter().filter_map(presser).collect();
        let texts: Vec<Said> = said.iter().filter(|one| has_code(one)).cloned().collect();
        let link = if inbound.is_own() && inbound.target == ANSWER { answerer_of(&inbound.body) } else { None };
        if texts.is_empty() && link.is_none() {
            return Self::Known(known);
        }
        let shared = Arc::clone(shared);
        Self::Asked(tokio::spawn(async move {
            let mut found = known;
            for text in &texts {
                found.extend(writers(&shared, text, at).await);
            }
            if let Some((ask, approver)) = link {
                found.extend(place_of(&shared, &ask, &approver).await);
            }
            found
        }))
    }

    /// Waits until they are known.
    pub(crate) async fn known(self) -> BTreeSet<String> {
        match self {
            Self::Known(known) => known,
            Self::Asked(asked) => asked.await.unwrap_or_default(),
        }
    }
}

/// Of whom no more than a few calls are in hand at once: whoever presses the buttons of one question, or writes codes.
pub(crate) fn crowding(spoken: Option<&Spoken>) -> Option<String> {
    let of_codes =
        |one: &Said| has_code(one).then(|| format!("{} {}", one.channel, one.person.as_deref().unwrap_or_default()));
    spoken?.said.iter().find_map(|one| presser(one).or_else(|| of_codes(one)))
}

fn presser(one: &Said) -> Option<String> {
    let Reported::Button { payload, .. } = &one.report.said else { return None };
    let ticket = Ticket::parse(payload).filter(|ticket| ticket.purpose == Purpose::Answer)?;
    Some(format!("{} {}", ticket.handle, ticket.approver))
}

fn has_code(one: &Said) -> bool {
    matches!(&one.report.said, Reported::Reply { text, .. } if code_in(text).is_some())
}

/// Whoever has written this, by every question that they may mean.
async fn writers(shared: &Shared, text: &Said, at: Timestamp) -> BTreeSet<String> {
    let asked = may_mean(shared, text, at).await.unwrap_or_default();
    asked.iter().map(|AskedPerson { ask, place, .. }| speaker(ask, *place)).collect()
}

async fn place_of(shared: &Shared, ask: &Key, approver: &str) -> Option<String> {
    let ask = shared.intake.store.ask(ask).await.ok().flatten()?;
    let place = ask.audience.iter().position(|one| one == approver)?;
    Some(speaker(&ask, u16::try_from(place).ok()?))
}

/// The same as a button says.
fn speaker(ask: &Ask, place: u16) -> String {
    format!("{} {place}", Purpose::Answer.handle(&ask.key))
}

/// Whoever answers by a link, and what.
fn answerer_of(body: &[u8]) -> Option<(Key, String)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let named = |name: &str| body.get(name)?.as_str().filter(|text| !text.contains('\0'));
    let key = Key { tenant: Tenant::parse(named("tenant")?)?, id: named("ask")?.to_owned() };
    Some((key, named("approver")?.to_owned()))
}
