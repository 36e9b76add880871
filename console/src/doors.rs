//! Who may come in: what the console asks of accounts and sessions, which it does not keep itself.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue};
use domain::Actor;
use web::hosts::Source;

/// The sessions of people in browsers.
#[async_trait]
pub trait Doors: Send + Sync {
    /// Begins a session, and returns the value of the header `Set-Cookie` that carries it. `source` and `headers` are
    /// those of the request that asks for it.
    ///
    /// # Errors
    /// [`LoginRefused`].
    async fn log_in(
        &self,
        name: &str,
        password: &str,
        source: Source,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, LoginRefused>;

    /// Whose session a request carries in its cookies. None without a session that is in force.
    ///
    /// # Errors
    /// [`SessionUnknown`] while nobody can say.
    async fn actor_of(&self, headers: &HeaderMap) -> Result<Option<Actor>, SessionUnknown>;

    /// Tells the session of a request from the others of its user, as `operations::accounts::sessions` names them.
    fn session_id(&self, headers: &HeaderMap) -> Option<String>;

    /// A token by which a page asks for the inbox of this user, and for nothing else. None where tokens are made
    /// elsewhere, and for a user who is not there any more.
    ///
    /// # Errors
    /// [`SessionUnknown`] while nobody can say.
    async fn inbox_token(&self, actor: &Actor) -> Result<Option<String>, SessionUnknown>;

    /// Ends the session of a request, and returns the value of the header `Set-Cookie` that takes it from the browser.
    async fn log_out(&self, headers: &HeaderMap) -> Option<HeaderValue>;
}

/// Why nobody was let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginRefused {
    /// The name or the password is wrong; which of them is not told.
    Wrong,
    /// Too many have failed: not before this time.
    TooMany(Duration),
    /// The cookie would go over the network in the clear.
    Insecure,
    /// The ledger does not answer.
    Unavailable,
}

/// The ledger does not answer, so that a session can be neither found nor denied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionUnknown;
