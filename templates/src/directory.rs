//! Looks at an operator's directory as a whole: the folder of one template was given instead, or the one above all of
//! them, or there is nothing in it that any template uses.

use std::fs;
use std::path::{Path, PathBuf};

use crate::catalog::is_shared;
use crate::error::Problem;
use crate::files::{Files, is_shipped};
use crate::names::{GENERIC, channel_and_part, is_usual_locale};

/// The problem of a directory that is the folder of a template or of a locale.
pub(crate) fn too_deep(directory: &Path, files: &Files, channels: &[&str]) -> Option<Problem> {
    let own: Vec<&str> = own(files).filter(|path| !is_shared(path)).collect();
    let is_template = |path: &&str| path.matches('/').count() > 1 || path.ends_with("/sample.json");
    if own.iter().any(is_template) {
        return None;
    }
    let is_part = |name: &str| is_part(name, channels);
    let is_of_locale = |path: &&str| match path.split_once('/') {
        Some((locale, name)) => is_usual_locale(locale) && is_part(name),
        None => *path == "sample.json",
    };
    let (levels, what) = if own.iter().any(is_of_locale) {
        (1, "is the folder of one template")
    } else if own.iter().any(|path| is_part(path)) {
        (2, "is the folder of one locale")
    } else {
        return None;
    };
    let message = format!("{what}, and not that of all templates; did you mean {}?", above(directory, levels));
    Some(Problem { file: directory.display().to_string(), place: None, message })
}

/// The problem of a directory whose templates all stand in one of its folders.
pub(crate) fn too_high(directory: &Path, files: &Files, channels: &[&str]) -> Option<Problem> {
    let is_words = |locale: &str, name: &str| is_usual_locale(locale) && is_part(name, channels);
    let steps = own(files).map(|path| path.split('/').collect::<Vec<_>>());
    let mut folder = None;
    for steps in steps {
        match steps.as_slice() {
            // A template is where it should be.
            [_, "sample.json"] => return None,
            [_, locale, name] if is_words(locale, name) => return None,
            [above, _, locale, name] if is_words(locale, name) => folder = folder.or(Some(*above)),
            _ => {}
        }
    }
    let meant = directory.join(folder?);
    let message = format!("has its templates one folder below; did you mean {}?", meant.display());
    Some(Problem { file: directory.display().to_string(), place: None, message })
}

fn is_part(name: &str, channels: &[&str]) -> bool {
    let channel = channel_and_part(name, channels).map(|(channel, _)| channel);
    channel.is_ok_and(|channel| channel == GENERIC || channels.contains(&channel))
}

/// The doubts about folders of templates and of locales in which there is nothing.
pub(crate) fn empty(directory: &Path) -> Vec<Problem> {
    let templates = folders(directory);
    let locales = templates.iter().flat_map(|template| folders(template));
    let all = templates.iter().cloned().chain(locales);
    let empty = all.filter(|folder| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()));
    let doubt = |folder: PathBuf| Problem {
        file: folder.display().to_string(),
        place: None,
        message: "is an empty folder: put words into it, such as <channel>.txt, or take it out".to_owned(),
    };
    empty.map(doubt).collect()
}

/// The folders in a directory that may be templates or locales, in the order of their names.
fn folders(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let named = |path: &PathBuf| !path.file_name().unwrap_or_default().to_string_lossy().starts_with(['.', '_']);
    let mut folders: Vec<PathBuf> = entries.filter(|path| named(path) && path.is_dir()).collect();
    folders.sort();
    folders
}

/// The doubt about a directory without a file that is a part of a template or replaces a shipped file.
pub(crate) fn unused(directory: &Path, files: &Files) -> Option<Problem> {
    let is_unused = own(files).all(|path| is_shared(path) && !is_shipped(path));
    is_unused.then(|| Problem {
        file: directory.display().to_string(),
        place: None,
        message: "has no templates: add folders such as <template>/<locale>/ with a <channel>.txt in them, or leave \
                  TEMPLATES_DIR empty"
            .to_owned(),
    })
}

fn own(files: &Files) -> impl Iterator<Item = &str> {
    files.iter().filter(|(_, file)| !file.shipped).map(|(path, _)| path.as_str())
}

/// The folder so many levels above a directory.
fn above(directory: &Path, levels: usize) -> String {
    let named = directory.ancestors().take(levels).all(|folder| folder.file_name().is_some());
    match directory.ancestors().nth(levels).filter(|_| named) {
        Some(folder) if folder.as_os_str().is_empty() => ".".to_owned(),
        Some(folder) => folder.display().to_string(),
        None => directory.join(["..", "../.."][levels - 1]).display().to_string(),
    }
}
