//! What people type into a private chat with our bot to have something done.

use domain::{CommandLine, Key, ReplyTo, Tenant, Timestamp, nearest_of_few, reply_id, typed_command_id};
use operations::commands::{
    CommandRequest, TOLD_FOR_SECONDS, accepted, help, no_such_command, of_no_such_tenant, refusal, rejected_line,
    which_tenant,
};
use serde_json::json;

use super::make;
use crate::disposition::Disposition;
use crate::outgoing;
use crate::people::Person;
use crate::said::Said;
use crate::shared::Shared;

/// The longest answer, in characters: a message of Telegram has at most 4,096.
const MAX_CHARS: usize = 4_000;

/// Does what somebody has typed into a private chat with our bot, which begins with `/cmd` or is `/help`. `people` are those
/// whose account it is, one of each tenant, and at least one.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn typed(
    shared: &Shared,
    people: &[Person],
    said: &Said,
    text: &str,
    at: Timestamp,
) -> Result<(), Disposition> {
    let (Some(first), Some(to)) = (people.first(), said.person.as_deref()) else { return Ok(()) };
    let bot = shared.settings.bot_name.as_deref().unwrap_or_default();
    let chat = |person: &Person| chat(shared, person, said, to);
    let line = match CommandLine::parse(text, bot) {
        Some(Ok(line)) => line,
        Some(Err(invalid)) => {
            let to = chat(first);
            return answer(shared, first, said, &to, &rejected_line(&invalid, to.locale.as_deref())).await;
        }
        None => return helped(shared, people, said, None).await,
    };
    let (tenant, line) = line.of_a_tenant();
    let person = match by_whom(shared, people, tenant.as_deref(), &line, &chat(first)) {
        Ok(person) => person,
        Err(words) => return answer(shared, first, said, &chat(first), &words).await,
    };
    let to = chat(person);
    let wanted = match shared.services.resolve(&line, &person.key.tenant, &person.names()) {
        Ok(wanted) => wanted,
        Err(unresolved) => {
            return answer(shared, person, said, &to, &refusal(&unresolved, to.locale.as_deref())).await;
        }
    };
    let tenant = person.key.tenant.clone();
    let id = typed_command_id(&tenant, said.report.provider, &said.report.event_id);
    let request = CommandRequest {
        key: Key { tenant, id },
        service: line.service.clone(),
        action: line.action.clone(),
        arguments: wanted.arguments.clone(),
        requested_by: person.key.id.clone(),
        groups: person.groups.clone(),
        correlation_id: None,
        reply: Some(to.clone()),
    };
    let made = make(shared, request.command(&wanted, at)).await?;
    // One about which nobody could be asked has ended, and its end was told.
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.command(&made.key)).await?;
    let command = found.unwrap_or(made);
    if command.state.is_ended() {
        return Ok(());
    }
    answer(shared, person, said, &to, &accepted(&command, to.locale.as_deref())).await
}

/// Tells somebody what they may have done, after the word that they have written in the place of a command, with the one that
/// is nearest to it.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn helped(
    shared: &Shared,
    people: &[Person],
    said: &Said,
    slip: Option<(&str, Option<&str>)>,
) -> Result<(), Disposition> {
    let (Some(first), Some(to)) = (people.first(), said.person.as_deref()) else { return Ok(()) };
    let to = chat(shared, first, said, to);
    let locale = to.locale.as_deref();
    let those: Vec<(&Tenant, Vec<&str>)> = people.iter().map(|person| (&person.key.tenant, person.names())).collect();
    let words = help(&shared.services, &those, locale);
    let words = match slip {
        Some((name, meant)) => format!("{}\n{words}", no_such_command(name, meant, locale)),
        None => words,
    };
    answer(shared, first, said, &to, &words).await
}

/// Where somebody is answered, in their language.
fn chat(shared: &Shared, person: &Person, said: &Said, to: &str) -> ReplyTo {
    ReplyTo {
        channel: said.channel.clone(),
        destination: to.to_owned(),
        locale: Some(person.locale.clone().unwrap_or_else(|| shared.settings.locale.clone())),
    }
}

/// As whom of these somebody has it done: of the tenant that they have named, or of the only one where they may. Where they may
/// nowhere, the first is told why.
///
/// # Errors
/// What they are told of the tenants that there are.
fn by_whom<'p>(
    shared: &Shared,
    people: &'p [Person],
    tenant: Option<&str>,
    line: &CommandLine,
    to: &ReplyTo,
) -> Result<&'p Person, String> {
    let locale = to.locale.as_deref();
    let is_named = |person: &&Person| tenant.is_none_or(|name| name == person.key.tenant.as_str());
    let named: Vec<&Person> = people.iter().filter(is_named).collect();
    let Some(first) = named.first().copied() else {
        let named = tenant.unwrap_or_default();
        let meant = meant(shared, people, named, line);
        return Err(of_no_such_tenant(named, &tenants(people), meant.as_deref(), locale));
    };
    let may = |person: &&Person| shared.services.resolve(line, &person.key.tenant, &person.names()).is_ok();
    let able: Vec<&Person> = named.into_iter().filter(may).collect();
    match able.as_slice() {
        [] => Ok(first),
        [one, others @ ..] if others.iter().all(|other| other.key.tenant == one.key.tenant) => Ok(*one),
        several => {
            let what = format!("{}.{}", line.service, line.action);
            Err(which_tenant(&tenants(several.iter().copied()), &what, locale))
        }
    }
}

/// What somebody has meant who names a tenant of which they are nobody: a service, with a slash in the place of its dot, or a
/// tenant that is written nearly so.
fn meant(shared: &Shared, people: &[Person], named: &str, line: &CommandLine) -> Option<String> {
    let is_service = |person: &Person| {
        shared.services.of(&person.key.tenant, &person.names()).iter().any(|service| service.name == named)
    };
    let what = [line.service.as_str(), line.action.as_str()].into_iter().filter(|word| !word.is_empty());
    let what = what.collect::<Vec<_>>().join(".");
    if people.iter().any(is_service) {
        return Some(format!("{named}.{what}"));
    }
    let near = nearest_of_few(named, people.iter().map(|person| person.key.tenant.as_str()));
    near.map(|tenant| format!("{tenant}/{what}"))
}

fn tenants<'p>(people: impl IntoIterator<Item = &'p Person>) -> Vec<&'p Tenant> {
    people.into_iter().map(|person| &person.key.tenant).collect()
}

/// Tells somebody in the same chat what became of what they have typed.
async fn answer(shared: &Shared, person: &Person, said: &Said, to: &ReplyTo, words: &str) -> Result<(), Disposition> {
    let tenant = &person.key.tenant;
    let words: String = words.chars().take(MAX_CHARS).collect();
    // A repeat may have something else to say.
    let key = Key { tenant: tenant.clone(), id: reply_id(tenant, &said.report.event_id, &words) };
    let body = json!({
        "id": key.id, "tenant": tenant.as_str(), "channel": to.channel.as_str(), "destination": to.destination,
        "message": words, "priority": "urgent", "ttl_seconds": TOLD_FOR_SECONDS,
    });
    outgoing::deliver(shared, &key, &body).await
}
