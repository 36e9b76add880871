//! Checks the names of sorted templates. A folder that is no locale is a problem. A name that can be used, but most
//! likely is not what was meant, is a doubt.

use domain::nearest;

use crate::catalog::{Catalog, Template, Words, is_shared};
use crate::error::Problem;
use crate::files::Files;
use crate::names::{Known, doubt_of_channel, hint, is_locale, is_same_locale, is_usual_locale, nearest_locale};

/// Finds the doubts, and adds problems to those that were found before.
pub(crate) fn doubts(catalog: &Catalog, files: &Files, known: Known<'_>, problems: &mut Vec<Problem>) -> Vec<Problem> {
    let mut doubts = never_included(files);
    for template in catalog.templates.values() {
        for (locale, channels) in &template.locales {
            let Some(first) = channels.values().next() else { continue };
            let folder = origin(first, files).rsplit_once('/').map_or(locale.as_str(), |(folder, _)| folder);
            let near = nearly(locale, template, known.default_locale);
            if !is_locale(locale) {
                problems.push(whole(folder, format!("is no locale such as es or es-AR{}", hint(near))));
            } else if near.is_some() && !is_usual_locale(locale) {
                let message = format!("is taken as a locale that only notifications in {locale} get{}", hint(near));
                doubts.push(whole(folder, message));
            }
            for (channel, words) in channels {
                let doubt = doubt_of_channel(channel, known.channels);
                doubts.extend(doubt.map(|message| whole(origin(words, files), message)));
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

/// Another locale of the same template, or the locale of last resort, that was perhaps meant.
fn nearly<'t>(locale: &str, template: &'t Template, default: &'t str) -> Option<&'t str> {
    if is_same_locale(locale, default) {
        return None;
    }
    // Two unusual locales that are near each other, such as quy and quz, are no misspelling of each other.
    let others = template.locales.iter().map(|(tag, _)| tag.as_str()).filter(|tag| is_usual_locale(tag));
    nearest_locale(locale, others.chain([default]))
}

/// The file of a channel's text, by the name that an operator knows.
fn origin<'f>(words: &'f Words, files: &'f Files) -> &'f str {
    files.get(&words.text).map_or(words.text.as_str(), |file| file.origin.as_str())
}

fn whole(file: &str, message: String) -> Problem {
    Problem { file: file.to_owned(), place: None, message }
}
