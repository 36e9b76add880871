//! The services that take commands, their actions, and who may have them done.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use text::{nearest_of_few, printable};

use super::fault::ArgumentFault;
use super::line::CommandLine;
use super::schema::Schema;
use crate::Tenant;

/// Whether somebody is asked before a command is dispatched.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confirm {
    Always,
    Never,
    /// As each action says.
    ByAction,
}

/// One thing that a service does.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    pub schema: Schema,
    /// Whether somebody is asked, where the service leaves that to its actions.
    pub confirm: bool,
    /// Who may have it done, where that is not whoever may command the service.
    pub may: Option<Vec<String>>,
}

/// One service, as an operator has registered it.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    pub name: String,
    /// Where it takes commands over HTTP, without a slash at its end. None for one that takes them over AMQP.
    pub base_url: Option<String>,
    /// For whom the tokens of its commands are.
    pub audience: String,
    pub confirm: Confirm,
    /// Who may have its actions done: ids of people, or names of groups of them. Nobody, where it is empty.
    pub may: Vec<String>,
    /// Whose people they are: groups of other tenants have the same names.
    pub tenants: Vec<Tenant>,
    /// Who is asked to confirm, in the same way. Empty for whoever has a command done.
    pub approvers: Vec<String>,
    /// Whoever has a command done may not confirm it.
    pub four_eyes: bool,
    /// How long a command may take, its confirmation included.
    pub timeout: Duration,
    /// In PEM: verifies what the service reports. Without one it is not heard.
    pub public_key: Option<String>,
    pub actions: BTreeMap<String, Action>,
}

/// All services, by their names.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Registry(BTreeMap<String, Service>);

/// A command that can be done.
#[derive(Clone, PartialEq, Debug)]
pub struct WantedCommand<'a> {
    pub service: &'a Service,
    pub action: &'a str,
    pub arguments: Map<String, Value>,
    /// Somebody is asked first.
    pub is_confirmed: bool,
}

/// Why a command cannot be done. Each says what is known.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unresolved {
    #[error("there is no service {}{}", printable(.name), hint(.meant.as_deref(), .known))]
    UnknownService { name: String, meant: Option<String>, known: Vec<String> },
    #[error("{service} has no action {}{}", printable(.name), hint(.meant.as_deref(), .known))]
    UnknownAction { service: String, name: String, meant: Option<String>, known: Vec<String> },
    #[error("names no action of {service}; it has {}", .known.join(", "))]
    NoAction { service: String, known: Vec<String> },
    #[error("you may not have {service}.{action} done")]
    Forbidden { service: String, action: String },
    #[error(
        "whoever asks confirms what {service} does, for it names no approvers, and {} is no contact who could be asked",
        printable(.by)
    )]
    NobodyConfirms { service: String, by: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Arguments(Vec<ArgumentFault>),
}

fn hint(meant: Option<&str>, known: &[String]) -> String {
    let (there, here) = if known.len() == 1 { ("There is", "there is") } else { ("There are", "there are") };
    match (meant, known.join(", ")) {
        (_, known) if known.is_empty() => "; there is none".to_owned(),
        (Some(meant), known) => format!("; do you mean {meant}? {there} {known}"),
        (None, known) => format!("; {here} {known}"),
    }
}

impl Confirm {
    const ALL: [Self; 3] = [Self::Always, Self::Never, Self::ByAction];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::ByAction => "by_action",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|confirm| confirm.as_str() == text)
    }
}

impl Service {
    /// Whether somebody is asked before an action of it is done.
    pub const fn confirms(&self, action: &Action) -> bool {
        match self.confirm {
            Confirm::Always => true,
            Confirm::Never => false,
            Confirm::ByAction => action.confirm,
        }
    }

    /// Whether somebody may have an action done. `who` are their id and the groups that they are in.
    pub fn may(&self, action: &Action, who: &[&str]) -> bool {
        let allowed = action.may.as_ref().unwrap_or(&self.may);
        allowed.iter().any(|one| who.contains(&one.as_str()))
    }
}

