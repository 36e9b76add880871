//! The files that go with a mail: those that stand in the notification, those that are fetched for each attempt from where it
//! says, and those that are stored here, which the worker has read.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Failure, Outcome, Reason};
use media::email::{self, Content, Mail};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use reqwest::{Client, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use url::Url;

use crate::channel::{CarriedFile, Outgoing};
use crate::http::{self, NoAnswer};
use crate::outbound::Guard;
use crate::settings::Settings;

/// The field of a mail that has them.
const FIELD: &str = "attachments";
/// The most bytes that are fetched for one mail. Most mailboxes take about twice as many, in base64.
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// How many mails may have files fetched at once in this process, because all of these are held in memory.
const MAX_MAILS: usize = 8;
/// The share of the provider's time that the fetching of all files of a mail may take.
const SHARE: f64 = 0.25;

/// Fetches what publishers name, only from where the outbound rules admit.
pub(crate) struct Files {
    /// Or why there is none: a mail without such files goes without it.
    http: Result<Client, String>,
    guard: Guard,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// The files of one mail.
#[derive(Default)]
pub(crate) struct Gathered<'m> {
    pub(crate) files: Vec<File<'m>>,
    /// Held as long as the bytes are.
    _place: Option<OwnedSemaphorePermit>,
}

/// One file.
pub(crate) struct File<'m> {
    pub(crate) filename: &'m str,
    pub(crate) content_type: &'m str,
    /// By which the words show it, where it is among them.
    pub(crate) content_id: Option<&'m str>,
    content: Bytes<'m>,
}

enum Bytes<'m> {
    Base64(&'m str),
    Fetched(Vec<u8>),
    Stored(&'m [u8]),
}

/// Why a mail has not all of its files. Nothing was handed to a provider.
pub(crate) enum Missing {
    Expired,
    /// Other mails have theirs fetched.
    Busy,
    /// Another try may have them.
    NotNow(String),
    Never(String),
}

/// The files of a mail that stand in its notification.
#[cfg(test)]
pub(crate) fn inline<'m>(outgoing: &Outgoing<'m>) -> Vec<File<'m>> {
    let attached = email::parse(outgoing.destination).map(|to| Mail::to(&to, outgoing.mail).attachments);
    let files = attached.unwrap_or_default().into_iter().filter_map(|file| {
        let Content::Base64(text) = file.content else { return None };
        let (filename, content_type, content_id) = (file.filename?, file.content_type, file.content_id);
        Some(File { filename, content_type, content_id, content: Bytes::Base64(text) })
    });
    files.collect()
}

impl File<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Bytes::Base64(text) => STANDARD.decode(text).unwrap_or_default(),
            Bytes::Fetched(bytes) => bytes.clone(),
            Bytes::Stored(bytes) => bytes.to_vec(),
        }
    }

    pub(crate) fn base64(&self) -> Cow<'_, str> {
        match &self.content {
            Bytes::Base64(text) => Cow::Borrowed(text),
            Bytes::Fetched(bytes) => Cow::Owned(STANDARD.encode(bytes)),
            Bytes::Stored(bytes) => Cow::Owned(STANDARD.encode(bytes)),
        }
    }
}

impl Files {
    pub(crate) fn new(settings: &Settings) -> Self {
        let guard = Guard::new(&settings.outbound);
        let http = http::guarded_client(settings.provider_timeout, guard.clone());
        let patience = settings.provider_timeout.mul_f64(SHARE);
        Self { http, guard, places: Arc::new(Semaphore::new(MAX_MAILS)), patience }
    }

