//! The words: templates by name, locale and channel, and the renderer that turns them and a message's data into text.
//!
//! Read [`Templates`] first. The shipped templates are files in `catalog/`, embedded in the binary; an operator's
//! directory of the same shape adds to them and overrides them file by file. Only this crate knows tera, mrml and
//! css-inline. Rendering is synchronous and pure: it reads no files, uses no network, and knows no clock but the one
//! that ends a runaway template.

mod blocks;
mod bounded;
mod budget;
mod catalog;
mod compile;
mod context;
mod directory;
mod doubts;
mod error;
mod explain;
mod files;
mod language;
mod links;
mod mjml;
mod names;
mod placeholders;
mod plain;
mod scan;
mod settings;
mod styles;
mod templates;

#[cfg(test)]
mod tests;

pub use budget::Limits;
pub use error::{LoadError, Problem, TemplateError, no_template};
pub use templates::{Description, Links, Options, Templates};
