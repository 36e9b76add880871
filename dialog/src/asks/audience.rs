//! Who is asked: people by their ids, members of groups, and whoever reads an address.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use domain::{Addressee, AskRequest, ChannelName, FieldError, Key, MAX_APPROVERS, Tenant};
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
    let mut found = Audience { approvers: Vec::new(), faults: Vec::new() };
    let (mut seen, mut written_to) = (BTreeSet::new(), BTreeSet::new());
    for List { people, pointer, step, after } in lists(request) {
        for (at, addressee) in people.iter().enumerate() {
            let answering = |people| answering(people, shared.settings.has_links);
            match resolved(shared, tenant, addressee).await?.and_then(answering) {
                Ok(people) => {
                    // Whoever is named by an address as well is one person, and counts once.
                    let is_new = |person: &Found| {
                        let addresses = hashed(shared, person);
                        let is_known = seen.contains(&person.id);
                        let is_another = !is_known && addresses.is_disjoint(&written_to);
                        if is_known || is_another {
                            seen.insert(person.id.clone());
                            written_to.extend(addresses);
                        }
                        is_another
                    };
                    let people = people.into_iter().filter(is_new);
                    let approver = |person: Found| Approver {
                        id: person.id,
                        locale: person.locale.or_else(|| request.locale.clone()),
                        addresses: person.addresses,
                        step,
                        after,
                    };
                    found.approvers.extend(people.map(approver));
                }
                Err(why) => found.faults.push(FieldError { pointer: format!("{pointer}/{at}"), detail: why }),
            }
        }
    }
    Ok(found)
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

struct Found {
    id: String,
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
                    .ok_or_else(|| "has no address of these channels".into()),
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
        Addressee::Address { channel, destination, locale, .. } => {
            let address = Address { channel: channel.clone(), destination: destination.clone() };
            let id = id_of_address(shared, channel, destination);
            Ok(vec![Found { id, locale: locale.clone(), addresses: vec![address] }])
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

/// Their addresses, however they are written.
fn hashed(shared: &Shared, person: &Found) -> BTreeSet<(ChannelName, Vec<u8>)> {
    let hash = |Address { channel, destination }: &Address| {
        let hash = operations::recipient_of(channel, destination, &shared.intake.hasher);
        (channel.clone(), hash.as_bytes().to_vec())
    };
    person.addresses.iter().map(hash).collect()
}

/// Somebody with their addresses of these channels, in the order of the channels; with all of them where none is named.
fn reached(person: Person, channels: &[ChannelName]) -> Option<Found> {
    let Person { key, locale, addresses, .. } = person;
    let addresses = if channels.is_empty() {
        addresses
    } else {
        let wanted = channels.iter();
        wanted.flat_map(|channel| addresses.iter().filter(move |one| one.channel == *channel).cloned()).collect()
    };
    (!addresses.is_empty()).then_some(Found { id: key.id, locale, addresses })
}

/// By what whoever reads an address is known: the channel, and some of the keyed hash.
fn id_of_address(shared: &Shared, channel: &ChannelName, destination: &str) -> String {
    let hash = operations::recipient_of(channel, destination, &shared.intake.hasher);
    let tail = hash.as_bytes().iter().rev().take(HASH_BYTES);
    tail.fold(format!("{channel}:"), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}
