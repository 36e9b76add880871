//! The files of the catalog: those embedded in the binary, and an operator's directory that overrides them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

use crate::error::{LoadError, Problem};

/// The most bytes of one file: reading straight through it is the longest work between two steps.
const MAX_FILE_BYTES: usize = 64 * 1024;
/// The most files and folders: a link may lead to the whole machine.
const MAX_ENTRIES: usize = 10_000;
/// How deep folders may be nested: `template/locale/part` has three levels. Symbolic links are followed, so a limit
/// must end a circle of them.
const MAX_FOLDERS: usize = 4;

/// Files by their path in the catalog, such as `welcome/es/email.txt`.
pub(crate) type Files = BTreeMap<String, File>;

#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The path by which an operator knows the file.
    pub(crate) origin: String,
    pub(crate) text: String,
    /// Whether the file came with the binary, so that its mistakes are none of the operator's.
    pub(crate) shipped: bool,
    /// The MJML that the text was made of, if it was: what operators know are its lines.
    pub(crate) mjml: Option<String>,
}

impl File {
    /// A problem at an offset of the text.
    pub(crate) fn problem(&self, at: usize, message: String) -> Problem {
        Problem { file: self.origin.clone(), place: Some(self.line_and_column(at)), message }
    }

    /// The line and the column of an offset of the text, in the file as it was written. In MJML that is the first place
    /// where the same tag stands.
    pub(crate) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let Some(mjml) = &self.mjml else { return line_and_column(&self.text, at) };
        let at = at.min(self.text.len());
        let before = self.text.get(..(at + 2).min(self.text.len())).unwrap_or_default();
        let start = ["{{", "{%"].into_iter().filter_map(|open| before.rfind(open)).max();
        let tag = start.and_then(|start| {
            let end = ["}}", "%}"].into_iter().filter_map(|close| self.text[start..].find(close)).min()?;
            Some((start, &self.text[start..start + end]))
        });
        let meant = tag.and_then(|(start, tag)| Some(mjml.find(tag)? + (at.max(start) - start).min(tag.len())));
        line_and_column(mjml, meant.unwrap_or_default())
    }

    /// The same for a line and a column of the text.
    pub(crate) fn as_written(&self, place: (usize, usize)) -> (usize, usize) {
        if self.mjml.is_none() {
            return place;
        }
        let (line, column) = place;
        let before: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let of_line = self.text.get(before..).unwrap_or_default();
        let inner = of_line.char_indices().nth(column.saturating_sub(1)).map_or(0, |(at, _)| at);
        self.line_and_column(before + inner)
    }
}

#[derive(RustEmbed)]
#[folder = "catalog/"]
struct Shipped;

pub(crate) fn shipped() -> Files {
    let read = |path: std::borrow::Cow<'static, str>| {
        let text = String::from_utf8_lossy(&Shipped::get(&path)?.data).into_owned();
        Some((path.to_string(), File { origin: format!("catalog/{path}"), text, shipped: true, mjml: None }))
    };
    Shipped::iter().filter_map(read).collect()
}

/// Whether a file of this path is shipped, so that an operator's own replaces it.
pub(crate) fn is_shipped(path: &str) -> bool {
    Shipped::get(path).is_some()
}

/// Adds the files below `directory`, replacing those of the same path. Names that start with a dot or end with `~` are
/// left out, and so is a README.
///
/// # Errors
/// When there is more than a catalog can have: nothing else is told of it then.
pub(crate) fn add_directory(files: &mut Files, directory: &Path, problems: &mut Vec<Problem>) -> Result<(), LoadError> {
    let mut folders = vec![(directory.to_owned(), String::new(), 1)];
    let mut count = 0;
    while let Some((folder, prefix, depth)) = folders.pop() {
        let entries = match list(&folder) {
            Ok(entries) => entries,
            // Only the given directory can be a wrong path: a missing folder below it was removed meanwhile.
            Err(error) if depth == 1 && error.kind() == io::ErrorKind::NotFound => {
                problems.push(whole(&folder, "does not exist: correct the path, or make the folder".into()));
                continue;
            }
            Err(error) => {
                problems.push(unreadable(&folder, &error));
                continue;
            }
        };
        for (path, name) in entries {
            let key = format!("{prefix}{name}");
            count += 1;
            if count > MAX_ENTRIES {
                let what = format!("has more than {MAX_ENTRIES} files and folders: take out what is no template");
                return Err(LoadError::new(vec![whole(directory, what)]));
            }
            if path.is_dir() && depth < MAX_FOLDERS {
                folders.push((path, format!("{key}/"), depth + 1));
                continue;
            }
            match read(&path) {
                Ok(text) => {
                    files.insert(key, File { origin: path.display().to_string(), text, shipped: false, mjml: None });
                }
                Err(error) => problems.push(unreadable(&path, &error)),
            }
        }
    }
    Ok(())
}

/// The line and the column of an offset, both from 1; columns count characters.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let characters = before[start..].iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
    (before.iter().filter(|byte| **byte == b'\n').count() + 1, characters + 1)
}

fn list(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)?.take(MAX_ENTRIES + 1) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !name.ends_with('~') && !name.starts_with("README") {
            entries.push((entry.path(), name));
        }
    }
    Ok(entries)
}

fn read(path: &Path) -> io::Result<String> {
    let found = fs::metadata(path)?;
    // The system shows its own state as files without a length, and some of these are waited for when they are read.
    if found.is_file() && found.len() == 0 {
        return Ok(String::new());
    }
    let text = runtime::read_text_file(path, MAX_FILE_BYTES)?;
    // A byte order mark belongs to the file, and would be sent as the first character of the words.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    whole(path, format!("cannot be read ({error}): correct it or take it out of the templates"))
}

fn whole(path: &Path, message: String) -> Problem {
    Problem { file: path.display().to_string(), place: None, message }
}
