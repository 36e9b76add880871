//! The pages, a file or a folder each. Each has its routes in a function of that name, and its texts beside it.

pub(crate) mod asks;
pub(crate) mod audit;
pub(crate) mod commands;
pub(crate) mod dead_letters;
pub(crate) mod deliveries;
pub(crate) mod delivery;
pub(crate) mod files;
pub(crate) mod gateways;
pub(crate) mod inbox;
pub(crate) mod jobs;
pub(crate) mod login;
pub(crate) mod look;
pub(crate) mod nowhere;
pub(crate) mod overview;
pub(crate) mod pauses;
pub(crate) mod plans;
pub(crate) mod providers;
pub(crate) mod sandbox;
pub(crate) mod schedules;
pub(crate) mod suppressions;
pub(crate) mod templates;
pub(crate) mod try_it;
pub(crate) mod users;
pub(crate) mod verifications;
