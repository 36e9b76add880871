//! `/contacts`: people whom a tenant knows by name, and by what they are reached.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod delete;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod show;

use operations::contacts::Directory;

use crate::app::App;

fn directory(app: &App) -> Directory<'_> {
    Directory {
        store: &app.store,
        services: &app.settings.services,
        secrets: &app.secrets,
        recipients: &app.recipients,
    }
}
