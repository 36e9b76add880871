//! `/sandbox`: what would have been sent, as each recipient would have seen it.

pub(crate) mod captures;
pub(crate) mod faults;
pub(crate) mod pages;
