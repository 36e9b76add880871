//! Text that people read: foreign text made harmless, the known name that somebody meant, and the field that is wrong.
//! It knows nothing of what the text is about.

mod field_error;
mod line;
mod nearest;
mod printable;

pub use field_error::{FieldError, is_plain_name, pointer_step};
pub use line::{MAX_SUBJECT_CHARS, check_subject, folded_subject, is_unsafe_in_a_line};
pub use nearest::{MAX_COMPARED_BYTES, MAX_COMPARED_NAMES, is_one_edit, nearest, nearest_of_few, plain};
pub use printable::{acts, hides, printable, unseen};
