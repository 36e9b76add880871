//! What templates there are, and what each of them takes: what is asked without rendering for anybody.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Templates;
use crate::catalog::{Template, fallbacks};
use crate::error::{Problem, TemplateError};

/// What one template offers, for people who list templates.
#[derive(Clone, PartialEq, Debug)]
pub struct Description {
    pub template: String,
    /// Each locale with its channels, both sorted. The channel `text` stands for every channel without words of its
    /// own.
    pub locales: Vec<(String, Vec<String>)>,
    /// The names that the template looks up in the data, sorted; some may be optional.
    pub variables: Vec<String>,
    /// Data with which the template renders.
    pub sample: Map<String, Value>,
}

impl Templates {
    /// Whether there is a template of this name.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`], with the template that was probably meant.
    pub fn find(&self, template: &str) -> Result<(), TemplateError> {
        if self.catalog.templates.contains_key(template) { Ok(()) } else { Err(self.unknown(template)) }
    }

    /// Whether the template's sample has this name, so that the template uses it.
    pub fn takes(&self, template: &str, variable: &str) -> bool {
        self.catalog.templates.get(template).is_some_and(|template| template.sample.contains_key(variable))
    }

    /// Names that can be used as they are, and most likely are not what was meant: a channel that does not exist, or
    /// nearly another locale or variable.
    pub fn doubts(&self) -> &[Problem] {
        &self.doubts
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.catalog.templates.keys().map(String::as_str)
    }

    /// Whether any template has words under exactly this tag.
    pub fn has_locale(&self, tag: &str) -> bool {
        self.catalog.templates.values().any(|template| template.has_locale(std::iter::once(tag)))
    }

    /// The tags under which any template has words, sorted.
    pub fn locales(&self) -> BTreeSet<&str> {
        let tags = self.catalog.templates.values().flat_map(|template| &template.locales);
        tags.map(|(tag, _)| tag.as_str()).collect()
    }

    /// The tags of [`Templates::locales`] when neither the default locale nor what it falls back to is among them: a
    /// notification without a locale finds no words then.
    pub fn locales_without_the_default(&self) -> Option<BTreeSet<&str>> {
        let known = |template: &Template| template.has_locale(fallbacks(None, &self.options.default_locale));
        if self.catalog.templates.values().any(known) {
            return None;
        }
        Some(self.locales())
    }

    /// What every template offers, sorted by name.
    pub fn describe(&self) -> Vec<Description> {
        self.catalog.templates.iter().map(|(name, template)| self.describe_one(name, template)).collect()
    }

    fn describe_one(&self, name: &str, template: &Template) -> Description {
        let mut locales: Vec<(String, Vec<String>)> = template
            .locales
            .iter()
            .map(|(locale, channels)| (locale.clone(), channels.keys().cloned().collect()))
            .collect();
        locales.sort();
        let variables = self.variables_of(template).into_iter().map(str::to_owned).collect();
        Description { template: name.to_owned(), locales, variables, sample: template.sample.clone() }
    }

    /// The names that any part of a template looks up in the data.
    pub(super) fn variables_of(&self, template: &Template) -> BTreeSet<&str> {
        let variables = template.parts().filter_map(|part| self.compiled.tera.get_template_variables(part).ok());
        variables.flatten().collect()
    }
}
