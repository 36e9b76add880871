//! Who is asked: people by their ids, members of groups, and whoever reads an address. An address of somebody who is known is
//! that person, and one number is one person by whichever channel it is written to: under two names somebody would count twice,
//! and decide about what they have asked for themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use domain::{Addressee, AskRequest, ChannelName, FieldError, Key, MAX_APPROVERS, Tenant, mask, refusal_as_a_persons};
use store::StepError;

use super::plan::{Approver, FIRST_STEP_OF_ESCALATION, QUESTION};
use crate::people::{self, Address, Person};
use crate::shared::Shared;

/// The channel whose readers answer by a link alone.
const BY_LINK: &str = "email";
/// How much of a hash names whoever reads an address: enough that no two of an ask are the same.
const HASH_BYTES: usize = 8;

/// What was found of those who are to be asked.
pub(super) struct Audience {
    /// Each person once, at their first place, by whatever they are named.
    pub(super) approvers: Vec<Approver>,
    /// What they and whoever has asked are called, by their ids, where that is not the id itself.
    pub(super) names: BTreeMap<String, String>,
    pub(super) faults: Vec<FieldError>,
}

/// Where a list of people stands in a request.
struct List<'a> {
    people: &'a [Addressee],
    pointer: String,
    step: u32,
    after: Duration,
}

/// # Errors
/// [`StepError`] with the ledger.
pub(super) async fn audience(shared: &Shared, tenant: &Tenant, request: &AskRequest) -> Result<Audience, StepError> {
    let mut found = Audience { approvers: Vec::new(), names: BTreeMap::new(), faults: Vec::new() };
    let mut written_to = BTreeSet::new();
    let requester = requester(shared, tenant, request).await?;
    for List { people, pointer, step, after } in lists(request) {
        for (at, addressee) in people.iter().enumerate() {
            let answering = |people| answering(people, shared.settings.has_links);
            let people = match resolved(shared, tenant, addressee).await?.and_then(answering) {
                Ok(people) => people,
                Err(detail) => {
                    found.faults.push(FieldError { pointer: format!("{pointer}/{at}"), detail });
                    continue;
                }
            };
            let is_named = !matches!(addressee, Addressee::Group { .. });
            for person in people {
                let person = named_as_asked(shared, person, requester.as_ref());
                let addresses = hashed(shared, &person.addresses);
                found.call(&person.id, person.name);
                if let Some(known) = found.approvers.iter_mut().find(|known| known.id == person.id) {
                    written_to.extend(addresses);
                    let others = others(&known.addresses, person.addresses, is_named);
                    known.addresses.extend(others);
                } else if addresses.is_disjoint(&written_to) {
                    written_to.extend(addresses);
                    let locale = person.locale.or_else(|| request.locale.clone());
                    found.approvers.push(Approver { id: person.id, locale, addresses: person.addresses, step, after });
                }
            }
        }
    }
    if let Some(id) = &request.requested_by {
        let key = Key { tenant: tenant.clone(), id: id.clone() };
        let known = people::known(shared, &key).await?;
        if let Some(name) = known.and_then(|person| person.shown()) {
            found.call(id, name);
        }
    }
    Ok(found)
}

impl Audience {
    /// Notes what somebody is called; what was said of them first goes before what is said later.
    fn call(&mut self, id: &str, name: String) {
        if id != name {
            self.names.entry(id.to_owned()).or_insert(name);
        }
    }
}

/// By which addresses somebody is asked besides who is named once more: by those that are named, and by none because they are in
/// a group as well.
fn others(known: &[Address], named: Vec<Address>, is_named: bool) -> Vec<Address> {
    named.into_iter().filter(|address| is_named && !known.contains(address)).collect()
}

fn lists(request: &AskRequest) -> Vec<List<'_>> {
    let first = List { people: &request.to, pointer: "/to".into(), step: QUESTION, after: Duration::ZERO };
    let later = (FIRST_STEP_OF_ESCALATION..).zip(request.escalate.iter().enumerate());
    let later = later.map(|(step, (at, asked))| List {
        people: &asked.to,
        pointer: format!("/escalate/{at}/to"),
        step,
        after: asked.after,
    });
    std::iter::once(first).chain(later).collect()
}

/// Whoever has asked, where that is somebody who is known.
struct Requester<'a> {
    /// As the request names them.
    id: &'a str,
    /// As they are known.
    known_as: String,
    addresses: BTreeSet<Hashed>,
}

/// An address by what is compared: of what kind it is, and its hash.
type Hashed = (String, Vec<u8>);

async fn requester<'a>(
    shared: &Shared,
    tenant: &Tenant,
    request: &'a AskRequest,
) -> Result<Option<Requester<'a>>, StepError> {
    let Some(id) = request.requested_by.as_deref().filter(|_| request.four_eyes) else { return Ok(None) };
    let key = Key { tenant: tenant.clone(), id: id.to_owned() };
    let person = people::known(shared, &key).await?;
    Ok(person.map(|person| Requester { id, addresses: hashed(shared, &person.addresses), known_as: person.key.id }))
}

