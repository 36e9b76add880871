//! `/login` and `/register`, `/users` and `/password`, `/keys`: users, their passwords, the tokens that they get, and the
//! keys of services.

pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod refused;
pub(crate) mod register;
mod unread;
pub(crate) mod users;
