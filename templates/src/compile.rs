//! Makes one renderer of all files, or reports every problem with them, each with its line and column.

use std::collections::{BTreeMap, BTreeSet};

use tera::{ErrorKind, Tera};

use crate::blocks::{self, Scanned, Unplaced};
use crate::bounded;
use crate::error::Problem;
use crate::files::{File, Files};
use crate::language::told;
use crate::links;
use crate::scan::{Scan, scan};
use crate::styles;

/// How many files may follow one another by `include` and `extends`.
const MAX_REFERENCES: usize = 16;

#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) tera: Tera,
    /// The files by path, to say where an error is.
    pub(crate) sources: BTreeMap<String, Source>,
    /// The HTML whose style sheets are written into its elements when it is rendered.
    pub(crate) styled: BTreeSet<String>,
}

/// A file as it was written, and what was added to it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: File,
    /// The offset in the file and the length of each step that was inserted.
    inserted: Vec<(usize, usize)>,
}

impl Source {
    /// The offset in the file for an offset in the compiled text.
    pub(crate) fn original(&self, compiled: usize) -> usize {
        let mut added = 0;
        for (at, length) in &self.inserted {
            if at + added >= compiled {
                break;
            }
            added += length;
        }
        compiled.saturating_sub(added).min(self.file.text.len())
    }

    /// The place as `file:line:column`.
    pub(crate) fn place(&self, offset: usize) -> String {
        let (line, column) = self.file.line_and_column(offset);
        format!("{}:{line}:{column}", self.file.origin)
    }
}

/// Compiles every file but the samples.
///
/// # Errors
/// Every problem of every file.
pub(crate) fn compile(files: &Files) -> Result<Compiled, Vec<Problem>> {
    let styled = styles::styled(files);
    let files: BTreeMap<&str, &File> =
        files.iter().filter(|(path, _)| !path.ends_with(".json")).map(|(path, file)| (path.as_str(), file)).collect();
    let scans: BTreeMap<&str, Scan> = files.iter().map(|(path, file)| (*path, scan(&file.text))).collect();

    let mut problems = Vec::new();
    let mut broken = BTreeSet::new();
    for (path, file) in &files {
        let found = check_alone(file, &scans[path]);
        if !found.is_empty() {
            broken.insert(*path);
            problems.extend(found);
        }
        if path.ends_with(".html") {
            problems.extend(styles::problems(file));
        }
    }
    let before = problems.len();
    check_references(&files, &scans, &mut problems);
    // tera stops at the first reference that has no target or that goes round in a circle.
    if problems.len() == before {
        check_together(&files, &scans, &broken, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    with_steps(&files, &scans, styled)
}

/// Checks a file alone: its syntax, and what the scan refuses.
fn check_alone(file: &File, scan: &Scan) -> Vec<Problem> {
    if let Err(error) = new_tera().add_raw_template("part", &file.text)
        && let ErrorKind::SyntaxError(report) = error.kind()
    {
        let at = report.span().range.start;
        return vec![file.problem(at, told(report.message(), file.text.get(at..).unwrap_or_default()))];
    }
    scan.refusals.iter().map(|refusal| file.problem(refusal.at, refusal.message.to_owned())).collect()
}

fn check_references(files: &BTreeMap<&str, &File>, scans: &BTreeMap<&str, Scan>, problems: &mut Vec<Problem>) {
    for (path, scan) in scans {
        for reference in &scan.references {
            let message = if !files.contains_key(reference.name.as_str()) {
                format!("there is no file `{}`: give its path from the top, such as _layout/email.html", reference.name)
            } else if is_too_deep(scans, &reference.name, MAX_REFERENCES) {
                format!("more than {MAX_REFERENCES} files follow one another from here: end the chain or the circle")
            } else {
                continue;
            };
            problems.push(files[path].problem(reference.at, message));
        }
    }
}

fn is_too_deep(scans: &BTreeMap<&str, Scan>, path: &str, left: usize) -> bool {
    // The files are visited level by level, each once, so that a dense graph costs no more than its size times its
    // depth.
    let mut level = BTreeSet::from([path]);
    for _ in 0..left {
        let references = level.iter().filter_map(|path| scans.get(path)).flat_map(|scan| &scan.references);
        level = references.map(|reference| reference.name.as_str()).collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

/// Finds filters, functions, tests and blocks that do not exist. Broken files count as empty.
fn check_together(
    files: &BTreeMap<&str, &File>,
    scans: &BTreeMap<&str, Scan>,
    broken: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) {
    let text = |path: &str, file: &File| if broken.contains(path) { String::new() } else { file.text.clone() };
    let all = files.iter().map(|(path, file)| (*path, text(path, file)));
    let Err(error) = new_tera().add_raw_templates(all) else { return };
    let reports = error.to_string();
    let mut unplaced = Vec::new();
    for report in reports.split("error: ").filter(|report| !report.trim().is_empty()) {
        let Some((message, path, place)) = read_report(report) else {
            problems.push(Problem { file: "templates".to_owned(), place: None, message: report.trim().to_owned() });
            continue;
        };
        if let Some(block) = blocks::unplaced(message) {
            unplaced.push(Unplaced { path, block, place });
            continue;
        }
        let (file, place) = match files.get(path) {
            Some(file) => (file.origin.clone(), file.as_written(place)),
            None => (path.to_owned(), place),
        };
        problems.push(Problem { file, place: Some(place), message: told(message, "") });
    }
    // A broken file counts as empty, so nothing can be said of its blocks.
    if broken.is_empty() {
        problems.extend(blocks::problems(Scanned { files, scans }, &unplaced));
    }
}

/// Reads one error of the text into which tera joins them: `message\n --> path:line:column\n…`.
fn read_report(report: &str) -> Option<(&str, &str, (usize, usize))> {
    let mut lines = report.lines();
    let message = lines.next()?;
    let mut place = lines.next()?.trim().strip_prefix("--> ")?.rsplitn(3, ':');
    let (column, line, path) = (place.next()?.parse().ok()?, place.next()?.parse().ok()?, place.next()?);
    Some((message, path, (line, column)))
}

fn with_steps(
    files: &BTreeMap<&str, &File>,
    scans: &BTreeMap<&str, Scan>,
    styled: BTreeSet<String>,
) -> Result<Compiled, Vec<Problem>> {
    let insert = |path: &str, file: &File| {
        let mut text = file.text.clone();
        for (at, step) in scans[path].steps.iter().rev() {
            text.insert_str(*at, step);
        }
        text
    };
    let mut tera = new_tera();
    tera.add_raw_templates(files.iter().map(|(path, file)| (*path, insert(path, file))))
        .map_err(|error| vec![Problem { file: "templates".to_owned(), place: None, message: error.to_string() }])?;
    let source = |path: &str, file: &File| Source {
        file: file.clone(),
        inserted: scans[path].steps.iter().map(|(at, step)| (*at, step.len())).collect(),
    };
    let sources = files.iter().map(|(path, file)| ((*path).to_owned(), source(path, file))).collect();
    Ok(Compiled { tera, sources, styled })
}

fn new_tera() -> Tera {
    let mut tera = Tera::new();
    bounded::register(&mut tera);
    links::register(&mut tera);
    tera
}
