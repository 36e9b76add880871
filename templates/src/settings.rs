//! The settings of the words: a catalog of the operator's own, and the locale of last resort.

use std::sync::Arc;

use runtime::settings::{Reader, did_you_mean, first_of};

use crate::names::{ends_as_a_tag, hint, meant_locale};
use crate::templates::{Options, Templates};

impl Templates {
    /// Reads the shipped templates and those of `TEMPLATES_DIR`, and reports every place in them that must be
    /// corrected. `None` for a process that renders nothing. `channels` are the known ones; a file of another channel
    /// is warned about.
    pub fn read(reader: &mut Reader, renders: bool, channels: &'static [&'static str]) -> Option<Arc<Self>> {
        let (folder, default_locale) = (reader.path("TEMPLATES_DIR"), reader.required_text("DEFAULT_LOCALE"));
        if !renders {
            return None;
        }
        let options = Options { channels, ..Options::new(default_locale.clone()) };
        let templates = match Self::with_directory(folder.as_deref(), options) {
            Ok(templates) => templates,
            Err(error) => {
                first_of(&error.problems).for_each(|problem| reader.problem(format!("TEMPLATES_DIR: {problem}")));
                return None;
            }
        };
        first_of(templates.doubts()).for_each(|doubt| reader.warn(format!("TEMPLATES_DIR: {doubt}")));
        if let Some(known) = templates.locales_without_the_default().filter(|_| !default_locale.is_empty()) {
            let known: Vec<&str> = known.into_iter().collect();
            let near = hint(meant_locale(&default_locale, &known));
            let what = format!("must be a locale of some template: {}{near}", known.join(", "));
            reader.refuse("DEFAULT_LOCALE", what);
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
