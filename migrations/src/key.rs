//! What the tables have in common: the columns of a key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A text column that is compared byte by byte, whatever language the database was made for. With the usual
/// `en_US.UTF-8` Postgres would ask the C library for the order of two ids at every step through an index, and would
/// sort them differently from SQLite and `domain`. SQLite compares bytes by itself.
pub(crate) fn text(manager: &SchemaManager<'_>, column: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(column);
    column.text().not_null();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}
