//! Users who may log in, their sessions, the keys of services, and failed logins.

mod api_keys;
mod logins;
mod sessions;
mod users;

pub use api_keys::{ApiKey, KeyCursor, KeyPage, MAX_KEYS, MadeKey, NewKey, Rotation as KeyRotation};
pub use logins::{Login, Standing};
pub use sessions::{NewSession, OpenSession, Session as UserSession};
pub use users::{Changed, NewUser, Revocations, User, UserChange, UserPage};
