//! XLSX: a ZIP whose parts say that it is a workbook, without macros and data from elsewhere, and which is as large as it
//! says once it is unpacked.
//!
//! Sources: ECMA-376 part 2 (packages), APPNOTE.TXT 6.3.10 of PKWARE (ZIP).

use std::fs::File;
use std::io::{BufReader, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::tags::{Tag, tags};
use super::{Fault, NotFit, Unfit, bytes_at, compound, damaged, not_its_kind, read_at, unfit};

/// Begins the first entry of an archive.
const ENTRY: [u8; 4] = *b"PK\x03\x04";
/// Begins the end of an archive, which has 22 bytes and a comment of at most 65,535 bytes behind them.
const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
const MAX_COMMENT: usize = 65_535;
/// The most parts of a workbook, and the most bytes of the list of them. Whoever reads it keeps all of it in memory.
const MAX_ENTRIES: u16 = 5_000;
const MAX_DIRECTORY: u32 = 1024 * 1024;
/// The most bytes that all parts may have, unpacked.
const MAX_UNPACKED: u64 = 128 * 1024 * 1024;
/// So many times its own size a workbook may have, unpacked, from this size on. Of sheets with the same number in each
/// cell there are a hundred times.
const MAX_RATIO: u64 = 150;
const SMALL: u64 = 8 * 1024 * 1024;
/// The most bytes of a part that is read, and not only counted.
const MAX_READ: usize = 256 * 1024;

const TYPES: &str = "[content_types].xml";
const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";

type Archive = ZipArchive<BufReader<File>>;

pub(super) fn check(mut file: File, bytes: u64) -> Result<(), NotFit> {
    if bytes < END_BYTES as u64 || bytes_at::<4>(&mut file, 0)? != ENTRY {
        return Err(match compound::check(&mut file, bytes) {
            // With a password, office programs put the ZIP into a compound file.
            Err(encrypted @ NotFit::Unfit(Unfit { fault: Fault::Encrypted, .. })) => encrypted,
            _ => not_its_kind("does not begin as an XLSX does"),
        });
    }
    let entries = look_at_end(&mut file, bytes)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(of_archive)?;
    if archive.len() != usize::from(entries) || archive.offset() != 0 {
        return Err(unfit(Fault::Bomb, "has another list of its parts than it says"));
    }
    archive
        .validate_header_consistency()
        .map_err(|_| unfit(Fault::Bomb, "has parts that overlap, or are not listed"))?;
    let (mut unpacked, mut is_workbook) = (0, false);
    for index in 0..archive.len() {
        let part = look_at_part(&mut archive, index, bytes, &mut unpacked)?;
        is_workbook |= part.is_some_and(|types| types == Types::OfWorkbook);
    }
    if is_workbook { Ok(()) } else { Err(not_its_kind("is a ZIP, and no workbook")) }
}

/// The number of entries. There must be one end, at the end, and a list that is not too long.
fn look_at_end(file: &mut File, bytes: u64) -> Result<u16, NotFit> {
    let mut tail = vec![0; END_BYTES + MAX_COMMENT];
    let read = read_at(file, bytes.saturating_sub(tail.len() as u64), &mut tail)?;
    let tail = &tail[..read];
    let mut ends = tail.windows(END.len()).enumerate().filter(|(_, four)| *four == END).map(|(at, _)| at);
    let (Some(at), None) = (ends.next(), ends.next()) else {
        return Err(damaged("has not one end"));
    };
    let Some(end) = tail[at..].first_chunk::<END_BYTES>() else { return Err(damaged("ends in the middle")) };
    let number = |at: usize| u16::from_le_bytes([end[at], end[at + 1]]);
    let size = u32::from_le_bytes([end[12], end[13], end[14], end[15]]);
    if at + END_BYTES + usize::from(number(20)) != tail.len() {
        return Err(unfit(Fault::Active, "has something behind its end"));
    }
    // Larger numbers than these stand elsewhere (ZIP64), and no workbook of ours needs them.
    match number(10) {
        entries if entries > MAX_ENTRIES || size > MAX_DIRECTORY => Err(unfit(Fault::Bomb, "has too many parts")),
        entries => Ok(entries),
    }
}

fn of_archive(error: ZipError) -> NotFit {
    match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => NotFit::Disk(error),
        ZipError::CompressionMethodNotSupported(_) => damaged("is packed in a way that no workbook is"),
        _ => damaged("is a ZIP that cannot be read"),
    }
}

/// What the list of types says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Types {
    OfWorkbook,
    Others,
}

