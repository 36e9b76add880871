//! Users who may log in, and failed logins.

mod logins;
mod users;

pub use logins::{Login, Standing};
pub use users::{NewUser, User};
