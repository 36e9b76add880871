//! The parts with which one role handles its messages.

use std::sync::Arc;
use std::time::Instant;

use domain::{Clock, DecodeError, Defaults, FieldError, Key, Notification, RecipientHasher, UnknownField};
use runtime::LogLimiter;
use store::{LedgerBreaker, Store};
use tokio_util::sync::CancellationToken;
use topology::{Incoming, Publisher};

use crate::role::Role;

/// How many warnings about the fields and headers of one message are stored.
const MAX_KEPT: usize = 16;
/// How the pointer of a header begins.
const HEADER: &str = "header:";

/// The parts of a role, each of which is running already.
pub struct Intake {
    pub role: Role,
    pub publisher: Publisher,
    pub store: Store,
    pub breaker: LedgerBreaker,
    pub hasher: RecipientHasher,
    pub defaults: Defaults,
    pub clock: Arc<dyn Clock>,
    /// How often it is logged that messages have fields and headers that are not known.
    pub unread: LogLimiter,
    /// Cancelled when the role consumes no more.
    pub stopping: CancellationToken,
}

impl Intake {
    /// Reads the body. Headers that look like ours and could not be read are logged, whatever becomes of the message:
    /// an operator may have meant one of them to send the message again, while the copy is only acknowledged.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered, and is to be dead-lettered with this reason.
    pub fn decode(&self, incoming: &Incoming) -> Result<Notification, DecodeError> {
        let notification = incoming.decode(&self.defaults)?;
        self.log_misread_headers(incoming, notification.id.as_deref());
        Ok(notification)
    }

    /// Stores warnings about the fields and headers that were not read beside the delivery, and returns what was
    /// stored.
    pub fn keep_warnings(&self, key: &Key, unknown: &[UnknownField]) -> Vec<FieldError> {
        let warnings: Vec<FieldError> = unknown.iter().take(MAX_KEPT).map(UnknownField::warning).collect();
        self.store.warn(key, &warnings);
        warnings
    }

    /// Stores warnings about the fields and headers beside the delivery, and logs the names of the fields, never their
    /// values. The headers were logged when the message was decoded.
    pub fn report_unread(&self, key: &Key, unknown: &[UnknownField]) {
        let kept = self.keep_warnings(key, unknown);
        let is_field = |pointer: &&str| !pointer.starts_with(HEADER);
        let told: Vec<&str> = kept.iter().map(|warning| warning.pointer.as_str()).filter(is_field).collect();
        let all = unknown.iter().map(|field| field.pointer.as_str()).filter(is_field).count();
        let fields = told.join(" ");
        if all > 0 && self.unread.is_due(&fields, Instant::now()) {
            tracing::warn!(delivery = %key, fields, more = all - told.len(),
                "a message has fields that are not known: they were not read (told once an hour; \
                 GET /deliveries/{{id}} says what was meant)");
        }
    }

    /// Notes the confirmed letter in the row of this epoch, so that no later copy publishes a second letter. The write is
    /// tried once: the letter itself is safe, and the acknowledgement waits only for that.
    pub async fn note_letter(&self, key: &Key, epoch: u32) {
        if let Err(error) = self.store.note_letter(key, epoch).await {
            tracing::warn!(%error, delivery = %key, "could not note a dead letter: a copy may make another one");
        }
    }

    /// Logs the names of headers that look like ours and could not be read, never their values.
    fn log_misread_headers(&self, incoming: &Incoming, id: Option<&str>) {
        let warnings: Vec<String> = incoming.misread.iter().map(|header| header.warning().to_string()).collect();
        let headers = warnings.join("; ");
        if !headers.is_empty() && self.unread.is_due(&headers, Instant::now()) {
            let id = incoming.message_id.as_deref().or(id).unwrap_or("without an id");
            tracing::warn!(delivery = %domain::printable(id), headers,
                "a message has headers that look like ours and were not read (told once an hour)");
        }
    }
}
