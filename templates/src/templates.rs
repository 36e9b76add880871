//! [`Templates`]: compiled once at start, then shared; renders one delivery's words for one channel.

use std::path::Path;
use std::time::Duration;

use domain::{ChannelName, Rendered, Wording};
use serde_json::{Map, Value};
use tera::Context;

use crate::budget::{self, Limits, Output, Spent};
use crate::catalog::{Catalog, Template, Words, catalog, fallbacks};
use crate::compile::{Compiled, compile};
use crate::error::{LoadError, Problem, TemplateError};
use crate::explain::explain;
use crate::files::{self, Files};

/// Characters of a subject: one line of a mail (RFC 5322, 2.1.1).
const MAX_SUBJECT_CHARS: usize = 998;

/// What a rendering may use on a thread that others wait for; less where the operator's limits are lower.
const QUICK: Limits = Limits { max_output_bytes: 64 * 1024, max_steps: 1_000, max_time: Duration::from_millis(1) };

/// Characters that turn the direction of text and so disguise what people read (Unicode Bidi_Control).
const BIDI: [char; 12] = [
    '\u{061c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// All templates, ready to render.
#[derive(Debug)]
pub struct Templates {
    catalog: Catalog,
    compiled: Compiled,
    options: Options,
}

/// What an operator may set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The locale of last resort, BCP 47.
    pub default_locale: String,
    pub limits: Limits,
}

impl Default for Options {
    /// `en`, and the limits' own defaults.
    fn default() -> Self {
        Self { default_locale: "en".to_owned(), limits: Limits::default() }
    }
}

/// What one template offers, for people who list them.
#[derive(Clone, PartialEq, Debug)]
pub struct Description {
    pub template: String,
    /// Each locale with its channels, both sorted. The channel `text` stands for every channel without words of its own.
    pub locales: Vec<(String, Vec<String>)>,
    /// Names that the template looks up in the data, sorted; some may be optional.
    pub variables: Vec<String>,
    /// Data that the template renders with.
    pub sample: Map<String, Value>,
}

