//! What a message asks for, who it is, and how it arrived.

use std::panic::AssertUnwindSafe;

use domain::{
    Arrival, Content, DecodeError, Defaults, FieldError, Key, Notification, Reason, content_of, fingerprint_of,
};

use crate::Incoming;

/// See `wire::harmless`.
const NOT_UTF_8: u32 = 0x1a;

impl Incoming {
    /// Reads the body. A panic is a reason to refuse it, not to stop reading the queue.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered as it is.
    pub fn decode(&self, defaults: &Defaults) -> Result<Notification, DecodeError> {
        if let Some(encoding) = self.content_encoding.as_deref()
            && !matches!(
                encoding.to_ascii_lowercase().as_str(),
                "" | "identity" | "utf-8" | "utf8" | "us-ascii" | "ascii"
            )
        {
            return Err(refused(format!("the content_encoding is {encoding:?}; send plain JSON in UTF-8")));
        }
        // AMQP itself limits it to 255 bytes.
        if let Some(bad) = self.message_id.as_deref().and_then(|id| id.chars().find(|&c| domain::acts(c))) {
            let bad = u32::from(bad);
            let latin_1 = if bad == NOT_UTF_8 { ", which stands for bytes that are not UTF-8" } else { "" };
            return Err(refused(format!("the message_id must not contain the control character U+{bad:04X}{latin_1}")));
        }
        contained(|| Notification::decode(&self.body, defaults))
    }

    /// The AMQP `message_id`, else the body's `id`. None for a message that came without any.
    pub fn given_key(&self, notification: &Notification) -> Option<Key> {
        let id = self.message_id.clone().or_else(|| notification.id.clone())?;
        Some(Key { tenant: notification.tenant.clone(), id })
    }

    /// This copy of the delivery `key`, as a claim sees it.
    pub fn arrival(&self, key: Key) -> Arrival {
        Arrival::new(key, content_of(&self.body), &self.headers, self.redelivered)
    }

    /// By which a message without an id is found again after it was delivered again.
    pub fn fingerprint(&self) -> Content {
        fingerprint_of(&self.body, &self.properties_fingerprint)
    }
}

fn contained<T>(read: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_panic| {
        Err(DecodeError { reason: Reason::InternalError, ..refused("reading it made the fleet panic".into()) })
    })
}

fn refused(detail: String) -> DecodeError {
    DecodeError { reason: Reason::DecodeError, fields: vec![FieldError { pointer: String::new(), detail }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_refuses_one_message_as_an_internal_error() {
        let error = contained::<()>(|| panic!("a body like no other")).unwrap_err();
        assert_eq!(error.reason, Reason::InternalError);
        assert!(!error.to_string().contains("a body like no other"), "a panic may quote the body");
        assert_eq!(contained(|| Ok(7)), Ok(7));
    }
}
