//! Has those asked who confirm a command.

use std::time::Duration;

use domain::{Addressee, AskKind, AskRequest, Command, Key, Reason, ReplyTo, Service, Unresolved};
use operations::commands::{question, yes_and_no};
use serde_json::Map;

use super::unasked;
use crate::asks::{self, Opening};
use crate::disposition::Disposition;
use crate::people::{self, Address};
use crate::shared::Shared;

/// How long one channel of a person is waited for before the next one is tried: half the time of the command at most.
const NEXT_CHANNEL_AFTER: Duration = Duration::from_secs(60);

/// Opens the ask that decides about a command. It has the id that the command's row says, so that one which is opened twice is
/// one. Where nobody can be asked, the command ends at once, and says why.
pub(super) async fn ask(shared: &Shared, command: &Command) -> Result<(), Disposition> {
    let service = shared.services.get(&command.service);
    let locale = command.reply.as_ref().and_then(|reply| reply.locale.clone());
    let locale = locale.unwrap_or_else(|| shared.settings.locale.clone());
    let lasts = command.expires_at.since(command.created_at);
    // Each that waits has one.
    let id = command.ask.clone().unwrap_or_else(|| command.key.id.clone());
    let key = Key { tenant: command.key.tenant.clone(), id };
    let request = AskRequest {
        id: Some(key.id.clone()),
        tenant: command.key.tenant.clone(),
        question: question(command, Some(&locale)),
        choices: yes_and_no(Some(&locale)).into(),
        to: approvers(shared, command, service).await?,
        quorum: 1,
        four_eyes: service.is_some_and(|service| service.four_eyes),
        may_change: false,
        expires_in: lasts,
        correlation_id: command.correlation_id.clone(),
        reply_to: None,
        requested_by: Some(command.requested_by.clone()),
        locale: Some(locale),
        next_channel_after: NEXT_CHANNEL_AFTER.min(lasts / 2),
        remind_after: None,
        escalate: Vec::new(),
        metadata: Map::from_iter([("command".to_owned(), command.key.id.clone().into())]),
    };
    let reply = command.reply.as_ref();
    let chat = reply.map(|ReplyTo { channel, destination, .. }| Address {
        channel: channel.clone(),
        destination: destination.clone(),
    });
    let opening = Opening { key, kind: AskKind::Command, request, at: command.created_at, chat };
    match asks::open(shared, &opening).await {
        Ok(()) => Ok(()),
        Err(Disposition::DeadLetter(Reason::Permanent | Reason::IdConflict, why)) => {
            let why = nobody_confirms(shared, command, service).await?.unwrap_or(why);
            unasked(shared, command, &why).await
        }
        Err(other) => Err(other),
    }
}

/// Why nobody is asked about a command of a service that names nobody, for somebody who is nobody's contact. None for any other.
async fn nobody_confirms(
    shared: &Shared,
    command: &Command,
    service: Option<&Service>,
) -> Result<Option<String>, Disposition> {
    let Some(service) = service.filter(|service| service.approvers.is_empty()) else { return Ok(None) };
    let by = &command.requested_by;
    let key = Key { tenant: command.key.tenant.clone(), id: by.clone() };
    let is_known = people::known(shared, &key).await?.is_some();
    let why = || Unresolved::NobodyConfirms { service: service.name.clone(), by: by.clone() }.to_string();
    Ok((!is_known).then(why))
}

/// Those whom the service names: people by their ids, or groups by their names. Whoever has asked for it, where it names nobody.
async fn approvers(
    shared: &Shared,
    command: &Command,
    service: Option<&Service>,
) -> Result<Vec<Addressee>, Disposition> {
    let named = service.map(|service| service.approvers.as_slice()).unwrap_or_default();
    if named.is_empty() {
        return Ok(vec![Addressee::Contact { id: command.requested_by.clone(), channels: Vec::new() }]);
    }
    let mut asked = Vec::with_capacity(named.len());
    for name in named {
        let key = Key { tenant: command.key.tenant.clone(), id: name.clone() };
        let is_person = people::known(shared, &key).await?.is_some();
        asked.push(match is_person {
            true => Addressee::Contact { id: name.clone(), channels: Vec::new() },
            false => Addressee::Group { name: name.clone(), channels: Vec::new() },
        });
    }
    Ok(asked)
}
