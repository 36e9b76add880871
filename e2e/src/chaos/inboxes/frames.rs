//! Server-sent events, read as they come.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One event.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) event: String,
    pub(super) data: Value,
    /// The place that it brings its client to.
    pub(super) id: Option<String>,
}

/// Takes the events that are whole out of what has come.
///
/// # Errors
/// When one cannot be read.
pub(super) fn take(come: &mut Vec<u8>) -> Result<Vec<Frame>> {
    let mut frames = Vec::new();
    while let Some(end) = come.windows(2).position(|pair| pair == b"\n\n") {
        let text: Vec<u8> = come.drain(..end + 2).collect();
        frames.extend(read(&String::from_utf8(text)?)?);
    }
    Ok(frames)
}

/// None for a line that only keeps the stream alive.
fn read(text: &str) -> Result<Option<Frame>> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    let Some(event) = field("event") else { return Ok(None) };
    let data = serde_json::from_str(field("data").unwrap_or("null")).with_context(|| format!("the data of {event}"))?;
    Ok(Some(Frame { event: event.to_owned(), data, id: field("id").map(str::to_owned) }))
}
