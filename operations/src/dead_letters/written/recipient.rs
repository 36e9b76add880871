//! The recipient of the letters that a plan goes by: it is hashed before anything else is read, and its hashes alone are kept.

use domain::{FieldError, RecipientHash, RecipientHasher};
use serde_json::{Map, Value};

use crate::deliveries::hashes_of;
use crate::deliveries::written::RECIPIENT;
use crate::reader::Reader;

/// What a plan keeps in the place of a recipient: the ledger has nobody's address.
const HASHES: &str = "recipient_hash";
const BETWEEN_HASHES: &str = ",";
/// The most hashes of one recipient: of its usual forms, by every key that is known.
const MAX_HASHES: usize = 100;

/// Puts the keyed hashes of a recipient in its place. Gives what is wrong with it.
pub(super) fn hash_recipient(object: &mut Map<String, Value>, recipients: &RecipientHasher) -> Vec<FieldError> {
    let Some(given) = object.remove("recipient") else { return Vec::new() };
    let mut reader = Reader::of(Map::from_iter([("recipient".to_owned(), given)]));
    let Some(written) = reader.ruled("recipient", RECIPIENT) else { return reader.errors };
    let hashes: Vec<String> = hashes_of(&written, recipients).iter().map(ToString::to_string).collect();
    let hashes = Value::from(hashes.join(BETWEEN_HASHES));
    if object.insert(HASHES.to_owned(), hashes).is_some_and(|other| !other.is_null()) {
        reader.refuse("recipient", format!("is given beside {HASHES}: leave one of them out"));
    }
    reader.errors
}

/// The hashes of a recipient, as a plan keeps them.
pub(super) fn hashes(reader: &mut Reader) -> Vec<RecipientHash> {
    let Some(text) = reader.text(HASHES) else { return Vec::new() };
    let hashes: Option<Vec<_>> = text.split(BETWEEN_HASHES).take(MAX_HASHES + 1).map(RecipientHash::parse).collect();
    hashes.filter(|hashes| hashes.len() <= MAX_HASHES).unwrap_or_else(|| {
        reader.refuse(HASHES, "must be what a plan keeps of a recipient: its hashes, with commas between them");
        Vec::new()
    })
}
