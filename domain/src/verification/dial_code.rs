//! The country of a phone number, as far as its first digits tell.

/// Country codes of two digits (ITU-T E.164, list of assigned country codes). Of one digit are 1 and 7, all others have
/// three.
const OF_TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// What begins like the code of another country and costs much more than a message there: area codes of the North American
/// plan outside the United States and Canada, and Kazakhstan.
const WITHIN_ANOTHER: [&str; 28] = [
    "1242", "1246", "1264", "1268", "1284", "1340", "1345", "1441", "1473", "1649", "1658", "1664", "1670", "1671",
    "1684", "1721", "1758", "1767", "1784", "1787", "1809", "1829", "1849", "1868", "1869", "1876", "1939", "77",
];

/// The digits that are no part of a prefix.
const LAST_DIGITS: usize = 4;
/// A prefix says something only with so many digits.
const LEAST_OF_PREFIX: usize = 3;

/// The dial code of a number in E.164 form, such as `+34`, or `+1876` where a country shares the code of others. None for
/// what is no such number.
pub fn dial_code(number: &str) -> Option<&str> {
    let digits = digits_of(number)?;
    let has = |codes: &[&str]| codes.iter().find(|code| digits.starts_with(**code)).map(|code| code.len());
    let length = has(&WITHIN_ANOTHER).or_else(|| has(&["1", "7"])).or_else(|| has(&OF_TWO_DIGITS)).unwrap_or(3);
    number.get(..=length)
}

/// A number without its last four digits: fraud asks for many numbers of one range. None for what is no such number.
pub fn number_prefix(number: &str) -> Option<&str> {
    let digits = digits_of(number)?;
    let length = digits.len().checked_sub(LAST_DIGITS).filter(|length| *length >= LEAST_OF_PREFIX)?;
    number.get(..=length)
}

fn digits_of(number: &str) -> Option<&str> {
    let digits = number.strip_prefix('+')?;
    let is_number = digits.len() > LEAST_OF_PREFIX && digits.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && !digits.starts_with('0')).then_some(digits)
}
