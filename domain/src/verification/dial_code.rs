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

/// Whoever has such a number earns by what is sent to it, its caller pays more for it than for others, or it is a pager or a
/// personal number that leads on to another at the caller's cost: the ranges premium rate, shared cost, pager and personal of
/// national numbering plans, as libphonenumber 9.0 tells them (Ofcom's plan for 44, that of NANPA for 1), with 905 and 907 of
/// the Spanish plan. It has the countries that are asked for most. A range that numbers of other kinds begin with as well is
/// left out.
const PREMIUM: [&str; 91] = [
    "1900", //
    "31900", "31906", "31909", "3166", //
    "3270", "3290", //
    "3381", "3382", "3389", //
    "34803", "34806", "34807", "34901", "34902", "34905", "34907", "3470", //
    "35160", "351646", "351648", "35176", "351808", "351809", //
    "390878", "39144", "39163", "39164", "39166", "39178", "39199", "3984", "3989", //
    "41900", "41901", "41906", "4184", "4174", "41878", //
    "43810", "43820", "43821", "43828", "43900", "43901", "43930", "43931", "43939", //
    "449", "4470", "4476", "44842", "44843", "44844", "44845", "44870", "44871", "44872", "44873", //
    "46939", "46944", "4674", "4677", //
    "4864", "4870", "48801", //
    "49137", "49138", "49164", "49168", "49169", "49180", "49700", "49900", //
    "51801", "51805", //
    "52300", "52900", //
    "5460", "54810", //
    "55300", "55500", "55900", //
    "56600", //
    "57901", //
    "59890", //
    "6113", "6116", "61190", //
    // Of no country (ITU-T E.164): International Shared Cost Service, International Premium Rate Service.
    "808", "979",
];

/// Mobile numbers of the Isle of Man, within the range of British pagers.
const NOT_PREMIUM: [&str; 1] = ["447624"];

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

/// Whether a number is one whose owner earns by what is sent to it, or whose caller pays more than for others, as far as its
/// first digits tell.
pub(super) fn is_premium(number: &str) -> bool {
    let begins =
        |ranges: &[&str]| digits_of(number).is_some_and(|digits| ranges.iter().any(|range| digits.starts_with(*range)));
    begins(&PREMIUM) && !begins(&NOT_PREMIUM)
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
