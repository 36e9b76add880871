//! The use cases without HTTP, a command line or a broker.

mod check;
