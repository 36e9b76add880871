//! What is told inside an application: the inboxes of users, and who is told what is for a topic.
//!
//! `post` puts `items` into inboxes, in the commit of the outcomes of their deliveries; `reading` is how users read
//! them, and `changes` what they do with them; `forgetting` what is too old, or too much; `members` who is of a topic,
//! and `fan_outs` how far they are told.

mod changes;
mod fan_outs;
mod forgetting;
mod items;
mod members;
pub(crate) mod post;
mod reading;

pub use fan_outs::FanOut;
pub use forgetting::InboxLimits;
pub use items::{InboxCursor, InboxFilter, InboxItem, InboxKept, InboxPage};
pub use members::MemberPut;
pub use post::Post;
