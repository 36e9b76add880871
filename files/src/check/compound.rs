//! XLS: a compound file that has the stream of a workbook, neither encrypted nor with macros or references to other files.
//!
//! Sources: MS-CFB (the file as sectors), MS-XLS 2.1 and 2.4 (the records of a workbook).

use std::fs::File;

use super::{Fault, NotFit, bytes_at, damaged, not_its_kind, read_at, unfit};

const SIGNATURE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const HEADER: usize = 512;
/// From this number on a sector is none, but the end of a chain, a free one or a table.
const NO_SECTOR: u32 = 0xffff_fffa;
/// An entry of the directory.
const ENTRY: usize = 128;
const MAX_ENTRIES: usize = 4_096;
/// What an entry is.
const STORAGE: u8 = 1;
const STREAM: u8 = 2;
/// Shorter streams lie elsewhere. That of a workbook is padded to this length.
const SHORT: u64 = 4_096;
/// The most records before the first sheet: each style and each shared text is one.
const MAX_RECORDS: usize = 200_000;

/// Records of a workbook (MS-XLS 2.3).
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000a;
const FILE_PASS: u16 = 0x002f;
const BOUND_SHEET: u16 = 0x0085;
const SUP_BOOK: u16 = 0x01ae;
/// What a reference to the workbook itself, and to the functions of the program, has in the place of a name.
const OWN: u16 = 0x0401;
const ADD_IN: u16 = 0x3a01;

pub(super) fn check(file: &mut File, bytes: u64) -> Result<(), NotFit> {
    if bytes < 8 || bytes_at::<8>(file, 0)? != SIGNATURE {
        return Err(not_its_kind("does not begin as an XLS does"));
    }
    let sectors = Sectors::read(file, bytes)?;
    let workbook = find_workbook(file, &sectors)?;
    check_records(file, &sectors, &workbook)
}

/// The file as numbered sectors, each of which says which one follows.
struct Sectors {
    bytes_of_each: u64,
    next: Vec<u32>,
    directory: u32,
}

/// A stream: its sectors, and its length.
struct Stream {
    sectors: Vec<u32>,
    bytes: u64,
}

impl Sectors {
    fn read(file: &mut File, bytes: u64) -> Result<Self, NotFit> {
        let header: [u8; HEADER] = bytes_at(file, 0)?;
        let bytes_of_each = match u16_at(&header, 0x1e) {
            9 => 512_u64,
            12 => 4_096,
            _ => return Err(damaged("has sectors of no known size")),
        };
        let number = usize::try_from(bytes / bytes_of_each).unwrap_or(usize::MAX);
        let mut tables: Vec<u32> = (0..109).map(|at| u32_at(&header, 0x4c + 4 * at)).collect();
        let mut more = u32_at(&header, 0x44);
        let per_sector = usize::try_from(bytes_of_each).unwrap_or(HEADER) / 4;
        // A file of the largest size has a few of these; a chain that does not end is longer than the file.
        for _ in 0..number {
            if more >= NO_SECTOR || tables.len() > number {
                break;
            }
            let list = Self::numbers(file, bytes_of_each, more)?;
            tables.extend(&list[..per_sector - 1]);
            more = list[per_sector - 1];
        }
        let mut next = Vec::new();
        for &table in tables.iter().filter(|&&table| table < NO_SECTOR) {
            if next.len() > number {
                break;
            }
            next.extend(Self::numbers(file, bytes_of_each, table)?);
        }
        Ok(Self { bytes_of_each, next, directory: u32_at(&header, 0x30) })
    }

    /// A sector as numbers.
    fn numbers(file: &mut File, bytes_of_each: u64, sector: u32) -> Result<Vec<u32>, NotFit> {
        let mut bytes = vec![0; usize::try_from(bytes_of_each).unwrap_or(HEADER)];
        let read = read_at(file, (u64::from(sector) + 1) * bytes_of_each, &mut bytes)?;
        if read < bytes.len() {
            return Err(damaged("ends in the middle"));
        }
        Ok(bytes.chunks_exact(4).map(|four| u32_at(four, 0)).collect())
    }

    /// The sectors of a stream, each of which is in it once.
    fn chain(&self, first: u32) -> Result<Vec<u32>, NotFit> {
        let (mut chain, mut at) = (Vec::new(), first);
        while at < NO_SECTOR {
            if chain.len() > self.next.len() {
                return Err(damaged("has a chain of sectors without an end"));
            }
            chain.push(at);
            let next = usize::try_from(at).ok().and_then(|at| self.next.get(at));
            at = *next.ok_or_else(|| damaged("has a chain of sectors that leads out of it"))?;
        }
        Ok(chain)
    }