/// Looks at one part, and counts what it has unpacked. Returns what the list of types says, of that part alone.
fn look_at_part(archive: &mut Archive, index: usize, bytes: u64, unpacked: &mut u64) -> Result<Option<Types>, NotFit> {
    let name = {
        let entry = archive.by_index_data(index).map_err(of_archive)?;
        if entry.encrypted() {
            return Err(unfit(Fault::Encrypted, "is encrypted"));
        }
        entry.name().map_err(of_archive)?.to_ascii_lowercase()
    };
    check_name(&name)?;
    let part = archive.by_index(index).map_err(of_archive)?;
    let is_read = name == TYPES || name.ends_with(".rels");
    let mut counted = Counted { part, unpacked, limit: MAX_UNPACKED.min(SMALL.max(bytes.saturating_mul(MAX_RATIO))) };
    let text = counted.read(is_read)?;
    match is_read.then(|| String::from_utf8(text)) {
        None => Ok(None),
        Some(Err(_)) => Err(damaged("has a list in it that is not UTF-8")),
        Some(Ok(text)) => {
            let tags = tags(&text).ok_or_else(|| damaged("has a list in it that cannot be read"))?;
            if name == TYPES { check_types(&tags).map(Some) } else { check_relations(&tags).map(|()| None) }
        }
    }
}

/// Refuses parts by what they are called.
fn check_name(name: &str) -> Result<(), NotFit> {
    let steps: Vec<&str> = name.split(['/', '\\']).collect();
    if name.starts_with('/') || name.contains(['\\', '\0', ':']) || steps.contains(&"..") {
        return Err(unfit(Fault::Bomb, "has a part whose name leads out of it"));
    }
    let has = |folder: &str| steps.contains(&folder);
    let last = steps.last().copied().unwrap_or_default();
    if last.starts_with("vbaproject") || has("macrosheets") || has("dialogsheets") {
        return Err(unfit(Fault::Active, "has macros in it"));
    }
    if has("activex") || has("embeddings") {
        return Err(unfit(Fault::Active, "has another file or a program in it"));
    }
    if has("externallinks") || last == "connections.xml" {
        return Err(unfit(Fault::External, "has data in it that is fetched from elsewhere"));
    }
    Ok(())
}

fn check_types(tags: &[Tag<'_>]) -> Result<Types, NotFit> {
    let types: Vec<String> =
        tags.iter().filter_map(|tag| tag.attribute("ContentType")).map(str::to_lowercase).collect();
    if types.iter().any(|kind| ["macroenabled", "vbaproject", "macrosheet"].iter().any(|word| kind.contains(word))) {
        return Err(unfit(Fault::Active, "has macros in it"));
    }
    Ok(if types.iter().any(|kind| kind == MAIN) { Types::OfWorkbook } else { Types::Others })
}

/// A link that somebody follows is none that is fetched.
fn check_relations(tags: &[Tag<'_>]) -> Result<(), NotFit> {
    for tag in tags.iter().filter(|tag| tag.name == "Relationship") {
        let kind = tag.attribute("Type").unwrap_or_default().to_ascii_lowercase();
        let is_outside = tag.attribute("TargetMode").is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
        if kind.ends_with("/vbaproject") {
            return Err(unfit(Fault::Active, "has macros in it"));
        }
        if is_outside && !kind.ends_with("/hyperlink") {
            return Err(unfit(Fault::External, "has data in it that is fetched from elsewhere"));
        }
    }
    Ok(())
}

/// A part that is unpacked, and counted with those before it: what an archive says of its sizes may be a lie.
struct Counted<'a, R> {
    part: R,
    unpacked: &'a mut u64,
    limit: u64,
}

impl<R: Read> Counted<'_, R> {
    /// Unpacks all of it, and keeps it where it is to be read.
    fn read(&mut self, is_kept: bool) -> Result<Vec<u8>, NotFit> {
        let (mut buffer, mut kept) = ([0; 16 * 1024], Vec::new());
        loop {
            let read = match self.part.read(&mut buffer) {
                Ok(0) => return Ok(kept),
                Ok(read) => read,
                Err(_) => return Err(damaged("has a part that cannot be unpacked")),
            };
            *self.unpacked += read as u64;
            if *self.unpacked > self.limit {
                return Err(unfit(Fault::Bomb, "is far larger once it is unpacked"));
            }
            if is_kept {
                kept.extend_from_slice(&buffer[..read]);
            }
            if kept.len() > MAX_READ {
                return Err(unfit(Fault::Bomb, "has a list in it that is too long"));
            }
        }
    }
}
