//! Files that come from outside: what a file is, whether it may come in, and where it lies. It knows no tenant's rows, no
//! route and no notification.
//!
//! [`Files`] is all of it put together: read it first. A file comes in by [`Incoming`], piece by piece and never whole in
//! memory; `check` looks at what it is, `scanner` asks ClamAV, `storage` keeps it in a folder or in a bucket, and [`name()`]
//! makes the name that people see.

mod check;
mod files;
mod name;
mod scanner;
mod settings;
mod spool;
mod storage;

pub use check::{Fault, Unfit};
pub use files::{Files, Health, NotAdmitted, Template};
pub use name::{disposition, name};
pub use settings::{Scanning, Settings};
pub use spool::{Incoming, NotReceived, Received};
pub use storage::{Away, Reading};
