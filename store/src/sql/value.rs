//! Values of a statement: one after the other, or groups of them that a statement reads as a table.

use std::time::Duration;

use domain::Key;

/// One value of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(Option<&'a str>),
    Int(Option<i64>),
    Bytes(Option<&'a [u8]>),
    Flag(bool),
}

/// Rows of values that a statement reads as the table `u`. Its first column is never null.
pub(crate) struct Group<'a> {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<(&'static str, Column<'a>)>,
}

pub(crate) enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Int(Vec<Option<i64>>),
    Bytes(Vec<Option<&'a [u8]>>),
    Flag(Vec<bool>),
}

impl<'a> Group<'a> {
    pub(crate) fn of(rows: usize) -> Self {
        Self { rows, columns: Vec::with_capacity(20) }
    }

    pub(crate) fn text<V: Into<Option<&'a str>>>(self, name: &'static str, values: impl Iterator<Item = V>) -> Self {
        self.with(name, Column::Text(values.map(Into::into).collect()))
    }

    pub(crate) fn int<V: Into<Option<i64>>>(self, name: &'static str, values: impl Iterator<Item = V>) -> Self {
        self.with(name, Column::Int(values.map(Into::into).collect()))
    }

    pub(crate) fn bytes<V: Into<Option<&'a [u8]>>>(self, name: &'static str, values: impl Iterator<Item = V>) -> Self {
        self.with(name, Column::Bytes(values.map(Into::into).collect()))
    }

    pub(crate) fn flag(self, name: &'static str, values: impl Iterator<Item = bool>) -> Self {
        self.with(name, Column::Flag(values.collect()))
    }

    fn with(mut self, name: &'static str, column: Column<'a>) -> Self {
        self.columns.push((name, column));
        self
    }
}

/// The tenant and the id of a row, as values.
pub(crate) fn key_values(key: &Key) -> [Value<'_>; 2] {
    [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))]
}

/// The group of the rows that `keys` name: its columns are `tenant` and `id`.
pub(crate) fn keys_group<'a>(keys: impl ExactSizeIterator<Item = &'a Key> + Clone) -> Group<'a> {
    Group::of(keys.len())
        .text("tenant", keys.clone().map(|key| key.tenant.as_str()))
        .text("id", keys.map(|key| key.id.as_str()))
}

/// A duration in microseconds, as both databases store it.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 2)
}
