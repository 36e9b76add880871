//! `/v1/messages`: a notification or a question, in the words of services that know Telegram and mail.

pub(crate) mod body;
pub(crate) mod send;
