//! One way to speak to both databases: statements with `$1` placeholders, values, groups of values as a table,
//! sessions, and the writer that commits groups.
//!
//! A statement may hold `{u}` (once: the group's table, an alias `u` with the columns of the [`Group`]), `{now}`
//! (microseconds by the database's own clock), `{leased_for}` (microseconds for which a row is leased), `{for_update}`
//! and `{skip_locked}` (empty on SQLite, which has one writer). This module names no table.

mod columns;
mod conditions;
mod cursor;
mod db;
mod pager;
mod postgres;
mod session;
mod sqlite;
mod value;
mod writer;

pub(crate) use columns::{content_of, count_of, get, key_in, key_of, time_of, unreadable, uuid_of};
pub(crate) use conditions::Conditions;
pub(crate) use cursor::Place;
pub use cursor::{Filtering, PageCursor, fingerprint};
pub(crate) use db::{Db, Line};
pub(crate) use pager::{Asked, PAGE_LOOK, Pager};
pub(crate) use session::Session;
pub(crate) use value::{Group, Value, key_values, keys_group, micros};
pub(crate) use writer::{Work, Writer};
