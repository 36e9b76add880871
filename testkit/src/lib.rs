//! What the tests of several packages share: values to start from, and what stands in for the world around a package.
//!
//! It depends on no package of ours but `domain`. The unit tests of a package are compiled with the package as one
//! crate, and what another crate makes with the package's plain build is of other types: so `domain` keeps samples of
//! its own. What only one package uses stays there.

mod clock;
mod fuzz;
mod kept;
mod places;
mod samples;

pub mod documents;
pub mod keys;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod tools;

pub use clock::{Still, SystemClock};
pub use fuzz::fuzz_cases;
pub use kept::Kept;
pub use places::{NO_BROKER, ledger_in, nobody};
pub use samples::{NOW, RETRY_DELAYS, SECRET, at, every_push_option, key, key_of, row, told, told_by};
pub use tools::Counterpart;
