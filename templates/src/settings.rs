//! What an operator sets of the words: a catalog of one's own, and the locale of last resort.

use std::sync::Arc;

use runtime::settings::Reader;

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
            let hint = domain::nearest(&default_locale, known.iter().copied());
            let hint = hint.map(|tag| format!("; did you mean {tag}?")).unwrap_or_default();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            reader.refuse("DEFAULT_LOCALE", format!("must be a locale of some template: {known}{hint}"));
        }
        Some(Arc::new(templates))
    }
}
