//! Who may log in, and who has failed to.

mod logins;
mod users;

pub use logins::{Login, Standing};
pub use users::{NewUser, User};
