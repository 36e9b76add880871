//! PNG: chunks from the signature to the end, and nothing behind it.
//!
//! Source: <https://www.w3.org/TR/png-3/#5Chunk-layout>.

use std::fs::File;

use super::{Fault, NotFit, bytes_at, damaged, not_its_kind, unfit};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Length, type and checksum of a chunk.
const AROUND: u64 = 12;
/// The most pixels: as many as the largest cameras make. Whoever shows a picture unpacks all of them.
const MAX_PIXELS: u64 = 120_000_000;
/// The most chunks: a picture of this size has a few thousand.
const MAX_CHUNKS: usize = 50_000;

pub(super) fn check(file: &mut File, bytes: u64) -> Result<(), NotFit> {
    if bytes < 8 || bytes_at::<8>(file, 0)? != SIGNATURE {
        return Err(not_its_kind("does not begin as a PNG does"));
    }
    let (mut at, mut has_pixels) = (8, false);
    for number in 0..MAX_CHUNKS {
        let header: [u8; 8] = bytes_at(file, at)?;
        let (length, kind) = header.split_at(4);
        let length = u64::from(u32::from_be_bytes([length[0], length[1], length[2], length[3]]));
        match (number, kind) {
            (0, b"IHDR") => check_size(bytes_at(file, at + 8)?)?,
            (0, _) | (_, b"IHDR") => return Err(damaged("has not one header at its beginning")),
            (_, b"IDAT") => has_pixels = true,
            _ if !kind.iter().all(u8::is_ascii_alphabetic) => return Err(damaged("has a chunk of no type")),
            _ => {}
        }
        at += AROUND + length;
        if at > bytes {
            return Err(damaged("ends in the middle of a chunk"));
        }
        if kind == b"IEND" {
            return match has_pixels {
                _ if at < bytes => Err(unfit(Fault::Active, "has something behind its end")),
                true => Ok(()),
                false => Err(damaged("has no picture in it")),
            };
        }
    }
    Err(damaged("has more chunks than a picture has"))
}

fn check_size(sizes: [u8; 8]) -> Result<(), NotFit> {
    let (width, height) = sizes.split_at(4);
    let side = |bytes: &[u8]| u64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    match side(width).saturating_mul(side(height)) {
        0 => Err(damaged("has no size")),
        pixels if pixels > MAX_PIXELS => Err(unfit(Fault::Bomb, "has more pixels than anybody unpacks")),
        _ => Ok(()),
    }
}
