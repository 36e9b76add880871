//! Renders every template with its sample at start, and tells all mistakes, each once, in the file where it was made.

mod fill;

use std::collections::{BTreeMap, BTreeSet};

use domain::nearest_of_few;
use tera::Context;

use self::fill::{meant, stand_in};
use super::{MAX_MISSING, Templates, either_way};
use crate::budget;
use crate::catalog::{Template, is_shared};
use crate::compile::Source;
use crate::error::{Problem, TemplateError};
use crate::names::hint;

/// A fault that a part of a template shows when it is rendered with the sample.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    /// The file by the name that an operator knows: the part, or what it includes or extends.
    file: String,
    place: Option<(usize, usize)>,
    what: What,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// The sample has no value for this variable, and perhaps one for what was meant.
    Missing { variable: String, meant: Option<String> },
    /// There are no words to send.
    Empty,
    /// Anything else, in words.
    Other(String),
}

impl Templates {
    /// Renders every part by itself, so that one problem does not hide another.
    pub(super) fn render_samples(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        // A fault of a shared file shows in several templates.
        let mut all: BTreeMap<Fault, BTreeSet<&str>> = BTreeMap::new();
        for (name, template) in &self.catalog.templates {
            let mut faults: BTreeSet<Fault> = BTreeSet::new();
            faults.extend(template.parts().flat_map(|part| self.faults(name, template, part)));
            problems.extend(self.take_those_of_the_sample(template, &mut faults));
            for fault in faults {
                all.entry(fault).or_default().insert(name);
            }
        }
        problems.extend(all.into_iter().map(|(fault, templates)| {
            let samples: Vec<String> = templates.iter().map(|name| format!("{name}/sample.json")).collect();
            let message = fault.what.told(&samples.join(", "));
            Problem { file: fault.file, place: fault.place, message }
        }));
        problems
    }

    /// The doubts about variables that the sample does not have, where it has one of nearly the name. No rendering tells
    /// of those that the template can do without.
    pub(super) fn unknown_to_samples(&self) -> Vec<Problem> {
        let mut doubts = BTreeSet::new();
        for (name, template) in &self.catalog.templates {
            for part in template.parts() {
                let variables = self.compiled.tera.get_template_variables(part).unwrap_or_default();
                let unknown = variables.into_iter().filter(|variable| !template.sample.contains_key(*variable));
                doubts.extend(unknown.filter_map(|variable| self.doubt(name, template, part, variable)));
            }
        }
        doubts.into_iter().collect()
    }

    /// The doubts about values of an operator's own samples that no file of their template uses.
    pub(super) fn unused_of_samples(&self) -> Vec<Problem> {
        let doubt = |template: &Template| {
            let sample = template.own_sample.as_ref().filter(|_| !template.locales.is_empty())?;
            let used = self.variables_of(template);
            let unused = template.sample.keys().map(String::as_str).filter(|name| !used.contains(name));
            let unused: Vec<String> = unused.map(|name| format!("`{name}`")).collect();
            let message =
                format!("has {}, which no file of the template uses: use it, or take it out", unused.join(", "));
            (!unused.is_empty()).then(|| Problem { file: sample.clone(), place: None, message })
        };
        self.catalog.templates.values().filter_map(doubt).collect()
    }

    fn doubt(&self, name: &str, template: &Template, part: &str, variable: &str) -> Option<Problem> {
        let near = nearest_of_few(variable, template.sample.keys().map(String::as_str))?;
        let (source, at) = self.first_use(part, variable)?;
        if !source.file.shipped {
            let message = format!("`{variable}` is not in {name}/sample.json{}", hint(Some(near)));
            return Some(source.file.problem(at, message));
        }
        let message = format!("has no `{variable}`, which {} asks for, but `{near}`", source.place(at));
        let message = format!("{message}{}", hint(Some(variable)));
        Some(Problem { file: template.own_sample.clone()?, place: None, message })
    }

    /// The first place where a part, or a file to include or extend, has a word.
    fn first_use(&self, part: &str, word: &str) -> Option<(&Source, usize)> {
        let is_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let first = |source: &Source| {
            let text = &source.file.text;
            let stands_alone = |at: usize| {
                let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
                !is_of_word(before) && before != Some(&b'.') && !is_of_word(text.as_bytes().get(at + word.len()))
            };
            text.match_indices(word).map(|(at, _)| at).find(|at| stands_alone(*at))
        };
        let shared = self.compiled.sources.iter().filter(|(path, _)| is_shared(path));
        let mut sources = self.compiled.sources.get(part).into_iter().chain(shared.map(|(_, source)| source));
        sources.find_map(|source| Some((source, first(source)?)))
    }

