//! The topology crate on a real broker: declare, verify, publish, consume, each under the faults it promises to bear.

mod consume;
mod declare;
mod place;
mod proxy;
mod publish;
mod refused;
