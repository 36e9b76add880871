//! Checks the names of sorted templates. A folder that is no locale, or a second one of a locale, is a problem. A name
//! that can be used, but most likely is not what was meant, is a doubt.

use std::collections::BTreeMap;

use domain::nearest;

use crate::catalog::{Catalog, Template, Words, is_shared};
use crate::error::Problem;
use crate::files::Files;
use crate::names::{
    Known, Part, advice, doubt_of_channel, has_no, hint, is_locale, is_same, is_slip, is_usual_locale, nearest_locale,
};
use crate::placeholders::literal;

/// Finds the doubts, and adds problems to those that were found before.
pub(crate) fn doubts(catalog: &Catalog, files: &Files, known: Known<'_>, problems: &mut Vec<Problem>) -> Vec<Problem> {
    let mut doubts = never_included(files);
    doubts.extend(nearly_another(catalog));
    for template in catalog.templates.values() {
        problems.extend(second_of_a_locale(template, files));
        doubts.extend(without_words(template));
        for (locale, channels) in &template.locales {
            let Some(folder) = folder(locale, channels, files) else { continue };
            let near = nearly(locale, template, known.default_locale);
            if !is_locale(locale) {
                problems.push(whole(folder, format!("is no locale such as es or es-AR{}", hint(near))));
                continue;
            }
            let near = near.filter(|_| !is_usual_locale(locale)).map(|near| hint(Some(near)));
            doubts.extend(near.or_else(|| advice(locale)).map(|end| {
                whole(folder, format!("is taken as a locale that only notifications in {locale} get{end}"))
            }));
            for (channel, words) in channels {
                let doubt = doubt_of_channel(channel, known.channels);
                doubts.extend(doubt.map(|message| whole(origin(words.main(), files), message)));
                doubts.extend(never_used(channel, words, files));
                doubts.extend(without_subject(channel, words, files));
                let own = words.parts().filter_map(|part| files.get(part)).filter(|file| !file.shipped);
                doubts.extend(own.flat_map(|file| literal(file, &template.sample)));
            }
        }
    }
    doubts
}

/// Files to include or extend whose path no other file names, while some file names nearly that path.
fn never_included(files: &Files) -> Vec<Problem> {
    let is_named = |path: &str| files.values().any(|file| file.text.contains(path));
    let shared = files.keys().map(String::as_str).filter(|path| is_shared(path));
    let (named, unnamed): (Vec<&str>, Vec<&str>) = shared.partition(|path| is_named(path));
    let doubt = |path: &str| {
        let near = nearest(path, named.iter().copied())?;
        Some(whole(&files.get(path)?.origin, format!("is included by no file{}", hint(Some(near)))))
    };
    unnamed.into_iter().filter_map(doubt).collect()
}

/// A template of the operator that is a sample alone.
fn without_words(template: &Template) -> Option<Problem> {
    let sample = template.own_sample.as_deref().filter(|_| template.locales.is_empty())?;
    Some(whole(sample, "is the sample of a template without words: add <locale>/<channel>.txt beside it".to_owned()))
}

/// Templates of the operator whose name is that of another one but for its case or `_` for `-`, or is nearly that of a
/// shipped one.
fn nearly_another(catalog: &Catalog) -> Vec<Problem> {
    let doubt = |(name, template): (&String, &Template)| {
        let sample = template.own_sample.as_deref()?;
        let other = |(other, template): &(&String, &Template)| {
            // Of two of the operator's own, the later one is told.
            is_same(other, name) && (template.own_sample.is_none() && *other != name || *other < name)
        };
        let shipped = |(other, template): &(&String, &Template)| template.own_sample.is_none() && is_slip(name, other);
        let (other, _) = catalog.templates.iter().find(other).or_else(|| catalog.templates.iter().find(shipped))?;
        let folder = sample.rsplit_once('/').map_or(sample, |(folder, _)| folder);
        Some(whole(folder, format!("is taken as another template than {other}{}", hint(Some(other)))))
    };
    catalog.templates.iter().filter_map(doubt).collect()
}

/// Folders of a locale that has another folder, of which only one would be used.
fn second_of_a_locale(template: &Template, files: &Files) -> Vec<Problem> {
    let is_shipped = |(_, channels): &(String, BTreeMap<String, Words>)| {
        channels.values().all(|words| files.get(words.main()).is_some_and(|file| file.shipped))
    };
    let mut problems = Vec::new();
    for (at, later) in template.locales.iter().enumerate() {
        let Some(earlier) = template.locales[..at].iter().find(|(tag, _)| is_same(tag, &later.0)) else { continue };
        let (told, other) = if is_shipped(later) { (earlier, later) } else { (later, earlier) };
        let folders = (folder(&told.0, &told.1, files), folder(&other.0, &other.1, files));
        let (Some(told), Some(folder)) = folders else { continue };
        let right = if is_shipped(other) { format!("call it {}", other.0) } else { "keep one of them".to_owned() };
        problems.push(whole(told, format!("is the same locale as {folder}, and only one of them is used: {right}")));
    }
    problems
}

/// Parts of a channel's words that none of its messages has.
fn never_used(channel: &str, words: &Words, files: &Files) -> Vec<Problem> {
    let parts = [(&words.subject, Part::Subject), (&words.html, Part::Html)];
    let doubt = |(path, part): (&Option<String>, Part)| {
        let (path, what) = (path.as_deref()?, has_no(channel, part)?);
        let message = format!("is never used, because {channel} has no {what}: write {channel}.txt, or take it out");
        Some(whole(origin(path, files), message))
    };
    parts.into_iter().filter_map(doubt).collect()
}

/// The operator's own words of a mail without a subject: no other locale gives it one.
fn without_subject(channel: &str, words: &Words, files: &Files) -> Option<Problem> {
    let is_without = channel == "email" && words.subject.is_none();
    let own = files.get(words.main()).filter(|file| is_without && !file.shipped)?;
    let message = "has no subject beside it, so its mails have none but for those whose notification gives one: add \
                   email.subject.txt";
    Some(whole(&own.origin, message.to_owned()))
}

/// Another locale of the same template, or the locale of last resort, that was perhaps meant.
fn nearly<'t>(locale: &str, template: &'t Template, default: &'t str) -> Option<&'t str> {
    if is_same(locale, default) {
        return None;
    }
    // Two unusual locales that are near each other, such as quy and quz, are no misspelling of each other.
    let others = template.locales.iter().map(|(tag, _)| tag.as_str()).filter(|tag| is_usual_locale(tag));
    nearest_locale(locale, others.chain([default]))
}

/// The folder of a locale, by the name that an operator knows; none for a locale without words.
fn folder<'f>(locale: &'f str, channels: &'f BTreeMap<String, Words>, files: &'f Files) -> Option<&'f str> {
    let first = origin(channels.values().next()?.main(), files);
    Some(first.rsplit_once('/').map_or(locale, |(folder, _)| folder))
}

/// A file by the name that an operator knows.
fn origin<'f>(path: &'f str, files: &'f Files) -> &'f str {
    files.get(path).map_or(path, |file| file.origin.as_str())
}

fn whole(file: &str, message: String) -> Problem {
    Problem { file: file.to_owned(), place: None, message }
}
