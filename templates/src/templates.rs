//! [`Templates`], which are compiled once at start and then shared, and which render one delivery's words for one
//! channel.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use domain::{ChannelName, Rendered, Wording, folded_subject};
use serde_json::{Map, Value};
use tera::Context;

use crate::budget::{self, Limits, Output, Spent};
use crate::catalog::{Catalog, Template, Words, catalog, fallbacks, variants};
use crate::compile::{Compiled, compile};
use crate::context::{Numbers, context};
use crate::directory;
use crate::doubts::doubts;
use crate::error::{LoadError, Problem, TemplateError};
use crate::explain::explain;
use crate::files::{self, Files};
use crate::links;
use crate::names::Known;

mod samples;

/// What a rendering may use on a thread that others wait for, or less where the operator's limits are lower.
const QUICK: Limits = Limits { max_output_bytes: 64 * 1024, max_steps: 1_000, max_time: Duration::from_millis(1) };

/// The most missing variables that are named at once. The shipped templates have up to eight.
const MAX_MISSING: usize = 32;

/// All templates, ready to render.
#[derive(Debug)]
pub struct Templates {
    catalog: Catalog,
    compiled: Compiled,
    options: Options,
    doubts: Vec<Problem>,
}

/// What an operator may set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// `DEFAULT_LOCALE`: the locale of last resort, BCP 47.
    pub default_locale: String,
    pub limits: Limits,
    /// The channels that exist: a file of nearly one of them is a mistake. An empty list accepts every name as a
    /// channel's.
    pub channels: &'static [&'static str],
}

