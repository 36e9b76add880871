//! Opens an ask: its row with the messages that are sent, its event, and the messages. Done again it does nothing else.

use std::collections::BTreeMap;

use domain::{Addressee, Ask, AskKind, AskRequest, FieldError, Key, Reason, RecipientHasher, Timestamp};
use runtime::failpoint;
use store::{AskCopy, AskOpened};

use super::audience::{Audience, audience};
use super::message;
use super::plan::{self, Times};
use crate::disposition::Disposition;
use crate::outgoing;
use crate::people::Address;
use crate::shared::Shared;

/// A question that is to be asked.
pub(crate) struct Opening {
    pub(crate) key: Key,
    pub(crate) kind: AskKind,
    pub(crate) request: AskRequest,
    /// When it came in.
    pub(crate) at: Timestamp,
    /// Where it was asked for. Whoever is asked and has this address is asked there first: they look at it.
    pub(crate) chat: Option<Address>,
}

/// Opens it, unless it was before, and publishes whatever asks for it.
///
/// # Errors
/// What follows where not everything could be done, or where nobody can be asked ([`Reason::Permanent`]).
pub(crate) async fn open(shared: &Shared, opening: &Opening) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let known = intake.breaker.retry_until_taken(|| intake.store.ask(&opening.key)).await?;
    let ask = match known {
        Some(ask) => ask,
        None => opened(shared, opening).await?,
    };
    if !opening.is_of(&ask, &intake.hasher) {
        return Err(Disposition::DeadLetter(Reason::IdConflict, Reason::ANOTHER_BODY.into()));
    }
    failpoint("dialog.ask_opened");
    outgoing::tell(shared, &ask.opened(), ask.correlation_id.as_deref(), None).await?;
    failpoint("dialog.ask_told");
    if ask.end.is_none() {
        send(shared, &ask).await?;
    }
    failpoint("dialog.ask_sent");
    Ok(())
}

impl Opening {
    /// Whether a row of its id is this question. Who confirms a command is looked up whenever it is asked about: that it is the
    /// same was seen by the command.
    fn is_of(&self, ask: &Ask, hasher: &RecipientHasher) -> bool {
        let is_same = || hasher.every_hash(&self.request.canonical()).contains(&ask.content);
        ask.kind == self.kind
            && ask.question == self.request.question
            && ask.quorum == self.request.quorum
            && (self.kind == AskKind::Command || is_same())
    }

    /// A fault as whoever has asked reads it. Who confirms a command stands in no request of theirs: they are told by name.
    fn told(&self, fault: &FieldError) -> String {
        let FieldError { pointer, detail } = fault;
        let place = pointer.strip_prefix("/to/").and_then(|at| at.parse::<usize>().ok());
        let one = place.filter(|_| self.kind == AskKind::Command).and_then(|at| self.request.to.get(at));
        match one {
            Some(Addressee::Contact { id: name, .. } | Addressee::Group { name, .. }) => format!("{name} {detail}"),
            Some(Addressee::Address { .. }) | None => fault.to_string(),
        }
    }

    fn ask(&self, shared: &Shared, audience: Vec<String>, names: BTreeMap<String, String>) -> Ask {
        let request = &self.request;
        // Whoever may publish may say that it came in the future, and would ask for longer than anybody may.
        let at = self.at.min(shared.intake.clock.now());
        Ask {
            key: self.key.clone(),
            kind: self.kind,
            question: request.question.clone(),
            choices: request.offered(&shared.settings.locale),
            audience,
            names,
            quorum: request.quorum,
            four_eyes: request.four_eyes,
            may_change: request.may_change,
            requested_by: request.requested_by.clone(),
            correlation_id: request.correlation_id.clone(),
            reply_to: request.reply_to.clone(),
            content: shared.intake.hasher.hash(&request.canonical()),
            version: 1,
            salt: operations::contacts::salt(),
            key_id: shared.secrets.key_id().to_owned(),
            attempts: 0,
            sends: 0,
            created_at: at,
            expires_at: at.plus(request.expires_in),
            end: None,
        }
    }
}

/// Writes the row and its copies, if somebody can be asked. Returns the row as it is: another dialog may have been quicker.
async fn opened(shared: &Shared, opening: &Opening) -> Result<Ask, Disposition> {
    let Opening { key, request, .. } = opening;
    let Audience { mut approvers, names, mut faults } = audience(shared, &key.tenant, request).await?;
    if let Some(chat) = &opening.chat {
        approvers.iter_mut().for_each(|approver| approver.first_by(chat));
    }
    let ask = opening.ask(shared, approvers.iter().map(|approver| approver.id.clone()).collect(), names);
    if faults.is_empty() {
        faults = ask.faults();
    }
    if !faults.is_empty() {
        // Of a command its own end is told.
        if opening.kind != AskKind::Command {
            let (correlation_id, reply_to) = (ask.correlation_id.as_deref(), ask.reply_to.as_deref());
            outgoing::tell(shared, &ask.rejected(&faults), correlation_id, reply_to).await?;
        }
        let why = faults.iter().map(|fault| opening.told(fault)).collect::<Vec<_>>().join("; ");
        return Err(Disposition::DeadLetter(Reason::Permanent, why));
    }
    let times = Times { next_channel_after: request.next_channel_after, remind_after: request.remind_after };
    let copies = plan::copies(&ask, &approvers, &times, &shared.intake.hasher);
    let intake = &shared.intake;
    let opened = intake.breaker.retry_until_taken(|| intake.store.open_ask(&ask, &copies, None)).await?;
    Ok(match opened {
        AskOpened::New => ask,
        AskOpened::Known(known) => *known,
    })
}

/// Publishes the messages that ask, as they were decided when it was opened. Nothing of one that has ended meanwhile, so that
/// nobody knows any more where it went.
async fn send(shared: &Shared, ask: &Ask) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let copies = intake.breaker.retry_until_taken(|| intake.store.ask_copies(&ask.key)).await?;
    let of_one = |one: &AskCopy, other: &AskCopy| (one.place, one.step) == (other.place, other.step);
    for rungs in copies.chunk_by(of_one) {
        if rungs.iter().any(|copy| copy.destination.is_none()) {
            continue;
        }
        let Some(body) = message::question(ask, rungs, &shared.secrets, &shared.settings.locale) else {
            let why = "the secret with which it was opened is known no more";
            return Err(Disposition::DeadLetter(Reason::InternalError, why.into()));
        };
        let key = Key { tenant: ask.key.tenant.clone(), id: rungs[0].delivery.clone() };
        outgoing::deliver(shared, &key, &body).await?;
    }
    Ok(())
}
