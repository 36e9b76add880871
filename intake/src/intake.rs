//! What a role needs to handle its messages.

use std::sync::Arc;
use std::time::Instant;

use domain::{Clock, DecodeError, Defaults, FieldError, Key, Notification, RecipientHasher, UnknownField};
use runtime::LogLimiter;
use store::{LedgerBreaker, Store};
use tokio_util::sync::CancellationToken;
use topology::{Incoming, Publisher};

use crate::role::Role;
use crate::telling::Teller;

/// How many warnings about one message are stored.
const MAX_KEPT: usize = 16;

/// What a role needs to handle its messages. Each part is running already.
pub struct Intake {
    pub role: Role,
    pub publisher: Publisher,
    pub teller: Teller,
    pub store: Store,
    pub breaker: LedgerBreaker,
    pub hasher: RecipientHasher,
    pub defaults: Defaults,
    pub clock: Arc<dyn Clock>,
    /// How often it is logged that messages have something that is not known, or without effect.
    pub unread: LogLimiter,
    /// Cancelled when the role consumes no more.
    pub stopping: CancellationToken,
}

impl Intake {
    /// Reads the body. Headers and properties that look like ours and were not read are logged, whatever becomes of the
    /// message: an operator may have meant one of them to send the message again, while the copy is only acknowledged.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered, and is to be dead-lettered with this reason.
    pub fn decode(&self, incoming: &Incoming) -> Result<Notification, DecodeError> {
        let notification = incoming.decode(&self.defaults)?;
        self.log_misread_headers(incoming, notification.id.as_deref());
        Ok(notification)
    }

    /// Stores warnings about the fields, headers and properties that were not read beside the delivery.
    pub fn keep_warnings(&self, key: &Key, unknown: &[UnknownField]) {
        self.store.warn(key, &kept(unknown, &[]));
    }

    /// Stores warnings about what was not read and about what has no effect beside the delivery, and logs the names of
    /// the fields, never their values. The headers and properties were logged when the message was decoded.
    pub fn report_unread(&self, key: &Key, unknown: &[UnknownField], unheeded: &[FieldError]) {
        self.store.warn(key, &kept(unknown, unheeded));
        let is_field = |pointer: &&str| pointer.starts_with('/');
        let unread = unknown.iter().map(|field| field.pointer.as_str()).filter(is_field);
        self.log_fields(key, unread.collect(), "a message has fields that are not known: they were not read");
        let unheeded = unheeded.iter().map(|field| field.pointer.as_str());
        self.log_fields(key, unheeded.collect(), "a message has fields without the effect that they seem to have");
    }

    fn log_fields(&self, key: &Key, pointers: Vec<&str>, what: &'static str) {
        let told = &pointers[..pointers.len().min(MAX_KEPT)];
        let fields = told.join(" ");
        if !told.is_empty() && self.unread.is_due(&fields, Instant::now()) {
            tracing::warn!(delivery = %key, fields, more = pointers.len() - told.len(),
                "{what} (told once an hour; GET /deliveries/{{id}} says what was meant)");
        }
    }

    /// Notes the confirmed letter in the row of this epoch, so that no later copy publishes a second letter. The write is
    /// tried once: the letter itself is safe, and the acknowledgement waits only for that.
    pub async fn note_letter(&self, key: &Key, epoch: u32) {
        if let Err(error) = self.store.note_letter(key, epoch).await {
            tracing::warn!(%error, delivery = %key, "could not note a dead letter: a copy may make another one");
        }
    }

    /// Logs the names of headers and properties that look like ours and were not read, never their values.
    fn log_misread_headers(&self, incoming: &Incoming, id: Option<&str>) {
        let warnings: Vec<String> = incoming.misread.iter().map(|header| header.warning().to_string()).collect();
        let headers = warnings.join("; ");
        if !headers.is_empty() && self.unread.is_due(&headers, Instant::now()) {
            let id = incoming.message_id.as_deref().or(id).unwrap_or("without an id");
            tracing::warn!(delivery = %domain::printable(id), headers,
                "a message has headers or properties that look like ours and were not read (told once an hour)");
        }
    }
}

/// The warnings that are stored, those about what was not read first.
fn kept(unknown: &[UnknownField], unheeded: &[FieldError]) -> Vec<FieldError> {
    unknown.iter().map(UnknownField::warning).chain(unheeded.iter().cloned()).take(MAX_KEPT).collect()
}
