//! Hands spans to the collector, in the runtime and with the HTTP client that this process has already.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

/// The largest answer that is read: a collector has little to say.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The client of the exporter, which runs in a thread of its own and outside of the runtime.
#[derive(Debug)]
pub(super) struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    is_away: AtomicBool,
}

impl Collector {
    /// # Errors
    /// There are no root certificates.
    pub(super) fn new(timeout: Duration) -> Result<Self> {
        // Credentials that a header carries go nowhere else.
        let client = reqwest::Client::builder().timeout(timeout).redirect(Policy::none()).referer(false).build();
        let client = client.context("no HTTPS client: are root certificates installed (ca-certificates)?")?;
        Ok(Self { client, runtime: Handle::current(), is_away: AtomicBool::new(false) })
    }

    /// Says once that spans are lost, and once that they are not any more. The library would be silent.
    fn note(&self, why: Option<&str>) {
        let is_away = why.is_some();
        if self.is_away.swap(is_away, Ordering::Relaxed) == is_away {
            return;
        }
        match why {
            Some(why) => tracing::warn!(why, "the collector takes no spans: they are lost meanwhile"),
            None => tracing::info!("the collector takes spans again"),
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let asked = ask(self.client.clone(), request);
        // The caller is no task of the runtime: it only waits for one.
        let answer = self.runtime.spawn(asked).await.map_err(HttpError::from).and_then(|answer| answer);
        match &answer {
            Ok(answer) if answer.status().is_success() => self.note(None),
            Ok(answer) => self.note(Some(answer.status().as_str())),
            Err(_) => self.note(Some("it does not answer")),
        }
        answer
    }
}

async fn ask(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let mut answer = client.execute(request.try_into()?).await.map_err(reqwest::Error::without_url)?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    let mut read = Response::builder().status(status).body(Bytes::from(body))?;
    *read.headers_mut() = headers;
    Ok(read)
}
