//! The one that a command is about, by its id and whose it is, and how it is shown.

use domain::{Key, Tenant};

use crate::words::tenant;

// The words that name it. A doc comment would be taken for that of a command.
#[derive(clap::Args, Debug)]
#[group(skip)]
pub(crate) struct Named {
    /// Its id
    id: String,
    /// Whose it is
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
}

impl Named {
    pub(crate) fn key(self) -> Key {
        Key { tenant: self.tenant, id: self.id }
    }
}

// One that goes on until it has ended.
#[derive(clap::Args, Debug)]
pub struct Show {
    #[command(flatten)]
    pub(crate) named: Named,
    /// Wait until it has ended, and print what becomes of it meanwhile
    #[arg(long, conflicts_with = "json")]
    pub(crate) follow: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
