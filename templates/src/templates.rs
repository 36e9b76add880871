//! [`Templates`], which are compiled once at start and then shared, and which render one delivery's words for one
//! channel.

use std::path::Path;
use std::time::Duration;

use domain::{ChannelName, Rendered, Wording, folded_subject};
use serde_json::{Map, Value};
use tera::Context;

use crate::budget::{self, Limits, Output, Spent};
use crate::catalog::{Catalog, Template, Words, catalog, fallbacks};
use crate::compile::{Compiled, compile};
use crate::context::{Numbers, context};
use crate::directory;
use crate::doubts::doubts;
use crate::error::{LoadError, Problem, TemplateError};
use crate::explain::explain;
use crate::files::{self, Files};
use crate::links;
use crate::mjml;
use crate::names::Known;
use crate::plain::plain_text;
use crate::styles;

mod described;
mod samples;
mod unheeded;

pub use described::Description;
pub use unheeded::Links;

/// What a rendering may use on a thread that others wait for, or less where the operator's limits are lower.
const QUICK: Limits = Limits { max_output_bytes: 64 * 1024, max_steps: 1_000, max_time: Duration::from_millis(1) };

/// The most missing variables that are named at once. The shipped templates have up to eight.
const MAX_MISSING: usize = 32;

/// Why a part has no words.
enum Unrendered {
    Words(tera::Error),
    /// What of its style sheets cannot be written into its elements.
    Styles(&'static str),
}

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

impl Templates {
    /// The locale of last resort, BCP 47.
    pub fn default_locale(&self) -> &str {
        &self.options.default_locale
    }

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
        if let Some(problem) = directory::too_high(directory, &files, options.channels) {
            // What else is there has nothing to do with templates.
            return Err(LoadError::new(vec![problem]));
        }
        let mut templates = Self::from_files(&files, options, problems)?;
        templates.doubts.extend(directory::empty(directory));
        if templates.doubts.is_empty() {
            templates.doubts.extend(directory::unused(directory, &files));
        }
        Ok(templates)
    }

    pub(crate) fn from_files(files: &Files, options: Options, mut problems: Vec<Problem>) -> Result<Self, LoadError> {
        let (files, mut doubts) = mjml::made_html(files, &mut problems);
        let files = &files;
        let catalog = catalog(files, options.channels, &mut problems);
        let known = Known { channels: options.channels, default_locale: &options.default_locale };
        doubts.extend(self::doubts(&catalog, files, known, &mut problems));
        let compiled = compile(files).map_err(|found| LoadError::new([problems.clone(), found].concat()))?;
        if !problems.is_empty() {
            return Err(LoadError::new(problems));
        }
        let mut templates = Self { catalog, compiled, options, doubts };
        let problems = templates.render_samples();
        if !problems.is_empty() {
            return Err(LoadError::new(problems));
        }
        let about_samples = [templates.unknown_to_samples(), templates.unused_of_samples()].concat();
        templates.doubts.extend(about_samples);
        Ok(templates)
    }

    /// Renders the words of one delivery. Without a template they are the message and the subject as given, for every
    /// channel, but for the ends of lines. With one they are the template's parts, and a subject that the message gives
    /// wins over the template's. Takes microseconds for the shipped templates, and at most [`Limits::max_time`] and one
    /// turn of a loop for any other.
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
            let text = wording.message.clone().map(with_line_feeds).ok_or(TemplateError::Empty)?;
            return Ok(Rendered { subject: subject(), text, html: None });
        };
        let template = self.catalog.templates.get(name).ok_or_else(|| self.unknown(name))?;
        let locales = || fallbacks(wording.locale.as_deref(), &self.options.default_locale);
        let words = template
            .words(channel.as_str(), locales())
            .ok_or_else(|| no_channel(name, template, channel, locales().collect()))?;
        self.render_words(limits, name, words, subject(), &wording.data)
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
                let text = words.text.as_deref().map(part).transpose()?;
                let html = words.html.as_deref().map(part).transpose()?;
                let text = text.unwrap_or_else(|| html.as_deref().map(plain_text).unwrap_or_default());
                let styled =
                    |(path, html): (&str, String)| self.styled(path, html).map_err(|error| (path.to_owned(), error));
                let html = words.html.as_deref().zip(html).map(styled).transpose()?;
                Ok((subject, text, html))
            })
        };
        match either_way(data, parts) {
            (Ok((subject, text, html)), _) => Ok(Rendered { subject, text, html }),
            (Err((path, error)), spent) => Err(match spent {
                Some(spent) => self.spent(name, spent),
                None => self.explained(&error, &path, data),
            }),
        }
    }

    /// The words of a part. Those of HTML have their style sheets still beside them.
    fn render_part(&self, path: &str, context: &Context) -> Result<String, Unrendered> {
        let mut bytes = Vec::with_capacity(512);
        self.compiled.tera.render_to(path, context, Output(&mut bytes)).map_err(Unrendered::Words)?;
        let text = String::from_utf8(bytes).map_err(|error| Unrendered::Words(error.into()))?;
        let text = tidy(with_line_feeds(text));
        Ok(if path.ends_with(".html") { links::without_dead_buttons(text) } else { text })
    }

    /// The words of a part as they are sent: HTML has its style sheets in its elements.
    fn styled(&self, path: &str, text: String) -> Result<String, Unrendered> {
        if !self.compiled.styled.contains(path) {
            return Ok(text);
        }
        let made = styles::inlined(&text).map_err(Unrendered::Styles)?;
        Ok(made.unwrap_or(text))
    }

    fn explained(&self, error: &Unrendered, path: &str, data: &Map<String, Value>) -> TemplateError {
        match error {
            Unrendered::Words(error) => explain(error, path, &self.compiled, data),
            Unrendered::Styles(why) => {
                let file = self.compiled.sources.get(path).map(|source| &source.file);
                TemplateError::Styles { why, at: file.map_or_else(|| path.to_owned(), |file| styles::place(file, why)) }
            }
        }
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

/// The text with LF at the end of every line, which CR, LF and CRLF all are: every provider gets the same lines, and
/// what its protocol wants at their end is its own matter.
fn with_line_feeds(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
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
