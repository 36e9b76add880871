//! What an operator allows of verifications: to which countries codes go, and how many.

use domain::{PumpingLimits, dial_code};
use runtime::settings::Reader;

/// The most that is counted of anything: a limit above it would never be reached.
const MOST: u32 = 100_000;
/// The same of codes whose conversion is told.
const MOST_OF_CONVERSION: u32 = 1_000;
const EXAMPLE: &str = "must be dial codes such as +34,+54 (+1876 where a country shares the code of others)";

/// Reads the limits of the guard.
pub(super) fn read(reader: &mut Reader) -> PumpingLimits {
    PumpingLimits {
        countries: countries(reader),
        per_address: reader.number("VERIFY_PER_ADDRESS", 1..=MOST),
        per_client: reader.number("VERIFY_PER_CLIENT", 1..=MOST),
        per_session: reader.number("VERIFY_PER_SESSION", 1..=MOST),
        per_prefix: reader.number("VERIFY_PER_PREFIX", 1..=MOST),
        per_country: reader.number("VERIFY_PER_COUNTRY", 1..=MOST),
        conversion_percent: reader.number("VERIFY_CONVERSION_PERCENT", 0..=100),
        conversion_after: reader.number("VERIFY_CONVERSION_AFTER", 1..=MOST_OF_CONVERSION),
    }
}

/// None of anything, for whoever has not read the settings.
pub(super) fn nothing() -> PumpingLimits {
    PumpingLimits {
        countries: Vec::new(),
        per_address: 0,
        per_client: 0,
        per_session: 0,
        per_prefix: 0,
        per_country: 0,
        conversion_percent: 0,
        conversion_after: 0,
    }
}

fn countries(reader: &mut Reader) -> Vec<String> {
    let list = reader.text("VERIFY_COUNTRIES").unwrap_or_default();
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let countries: Vec<String> = words.map(str::to_owned).collect();
    if !countries.iter().all(|code| is_dial_code(code)) {
        reader.refuse("VERIFY_COUNTRIES", EXAMPLE);
    }
    countries
}

/// Whether the numbers of a country begin so, and nobody else's: a shorter text would be another country, and a longer one
/// no number's.
fn is_dial_code(code: &str) -> bool {
    let digits = code.strip_prefix('+').unwrap_or_default();
    let is_short = (1..=4).contains(&digits.len());
    is_short && dial_code(&format!("{code}0000000")) == Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dial_code_is_one_that_numbers_are_told_apart_by() {
        for good in ["+34", "+1", "+1876", "+7", "+77", "+351", "+54"] {
            assert!(is_dial_code(good), "{good}");
        }
        for bad in ["", "+", "34", "+3", "+346", "+1415", "+0", "0034", "+34600123456", "ES", "*", "+3 4"] {
            assert!(!is_dial_code(bad), "{bad}");
        }
    }
}