impl Options {
    /// Options with the usual limits, for files of any channels.
    pub fn new(default_locale: impl Into<String>) -> Self {
        Self { default_locale: default_locale.into(), limits: Limits::default(), channels: &[] }
    }
}

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
    /// The shipped templates alone.
    ///
    /// # Errors
    /// [`LoadError`] when the binary was built with a catalog that its tests would have refused.
    pub fn embedded(default_locale: &str) -> Result<Self, LoadError> {
        Self::with_directory(None, Options::new(default_locale))
    }

    /// The shipped templates, overridden by the files of an operator's directory of the same shape. Blocks on files.
    ///
    /// # Errors
    /// [`LoadError`] with every problem at once: unreadable and misplaced files, syntax, unknown names; without any of
    /// these, every part that does not render with its template's sample.
    pub fn with_directory(directory: Option<&Path>, options: Options) -> Result<Self, LoadError> {
        let mut files = files::shipped();
        let mut problems = Vec::new();
        let Some(directory) = directory else { return Self::from_files(&files, options, problems) };
        files::add_directory(&mut files, directory, &mut problems)?;
        if let Some(problem) = directory::too_deep(directory, &files, options.channels) {
            problems.push(problem);
            return Err(LoadError::new(problems));
        }
        let mut templates = Self::from_files(&files, options, problems)?;
        if templates.doubts.is_empty() {
            templates.doubts.extend(directory::unused(directory, &files));
        }
        Ok(templates)
    }

    pub(crate) fn from_files(files: &Files, options: Options, mut problems: Vec<Problem>) -> Result<Self, LoadError> {
        let catalog = catalog(files, options.channels, &mut problems);
        let known = Known { channels: options.channels, default_locale: &options.default_locale };
        let doubts = doubts(&catalog, files, known, &mut problems);
        let compiled = compile(files).map_err(|found| LoadError::new([problems.clone(), found].concat()))?;
        if !problems.is_empty() {
            return Err(LoadError::new(problems));
        }
        let mut templates = Self { catalog, compiled, options, doubts };
        let problems = templates.render_samples();
        if !problems.is_empty() {
            return Err(LoadError::new(problems));
        }
        let unknown = templates.unknown_to_samples();
        templates.doubts.extend(unknown);
        Ok(templates)
    }

    /// Renders the words of one delivery. Without a template they are the message and the subject as given, for every
    /// channel. With one they are the template's parts, and a subject that the message gives wins over the template's.
    /// Takes microseconds for the shipped templates, and at most [`Limits::max_time`] and one turn of a loop for any
    /// other.
    ///
    /// # Errors
    /// [`TemplateError`], which is always permanent and never holds a value of the data.
    pub fn render(&self, channel: &ChannelName, wording: &Wording) -> Result<Rendered, TemplateError> {
        self.render_within(self.options.limits, channel, wording)
    }

    /// Renders like [`Templates::render`] on a thread that others wait for: gives up after 1,000 steps, 64 KiB, or the
    /// first step after a millisecond (and after the 16th). None when the rendering takes more than that, or more than
    /// the operator allows: it is to be rendered where it may take its time.
    pub fn render_quickly(&self, channel: &ChannelName, wording: &Wording) -> Option<Result<Rendered, TemplateError>> {
        match self.render_within(self.options.limits.and(QUICK), channel, wording) {
            Err(TemplateError::TooLarge { .. } | TemplateError::TooMuchWork { .. }) => None,
            rendered => Some(rendered),
        }
    }

    /// Renders like [`Templates::render_quickly`], but names everything that is missing at once: a value that the data
    /// does not have is taken from the template's sample, until the template renders or fails for another reason. That
    /// reason comes last.
    pub fn rehearse(&self, channel: &ChannelName, wording: &Wording) -> Option<Result<Rendered, Vec<TemplateError>>> {
        let sample = wording.template.as_ref().and_then(|name| self.catalog.templates.get(name));
        let mut filled = None;
        let mut errors = Vec::new();
        loop {
            let error = match self.render_quickly(channel, filled.as_ref().unwrap_or(wording))? {
                Ok(rendered) if errors.is_empty() => return Some(Ok(rendered)),
                Ok(_) => return Some(Err(errors)),
                Err(error) => error,
            };
            let data = &mut filled.get_or_insert_with(|| wording.clone()).data;
            let goes_on = match (&error, sample) {
                (TemplateError::Missing { variable, .. }, Some(template)) => fill(data, variable, &template.sample),
                _ => false,
            };
            errors.push(match error {
                // A name that a loop gives its element is no name of the data.
                TemplateError::Missing { variable, at } if !is_of(sample, &variable) => {
                    TemplateError::Failed { expression: variable, why: "the data does not hold it".to_owned(), at }
                }
                error => error,
            });
            if !goes_on || errors.len() == MAX_MISSING {
                return Some(Err(errors));
            }
        }
    }

    fn render_within(
        &self,
        limits: Limits,
        channel: &ChannelName,
        wording: &Wording,
    ) -> Result<Rendered, TemplateError> {
        let subject = || wording.subject.clone();
        let Some(name) = &wording.template else {
            let text = wording.message.clone().ok_or(TemplateError::Empty)?;
            return Ok(Rendered { subject: subject(), text, html: None });
        };
        let template = self.catalog.templates.get(name).ok_or_else(|| self.unknown(name))?;
        let locales = || fallbacks(wording.locale.as_deref(), &self.options.default_locale);
        let words = template
            .words(channel.as_str(), locales())
            .ok_or_else(|| no_channel(name, template, channel, locales().collect()))?;
        self.render_words(limits, name, words, subject(), &wording.data)
    }

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

    /// The names of the data whose value is left out of the mail because it is no link by http, https or mailto. The
    /// template's sample says where a link belongs. An empty text is meant where the template can do without. This
    /// renders as [`Templates::render_quickly`] does, and names nothing where that gives up.
    pub fn links_left_out(&self, channel: &ChannelName, wording: &Wording) -> Vec<&str> {
        self.links_left_out_within(self.options.limits.and(QUICK), channel, wording)
    }

    pub(crate) fn links_left_out_within(&self, limits: Limits, channel: &ChannelName, wording: &Wording) -> Vec<&str> {
        let template = wording.template.as_ref().and_then(|name| self.catalog.templates.get(name));
        let sample = template.into_iter().flat_map(|template| &template.sample);
        let is_link = |value: &Value| value.as_str().is_some_and(|text| links::is_link(text.trim()));
        let given = |name: &str| wording.data.get(name).filter(|value| !value.is_null());
        let doubtful = sample.filter(|(name, link)| is_link(link) && given(name).is_some_and(|value| !is_link(value)));
        let left_out = doubtful.filter(|(name, link)| {
            let links_with = |value: Option<&Value>| {
                let mut other = wording.clone();
                match value {
                    Some(value) => drop(other.data.insert((*name).clone(), value.clone())),
                    None => drop(other.data.remove(*name)),
                }
                self.links_of(limits, channel, &other)
            };
            let own = links_with(given(name));
            let wants_none = given(name).and_then(Value::as_str) == Some("") && links_with(None) == own;
            own.is_some() && !wants_none && own < links_with(Some(*link))
        });
        left_out.map(|(name, _)| name.as_str()).collect()
    }

    /// How many links the HTML has. None when there is no HTML.
    fn links_of(&self, limits: Limits, channel: &ChannelName, wording: &Wording) -> Option<usize> {
        let html = self.render_within(limits, channel, wording).ok()?.html?;
        Some(html.matches("href=").count())
    }

    /// The names of the template's sample, sorted; some may be optional. None of a template that there is not.
    pub fn variables(&self, template: &str) -> impl Iterator<Item = &str> {
        let template = self.catalog.templates.get(template);
        template.into_iter().flat_map(|template| template.sample.keys()).map(String::as_str)
    }

    /// Whether the template has words for this channel in this locale, or in one that it is a variant of. Words in the
    /// default locale do not count.
    pub fn speaks(&self, template: &str, channel: &ChannelName, locale: &str) -> bool {
        let own = variants(locale);
        self.catalog.templates.get(template).is_some_and(|template| template.words(channel.as_str(), own).is_some())
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
    fn variables_of(&self, template: &Template) -> BTreeSet<&str> {
        let variables = template.parts().filter_map(|part| self.compiled.tera.get_template_variables(part).ok());
        variables.flatten().collect()
    }

    fn render_words(
        &self,
        limits: Limits,
        name: &str,
        words: &Words,
        subject: Option<String>,
        data: &Map<String, Value>,
    ) -> Result<Rendered, TemplateError> {
        let parts = |context: &Context| {
            budget::within(limits, || {
                let part = |path: &str| self.render_part(path, context).map_err(|error| (path.to_owned(), error));
                let subject = match (&subject, &words.subject) {
                    (None, Some(path)) => Some(folded_subject(&part(path)?)),
                    (given, _) => given.clone(),
                };
                Ok((subject, part(&words.text)?, words.html.as_deref().map(part).transpose()?))
            })
        };
        match either_way(data, parts) {
            (Ok((subject, text, html)), _) => Ok(Rendered { subject, text, html }),
            (Err((path, error)), spent) => Err(match spent {
                Some(spent) => self.spent(name, spent),
                None => explain(&error, &path, &self.compiled, data),
            }),
        }
    }

    fn render_part(&self, path: &str, context: &Context) -> tera::TeraResult<String> {
        let mut bytes = Vec::with_capacity(512);
        self.compiled.tera.render_to(path, context, Output(&mut bytes))?;
        let text = tidy(String::from_utf8(bytes)?);
        Ok(if path.ends_with(".html") { links::without_dead_buttons(text) } else { text })
    }

    fn unknown(&self, template: &str) -> TemplateError {
        let known = self.names().take(20).collect::<Vec<_>>().join(", ");
        let nearest = domain::nearest_of_few(template, self.names()).map(str::to_owned);
        TemplateError::Unknown { template: template.to_owned(), nearest, known }
    }

    fn spent(&self, template: &str, spent: Spent) -> TemplateError {
        let template = template.to_owned();
        let Limits { max_output_bytes: limit, max_steps: steps, max_time } = self.options.limits;
        match spent {
            Spent::Bytes => TemplateError::TooLarge { template, limit },
            Spent::Work => TemplateError::TooMuchWork { template, steps, millis: max_time.as_millis() },
        }
    }
}

