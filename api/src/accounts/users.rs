//! `/users` and `/password`: who may log in, and what is changed about them.

pub(crate) mod act;
mod answer;
pub(crate) mod list;
mod name;
pub(crate) mod password;
