//! A fleet that is reached by its API alone, as those who publish reach it.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::books::Seen;
use crate::config::{Config, Prover};
use crate::exit::Usage;
use crate::health::unanswered;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The API of a fleet, and who we are there.
pub(super) struct Api {
    client: reqwest::Client,
    /// Its path ends with a slash.
    base: Url,
    token: SecretString,
}

impl Api {
    /// Returns when the API lets us read, so that nothing is sent whose end could not be seen.
    ///
    /// # Errors
    /// [`Usage`], or why the API cannot be asked.
    pub(super) async fn reach(config: &Config, url: &str) -> Result<Self> {
        let base = base(url)?;
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let client = client.redirect(reqwest::redirect::Policy::none()).build()?;
        let nobody = SecretString::from("");
        let mut api = Self { client, base, token: nobody };
        api.token = match &config.prover {
            Some(Prover::Token(token)) => token.clone(),
            Some(Prover::User { name, password }) => api.log_in(name, password).await?,
            None => bail!(Usage(
                "nothing was sent: an API shows what became of a notification to those alone who have a token: set \
                 PROVE_USERNAME and PROVE_PASSWORD, or PROVE_TOKEN (scopes notify and read)"
                    .into()
            )),
        };
        let (status, said) = api.ask(api.client.get(api.at("deliveries?limit=1")?)).await?;
        if status == StatusCode::OK {
            return Ok(api);
        }
        Err(api.refused(status, &said).context("nothing was sent"))
    }

    async fn log_in(&self, name: &str, password: &SecretString) -> Result<SecretString> {
        let credentials = json!({"username": name, "password": password.expose_secret()});
        let (status, said) = self.answer(self.client.post(self.at("login")?).json(&credentials)).await?;
        match said["access_token"].as_str() {
            Some(token) if status == StatusCode::OK => Ok(SecretString::from(token)),
            _ => Err(self.refused(status, &said).context("nothing was sent: PROVE_USERNAME cannot log in")),
        }
    }

    /// Publishes one notification under the id in its body.
    pub(super) async fn publish(&self, body: &Map<String, Value>) -> Result<()> {
        let (status, said) = self.ask(self.client.post(self.at("notify")?).json(body)).await?;
        if status == StatusCode::ACCEPTED && said.get("id") == body.get("id") {
            return Ok(());
        }
        Err(self.refused(status, &said))
    }

    /// Reads what became of a notification; none where the ledger has no row of it.
    pub(super) async fn look(&self, id: &str) -> Result<Option<Seen>> {
        let (status, said) = self.ask(self.client.get(self.at(&format!("deliveries/{id}"))?)).await?;
        match (status, said["type"].as_str()) {
            (StatusCode::OK, _) => seen(&said).map(Some).with_context(|| self.foreign(status)),
            (StatusCode::NOT_FOUND, Some("not-taken-yet")) => Ok(None),
            _ => Err(self.refused(status, &said)),
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<(StatusCode, Value)> {
        self.answer(request.bearer_auth(self.token.expose_secret())).await
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Value)> {
        let answer = request.send().await.map_err(|error| {
            let why = format!("{:#}", anyhow::Error::from(error.without_url()));
            anyhow!(unanswered(&self.place(), &why))
        })?;
        Ok((answer.status(), answer.json().await.unwrap_or_default()))
    }

    fn at(&self, path: &str) -> Result<Url> {
        self.base.join(path).context("the path of a request")
    }

    /// Where it is, for people.
    fn place(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    fn foreign(&self, status: StatusCode) -> String {
        let place = self.place();
        format!("no Chasqui answers at {place}, but another program ({status}): give the address of an API")
    }

    /// What the API said instead of what was asked for. Whatever listens there may have said it.
    fn refused(&self, status: StatusCode, said: &Value) -> anyhow::Error {
        let Some(title) = said["title"].as_str().filter(|_| said["type"].is_string()) else {
            return anyhow!(self.foreign(status));
        };
        let mut words = format!("the API at {} answered {}: {title}", self.place(), status.as_u16());
        if let Some(detail) = said["detail"].as_str() {
            words.push_str(&format!(": {detail}"));
        }
        for error in said["errors"].as_array().into_iter().flatten() {
            let text = |name: &str| error[name].as_str().unwrap_or_default();
            words.push_str(&format!(" {} {}", text("pointer"), text("detail")));
        }
        anyhow!(domain::printable(&words).into_owned())
    }
}

/// Reads the address of an API: its path is that by which a proxy knows it.
fn base(url: &str) -> Result<Url, Usage> {
    let expected = || {
        let what = "--url must be the address of an API, such as https://notify.example.com: http or https, perhaps with \
                    a path, without a user, a query and a fragment";
        Usage(what.to_owned())
    };
    let mut base = Url::parse(url).map_err(|_| expected())?;
    let has_user = !base.username().is_empty() || base.password().is_some();
    let has_more = base.query().is_some() || base.fragment().is_some();
    if !matches!(base.scheme(), "http" | "https") || !base.has_host() || has_user || has_more {
        return Err(expected());
    }
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    Ok(base)
}

/// Reads what `GET /deliveries/{id}` shows; none of another document.
fn seen(said: &Value) -> Option<Seen> {
    let state = said["state"].as_str()?.to_owned();
    let attempts = said["attempts"].as_array()?;
    let outcomes = attempts.iter().filter_map(|attempt| attempt["outcome"].as_str());
    let is_ambiguous = said["ambiguous"].as_bool().unwrap_or(false);
    let late_answers = said["late_answers"].as_u64().unwrap_or(0);
    let reason = said["reason"].as_str().map(str::to_owned);
    Some(Seen { state, reason, may_be_doubled: super::may_be_doubled(is_ambiguous, late_answers > 0, outcomes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_an_api_may_have_a_path_and_nothing_else() {
        for (given, asked) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/deliveries/probe-1"),
            ("https://fleet.example/chasqui", "https://fleet.example/chasqui/deliveries/probe-1"),
            ("https://fleet.example/chasqui/", "https://fleet.example/chasqui/deliveries/probe-1"),
        ] {
            let base = base(given).expect("an address");
            assert_eq!(base.join("deliveries/probe-1").map(String::from).ok().as_deref(), Some(asked), "{given}");
        }
        for given in ["", "fleet.example", "ftp://fleet.example", "https://u:hidden@fleet.example", "http://x/?a=1"] {
            let refused = base(given).expect_err(given).to_string();
            assert!(refused.starts_with("--url must be") && !refused.contains("hidden"), "{refused}");
        }
    }

    #[test]
    fn what_an_api_shows_is_read_and_other_documents_are_not() {
        let shown = json!({"state": "sent", "attempts": [{"outcome": "sent"}], "ambiguous": false, "late_answers": 0});
        let expected = Seen { state: "sent".into(), reason: None, may_be_doubled: false };
        assert_eq!(seen(&shown), Some(expected));
        for (name, value) in [
            ("ambiguous", json!(true)),
            ("late_answers", json!(1)),
            ("attempts", json!([{"outcome": "sent"}, {"outcome": "captured"}])),
        ] {
            let mut doubled = shown.clone();
            doubled[name] = value;
            assert!(seen(&doubled).is_some_and(|seen| seen.may_be_doubled), "{name}");
        }
        for other in [json!({"status": "UP"}), json!([]), Value::Null] {
            assert_eq!(seen(&other), None);
        }
    }
}
