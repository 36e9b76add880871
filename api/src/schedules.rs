//! `/schedules`: what is to be sent later, once or again and again.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod pause;
pub(crate) mod run;
pub(crate) mod show;
