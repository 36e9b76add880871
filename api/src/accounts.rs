//! `/login` and `/register`: users, their passwords, and the tokens that they get.

pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod register;
mod registration;
mod unread;
