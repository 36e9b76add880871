//! The users of a run: who manages them, who moves dead letters, who only looks, and how they come in.

use anyhow::{Context as _, Result, ensure};
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use super::load::Clients;

pub(super) const AUDITOR: &str = "auditor";
pub(super) const OPERATOR: &str = "operator";
pub(super) const VIEWER: &str = "viewer";
const PASSWORD: &str = "correct horse battery";

impl Clients {
    /// Registers the first user, who manages all others.
    ///
    /// # Errors
    /// When the API does not.
    pub(super) async fn register_first(&self, bootstrap: &str) -> Result<()> {
        let body = json!({"username": AUDITOR, "password": PASSWORD});
        let request = self.http.post(self.api.url("/register")).header("X-Bootstrap-Token", bootstrap).json(&body);
        request.send().await?.error_for_status().context("registering the first user")?;
        Ok(())
    }

    /// Registers a user with these scopes.
    ///
    /// # Errors
    /// When the API does not.
    pub(super) async fn register(&self, name: &str, scope: &str) -> Result<()> {
        let body = json!({"username": name, "password": PASSWORD, "scope": scope});
        let request = self.http.post(self.api.url("/register")).bearer_auth(&self.token).json(&body);
        request.send().await?.error_for_status().with_context(|| format!("registering {name}"))?;
        Ok(())
    }

    /// The token of a user who logs in.
    ///
    /// # Errors
    /// When the API gives none.
    pub(super) async fn log_in(&self, name: &str) -> Result<String> {
        let body = json!({"username": name, "password": PASSWORD});
        let answer = self.http.post(self.api.url("/login")).json(&body).send().await?;
        let answer = answer.error_for_status().with_context(|| format!("logging in {name}"))?;
        let answer: Value = answer.json().await?;
        Ok(answer["access_token"].as_str().context("a token")?.to_owned())
    }

    /// The cookie of a session in the console.
    ///
    /// # Errors
    /// When the console opens none.
    pub(super) async fn open_session(&self, name: &str) -> Result<String> {
        let form = [("name", name), ("password", PASSWORD)];
        let request = self.browser.post(self.api.url("/console/login")).header("Sec-Fetch-Site", "same-origin");
        let answer = request.form(&form).send().await?;
        let status = answer.status();
        ensure!(status.is_redirection(), "the console let {name} not in: {status}");
        let cookie = answer.headers().get(SET_COOKIE).context("a cookie")?.to_str()?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// Whether a request with this token is served. None when there was no answer.
    pub(super) async fn serves_token(&self, token: &str) -> Option<bool> {
        let request = self.http.get(self.api.url("/deliveries?limit=1")).bearer_auth(token);
        Some(request.send().await.ok()?.status().is_success())
    }

    /// Whether a page is shown to the session of this cookie. None when there was no answer.
    pub(super) async fn serves_session(&self, cookie: &str) -> Option<bool> {
        let request = self.browser.get(self.api.url("/console")).header(COOKIE, cookie);
        Some(request.send().await.ok()?.status().is_success())
    }
}