/// Somebody under the name of whoever has asked, where they are the same person: one address of theirs is enough.
fn named_as_asked(shared: &Shared, mut person: Found, requester: Option<&Requester<'_>>) -> Found {
    let is_same = |requester: &&Requester<'_>| {
        person.id == requester.known_as || !hashed(shared, &person.addresses).is_disjoint(&requester.addresses)
    };
    if let Some(requester) = requester.filter(is_same) {
        person.id = requester.id.to_owned();
    }
    person
}

struct Found {
    id: String,
    name: String,
    locale: Option<String>,
    addresses: Vec<Address>,
}

/// The people behind one entry of a request, or why there is nobody.
async fn resolved(
    shared: &Shared,
    tenant: &Tenant,
    addressee: &Addressee,
) -> Result<Result<Vec<Found>, String>, StepError> {
    Ok(match addressee {
        Addressee::Contact { id, channels } => {
            let key = Key { tenant: tenant.clone(), id: id.clone() };
            match people::known(shared, &key).await? {
                None => Err("is nobody who is known: PUT /contacts/{id} makes a contact".into()),
                Some(person) => reached(person, channels)
                    .map(|found| vec![found])
                    .ok_or_else(|| "has no address of their own of these channels".into()),
            }
        }
        Addressee::Group { name, channels } => {
            let members = people::in_group(shared, tenant, name, MAX_APPROVERS + 1).await?;
            if members.is_empty() {
                return Ok(Err("is a group of nobody".into()));
            }
            let reached: Vec<Found> = members.into_iter().filter_map(|person| reached(person, channels)).collect();
            if reached.is_empty() {
                Err("is a group of which nobody has an address of these channels".into())
            } else {
                Ok(reached)
            }
        }
        Addressee::Address { channel, destination, name, locale } => {
            let address = Address { channel: channel.clone(), destination: destination.clone() };
            let known = people::of_address(shared, tenant, &address).await?;
            let (id, their_name, their_locale) = match known {
                Some(person) => (person.key.id, person.name, person.locale),
                None => (id_of_address(shared, channel, destination), None, None),
            };
            let name = their_name.or_else(|| name.clone()).unwrap_or_else(|| mask(destination));
            Ok(vec![Found { id, name, locale: locale.clone().or(their_locale), addresses: vec![address] }])
        }
    })
}

/// Those who can answer, by the addresses by which they can: a mail shows how by a link, where there are links.
fn answering(mut people: Vec<Found>, has_links: bool) -> Result<Vec<Found>, String> {
    if has_links {
        return Ok(people);
    }
    for person in &mut people {
        person.addresses.retain(|address| address.channel.as_str() != BY_LINK);
    }
    people.retain(|person| !person.addresses.is_empty());
    if people.is_empty() {
        return Err("can be asked by mail alone, which needs PUBLIC_URL: its readers answer by a link".into());
    }
    Ok(people)
}

/// Addresses as they are compared, however they are written. A number is the same by every channel that writes to numbers.
fn hashed(shared: &Shared, addresses: &[Address]) -> BTreeSet<Hashed> {
    let hash = |Address { channel, destination }: &Address| {
        let hash = operations::recipient_of(channel, destination, &shared.intake.hasher);
        (people::kind_of_address(channel).to_owned(), hash.as_bytes().to_vec())
    };
    addresses.iter().map(hash).collect()
}

/// Somebody with their addresses of these channels, in the order of the channels; with all of them where none is named. What an
/// older version has kept for one person may be a group, where anybody reads the question and nobody's answer is heard.
fn reached(person: Person, channels: &[ChannelName]) -> Option<Found> {
    let name = person.shown();
    let Person { key, locale, mut addresses, .. } = person;
    addresses.retain(|one| refusal_as_a_persons(&one.channel, &one.destination).is_none());
    let addresses = if channels.is_empty() {
        addresses
    } else {
        let wanted = channels.iter();
        wanted.flat_map(|channel| addresses.iter().filter(move |one| one.channel == *channel).cloned()).collect()
    };
    let name = name.unwrap_or_else(|| key.id.clone());
    (!addresses.is_empty()).then_some(Found { id: key.id, name, locale, addresses })
}

/// By what whoever reads an address of nobody who is known is called: the channel, and some of the keyed hash.
fn id_of_address(shared: &Shared, channel: &ChannelName, destination: &str) -> String {
    let hash = operations::recipient_of(channel, destination, &shared.intake.hasher);
    let tail = hash.as_bytes().iter().rev().take(HASH_BYTES);
    tail.fold(format!("{channel}:"), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}
