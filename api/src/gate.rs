//! Which calls of providers are believed. The API knows no provider: whoever puts the process together gives it a
//! [`Gate`], which does.

use std::sync::Arc;

use axum::http::HeaderMap;
use domain::Timestamp;

/// One call, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The last step of its path.
    pub name: &'a str,
    /// The path and the query, exactly as they were asked.
    pub target: &'a str,
    pub headers: &'a HeaderMap,
    /// The raw body. None for a GET, by which a provider may ask whether the webhook is ours.
    pub body: Option<&'a [u8]>,
    pub at: Timestamp,
}

/// What becomes of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// This provider has sent it. Once it is safe, the answer is this content type and this text.
    Believed { provider: &'static str, content_type: &'static str, text: String },
    /// A question that is answered at once, and means nothing else.
    Answered(String),
    /// It is not the provider's. Why is told in our log, and not to the caller.
    Refused { provider: &'static str, why: String },
    /// No provider calls by this name, or none whose calls could be believed. `meant` is the name that is nearly this one.
    Unknown { meant: Option<&'static str> },
}

/// Which calls are believed.
pub type Gate = Arc<dyn Fn(&Call<'_>) -> Verdict + Send + Sync>;
