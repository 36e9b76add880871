//! The console and who it lets in: it is given the parts of the API, and keeps no accounts and no sessions of its own.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue};
use console::{Accounts, Console, Doors, LoginRefused, Parts, SessionUnknown};
use domain::{Actor, Scope};
use operations::accounts::log_in::{LoggedIn, NotLoggedIn};
use operations::accounts::passwords::NoTurn;
use operations::accounts::sessions;
use secrecy::{ExposeSecret, SecretString};
use store::User;
use tokio_util::sync::CancellationToken;
use web::connections::network;
use web::hosts::Source;
use web::session_cookie::SessionCookie;

use crate::app::App;

/// The routes of the console. `ending` ends its streams.
pub(crate) fn console(app: &Arc<App>, ending: CancellationToken) -> Router {
    let settings = &app.settings;
    console::router(Console::new(Parts {
        store: app.store.clone(),
        overview: app.overview.clone(),
        publisher: app.publisher.clone(),
        checker: app.checker.clone(),
        clock: Arc::clone(&app.clock),
        accounts: Accounts {
            passwords: Arc::clone(&app.passwords),
            logins: app.logins.clone(),
            revoked: Arc::clone(&app.revoked),
            keys: Arc::clone(&app.keys),
        },
        doors: Arc::new(Entrance { app: Arc::clone(app) }),
        defaults: app.defaults.clone(),
        request_ids: app.request_ids.clone(),
        recipients: app.recipients.clone(),
        letters: app.letters.clone(),
        secrets: app.secrets.clone(),
        files: settings.files.clone(),
        settings: console::Settings {
            sandbox: settings.sandbox,
            providers: settings.providers.clone(),
            carriers: settings.carriers.clone(),
            answerers: settings.answerers.clone(),
            retention: settings.retention,
            retry_delays: settings.retry_delays,
            zones: settings.zones.clone(),
            services: settings.services.clone(),
            realtime: settings.realtime.clone(),
            push_key: settings.push_key.clone(),
            body_limit: settings.body_limit,
        },
        ending,
    }))
}

/// The sessions of the API's users.
struct Entrance {
    app: Arc<App>,
}

impl Entrance {
    fn cookie(&self) -> SessionCookie {
        SessionCookie { is_over_tls: self.app.settings.is_over_tls }
    }

    fn token(&self, headers: &HeaderMap) -> Option<SecretString> {
        self.cookie().token(headers).map(SecretString::from)
    }
}

#[async_trait]
impl Doors for Entrance {
    async fn log_in(
        &self,
        name: &str,
        password: &str,
        source: Source,
        _: &HeaderMap,
    ) -> Result<HeaderValue, LoginRefused> {
        // Without TLS a session is safe only where it does not leave the machine of whoever looks.
        if !self.app.settings.is_over_tls && !source.direct {
            return Err(LoginRefused::Insecure);
        }
        let (app, password) = (&self.app, SecretString::from(password.to_owned()));
        let who = app.log_in().log_in(name, password, source.peer.map(network)).await.map_err(refused)?;
        let opened = sessions::open(&app.store, &who, app.clock.as_ref()).await;
        // Disabled, or signed out everywhere, while the password was looked at.
        let token = opened.map_err(|_| LoginRefused::Unavailable)?.ok_or(LoginRefused::Wrong)?;
        let cookie = self.cookie().set(token.expose_secret(), sessions::LONGEST.as_secs());
        cookie.ok_or(LoginRefused::Unavailable)
    }

    async fn actor_of(&self, headers: &HeaderMap) -> Result<Option<Actor>, SessionUnknown> {
        let Some(token) = self.token(headers) else { return Ok(None) };
        let found = sessions::find(&self.app.store, &token, self.app.clock.as_ref()).await;
        found.map_err(|_| SessionUnknown)
    }

    fn session_id(&self, headers: &HeaderMap) -> Option<String> {
        self.token(headers).as_ref().and_then(sessions::id_of)
    }

    /// Scripts of a page see it, from which the cookie of the session is hidden: it has the one scope that it needs.
    async fn inbox_token(&self, actor: &Actor) -> Result<Option<String>, SessionUnknown> {
        let at = self.app.clock.now();
        let user = self.app.store.user(&actor.name).await.map_err(|_| SessionUnknown)?;
        let Some(user) = user.filter(|user| user.disabled_at.is_none()) else { return Ok(None) };
        Ok(self.app.tokens.issue(&LoggedIn { user: User { scopes: vec![Scope::Inbox.as_str().into()], ..user }, at }))
    }

    async fn log_out(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if let Some(token) = self.token(headers)
            && let Err(error) = sessions::end(&self.app.store, &token).await
        {
            // The browser loses it all the same, and it ends by itself.
            tracing::warn!(%error, "a session could not be ended in the ledger");
        }
        self.cookie().clear()
    }
}

fn refused(why: NotLoggedIn) -> LoginRefused {
    match why {
        NotLoggedIn::Wrong => LoginRefused::Wrong,
        NotLoggedIn::Locked(wait) | NotLoggedIn::NoTurn(NoTurn::Busy(wait)) => LoginRefused::TooMany(wait),
        NotLoggedIn::NoTurn(NoTurn::Failed) | NotLoggedIn::Unread(_) | NotLoggedIn::Uncounted(_) => {
            LoginRefused::Unavailable
        }
    }
}
