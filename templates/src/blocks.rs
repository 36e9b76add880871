//! Blocks that a file fills and no file that it extends has. Each mistake is told once, where it was made: in an
//! operator's layout that lost a block, or in the file that misspells one.

use std::collections::{BTreeMap, BTreeSet};

use domain::nearest_of_few;

use crate::error::Problem;
use crate::files::File;
use crate::names::hint;
use crate::scan::Scan;

/// A block that a file fills, and that no file it extends has.
#[derive(Clone, Copy)]
pub(crate) struct Unplaced<'r> {
    pub(crate) path: &'r str,
    pub(crate) block: &'r str,
    /// The line and the column of the block in its file.
    pub(crate) place: (usize, usize),
}

/// The files by path, and what the scan has found in each.
#[derive(Clone, Copy)]
pub(crate) struct Scanned<'f> {
    pub(crate) files: &'f BTreeMap<&'f str, &'f File>,
    pub(crate) scans: &'f BTreeMap<&'f str, Scan>,
}

/// The block of which tera says that no parent has it; none where it says something else.
pub(crate) fn unplaced(message: &str) -> Option<&str> {
    message.strip_prefix("Block `")?.strip_suffix("` is not defined in any parent template")
}

pub(crate) fn problems(scanned: Scanned<'_>, blocks: &[Unplaced<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut lost: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for block in blocks {
        match scanned.layout_at_fault(block, blocks) {
            Some(layout) => {
                lost.entry(layout).or_default().entry(block.block).or_default().insert(block.path);
            }
            None => problems.push(scanned.of_the_file(block)),
        }
    }
    for (layout, blocks) in &lost {
        problems.extend(scanned.of_the_layout(layout, blocks));
    }
    problems
}

impl<'f> Scanned<'f> {
    /// The operator's layout that lost the block: a shipped file fills it, or more than one file does and the layout
    /// has no other block that they may have meant.
    fn layout_at_fault(self, block: &Unplaced<'_>, all: &[Unplaced<'_>]) -> Option<&'f str> {
        let is_own = |path: &&str| self.files.get(*path).is_some_and(|file| !file.shipped);
        let layout = self.parents(block.path).find(is_own)?;
        let same = |other: &&Unplaced<'_>| {
            other.block == block.block && self.parents(other.path).any(|parent| parent == layout)
        };
        let several = all.iter().filter(same).count() > 1;
        let misspelt = self.nearest_of_parents(block).is_some_and(|near| self.is_filled(near));
        (!is_own(&block.path) || several && !misspelt).then_some(layout)
    }

    fn of_the_file(self, block: &Unplaced<'_>) -> Problem {
        let near = hint(self.nearest_of_parents(block));
        Problem {
            file: self.origin(block.path).to_owned(),
            place: Some(block.place),
            message: format!("Block `{}` is not defined in any parent template{near}", block.block),
        }
    }

    /// A problem for each block that was misspelt, and one for all others that are missing.
    fn of_the_layout(self, layout: &str, lost: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Problem> {
        let (Some(file), Some(scan)) = (self.files.get(layout), self.scans.get(layout)) else { return Vec::new() };
        let (mut problems, mut missing) = (Vec::new(), Vec::new());
        let mut fillers: BTreeSet<&str> = BTreeSet::new();
        for (&block, paths) in lost {
            let is_meant = |own: &str| nearest_of_few(own, [block]).is_some() && !self.is_filled(own);
            if let Some(own) = scan.blocks.iter().find(|own| is_meant(&own.name)) {
                let message = format!(
                    "the block `{}` is filled by no file, and none here is called `{block}`, which {}{}",
                    own.name,
                    self.who_fills(paths),
                    hint(Some(block))
                );
                problems.push(file.problem(own.at, message));
            } else {
                missing.push(format!("`{block}`"));
                fillers.extend(paths);
            }
        }
        if !missing.is_empty() {
            let message = format!("has no block {}, which {}: add it", missing.join(", "), self.who_fills(&fillers));
            problems.push(Problem { file: file.origin.clone(), place: None, message });
        }
        problems
    }

    /// The files that a file extends, from the nearest one on.
    fn parents(self, path: &str) -> impl Iterator<Item = &'f str> {
        let parent = move |path: &str| self.scans.get(path).and_then(|scan| scan.extends.as_deref());
        std::iter::successors(parent(path), move |path| parent(path))
    }

    fn nearest_of_parents(self, block: &Unplaced<'_>) -> Option<&'f str> {
        let scans = self.parents(block.path).filter_map(|parent| self.scans.get(parent));
        nearest_of_few(block.block, scans.flat_map(|scan| &scan.blocks).map(|own| own.name.as_str()))
    }

    /// Whether any file that extends another one fills a block of this name.
    fn is_filled(self, block: &str) -> bool {
        let mut extending = self.scans.values().filter(|scan| scan.extends.is_some());
        extending.any(|scan| scan.blocks.iter().any(|own| own.name == block))
    }

    /// Which file fills a block, and how many more do.
    fn who_fills(self, paths: &BTreeSet<&str>) -> String {
        let first = paths.first().map(|path| self.origin(path)).unwrap_or_default();
        if paths.len() > 1 { format!("{first} and {} more fill", paths.len() - 1) } else { format!("{first} fills") }
    }

    fn origin<'p>(self, path: &'p str) -> &'p str
    where
        'f: 'p,
    {
        self.files.get(path).map_or(path, |file| file.origin.as_str())
    }
}
