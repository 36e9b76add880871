//! What a provider's call says, read by whoever knows the providers: this role knows none.

use std::sync::Arc;

use domain::{ChannelName, Report};
use topology::Inbound;

/// One thing that a call says.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    pub report: Report,
    /// The channel by which the message went, or came.
    pub channel: ChannelName,
    /// The person at its other end, as a notification names them; none where the call names nobody.
    pub person: Option<String>,
}

/// What a call says, as far as it can be read.
#[derive(Clone, PartialEq, Debug)]
pub struct Spoken {
    pub said: Vec<Said>,
    /// Which part says nothing to us, and why.
    pub unread: Option<String>,
}

/// Reads a call. An error says why it says nothing to us.
pub type Reader = Arc<dyn Fn(&Inbound) -> Result<Spoken, String> + Send + Sync>;
