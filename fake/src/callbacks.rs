//! Calls the fleet, as providers do.

use std::time::Duration;

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
}

impl Callbacks {
    /// # Errors
    /// There are no certificates to trust.
    pub(crate) fn new(base_url: Option<String>) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        Ok(Self { http: builder.no_proxy().build()?, base_url })
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
        request.send().await.map(|answer| answer.status().as_u16()).map_err(|error| error.to_string())
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
        while !matches!(self.call(post).await, Ok(200..=299)) {
            let Some(pause) = pauses.next().filter(|_| post.repeats) else { return };
            tokio::time::sleep(*pause).await;
        }
    }
}