impl Registry {
    /// All of them, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = &Service> {
        self.0.values()
    }

    /// The service of this name, whoever may have it do something.
    pub fn get(&self, name: &str) -> Option<&Service> {
        self.0.get(name)
    }

    /// Whether any service lets somebody of one of these names have something done, or confirm it.
    pub fn trusts(&self, who: &[&str]) -> bool {
        let is_one = |name: &String| who.contains(&name.as_str());
        self.0.values().any(|service| {
            let by_action = service.actions.values().filter_map(|action| action.may.as_ref()).flatten();
            service.may.iter().chain(&service.approvers).chain(by_action).any(is_one)
        })
    }

    /// Those of which somebody may have any action done, in the order of their names.
    pub fn of(&self, tenant: &Tenant, who: &[&str]) -> Vec<&Service> {
        let may_any = |service: &&Service| {
            service.tenants.contains(tenant) && service.actions.values().any(|action| service.may(action, who))
        };
        self.0.values().filter(may_any).collect()
    }

    /// What a line asks for. What is known there has only what is for whoever asks.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn resolve(&self, line: &CommandLine, tenant: &Tenant, who: &[&str]) -> Result<WantedCommand<'_>, Unresolved> {
        let (service, name, action) = self.find(&line.service, &line.action, tenant, who)?;
        let arguments = action.schema.read(&line.arguments).map_err(Unresolved::Arguments)?;
        Ok(WantedCommand { service, action: name, arguments, is_confirmed: service.confirms(action) })
    }

    /// The same of what was asked for as JSON.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn dispatched(
        &self,
        service: &str,
        action: &str,
        arguments: Map<String, Value>,
        tenant: &Tenant,
        who: &[&str],
    ) -> Result<WantedCommand<'_>, Unresolved> {
        let (service, name, action) = self.find(service, action, tenant, who)?;
        let faults = action.schema.faults(&arguments);
        if !faults.is_empty() {
            return Err(Unresolved::Arguments(faults));
        }
        Ok(WantedCommand { service, action: name, arguments, is_confirmed: service.confirms(action) })
    }

    fn find(
        &self,
        service: &str,
        action: &str,
        tenant: &Tenant,
        who: &[&str],
    ) -> Result<(&Service, &str, &Action), Unresolved> {
        let known = self.of(tenant, who);
        let Some(found) = known.iter().find(|one| one.name == service) else {
            // Of a service of another tenant's nobody hears.
            if self.0.get(service).is_some_and(|one| one.tenants.contains(tenant)) {
                return Err(Unresolved::Forbidden { service: service.to_owned(), action: action.to_owned() });
            }
            let known: Vec<String> = known.iter().map(|one| one.name.clone()).collect();
            return Err(Unresolved::UnknownService { name: service.to_owned(), meant: meant(service, &known), known });
        };
        let service = found.name.clone();
        if let Some((name, found_action)) = found.actions.get_key_value(action) {
            if found.may(found_action, who) {
                return Ok((found, name, found_action));
            }
            return Err(Unresolved::Forbidden { service, action: action.to_owned() });
        }
        let own = found.actions.iter().filter(|(_, action)| found.may(action, who));
        let known: Vec<String> = own.map(|(name, _)| name.clone()).collect();
        if action.is_empty() {
            return Err(Unresolved::NoAction { service, known });
        }
        Err(Unresolved::UnknownAction { service, name: action.to_owned(), meant: meant(action, &known), known })
    }
}

fn meant(name: &str, known: &[String]) -> Option<String> {
    nearest_of_few(name, known.iter().map(String::as_str)).map(str::to_owned)
}

impl FromIterator<Service> for Registry {
    fn from_iter<T: IntoIterator<Item = Service>>(services: T) -> Self {
        Self(services.into_iter().map(|service| (service.name.clone(), service)).collect())
    }
}
