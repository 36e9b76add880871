//! The topology crate on a real broker: declare, verify, publish, consume, each under the faults it promises to bear.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod consume;
mod declare;
mod place;
mod publish;
mod refused;
mod several;
mod told;
