//! CSV: text in rows of equally many fields, and no page or program under its name. It has no signature of its own.
//!
//! Source: RFC 4180. A field that begins with `=` is data here: whoever writes a CSV for a spreadsheet quotes it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use super::{Encoding, NotFit, damaged, not_its_kind, read_at};

const BUFFER: usize = 64 * 1024;
/// How much of the beginning is looked at for what is no table.
const BEGINNING: usize = 4 * 1024;
/// How much of the beginning, and how many rows of it, are counted.
const COUNTED: usize = 64 * 1024;
const ROWS: usize = 20;
const SEPARATORS: [u8; 4] = *b",;\t|";
/// Beginnings of pages, of scripts and of the other kinds of files.
const NO_TABLES: [&[u8]; 10] =
    [b"<html", b"<script", b"<!doctype", b"<?xml", b"<?php", b"<svg", b"%pdf-", b"pk\x03\x04", b"{\\rtf", b"#!/"];

pub(super) fn check(file: &mut File, encoding: Encoding) -> Result<(), NotFit> {
    let is_utf8 = check_text(file)?;
    if !is_utf8 && encoding == Encoding::Utf8 {
        return Err(not_its_kind("is not UTF-8, as a CSV must be"));
    }
    let mut beginning = vec![0; COUNTED];
    let read = read_at(file, 0, &mut beginning)?;
    beginning.truncate(read);
    let first = beginning[..read.min(BEGINNING)].to_ascii_lowercase();
    if NO_TABLES.iter().any(|other| first.windows(other.len()).any(|window| window == *other)) {
        return Err(not_its_kind("begins as a page or a program does, and not as a table"));
    }
    check_rows(beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning), read == COUNTED)
}

/// Reads all of it. Returns whether it is UTF-8.
fn check_text(file: &mut File) -> Result<bool, NotFit> {
    file.seek(SeekFrom::Start(0))?;
    let (mut buffer, mut kept, mut is_utf8) = (vec![0; BUFFER], 0, true);
    loop {
        let read = file.read(&mut buffer[kept..])?;
        let (text, is_last) = (&buffer[..kept + read], read == 0);
        if text[kept..].iter().any(|&byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f) {
            return Err(not_its_kind("has bytes in it that no text has"));
        }
        kept = match std::str::from_utf8(text) {
            _ if !is_utf8 => 0,
            Ok(_) => 0,
            // The rest of the last character comes with the next bytes.
            Err(error) if error.error_len().is_none() && !is_last => {
                let cut = error.valid_up_to()..text.len();
                let left = cut.len();
                buffer.copy_within(cut, 0);
                left
            }
            Err(_) => {
                is_utf8 = false;
                0
            }
        };
        if is_last {
            return Ok(is_utf8);
        }
    }
}

/// The first rows have as many fields as the first one, by the separator that it has most of. `is_cut` says that the
/// beginning is not all.
fn check_rows(beginning: &[u8], is_cut: bool) -> Result<(), NotFit> {
    let by_each = SEPARATORS.map(|separator| fields_of_rows(beginning, separator, is_cut));
    let rows = by_each.iter().max_by_key(|rows| rows.first().copied()).map(Vec::as_slice).unwrap_or_default();
    match rows.first() {
        None => Err(damaged("has no row")),
        // What separates nothing in the first row may stand in the others.
        Some(1) => Ok(()),
        Some(fields) if rows.iter().all(|row| row == fields) => Ok(()),
        Some(_) => Err(damaged("has rows of different lengths")),
    }
}

/// How many fields each of the first rows has. Rows without anything in them do not count, nor does one that is cut.
fn fields_of_rows(text: &[u8], separator: u8, is_cut: bool) -> Vec<usize> {
    let (mut rows, mut fields, mut is_empty, mut is_quoted) = (Vec::with_capacity(ROWS), 1, true, false);
    for &byte in text {
        match byte {
            b'"' => {
                is_quoted = !is_quoted;
                is_empty = false;
            }
            b'\n' if !is_quoted => {
                if !is_empty {
                    rows.push(fields);
                }
                if rows.len() == ROWS {
                    return rows;
                }
                (fields, is_empty) = (1, true);
            }
            b'\r' if !is_quoted => {}
            _ => {
                fields += usize::from(byte == separator && !is_quoted);
                is_empty = false;
            }
        }
    }
    if !is_empty && (!is_cut || rows.is_empty()) {
        rows.push(fields);
    }
    rows
}
