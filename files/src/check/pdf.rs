//! PDF: begins and ends as one, and has nothing in it that runs, opens or is another file.
//!
//! What is packed in a stream is looked at by a virus scanner, if there is one: it may be packed in a dozen ways. What begins
//! as a stream need not be one for others, in a comment or a text: no name of what is refused stands there openly either.
//!
//! Source: ISO 32000-2, 7.2 and 7.3.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use super::{Fault, NotFit, damaged, not_its_kind, read_at, unfit};

/// The end must be so near to the end of the file.
const TAIL: usize = 1024;
/// The longest word that is looked at.
const MAX_WORD: usize = 64;
/// Shorter names stand in a packed stream by chance.
const BY_CHANCE: usize = 7;
const BUFFER: usize = 64 * 1024;
const END_OF_STREAM: &[u8] = b"endstream";

/// Names of what nobody should be sent, and what each is.
const REFUSED: [(&[u8], Fault, &str); 7] = [
    (b"/Encrypt", Fault::Encrypted, "is encrypted"),
    (b"/JavaScript", Fault::Active, "has a script in it"),
    (b"/JS", Fault::Active, "has a script in it"),
    (b"/Launch", Fault::Active, "starts a program"),
    (b"/EmbeddedFile", Fault::Active, "has another file in it"),
    (b"/EmbeddedFiles", Fault::Active, "has another file in it"),
    (b"/RichMedia", Fault::Active, "has a film or a program in it"),
];

pub(super) fn check(file: &mut File, bytes: u64) -> Result<(), NotFit> {
    let mut begin = [0; 8];
    let read = read_at(file, 0, &mut begin)?;
    let version = &begin[..read];
    if !(version.starts_with(b"%PDF-1.") || version.starts_with(b"%PDF-2.")) {
        return Err(not_its_kind("does not begin as a PDF does"));
    }
    let mut tail = [0; TAIL];
    let read = read_at(file, bytes.saturating_sub(TAIL as u64), &mut tail)?;
    if !tail[..read].windows(5).any(|five| five == b"%%EOF") {
        return Err(damaged("does not end as a PDF does"));
    }
    file.seek(SeekFrom::Start(0))?;
    let (mut buffer, mut words) = (vec![0; BUFFER], Words::default());
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return words.end();
        }
        for &byte in &buffer[..read] {
            words.take(byte)?;
        }
    }
}

/// Cuts the file into words.
#[derive(Default)]
struct Words {
    word: Vec<u8>,
    /// How much of the end of a stream has been read, inside of one.
    of_end: Option<usize>,
}

impl Words {
    fn take(&mut self, byte: u8) -> Result<(), NotFit> {
        let is_inside = self.of_end.is_some();
        self.of_end = self.of_end.and_then(|read| in_stream(read, byte));
        let ends = is_white(byte) || b"()<>[]{}/%".contains(&byte);
        if !ends {
            if self.word.len() < MAX_WORD {
                self.word.push(byte);
            }
            return Ok(());
        }
        self.look(is_inside)?;
        let begins_stream = !is_inside && self.word == b"stream" && matches!(byte, b'\r' | b'\n');
        self.word.clear();
        if begins_stream {
            self.of_end = Some(0);
        } else if byte == b'/' {
            self.word.push(byte);
        }
        Ok(())
    }

    /// At the end of the file.
    fn end(&self) -> Result<(), NotFit> {
        match self.of_end {
            None => self.look(false),
            Some(_) => Err(damaged("ends in the middle of a stream")),
        }
    }

    fn look(&self, is_inside: bool) -> Result<(), NotFit> {
        if self.word.first() != Some(&b'/') {
            return Ok(());
        }
        let name = without_escapes(&self.word);
        if is_inside && name.len() < BY_CHANCE {
            return Ok(());
        }
        match REFUSED.iter().find(|(refused, ..)| *refused == name.as_slice()) {
            Some(&(_, fault, why)) => Err(unfit(fault, why)),
            None => Ok(()),
        }
    }
}

/// How much of the end of a stream is read with this byte. None where all of it is.
fn in_stream(read: usize, byte: u8) -> Option<usize> {
    let read = match (END_OF_STREAM[read] == byte, byte == END_OF_STREAM[0]) {
        (true, _) => read + 1,
        (false, true) => 1,
        (false, false) => 0,
    };
    (read < END_OF_STREAM.len()).then_some(read)
}

fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

/// A name may be written with `#` and two digits in the place of a byte, which means the same.
fn without_escapes(word: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.filter(|_| first == b'#').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                name.push(byte);
                rest = &behind[2..];
            }
            None => {
                name.push(first);
                rest = behind;
            }
        }
    }
    name
}
