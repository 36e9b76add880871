//! What `chasqui user` and `chasqui key` share: the ledger that they change, and their words for what was not done.

use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use domain::FieldError;
use operations::accounts::Undone;
use operations::accounts::passwords::NoTurn;
use store::Store;

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::output::say;
use crate::{exit, logs, parts, unconfigured};

pub(crate) async fn open(sources: Sources) -> Result<Store> {
    let config = Config::read(unconfigured::with_ledger(sources), Role::Ledger)?;
    logs::start(&config)?;
    parts::existing_store(&config, parts::clock()).await
}

/// Says what was not done. Exit code 1 where the answer is no; `unknown` is said where there is nothing of that name or id.
pub(crate) fn not_done(undone: Undone, unknown: &str) -> Result<ExitCode> {
    let no = match undone {
        Undone::Ledger(error) => return Err(error).context("the ledger has changed nothing"),
        Undone::Beyond(errors) | Undone::Invalid(errors) => return Err(refused(&errors)),
        Undone::NoTurn(NoTurn::Busy(_) | NoTurn::Failed) => {
            return Err(anyhow!("the password could not be hashed: nothing was changed"));
        }
        Undone::Denied(denied) => return Err(Usage(format!("this needs the scope {}", denied.needed)).into()),
        Undone::Unknown => unknown.to_owned(),
        Undone::Taken => "not added: there is a user of this name; names are unique over all tenants".into(),
        Undone::TooMany => {
            format!("not made: the tenant has {} keys in force already; revoke one", store::MAX_KEYS)
        }
        Undone::LastOfAll => {
            "not done: it is the last user who can log in with the scopes admin and tenants; give them to another first"
                .into()
        }
        Undone::LastOfTenant => {
            "not done: it is the last user of its tenant who can log in with the scope admin, and nobody manages the users of \
             all tenants; give it to another first"
                .into()
        }
        Undone::WrongPassword | Undone::Locked(_) => "not done: that is not the password".into(),
    };
    say!("{no}");
    Ok(exit::answer(false))
}

/// What is wrong, by the options that were given.
pub(crate) fn refused(errors: &[FieldError]) -> anyhow::Error {
    let option = |field: &str| match field {
        "name" | "password" => format!("the {field}"),
        field => format!("--{}", field.replace('_', "-")),
    };
    Usage::of(errors, option).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_what_was_given() {
        let errors = [("/password", "must have"), ("/expires_at", "lies"), ("", "nobody")]
            .map(|(pointer, detail)| FieldError { pointer: pointer.into(), detail: detail.into() });
        assert_eq!(refused(&errors).to_string(), "the password must have\n--expires-at lies\nnobody");
    }
}
