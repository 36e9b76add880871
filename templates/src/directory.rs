//! Looks at an operator's directory as a whole: the folder of one template was given instead, or there is nothing in it
//! that any template uses.

use std::path::Path;

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
    let is_part = |name: &str| {
        let channel = channel_and_part(name, channels).map(|(channel, _)| channel);
        channel.is_ok_and(|channel| channel == GENERIC || channels.contains(&channel))
    };
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
