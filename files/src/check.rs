//! Looks whether a file is what its name says, and whether it holds what nobody should be sent: by its bytes, and never by
//! what its sender calls it.

mod compound;
mod jpeg;
mod pdf;
mod png;
mod table;
mod tags;
mod workbook;

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use domain::FileKind;

/// What is wrong with a file, as a word that programs branch on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Empty,
    /// It is something else than its name says.
    NotItsKind,
    /// It is of its kind, and broken.
    Damaged,
    /// It has macros, scripts, or other files in it.
    Active,
    Encrypted,
    /// What is packed in it is far larger than it is, or packed in a way to deceive whoever unpacks it.
    Bomb,
    /// It has data fetched from elsewhere.
    External,
}

/// Why a file does not come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unfit {
    pub fault: Fault,
    /// Read after "the file".
    pub why: &'static str,
}

/// Why a file could not be found fit.
#[derive(Debug)]
pub(crate) enum NotFit {
    Unfit(Unfit),
    Disk(io::Error),
}

/// What a CSV may be written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Encoding {
    Utf8,
    /// Or in the one of old spreadsheets, of which every byte is some character.
    Latin1Too,
}

impl Fault {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotItsKind => "not_its_kind",
            Self::Damaged => "damaged",
            Self::Active => "active_content",
            Self::Encrypted => "encrypted",
            Self::Bomb => "bomb",
            Self::External => "external_data",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file {}", self.why)
    }
}

impl From<io::Error> for NotFit {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

fn unfit(fault: Fault, why: &'static str) -> NotFit {
    NotFit::Unfit(Unfit { fault, why })
}

fn not_its_kind(why: &'static str) -> NotFit {
    unfit(Fault::NotItsKind, why)
}

fn damaged(why: &'static str) -> NotFit {
    unfit(Fault::Damaged, why)
}

/// Looks at a whole file. It reads and unpacks, so that it belongs on a thread that may block.
pub(crate) fn check(path: &Path, kind: FileKind, csv: Encoding) -> Result<(), NotFit> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    if bytes == 0 {
        return Err(unfit(Fault::Empty, "is empty"));
    }
    match kind {
        FileKind::Xlsx => workbook::check(file, bytes),
        FileKind::Xls => compound::check(&mut file, bytes),
        FileKind::Csv => table::check(&mut file, csv),
        FileKind::Pdf => pdf::check(&mut file, bytes),
        FileKind::Png => png::check(&mut file, bytes),
        FileKind::Jpeg => jpeg::check(&mut file, bytes),
    }
}

/// As many bytes of this place as there are, at most the length of `into`.
fn read_at(file: &mut File, at: u64, into: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = 0;
    while read < into.len() {
        match file.read(&mut into[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

/// Exactly these bytes of this place. A file that ends before them is damaged.
fn bytes_at<const N: usize>(file: &mut File, at: u64) -> Result<[u8; N], NotFit> {
    let mut bytes = [0; N];
    if read_at(file, at, &mut bytes)? < N {
        return Err(damaged("ends in the middle"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