impl Templates {
    /// The shipped templates with the default options.
    ///
    /// # Errors
    /// [`LoadError`] when the binary was built with a catalog that its tests would have refused.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::with_directory(None, Options::default())
    }

    /// The shipped templates, and over them the files of an operator's directory of the same shape. Blocks on files.
    ///
    /// # Errors
    /// [`LoadError`] with every problem at once: unreadable and misplaced files, syntax, unknown names; when there are
    /// none of these, every part that does not render with its template's sample.
    pub fn with_directory(directory: Option<&Path>, options: Options) -> Result<Self, LoadError> {
        let mut files = files::shipped();
        let mut problems = Vec::new();
        if let Some(directory) = directory {
            files::add_directory(&mut files, directory, &mut problems);
        }
        Self::from_files(&files, options, problems)
    }

    pub(crate) fn from_files(files: &Files, options: Options, mut problems: Vec<Problem>) -> Result<Self, LoadError> {
        let catalog = catalog(files, &mut problems);
        let compiled = compile(files).map_err(|found| LoadError::new([problems.clone(), found].concat()))?;
        if !problems.is_empty() {
            return Err(LoadError::new(problems));
        }
        let templates = Self { catalog, compiled, options };
        let problems = templates.render_samples();
        if problems.is_empty() { Ok(templates) } else { Err(LoadError::new(problems)) }
    }

    /// The words of one delivery. Without a template they are the message and the subject as they are, for every
    /// channel; with one they are its parts, and a subject that the message gives wins over the template's.
    /// Takes microseconds for the shipped templates, at most [`Limits::max_time`] and one turn of a loop for any.
    ///
    /// # Errors
    /// [`TemplateError`]: all are permanent, none holds a value of the data.
    pub fn render(&self, channel: &ChannelName, wording: &Wording) -> Result<Rendered, TemplateError> {
        self.render_within(self.options.limits, channel, wording)
    }

    /// As [`Templates::render`], on a thread that others wait for: gives up after 1,000 steps, 64 KiB, or the first step
    /// beyond a millisecond (and the 16th). None: it takes more than that, or than the operator allows; render it where
    /// it may take its time.
    pub fn render_quickly(&self, channel: &ChannelName, wording: &Wording) -> Option<Result<Rendered, TemplateError>> {
        match self.render_within(self.options.limits.and(QUICK), channel, wording) {
            Err(TemplateError::TooLarge { .. } | TemplateError::TooMuchWork { .. }) => None,
            rendered => Some(rendered),
        }
    }

    fn render_within(
        &self,
        limits: Limits,
        channel: &ChannelName,
        wording: &Wording,
    ) -> Result<Rendered, TemplateError> {
        let subject = || wording.subject.as_deref().map(one_line);
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

    /// The names of all templates, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.catalog.templates.keys().map(String::as_str)
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
        let parts = template.locales.iter().flat_map(|(_, channels)| channels.values()).flat_map(Words::parts);
        let variables = parts.filter_map(|part| self.compiled.tera.get_template_variables(part).ok()).flatten();
        let mut variables: Vec<String> = variables.map(str::to_owned).collect();
        variables.sort();
        variables.dedup();
        Description { template: name.to_owned(), locales, variables, sample: template.sample.clone() }
    }

    fn render_words(
        &self,
        limits: Limits,
        name: &str,
        words: &Words,
        subject: Option<String>,
        data: &Map<String, Value>,
    ) -> Result<Rendered, TemplateError> {
        let context = context(data);
        let (rendered, spent) = budget::within(limits, || {
            let part = |path: &str| self.render_part(path, &context).map_err(|error| (path.to_owned(), error));
            let subject = match (subject, &words.subject) {
                (None, Some(path)) => Some(one_line(&part(path)?)),
                (given, _) => given,
            };
            Ok((subject, part(&words.text)?, words.html.as_deref().map(part).transpose()?))
        });
        match rendered {
            Ok((subject, text, html)) => Ok(Rendered { subject, text, html }),
            Err((path, error)) => Err(match spent {
                Some(spent) => self.spent(name, spent),
                None => explain(&error, &path, &self.compiled, data),
            }),
        }
    }

    fn render_part(&self, path: &str, context: &Context) -> tera::TeraResult<String> {
        let mut bytes = Vec::with_capacity(512);
        self.compiled.tera.render_to(path, context, Output(&mut bytes))?;
        Ok(tidy(String::from_utf8(bytes)?))
    }

    /// Renders every part by itself, so that one problem does not hide another.
    fn render_samples(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, template) in &self.catalog.templates {
            let context = context(&template.sample);
            let words = template.locales.iter().flat_map(|(_, channels)| channels.values());
            for part in words.flat_map(Words::parts) {
                let (rendered, spent) = budget::within(self.options.limits, || self.render_part(part, &context));
                let Err(error) = rendered else { continue };
                let error = match spent {
                    Some(spent) => self.spent(name, spent),
                    None => explain(&error, part, &self.compiled, &template.sample),
                };
                let (file, place) = error.place().unwrap_or((&self.compiled.sources[part].file.origin, None));
                let message = format!("does not render with {name}/sample.json: {error}");
                problems.push(Problem { file: file.to_owned(), place, message });
            }
        }
        problems
    }

    fn unknown(&self, template: &str) -> TemplateError {
        let known = self.names().take(20).collect::<Vec<_>>().join(", ");
        TemplateError::Unknown { template: template.to_owned(), known }
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

/// A null counts as missing, so that `default` and `if` treat both alike.
fn context(data: &Map<String, Value>) -> Context {
    let mut context = Context::new();
    for (name, value) in data.iter().filter(|(_, value)| !value.is_null()) {
        context.insert(name.clone(), value);
    }
    context
}

/// Without the white space around it, which is the template file's, and without U+0000, which no provider takes.
fn tidy(mut text: String) -> String {
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
    text.truncate(text.trim_end().len());
    let lead = text.len() - text.trim_start().len();
    text.drain(..lead);
    text
}

/// White space, line breaks, control characters and characters that turn text become single spaces.
fn one_line(text: &str) -> String {
    let splits = |c: char| c.is_whitespace() || c.is_control() || BIDI.contains(&c);
    let mut line = String::with_capacity(text.len());
    for word in text.split(splits).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if let Some((cut, _)) = line.char_indices().nth(MAX_SUBJECT_CHARS) {
        line.truncate(cut);
    }
    line
}
