//! The templates by name, their locales and channels, and the rule by which one is chosen.

use std::collections::{BTreeMap, BTreeSet};

use domain::nearest_of_few;
use serde_json::{Map, Value};

use crate::error::Problem;
use crate::files::{File, Files};
use crate::names::{GENERIC, Part, channel_and_part, hint, is_word, misnamed, misplaced};

#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) templates: BTreeMap<String, Template>,
}

#[derive(Debug, Default)]
pub(crate) struct Template {
    /// The words of each locale, by the tag as its folder is called. There are few, so they are searched one by one,
    /// without regard to case.
    pub(crate) locales: Vec<(String, BTreeMap<String, Words>)>,
    pub(crate) sample: Map<String, Value>,
    /// The file of the sample when it is the operator's own; none for a shipped one.
    pub(crate) own_sample: Option<String>,
}

/// The channel whose text may be made of its HTML.
const MAIL: &str = "email";

/// The paths of a channel's parts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Words {
    /// None where the text is made of the HTML.
    pub(crate) text: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) html: Option<String>,
}

impl Words {
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.subject.iter().chain(&self.text).chain(&self.html).map(String::as_str)
    }

    /// The part without which there are no words.
    pub(crate) fn main(&self) -> &str {
        self.text.as_deref().or(self.html.as_deref()).unwrap_or_default()
    }
}

impl Template {
    /// The words for a channel in the first of these locales that has any: the channel's own, else the generic ones.
    pub(crate) fn words<'l>(&self, channel: &str, locales: impl Iterator<Item = &'l str>) -> Option<&Words> {
        locales.filter_map(|wanted| self.locale(wanted)).find_map(|words| words.get(channel).or(words.get(GENERIC)))
    }

    /// Whether the template has words for any channel in one of these locales.
    pub(crate) fn has_locale<'l>(&self, mut locales: impl Iterator<Item = &'l str>) -> bool {
        locales.any(|wanted| self.locale(wanted).is_some_and(|words| !words.is_empty()))
    }

    fn locale(&self, wanted: &str) -> Option<&BTreeMap<String, Words>> {
        let same = |a: u8, b: u8| a.eq_ignore_ascii_case(&b) || (matches!(a, b'-' | b'_') && matches!(b, b'-' | b'_'));
        let equal = |tag: &str| tag.len() == wanted.len() && tag.bytes().zip(wanted.bytes()).all(|(a, b)| same(a, b));
        self.locales.iter().find(|(tag, _)| equal(tag)).map(|(_, words)| words)
    }

    /// The paths of all parts, of every locale and channel.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.locales.iter().flat_map(|(_, channels)| channels.values()).flat_map(Words::parts)
    }

    pub(crate) fn channels(&self) -> BTreeSet<&str> {
        self.locales.iter().flat_map(|(_, words)| words.keys()).map(String::as_str).collect()
    }
}

/// A locale, and what it falls back to: `es-AR`, `es`, then the default, `en`.
pub(crate) fn fallbacks<'l>(locale: Option<&'l str>, default: &'l str) -> impl Iterator<Item = &'l str> {
    locale.into_iter().flat_map(variants).chain(variants(default))
}

/// A locale, and what it is a variant of: `es-AR`, `es`.
pub(crate) fn variants<'l>(locale: &'l str) -> impl Iterator<Item = &'l str> {
    let shorter = |tag: &&'l str| tag.rfind(['-', '_']).map(|at| &tag[..at]);
    std::iter::successors(Some(locale), shorter)
}

/// Whether a file is there only to be included or extended: `_…/…`.
pub(crate) fn is_shared(path: &str) -> bool {
    path.starts_with('_')
}

/// Sorts the files into templates. Every file has its place or is a problem. Where `channels` are known, a name that is
/// nearly one of them is a problem.
pub(crate) fn catalog(files: &Files, channels: &[&str], problems: &mut Vec<Problem>) -> Catalog {
    let mut catalog = Catalog::default();
    for (path, file) in files.iter().filter(|(path, _)| !is_shared(path)) {
        if let Some(problem) = misnamed_folder(path, file) {
            // The files of a folder follow one another.
            if problems.last() != Some(&problem) {
                problems.push(problem);
            }
        } else if let Err(message) = place(&mut catalog, path, file, channels) {
            problems.push(Problem { file: file.origin.clone(), place: None, message });
        }
    }
    for (name, template) in &mut catalog.templates {
        check(name, template, files, problems);
    }
    catalog
}

/// The first folder of a path that can be neither a template nor a locale.
fn misnamed_folder(path: &str, file: &File) -> Option<Problem> {
    let (folders, _) = path.rsplit_once('/')?;
    let folders: Vec<&str> = folders.split('/').collect();
    let at = folders.iter().take(2).position(|folder| !is_word(folder))?;
    let mut origin = file.origin.as_str();
    for _ in at..folders.len() {
        (origin, _) = origin.rsplit_once('/')?;
    }
    Some(Problem { file: origin.to_owned(), place: None, message: misnamed(folders[at]) })
}

fn place(catalog: &mut Catalog, path: &str, file: &File, channels: &[&str]) -> Result<(), String> {
    let steps: Vec<&str> = path.split('/').collect();
    match steps.as_slice() {
        [template, "sample.json"] => {
            let template = catalog.templates.entry((*template).to_owned()).or_default();
            template.own_sample = (!file.shipped).then(|| file.origin.clone());
            template.sample = serde_json::from_str(&file.text)
                .map_err(|error| format!("must be a JSON object with one value for each variable: {error}"))?;
            Ok(())
        }
        [_, name] => Err(misplaced(name, &["sample.json"])),
        [template, locale, name] => {
            let (channel, part) = channel_and_part(name, channels)?;
            let locales = &mut catalog.templates.entry((*template).to_owned()).or_default().locales;
            let at = locales.iter().position(|(tag, _)| tag == locale).unwrap_or_else(|| {
                locales.push(((*locale).to_owned(), BTreeMap::new()));
                locales.len() - 1
            });
            let words = locales[at].1.entry(channel.to_owned()).or_default();
            match part {
                Part::Text => words.text = Some(path.to_owned()),
                Part::Html => words.html = Some(path.to_owned()),
                Part::Subject if words.subject.is_some() => {
                    return Err("is one of two: keep subject.txt or title.txt".to_owned());
                }
                Part::Subject => words.subject = Some(path.to_owned()),
            }
            Ok(())
        }
        _ => Err(misplaced(path, &[])),
    }
}

fn check(name: &str, template: &mut Template, files: &Files, problems: &mut Vec<Problem>) {
    let origin = |path: &str| files.get(path).map_or(path, |file| &file.origin).to_owned();
    for (locale, channels) in &mut template.locales {
        channels.retain(|channel, words| {
            let has_words = words.text.is_some() || (channel == MAIL && words.html.is_some());
            if !has_words {
                let message = format!("has no plain text beside it: add {name}/{locale}/{channel}.txt");
                problems.extend(words.parts().map(|part| Problem {
                    file: origin(part),
                    place: None,
                    message: message.clone(),
                }));
            }
            has_words
        });
    }
    let sample = format!("{name}/sample.json");
    if !files.contains_key(&sample) {
        let parts = template.locales.iter().flat_map(|(_, words)| words.values());
        let file = parts.map(|words| origin(words.main())).next().unwrap_or(sample);
        let others = files.keys().filter_map(|path| path.strip_suffix("/sample.json"));
        let near = hint(nearest_of_few(name, others));
        let message = format!("has no sample: add {name}/sample.json with one value for each variable{near}");
        problems.push(Problem { file, place: None, message });
    }
}
