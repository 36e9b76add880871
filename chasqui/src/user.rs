//! `chasqui user`: who may log in, changed beside the ledger.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use domain::{Scope, Tenant, printable};
use operations::accounts::passwords::{self, Passwords};
use operations::accounts::users::{self, Act, Asked, Hashing, USUAL_SCOPES};
use operations::accounts::{Undone, is_user_name, scopes_in};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{MAX_PAGE, Store, User};

use crate::account_words::{not_done, open, refused};
use crate::config::Sources;
use crate::exit::Usage;
use crate::operator::{By, actor};
use crate::output::{self, say};
use crate::words::tenant;
use crate::{columns, parts, secret_input};

#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Print the users, in the order of their names
    List(List),
    /// Add a user, whose password is read from standard input
    Add(Box<Add>),
    /// A user cannot log in any more; its sessions end, and its tokens within five seconds: exit code 1 where there is none
    Disable(Named),
    /// A disabled user may log in again: exit code 1 where there is none
    Enable(Named),
    /// Forget a user; its sessions and tokens end, its keys stay: exit code 1 where there is none
    Delete(Named),
    /// Give a user another password, which is read from standard input; its sessions and tokens end
    Password(Named),
    /// Sign a user out everywhere: its sessions and tokens end
    Revoke(Named),
    /// Say what a user may do from now on
    Role(Role),
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Only the users of this tenant
    #[arg(long, value_parser = tenant)]
    tenant: Option<Tenant>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Add {
    /// 1 to 64 letters, digits, or . _ @ + -
    #[arg(value_parser = name)]
    name: String,
    /// Whose user it is
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// viewer, operator or admin
    #[arg(long)]
    role: Option<String>,
    /// Words out of notify, read, operate, admin, tenants, inbox; default: "notify read"
    #[arg(long, value_name = "WORDS")]
    scope: Option<String>,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct Named {
    /// The user's name
    #[arg(value_parser = name)]
    name: String,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct Role {
    /// The user's name
    #[arg(value_parser = name)]
    name: String,
    /// viewer, operator or admin
    #[arg(required_unless_present = "scope")]
    role: Option<String>,
    /// Words out of notify, read, operate, admin, tenants, inbox, where no role says it
    #[arg(long, value_name = "WORDS")]
    scope: Option<String>,
    #[command(flatten)]
    by: By,
}

pub(crate) async fn run(sources: Sources, command: UserCommand) -> Result<ExitCode> {
    let store = open(sources).await?;
    match command {
        UserCommand::List(what) => list(&store, what).await,
        UserCommand::Add(what) => add(&store, *what).await,
        UserCommand::Disable(who) => act(&store, who, Act::Disable, "disabled").await,
        UserCommand::Enable(who) => act(&store, who, Act::Enable, "enabled").await,
        UserCommand::Delete(who) => act(&store, who, Act::Delete, "deleted").await,
        UserCommand::Revoke(who) => act(&store, who, Act::Revoke, "signed out everywhere:").await,
        UserCommand::Password(who) => password(&store, who).await,
        UserCommand::Role(what) => role(&store, what).await,
    }
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let (who, clock) = (actor(None, Tenant::default()), parts::clock());
    let (mut after, mut shown) = (None, columns::List::new(what.json));
    loop {
        let page = users::list(store, &who, what.tenant.as_ref(), after.as_deref(), MAX_PAGE as usize, clock.as_ref());
        let page = match page.await {
            Ok(page) => page,
            Err(undone) => return not_done(undone, ""),
        };
        page.users.iter().for_each(|user| shown.add(|| json_of(user), || row_of(user)));
        if page.next.is_none() || output::is_unread() {
            break;
        }
        after = page.next;
    }
    shown.end(["NAME", "TENANT", "SCOPE", "SINCE", "STATE"], "there is no user");
    Ok(ExitCode::SUCCESS)
}

async fn add(store: &Store, what: Add) -> Result<ExitCode> {
    let Add { name, tenant, role, scope, by } = what;
    let scopes = scopes(role.as_deref(), scope.as_deref())?.unwrap_or_else(|| USUAL_SCOPES.to_vec());
    let password = secret_input::new_password()?;
    if let Err(rule) = passwords::check(password.expose_secret()) {
        return Err(Usage(format!("the password {rule}")).into());
    }
    let (who, clock, passwords) = (by.actor(tenant.clone()), parts::clock(), Passwords::default());
    let asked = Asked { name: name.clone(), tenant, scopes, password };
    let hashing = Hashing { passwords: &passwords, peer: None };
    match users::add(store, hashing, &who, asked, clock.as_ref()).await {
        Ok(()) => {
            say!("added {name}");
            Ok(ExitCode::SUCCESS)
        }
        Err(undone) => not_done(undone, ""),
    }
}

async fn act(store: &Store, who: Named, act: Act, done: &str) -> Result<ExitCode> {
    let (by, clock) = (who.by.actor(Tenant::default()), parts::clock());
    told(users::act(store, &by, &who.name, act, clock.as_ref()).await, &who.name, done)
}

async fn password(store: &Store, who: Named) -> Result<ExitCode> {
    let password = secret_input::new_password()?;
    let (by, clock, passwords) = (who.by.actor(Tenant::default()), parts::clock(), Passwords::default());
    let hashing = Hashing { passwords: &passwords, peer: None };
    let changed = users::set_password(store, hashing, &by, &who.name, password, clock.as_ref()).await;
    told(changed, &who.name, "changed the password of")
}

async fn role(store: &Store, what: Role) -> Result<ExitCode> {
    let scopes = scopes(what.role.as_deref(), what.scope.as_deref())?.unwrap_or_default();
    let (by, clock) = (what.by.actor(Tenant::default()), parts::clock());
    let changed = users::set_scopes(store, &by, &what.name, &scopes, clock.as_ref()).await;
    told(changed, &what.name, "changed what may be done by")
}

fn told(outcome: Result<User, Undone>, name: &str, done: &str) -> Result<ExitCode> {
    match outcome {
        Ok(_) => {
            say!("{done} {name}");
            Ok(ExitCode::SUCCESS)
        }
        Err(undone) => not_done(undone, &format!("there is no user {name}: `chasqui user list` shows all of them")),
    }
}

fn scopes(role: Option<&str>, scope: Option<&str>) -> Result<Option<Vec<Scope>>> {
    scopes_in(role, scope).map_err(|errors| refused(&errors))
}

fn name(text: &str) -> Result<String, String> {
    match is_user_name(text) {
        true => Ok(text.to_owned()),
        false => Err("it must be 1 to 64 letters, digits, or '.', '_', '@', '+', '-'".to_owned()),
    }
}

fn row_of(user: &User) -> [String; 5] {
    let state = user.disabled_at.map_or_else(|| "enabled".to_owned(), |at| format!("disabled since {at}"));
    let User { name, tenant, scopes, created_at, .. } = user;
    [name.clone(), tenant.to_string(), scopes.join(" "), created_at.to_string(), state]
}

fn json_of(user: &User) -> Value {
    json!({
        "username": printable(&user.name), "tenant": user.tenant.as_str(), "scope": user.scopes.join(" "),
        "created_at": user.created_at.to_string(), "disabled_at": user.disabled_at.map(|at| at.to_string()),
        "password_changed_at": user.password_changed_at.map(|at| at.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_single_words_are_not_given_together() {
        assert_eq!(scopes(Some("viewer"), None).unwrap(), Some(vec![Scope::Read]));
        let refused = scopes(Some("viewer"), Some("read")).unwrap_err().to_string();
        assert!(refused.starts_with("--role must not be given together with scope"), "{refused}");
        assert!(name("a b").is_err() && name("ada@example.org").is_ok());
    }
}
