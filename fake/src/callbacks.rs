//! Calls the fleet, as providers do.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::message::Post;

/// How long the fleet may take for its answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a provider waits before it tries again, each time longer.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

#[derive(Clone)]
pub(crate) struct Callbacks {
    http: reqwest::Client,
    /// Where the fleet's API is, without a slash at the end. None where nobody is called.
    base_url: Option<String>,
    /// Says a line to whoever runs the fake.
    complain: fn(&str),
    failures: Arc<Mutex<Failures>>,
}

/// What became of the callbacks that nobody waits for.
#[derive(Default, Debug)]
struct Failures {
    /// How many calls were not taken.
    count: u64,
    /// Why the last call of a path was not taken, for each path of which that is so.
    last: BTreeMap<String, String>,
}

impl Failures {
    /// Keeps how a call ended. The line to say, if it ended otherwise than the one before.
    fn note(&mut self, path: &str, failure: Option<String>) -> Option<String> {
        let Some(failure) = failure else {
            return self.last.remove(path).map(|_| format!("the callbacks to {path} are taken again"));
        };
        self.count += 1;
        let before = self.last.insert(path.to_owned(), failure.clone());
        (before.as_ref() != Some(&failure)).then(|| format!("a callback to {path} was not taken: {failure}"))
    }
}

impl Callbacks {
    /// # Errors
    /// There are no certificates to trust.
    pub(crate) fn new(base_url: Option<String>, complain: fn(&str)) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        Ok(Self { http: builder.no_proxy().build()?, base_url, complain, failures: Arc::default() })
    }

    /// How many callbacks were not taken, and why each path does not take them now.
    pub(crate) fn shown(&self) -> Value {
        let failures = self.failures();
        json!({ "failed": failures.count, "not_taken": failures.last })
    }

    pub(crate) fn forget(&self) {
        *self.failures() = Failures::default();
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The status of the fleet's answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn call(&self, post: &Post) -> Result<u16, String> {
        let base_url = self.base_url.as_ref().ok_or("nobody is called: start with --callbacks")?;
        let mut request = self.http.post(format!("{base_url}{}", post.target)).body(post.body.clone());
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        request.send().await.map(|answer| answer.status().as_u16()).map_err(why)
    }

    /// Calls in this order, behind the back of whoever asked for it.
    pub(crate) fn begin(&self, posts: Vec<Post>) {
        if self.base_url.is_none() || posts.is_empty() {
            return;
        }
        let callbacks = self.clone();
        tokio::spawn(async move {
            for post in posts {
                callbacks.repeat(&post).await;
            }
        });
    }

    async fn repeat(&self, post: &Post) {
        let mut pauses = PAUSES.iter();
        while !self.is_taken(post).await {
            let Some(pause) = pauses.next().filter(|_| post.repeats) else { return };
            tokio::time::sleep(*pause).await;
        }
    }
    /// Calls once, and says what became of it where that has changed.
    async fn is_taken(&self, post: &Post) -> bool {
        let failure = match self.call(post).await {
            Ok(200..=299) => None,
            Ok(status) => Some(format!("it is answered with {status}")),
            Err(why) => Some(why),
        };
        let is_taken = failure.is_none();
        // What stands in a query is the label of an attempt.
        let path = post.target.split('?').next().unwrap_or_default();
        let told = self.failures().note(path, failure);
        if let Some(told) = told {
            (self.complain)(&told);
        }
        is_taken
    }
}

/// Why there is no answer, with what is at the bottom of it.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_callback_that_fails_is_said_and_each_change_and_no_repetition() {
        let mut failures = Failures::default();
        let answered = |status: u16| Some(format!("it is answered with {status}"));
        assert_eq!(failures.note("/webhook/twilio", None), None);
        let told = failures.note("/webhook/twilio", answered(404));
        assert_eq!(told.as_deref(), Some("a callback to /webhook/twilio was not taken: it is answered with 404"));
        assert_eq!(failures.note("/webhook/twilio", answered(404)), None);
        assert!(failures.note("/webhook/sendgrid", answered(404)).is_some(), "another path");
        assert!(failures.note("/webhook/twilio", answered(401)).is_some());
        let told = failures.note("/webhook/twilio", None);
        assert_eq!(told.as_deref(), Some("the callbacks to /webhook/twilio are taken again"));
        assert_eq!((failures.count, failures.last.len()), (4, 1));
    }
}
