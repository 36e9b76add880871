//! `/contacts`: people whom a tenant knows by name, and by what they are reached.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod delete;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod show;
