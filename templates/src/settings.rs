//! What an operator sets of the words: a catalog of one's own, and the locale of last resort.

use std::sync::Arc;

use runtime::settings::{Reader, did_you_mean};

use crate::templates::{Options, Templates};

impl Templates {
    /// The shipped ones and those of `TEMPLATES_DIR`, with every place in them that must be corrected; `None` for a process
    /// that renders nothing.
    pub fn read(reader: &mut Reader, renders: bool) -> Option<Arc<Self>> {
        let (folder, default_locale) = (reader.path("TEMPLATES_DIR"), reader.required_text("DEFAULT_LOCALE"));
        if !renders {
            return None;
        }
        let templates = match Self::with_directory(folder.as_deref(), Options::new(default_locale.clone())) {
            Ok(templates) => templates,
            Err(error) => {
                error.problems.iter().for_each(|problem| reader.problem(format!("TEMPLATES_DIR: {problem}")));
                return None;
            }
        };
        if let Some(known) = templates.locales_without_the_default().filter(|_| !default_locale.is_empty()) {
            let known: Vec<&str> = known.into_iter().collect();
            let what = format!("must be a locale of some template: {}", known.join(", "));
            reader.refuse_word("DEFAULT_LOCALE", what, &known);
        } else if !default_locale.is_empty()
            && !templates.has_locale(&default_locale)
            && !ends_as_a_tag(&default_locale)
        {
            let known: Vec<&str> = templates.locales().into_iter().collect();
            let hint = did_you_mean(&default_locale, &known);
            reader.warn(format!(
                "DEFAULT_LOCALE ends with what is no region such as AR, and no template has words for it: those of the \
                 shorter one are taken{hint}"
            ));
        }
        Some(Arc::new(templates))
    }
}

/// Whether the last part of a locale may be a region, a script or a variant (RFC 5646 section 2.1).
fn ends_as_a_tag(locale: &str) -> bool {
    let last = locale.rsplit(['-', '_']).next().unwrap_or_default();
    let all = |is: fn(&char) -> bool| last.chars().all(|letter| is(&letter));
    match last.len() {
        2 => all(char::is_ascii_alphabetic),
        3 => all(char::is_ascii_digit),
        4..=8 => all(char::is_ascii_alphanumeric),
        _ => false,
    }
}
