//! JPEG: segments up to the picture, and its end at the end.
//!
//! Source: ITU-T T.81, annex B.

use std::fs::File;

use super::{Fault, NotFit, bytes_at, damaged, not_its_kind, read_at, unfit};

const START: [u8; 3] = [0xff, 0xd8, 0xff];
const END: [u8; 2] = [0xff, 0xd9];
/// Begins the picture itself.
const SCAN: u8 = 0xda;
/// The most segments before the picture: a colour profile may need 255.
const MAX_SEGMENTS: usize = 2_000;
/// As of a PNG.
const MAX_PIXELS: u64 = 120_000_000;

pub(super) fn check(file: &mut File, bytes: u64) -> Result<(), NotFit> {
    if bytes < 4 || bytes_at::<3>(file, 0)? != START {
        return Err(not_its_kind("does not begin as a JPEG does"));
    }
    let (mut at, mut has_frame) = (2, false);
    for _ in 0..MAX_SEGMENTS {
        let [begin, marker, high, low] = bytes_at::<4>(file, at)?;
        if begin != 0xff {
            return Err(damaged("has something between its segments"));
        }
        // Bytes that fill up are no segment.
        if marker == 0xff {
            at += 1;
            continue;
        }
        let length = u64::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(damaged("has a segment of no length"));
        }
        if is_frame(marker) {
            let [_, h1, h0, w1, w0] = bytes_at::<5>(file, at + 4)?;
            check_size(u16::from_be_bytes([h1, h0]), u16::from_be_bytes([w1, w0]))?;
            has_frame = true;
        }
        at += 2 + length;
        if marker == SCAN {
            return if has_frame { check_end(file, at, bytes) } else { Err(damaged("has no size")) };
        }
    }
    Err(damaged("has no picture in it"))
}

/// The markers SOF0 to SOF15, without those of tables among them.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn check_size(height: u16, width: u16) -> Result<(), NotFit> {
    match u64::from(height) * u64::from(width) {
        0 => Err(damaged("has no size")),
        pixels if pixels > MAX_PIXELS => Err(unfit(Fault::Bomb, "has more pixels than anybody unpacks")),
        _ => Ok(()),
    }
}

/// Some cameras fill up with zeros behind the end.
fn check_end(file: &mut File, after: u64, bytes: u64) -> Result<(), NotFit> {
    let mut tail = [0; 4096];
    let from = after.max(bytes.saturating_sub(tail.len() as u64));
    let read = read_at(file, from, &mut tail)?;
    let used = tail[..read].iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    if tail[..used].ends_with(&END) {
        return Ok(());
    }
    Err(damaged("does not end as a JPEG does"))
}
