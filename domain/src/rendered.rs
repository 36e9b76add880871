//! The words of one delivery, ready to send: what `templates` makes and a channel carries.

/// The rendered words of a delivery. Which parts exist depends on the channel: email has all three, SMS only `text`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rendered {
    /// One line that `check_subject` accepts.
    pub subject: Option<String>,
    pub text: String,
    pub html: Option<String>,
}
