//! Who runs a command that changes something, as the journal has it.

use domain::{Actor, Tenant};

// The option that says who it is. A doc comment would be taken for that of a command.
#[derive(clap::Args, Debug)]
#[group(skip)]
pub(crate) struct By {
    /// Who says so; default: the name of the login
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl By {
    pub(crate) fn actor(&self, tenant: Tenant) -> Actor {
        actor(self.by.as_deref(), tenant)
    }
}

/// Whoever runs this command, for a tenant. A name that is given goes before that of the login.
pub(crate) fn actor(by: Option<&str>, tenant: Tenant) -> Actor {
    let given = by.map(str::trim).filter(|name| !name.is_empty());
    let name = given.map_or_else(login, str::to_owned);
    Actor { tenant, ..Actor::on_this_machine(&name) }
}

/// The name of the login, as POSIX has it, or where nothing says it, as in a unit or a container, the number of the user.
/// Anybody can set the name: whoever runs commands beside the ledger is believed anyway.
fn login() -> String {
    let named =
        ["LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(by_number)
}

fn by_number() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

#[cfg(test)]
mod tests {
    use domain::Scope;

    use super::*;

    #[test]
    fn whoever_runs_a_command_may_do_all_of_it_and_is_named() {
        let acme = Tenant::parse("acme").expect("a tenant");
        let ada = actor(Some("ada"), acme.clone());
        assert_eq!((ada.name.as_str(), &ada.tenant), ("command line:ada", &acme));
        assert!(Scope::ALL.into_iter().all(|scope| ada.may(scope)));
        let name = actor(Some(" "), acme).name;
        assert!(name.starts_with("command line:") && name.len() > "command line:".len(), "{name}");
        assert!(by_number().strip_prefix("uid ").is_some_and(|number| number.parse::<u32>().is_ok()));
    }
}