    /// The files of a mail, those to be fetched one after the other.
    ///
    /// # Errors
    /// [`Missing`], whose text names the file by its place, and quotes no URL: many open what they lead to.
    pub(crate) async fn of<'m>(&self, outgoing: &Outgoing<'m>) -> Result<Gathered<'m>, Missing> {
        let has_files = outgoing.mail.is_some_and(|mail| mail.contains_key(FIELD));
        let Some(to) = email::parse(outgoing.destination).ok().filter(|_| has_files) else {
            return Ok(Gathered::default());
        };
        let attached = Mail::to(&to, outgoing.mail).attachments;
        if !attached.iter().any(|file| matches!(file.content, Content::Url(_))) {
            return self.gather(attached, outgoing.files, None).await;
        }
        let gathered = async {
            let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Missing::Busy)?;
            self.gather(attached, outgoing.files, Some(place)).await
        };
        match outgoing.before_it_expires(timeout(self.patience, gathered)).await {
            None => Err(Missing::Expired),
            Some(Ok(gathered)) => gathered,
            Some(Err(_)) if self.places.available_permits() == 0 => Err(Missing::Busy),
            Some(Err(_)) => Err(Missing::NotNow(format!("{FIELD} were not fetched in time"))),
        }
    }

    async fn gather<'m>(
        &self,
        attached: Vec<email::Attachment<'m>>,
        stored: &'m [CarriedFile],
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Gathered<'m>, Missing> {
        let (mut files, mut room) = (Vec::with_capacity(attached.len()), MAX_BYTES);
        let mut stored = stored.iter();
        for (at, file) in attached.into_iter().enumerate() {
            let (mut filename, mut content_type) = (file.filename.unwrap_or_default(), file.content_type);
            let content = match file.content {
                Content::Base64(text) => Bytes::Base64(text),
                Content::Stored(object) => {
                    let found = stored.next().filter(|found| found.object.as_str() == object);
                    let found = found.ok_or_else(|| Missing::Never("it was not read".into()).of(at))?;
                    (filename, content_type) = (found.name.as_str(), found.object.kind().content_type());
                    Bytes::Stored(&found.bytes)
                }
                Content::Url(url) => {
                    let bytes = self.fetch(url, room).await.map_err(|why| why.of(at))?;
                    room -= bytes.len();
                    Bytes::Fetched(bytes)
                }
            };
            files.push(File { filename, content_type, content_id: file.content_id, content });
        }
        Ok(Gathered { files, _place: place })
    }

    async fn fetch(&self, url: &str, room: usize) -> Result<Vec<u8>, Missing> {
        let url = Url::parse(url).map_err(|_| Missing::Never("it is no URL".into()))?;
        self.guard.check(&url).map_err(|refused| NoAnswer::Forbidden(refused).into_missing())?;
        let http = self.http.as_ref().map_err(|why| Missing::NotNow(why.clone()))?;
        let request = http.get(url).header(ACCEPT_ENCODING, "identity");
        let mut response = request.send().await.map_err(|error| http::no_answer(error).into_missing())?;
        if let Some(missing) = unfit(response.status()) {
            return Err(missing);
        }
        if response.headers().contains_key(CONTENT_ENCODING) {
            return Err(Missing::Never("it comes in an encoding that was not asked for".into()));
        }
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if chunk.len() > room.saturating_sub(bytes.len()) => {
                    let limit = MAX_BYTES / (1024 * 1024);
                    return Err(Missing::Never(format!("it is too large: {limit} MiB are fetched for a mail")));
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes),
                Err(_) => return Err(Missing::NotNow("the answer broke off".into())),
            }
        }
    }
}

/// What an answer means that is no file.
fn unfit(status: StatusCode) -> Option<Missing> {
    let code = status.as_u16();
    match code {
        200 => None,
        300..=399 => Some(Missing::Never(format!("HTTP {code}: redirects are not followed"))),
        408 | 425 | 429 => Some(Missing::NotNow(format!("HTTP {code}"))),
        400..=499 => Some(Missing::Never(format!("HTTP {code}"))),
        _ => Some(Missing::NotNow(format!("HTTP {code}"))),
    }
}

impl NoAnswer {
    fn into_missing(self) -> Missing {
        match self {
            Self::Forbidden(refused) => Missing::Never(refused.to_string()),
            Self::NotSent(why) | Self::NotMade(why) | Self::Lost(why) => Missing::NotNow(why),
        }
    }
}

impl Missing {
    /// The same for the file at this place.
    fn of(self, at: usize) -> Self {
        let told = |why: String| format!("{FIELD}/{at} was not fetched: {why}");
        match self {
            Self::NotNow(why) => Self::NotNow(told(why)),
            Self::Never(why) => Self::Never(told(why)),
            other => other,
        }
    }

    pub(crate) fn outcome(self, provider: &'static str) -> Outcome {
        let failure = |why: String| Failure::new(provider, None, why);
        match self {
            Self::Expired => Outcome::Expired,
            Self::Busy => {
                let why = format!("{MAX_MAILS} mails have their {FIELD} fetched, which is the limit");
                Outcome::Throttled { failure: failure(why), retry_after: None }
            }
            Self::NotNow(why) => Outcome::Retriable { failure: failure(why), alarm: false, maybe_sent: false },
            Self::Never(why) => Outcome::Permanent { reason: Reason::Permanent, failure: failure(why) },
        }
    }
}

#[cfg(test)]
mod tests;