/// Renders with every number in the digits that its publisher wrote. A template that computes with such a number fails
/// when it is a text, and is rendered again with the nearest floats.
fn either_way<T, E>(
    data: &Map<String, Value>,
    render: impl Fn(&Context) -> (Result<T, E>, Option<Spent>),
) -> (Result<T, E>, Option<Spent>) {
    let written = context(data, Numbers::AsWritten);
    match render(&written.context) {
        (Err(_), None) if written.numbers_as_text => render(&context(data, Numbers::ToComputeWith).context),
        rendered => rendered,
    }
}

fn no_channel(name: &str, template: &Template, channel: &ChannelName, mut locales: Vec<&str>) -> TemplateError {
    locales.dedup();
    let available: Vec<&str> = template.channels().into_iter().collect();
    TemplateError::NoChannel {
        template: name.to_owned(),
        channel: channel.to_string(),
        first: locales.last().copied().unwrap_or_default().to_owned(),
        locales: locales.join(", "),
        available: available.join(", "),
    }
}

/// Whether a path begins with a name of the template's sample.
fn is_of(template: Option<&Template>, path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    template.is_some_and(|template| template.sample.contains_key(first))
}

/// Copies the sample's value at this path to where the data has none. False when that changes nothing.
fn fill(data: &mut Map<String, Value>, path: &str, sample: &Map<String, Value>) -> bool {
    let Some((first, rest)) = path.split_once('.') else {
        let Some(value) = sample.get(path) else { return false };
        return data.insert(path.to_owned(), value.clone()).is_none_or(|before| before.is_null());
    };
    match (data.get_mut(first), sample.get(first)) {
        (Some(Value::Object(data)), Some(Value::Object(sample))) => fill(data, rest, sample),
        // Only the value that is asked for is copied, so that other missing values of it are named as well.
        (None | Some(Value::Null), Some(Value::Object(sample))) => {
            let mut own = Map::new();
            let filled = fill(&mut own, rest, sample);
            data.insert(first.to_owned(), Value::Object(own));
            filled
        }
        _ => false,
    }
}

/// The text without the white space around it, which the template file brings, and without U+0000, which no provider
/// accepts.
fn tidy(mut text: String) -> String {
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
    text.truncate(text.trim_end().len());
    let lead = text.len() - text.trim_start().len();
    text.drain(..lead);
    text
}
