//! What a job could not do, as lines of a file.

use domain::Tenant;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::json;
use store::{FailedLetter, MAX_PAGE, Store, StoreError};

/// How the file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureFormat {
    /// One JSON object a line.
    NdJson,
    /// RFC 4180, with a header.
    Csv,
}

impl FailureFormat {
    pub const ALL: [Self; 2] = [Self::NdJson, Self::Csv];

    /// The word for it, which is the end of a file's name as well.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NdJson => "ndjson",
            Self::Csv => "csv",
        }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::NdJson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What the file begins with.
    pub const fn head(self) -> &'static str {
        match self {
            Self::NdJson => "",
            Self::Csv => "letter,id,lane,channel,provider,state,why,at\r\n",
        }
    }

    /// One letter, with the end of its line.
    pub fn line(self, failed: &FailedLetter) -> String {
        let FailedLetter { letter, id, lane, channel, provider, state, why, at } = failed;
        let at = at.map(|at| at.to_string());
        match self {
            Self::NdJson => {
                let line = json!({
                    "letter": letter, "id": id, "lane": lane, "channel": channel, "provider": provider, "state": state,
                    "why": why, "at": at,
                });
                format!("{line}\n")
            }
            Self::Csv => {
                let at = at.unwrap_or_default();
                let fields = [letter, id, lane, channel, provider, state, why, &at];
                let cells: Vec<String> = fields.into_iter().map(|field| cell(field)).collect();
                format!("{}\r\n", cells.join(","))
            }
        }
    }
}

/// Where the writing of a file stands: the page that is written next, if there is one.
struct File {
    store: Store,
    tenant: Tenant,
    job: String,
    format: FailureFormat,
    page: Option<Vec<FailedLetter>>,
    is_first: bool,
}

/// A page of the letters of a job with which it has not done what was asked for: those behind the letter `after`. None
/// when the tenant has no job of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn failures(
    store: &Store,
    tenant: &Tenant,
    id: &str,
    after: &str,
) -> Result<Option<Vec<FailedLetter>>, StoreError> {
    if store.letter_job(tenant, id).await?.is_none() {
        return Ok(None);
    }
    store.failed_letters(id, after, MAX_PAGE).await.map(Some)
}

/// The same as a file, in pieces: each page is read when the one before it was written. A ledger that goes away breaks it
/// off. None when the tenant has no job of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn failures_file(
    store: &Store,
    tenant: &Tenant,
    id: &str,
    format: FailureFormat,
) -> Result<Option<BoxStream<'static, Result<String, StoreError>>>, StoreError> {
    let Some(page) = failures(store, tenant, id, "").await? else { return Ok(None) };
    let (store, tenant, job) = (store.clone(), tenant.clone(), id.to_owned());
    let file = File { store, tenant, job, format, page: Some(page), is_first: true };
    Ok(Some(stream::try_unfold(file, next_piece).boxed()))
}

async fn next_piece(mut file: File) -> Result<Option<(String, File)>, StoreError> {
    let Some(page) = file.page.take() else { return Ok(None) };
    let mut text = String::new();
    if file.is_first {
        text.push_str(file.format.head());
        file.is_first = false;
    }
    page.iter().for_each(|one| text.push_str(&file.format.line(one)));
    if let Some(last) = page.last() {
        let next = failures(&file.store, &file.tenant, &file.job, &last.letter).await?;
        file.page = next.filter(|next| !next.is_empty());
    }
    Ok(Some((text, file)))
}

/// One cell. A text that a spreadsheet would take for a formula begins with an apostrophe: ids come from outside.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) || !guard.is_empty() {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn a_line_is_the_same_in_both_formats_and_no_formula() {
        let failed = FailedLetter {
            letter: "0a".into(),
            id: "=1,\"2".into(),
            lane: "bulk".into(),
            channel: "sms".into(),
            provider: String::new(),
            state: "missing".into(),
            why: "not_in_the_queue".into(),
            at: Some(Timestamp::from_seconds(1_772_366_400)),
        };
        let expected = "0a,\"'=1,\"\"2\",bulk,sms,,missing,not_in_the_queue,2026-03-01T12:00:00Z\r\n";
        assert_eq!(FailureFormat::Csv.line(&failed), expected);
        let line = FailureFormat::NdJson.line(&failed);
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&read["id"], &read["at"]), (&json!("=1,\"2"), &json!("2026-03-01T12:00:00Z")));
        assert!(line.ends_with("}\n") && FailureFormat::Csv.head().split(',').count() == 8);
    }
}
