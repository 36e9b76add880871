//! What several forms of users and keys have in common.

use domain::{FieldError, Role};
use maud::{Markup, html};

use super::words::Words;
use crate::fields::Fields;
use crate::pieces::written::{Line, beside, is_of};
use crate::words::Lang;

/// The choice of a role, or of single words; `chosen` are what stands there now.
pub(super) fn rights(lang: Lang, (role, scope): (&str, &str), hint: &str, errors: &[FieldError]) -> Markup {
    let words = Words::of(lang);
    let is_wrong = errors.iter().any(|error| is_of(error, "role"));
    html! {
        div.field {
            label for="field-role" { (words.role) }
            select #field-role name="role" aria-invalid=[is_wrong.then_some("true")] aria-describedby="said-role" {
                option value="" { (words.no_role) }
                @for one in Role::ALL {
                    option value=(one.as_str()) selected[one.as_str() == role] { (one.as_str()) }
                }
            }
            (beside("said-role", "role", words.roles, errors))
        }
        (Line::text("scope", words.scope, scope).hint(hint).with(errors))
    }
}

/// The text that a field had, to be shown again.
pub(super) fn kept<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.text(name).unwrap_or_default()
}
