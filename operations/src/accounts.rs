//! Accounts: who logs in and how ([`log_in`]), the users and what is changed about them ([`users`]), the sessions of
//! browsers ([`sessions`]), the keys of services ([`keys`]), and which tokens are refused although they are signed
//! ([`revoked`]). What an actor may do is checked here, whatever entrance it comes by.

mod grants;
pub mod keys;
pub mod log_in;
pub mod passwords;
pub mod revoked;
pub mod sessions;
mod undone;
pub mod users;

pub use grants::{is_user_name, scopes_in};
pub use undone::Undone;
