//! The rules of rooms, as `REALTIME_FILE` has them: which role has which room, who may join which topic, and which event
//! of an application goes where. Pure.

mod pattern;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use domain::Tenant;
use serde_json::{Map, Value};

use crate::identity::Identity;
use crate::room::{Kind, Room, is_name};
use pattern::{KeyPattern, NamePattern};

/// The rules where no file is named.
const SHIPPED: &str = include_str!("../realtime.toml");

/// Who is in which room, and what goes there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// The room of each role.
    roles: BTreeMap<String, String>,
    topics: Vec<Topic>,
    events: Vec<EventRule>,
}

/// Rooms that are joined on demand, and who may.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Topic {
    pattern: NamePattern,
    roles: BTreeSet<String>,
    /// The claim that has the ids of those that the token's owner may join.
    claim: Option<String>,
    everybody: bool,
}

/// Where an event goes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct EventRule {
    pattern: KeyPattern,
    rooms: Vec<Target>,
    /// What clients know it by. None for its routing key.
    named: Option<String>,
}

/// A room whose name may have fields of the event in it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Target {
    kind: Kind,
    name: NamePattern,
}

/// An event of an application on its way: the name by which clients know it, and the rooms that hear it so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Route {
    pub(crate) named: String,
    pub(crate) rooms: Vec<Room>,
}

impl Mapping {
    /// The rules where no file is named.
    ///
    /// # Errors
    /// None: a test reads them.
    pub fn shipped() -> Result<Self, Vec<String>> {
        let tables = runtime::tables_of(SHIPPED).map_err(|problem| vec![problem])?;
        Self::of(&tables)
    }

    /// # Errors
    /// Everything that is wrong with the tables of a file.
    pub fn of(tables: &Map<String, Value>) -> Result<Self, Vec<String>> {
        read::mapping(tables)
    }

    /// The claims of a token that decide about topics.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().filter_map(|topic| topic.claim.as_deref())
    }

    /// The room of whoever has this role.
    pub(crate) fn role_room(&self, tenant: &Tenant, role: &str) -> Option<Room> {
        Room::new(tenant, Kind::Role, self.roles.get(role)?)
    }

    /// The room of a topic, for whoever may join it. None for whoever may not, and for what is no topic.
    pub(crate) fn joined(&self, identity: &Identity, topic: &str) -> Option<Room> {
        let may = self.topics.iter().any(|rule| rule.admits(identity, topic));
        may.then(|| Room::new(&identity.tenant, Kind::Topic, topic)).flatten()
    }

    /// Where an event goes. More than one rule may have it; those that call it the same are one route.
    pub(crate) fn routes(&self, tenant: &Tenant, key: &str, event: &Map<String, Value>) -> Vec<Route> {
        let mut routes: Vec<Route> = Vec::new();
        for rule in self.events.iter().filter(|rule| rule.pattern.matches(key)) {
            let named = rule.named.as_deref().unwrap_or(key);
            let rooms = rule.rooms.iter().filter_map(|target| target.room(tenant, event));
            let at = routes.iter().position(|route| route.named == named).unwrap_or_else(|| {
                routes.push(Route { named: named.to_owned(), rooms: Vec::new() });
                routes.len() - 1
            });
            for room in rooms {
                if !routes[at].rooms.contains(&room) {
                    routes[at].rooms.push(room);
                }
            }
        }
        routes.retain(|route| !route.rooms.is_empty() && is_name(&route.named));
        routes
    }
}

impl Topic {
    fn admits(&self, identity: &Identity, topic: &str) -> bool {
        let Some(id) = self.pattern.filled_by(topic) else { return false };
        let by_role = || identity.role.as_ref().is_some_and(|role| self.roles.contains(role));
        let by_claim = || self.claim.as_ref().is_some_and(|claim| identity.has_in(claim, id));
        self.everybody || by_role() || by_claim()
    }
}

impl Target {
    fn room(&self, tenant: &Tenant, event: &Map<String, Value>) -> Option<Room> {
        Room::new(tenant, self.kind, &self.name.filled_with(|field| field_of(event, field))?)
    }
}

/// The text of a field, `a.b` for one within another.
fn field_of(event: &Map<String, Value>, path: &str) -> Option<String> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (event.get(first)?, rest) {
        (Value::Object(inner), Some(rest)) => field_of(inner, rest),
        (Value::String(text), None) => Some(text.clone()),
        (Value::Number(number), None) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
