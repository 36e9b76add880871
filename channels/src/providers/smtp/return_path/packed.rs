//! A signed label in the letters and digits that survive in an address, of which servers on the way may change the case.

use domain::{Label, Labels, Tenant};
use uuid::Uuid;

use super::Labelled;
use crate::label;

/// The digits of RFC 4648 section 6, in lower case.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The most bytes of a label: 56 digits, of the 64 that stand before an `@`.
const MAX_BYTES: usize = 35;
/// The signs at the beginning, one bit each.
const OF_THE_USUAL_TENANT: u8 = 1;
const BY_UUID: u8 = 2;
/// The signs, the epoch and the attempt.
const HEAD_BYTES: usize = 3;
const SIGNATURE_BYTES: usize = 10;

/// The label, signed. Whoever reads it cannot tell whether the mail has copies. None where it is too long for an address, or
/// an attempt has a number that no fleet comes to.
pub(super) fn pack(labels: &Labels, label: &Label, has_copies: bool) -> Option<String> {
    let (tenant, id) = (label.key.tenant.as_str(), label.key.id.as_str());
    let uuid = Uuid::try_parse(id).ok().filter(|uuid| uuid.hyphenated().to_string() == id);
    let is_usual = label.key.tenant == Tenant::default();
    let mut signs = 0;
    for (sign, is_set) in [(OF_THE_USUAL_TENANT, is_usual), (BY_UUID, uuid.is_some())] {
        signs |= if is_set { sign } else { 0 };
    }
    let mut bytes = vec![signs, u8::try_from(label.epoch).ok()?, u8::try_from(label.attempt).ok()?];
    bytes.extend(labels.sign_short(label, has_copies));
    if !is_usual {
        bytes.push(u8::try_from(tenant.len()).ok()?);
        bytes.extend(tenant.bytes());
    }
    match uuid {
        Some(uuid) => bytes.extend(uuid.as_bytes()),
        None => bytes.extend(id.bytes()),
    }
    (bytes.len() <= MAX_BYTES).then(|| written(&bytes))
}

/// The label, if we have signed it.
pub(super) fn unpack(labels: &Labels, word: &str) -> Option<Labelled> {
    let bytes = read(word)?;
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let (signed, rest) = rest.split_at_checked(SIGNATURE_BYTES)?;
    let [signs, epoch, attempt] = *head else { return None };
    if signs & !(OF_THE_USUAL_TENANT | BY_UUID) != 0 {
        return None;
    }
    let is = |sign: u8| signs & sign != 0;
    let (tenant, id) = if is(OF_THE_USUAL_TENANT) {
        (Tenant::default(), rest)
    } else {
        let (length, rest) = rest.split_first()?;
        let (tenant, id) = rest.split_at_checked(usize::from(*length))?;
        (Tenant::parse(std::str::from_utf8(tenant).ok()?)?, id)
    };
    let id = if is(BY_UUID) {
        Uuid::from_slice(id).ok()?.hyphenated().to_string()
    } else {
        std::str::from_utf8(id).ok()?.to_owned()
    };
    let label = label::made(tenant.as_str(), &id, epoch.into(), attempt.into())?;
    let is_signed = |has_copies: &bool| labels.verify_short(&label, *has_copies, signed);
    let has_copies = [false, true].into_iter().find(is_signed)?;
    Some(Labelled { label, has_copies })
}

/// Five bits are a digit; the last is filled up with zeros.
fn written(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    let digits = (0..bytes.len() * 8).step_by(5);
    digits.map(|at| char::from(DIGITS[(at..at + 5).fold(0, |digit, at| digit << 1 | bit(at))])).collect()
}

fn read(word: &str) -> Option<Vec<u8>> {
    if word.len() > (MAX_BYTES * 8).div_ceil(5) {
        return None;
    }
    let (mut bytes, mut bits, mut have) = (Vec::with_capacity(MAX_BYTES), 0_u32, 0_u32);
    for byte in word.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte.to_ascii_lowercase())?;
        bits = bits << 5 | u32::try_from(digit).ok()?;
        have += 5;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(bits >> have & 0xff).ok()?);
        }
        bits &= 0xff;
    }
    Some(bytes)
}
