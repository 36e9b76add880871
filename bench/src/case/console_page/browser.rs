//! An operator who is logged in, and asks for one page after the other on a kept connection.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::Process;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode, redirect};

use crate::deployment::Deployment;

const USER: &str = "operator";
const PASSWORD: &str = "correct horse";
/// How much of a page is shown where it is not the one that was asked for.
const SHOWN_CHARS: usize = 2_000;

/// Adds the user who looks. Nothing is hidden from them.
pub(super) async fn add_user(deployment: &Deployment) -> Result<()> {
    let words = ["user", "add", USER, "--scope", "notify read operate admin tenants"];
    deployment.command_with_input(&words, &format!("{PASSWORD}\n")).await
}

pub(super) struct Browser {
    http: Client,
    origin: String,
    /// Of the session; empty before there is one.
    cookie: String,
}

impl Browser {
    pub(super) async fn log_in(api: &Process) -> Result<Self> {
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).build()?;
        let mut browser = Self { http, origin: api.url(""), cookie: String::new() };
        let answer = browser.send("/console/login", &[("name", USER), ("password", PASSWORD)]).await?;
        let cookie = answer.headers().get(SET_COOKIE).context("no session was begun")?.to_str()?;
        browser.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(browser)
    }

    /// Asks for a page: how long it took until its last byte was there, and what it says.
    pub(super) async fn get(&self, path: &str) -> Result<(Duration, String)> {
        let begun = Instant::now();
        let text = self.open(path).await?.text().await?;
        Ok((begun.elapsed(), text))
    }

    /// Asks for a page or a stream, and reads no more than its head.
    pub(super) async fn open(&self, path: &str) -> Result<Response> {
        let answer = self.http.get(format!("{}{path}", self.origin)).header(COOKIE, &self.cookie).send().await?;
        let status = answer.status();
        if status != StatusCode::OK {
            let text: String = answer.text().await.unwrap_or_default().chars().take(SHOWN_CHARS).collect();
            bail!("GET {path} is answered with {status}: {text}");
        }
        Ok(answer)
    }

    /// Sends a form as a page of the console does, and gives the path of the page that follows.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<String> {
        let answer = self.send(path, form).await?;
        let next = answer.headers().get(LOCATION).context("no page follows")?;
        Ok(next.to_str()?.to_owned())
    }

    async fn send(&self, path: &str, form: &[(&str, &str)]) -> Result<Response> {
        let request = self.http.post(format!("{}{path}", self.origin)).header(COOKIE, &self.cookie);
        let answer = request.header("sec-fetch-site", "same-origin").form(form).send().await?;
        let status = answer.status();
        ensure!(status == StatusCode::SEE_OTHER, "POST {path} is answered with {status}");
        Ok(answer)
    }
}