    /// Reads a part of a stream. What lies behind its end reads as nothing.
    fn read_stream(&self, file: &mut File, stream: &Stream, at: u64, into: &mut [u8]) -> Result<usize, NotFit> {
        let mut read = 0;
        while read < into.len() && at + (read as u64) < stream.bytes {
            let place = at + read as u64;
            let number = usize::try_from(place / self.bytes_of_each).unwrap_or(usize::MAX);
            let Some(&sector) = stream.sectors.get(number) else { break };
            let within = place % self.bytes_of_each;
            let left = usize::try_from(self.bytes_of_each - within).unwrap_or(HEADER).min(into.len() - read);
            let begin = (u64::from(sector) + 1) * self.bytes_of_each + within;
            match read_at(file, begin, &mut into[read..read + left])? {
                0 => break,
                more => read += more,
            }
        }
        Ok(read)
    }
}

/// Looks through the directory, which names all that is in the file.
fn find_workbook(file: &mut File, sectors: &Sectors) -> Result<Stream, NotFit> {
    let chain = sectors.chain(sectors.directory)?;
    let length = chain.len() as u64 * sectors.bytes_of_each;
    let directory = Stream { sectors: chain, bytes: length };
    let mut found = None;
    for number in 0..MAX_ENTRIES {
        let mut entry = [0; ENTRY];
        if sectors.read_stream(file, &directory, (number * ENTRY) as u64, &mut entry)? < ENTRY {
            break;
        }
        let kind = entry[0x42];
        if !matches!(kind, STORAGE | STREAM) {
            continue;
        }
        let name = name_of(&entry);
        refuse_by_name(&name)?;
        if kind == STREAM && matches!(name.as_str(), "workbook" | "book") {
            let stream =
                Stream { sectors: sectors.chain(u32_at(&entry, 0x74))?, bytes: u64::from(u32_at(&entry, 0x78)) };
            if found.replace(stream).is_some() {
                return Err(damaged("has two workbooks"));
            }
        }
    }
    match found {
        None => Err(not_its_kind("is a compound file, and no workbook")),
        Some(stream) if stream.bytes < SHORT => Err(damaged("has a workbook that is too short")),
        Some(stream) => Ok(stream),
    }
}

/// In small letters, by which names are compared.
fn name_of(entry: &[u8; ENTRY]) -> String {
    let length = usize::from(u16_at(entry, 0x40)).min(64) / 2;
    let units: Vec<u16> = (0..length).map(|at| u16_at(entry, 2 * at)).take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units).to_lowercase()
}

fn refuse_by_name(name: &str) -> Result<(), NotFit> {
    match name {
        "_vba_project_cur" | "_vba_project" | "vba" | "macros" => Err(unfit(Fault::Active, "has macros in it")),
        "\u{1}ole10native" | "package" => Err(unfit(Fault::Active, "has another file or a program in it")),
        "encryptedpackage" | "encryptioninfo" => Err(unfit(Fault::Encrypted, "is encrypted")),
        name if name.starts_with("mbd") && name.len() == 11 => {
            Err(unfit(Fault::Active, "has another file or a program in it"))
        }
        _ => Ok(()),
    }
}

/// Looks at the records before the first sheet: they say of the whole workbook what it is.
fn check_records(file: &mut File, sectors: &Sectors, workbook: &Stream) -> Result<(), NotFit> {
    let (mut at, mut begun) = (0, false);
    for _ in 0..MAX_RECORDS {
        let mut record = [0; 12];
        let read = sectors.read_stream(file, workbook, at, &mut record)?;
        if read < 4 {
            return Err(damaged("has a workbook that ends in the middle"));
        }
        let (kind, length) = (u16_at(&record, 0), u16_at(&record, 2));
        if !begun && kind != BEGIN {
            return Err(damaged("has a workbook that does not begin as one"));
        }
        begun = true;
        match kind {
            FILE_PASS => return Err(unfit(Fault::Encrypted, "is encrypted")),
            // The sixth byte of its data says what sheet it is: a sheet, one of macros, a chart, a module.
            BOUND_SHEET if length >= 6 && matches!(record[9], 1 | 6) => {
                return Err(unfit(Fault::Active, "has macros in it"));
            }
            SUP_BOOK if length >= 4 && !matches!(u16_at(&record, 6), OWN | ADD_IN) => {
                return Err(unfit(Fault::External, "has data in it that is fetched from elsewhere"));
            }
            END => return Ok(()),
            _ => {}
        }
        at += 4 + u64::from(length);
    }
    Err(damaged("has a workbook without an end"))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