    /// Every fault of a part. A value that the sample does not have is replaced by another, so that the next one is
    /// found too.
    fn faults(&self, name: &str, template: &Template, part: &str) -> Vec<Fault> {
        let variables = self.compiled.tera.get_template_variables(part).unwrap_or_default();
        let words = |context: &Context| self.styled(part, self.render_part(part, context)?);
        let render = |context: &Context| budget::within(self.options.limits, || words(context));
        let mut data = template.sample.clone();
        let mut faults: Vec<Fault> = Vec::new();
        while faults.len() < MAX_MISSING {
            let error = match either_way(&data, render) {
                (Ok(words), _) => {
                    let is_empty = faults.is_empty() && words.is_empty() && !is_subject(template, part);
                    faults.extend(is_empty.then(|| self.fault(part, None, What::Empty)));
                    break;
                }
                (Err(_), Some(spent)) => self.spent(name, spent),
                (Err(error), None) => self.explained(&error, part, &data),
            };
            let TemplateError::Missing { variable, .. } = &error else {
                // After the first replacement it may be the fault of the value that was taken.
                if faults.is_empty() {
                    faults.push(self.fault(part, error.place(), What::Other(error.without_place())));
                }
                break;
            };
            let first = variable.split('.').next().unwrap_or_default();
            let in_data = variables.contains(first);
            let what = What::Missing { variable: variable.clone(), meant: meant(&template.sample, variable, in_data) };
            let fault = self.fault(part, error.place(), what);
            if faults.contains(&fault) {
                break;
            }
            faults.push(fault);
            if !stand_in(&mut data, variable, in_data) {
                break;
            }
        }
        faults
    }

    fn fault(&self, part: &str, place: Option<(&str, Option<(usize, usize)>)>, what: What) -> Fault {
        let origin = self.compiled.sources.get(part).map_or(part, |source| source.file.origin.as_str());
        let (file, place) = place.unwrap_or((origin, None));
        Fault { file: file.to_owned(), place, what }
    }

    /// Takes the faults that a sample of the operator's own has caused: it lacks a variable that a shipped file needs,
    /// or that several files need and do not misspell.
    fn take_those_of_the_sample(&self, template: &Template, faults: &mut BTreeSet<Fault>) -> Vec<Problem> {
        let Some(sample) = &template.own_sample else { return Vec::new() };
        let used = self.variables_of(template);
        let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut misspelt: BTreeMap<&str, &str> = BTreeMap::new();
        for fault in faults.iter() {
            let What::Missing { variable, meant } = &fault.what else { continue };
            uses.entry(variable).or_default().insert(&fault.file);
            misspelt.extend(meant.as_deref().map(|meant| (variable.as_str(), meant)));
        }
        uses.retain(|variable, files| {
            let near = misspelt.get(variable).copied();
            let is_used = near.is_some_and(|near| used.contains(near.split('.').next().unwrap_or_default()));
            used.contains(variable.split('.').next().unwrap_or_default())
                && (files.iter().any(|file| self.is_shipped(file)) || files.len() > 1 && !is_used)
        });
        let problem = |(&variable, files): (&&str, &BTreeSet<&str>)| {
            let first = files.first().copied().unwrap_or_default();
            let need =
                if files.len() > 1 { format!(" and {} more need", files.len() - 1) } else { " needs".to_owned() };
            let end = match misspelt.get(variable) {
                Some(near) => format!(", but `{near}`{}", hint(Some(variable))),
                None => ": add it".to_owned(),
            };
            let message = format!("has no `{variable}`, which {first}{need}{end}");
            Problem { file: sample.clone(), place: None, message }
        };
        let problems = uses.iter().map(problem).collect();
        let taken: BTreeSet<String> = uses.into_keys().map(str::to_owned).collect();
        faults.retain(|fault| !matches!(&fault.what, What::Missing { variable, .. } if taken.contains(variable)));
        problems
    }

    fn is_shipped(&self, origin: &str) -> bool {
        self.compiled.sources.values().any(|source| source.file.origin == origin && source.file.shipped)
    }
}

impl What {
    /// What is wrong with a file that was rendered with these samples.
    fn told(&self, samples: &str) -> String {
        match self {
            Self::Missing { variable, meant } => {
                let end = match meant {
                    Some(meant) => hint(Some(meant)),
                    None => ": correct the name, or add it to the sample".to_owned(),
                };
                format!("does not render with {samples}: it needs `{variable}`, which is not there{end}")
            }
            Self::Empty => format!("gives an empty message with {samples}: write the words, or take the file out"),
            Self::Other(message) => format!("does not render with {samples}: {message}"),
        }
    }
}

/// A message may go without a subject.
fn is_subject(template: &Template, part: &str) -> bool {
    let mut words = template.locales.iter().flat_map(|(_, channels)| channels.values());
    words.any(|words| words.subject.as_deref() == Some(part))
}
