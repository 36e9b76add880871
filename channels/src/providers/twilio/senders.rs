//! The senders of our messages: what the settings may hold, and what Twilio is told.

use media::check_number;
use media::whatsapp::{PREFIX, bare};

/// # Errors
/// A text that begins with the setting's name.
pub(super) fn sms(from: &str) -> Result<String, String> {
    check(from).map_err(|why| format!("TWILIO_FROM_NUMBER {why}"))?;
    Ok(from.to_owned())
}

/// A sender with the prefix that Twilio wants on the numbers of WhatsApp.
///
/// # Errors
/// A text that begins with the setting's name.
pub(super) fn whatsapp(from: &str) -> Result<String, String> {
    let from = bare(from);
    check_number(from).map_err(|why| {
        let plus = if from.bytes().all(|b| b.is_ascii_digit()) { "has no plus: it " } else { "" };
        format!("TWILIO_WHATSAPP_FROM {plus}{why}")
    })?;
    Ok(format!("{PREFIX}{from}"))
}

/// Checks a sender: a number, a short code of 5 or 6 digits, a name with a letter in it, or a messaging service.
fn check(from: &str) -> Result<(), String> {
    let service = from.strip_prefix("MG").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let digits = from.bytes().all(|b| b.is_ascii_digit());
    let short_code = digits && (5..=6).contains(&from.len());
    let name = (1..=11).contains(&from.len())
        && from.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && from.bytes().any(|b| b.is_ascii_alphabetic());
    if service || short_code || name || check_number(from).is_ok() {
        return Ok(());
    }
    let plus = if digits { "has no plus: it " } else { "" };
    Err(format!(
        "{plus}must be a number in E.164 form with its plus, such as +14155550100, a short code of 5 or 6 digits, a sender's \
         name of up to 11 letters and digits with a letter in it, or a messaging service (MG…)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_without_its_plus_is_not_taken_for_a_name() {
        let service = format!("MG{}", "0a".repeat(16));
        for sender in ["+15550001111", "12345", "123456", "Tambo", "Tambo 24", "4YOU", &service] {
            assert_eq!(check(sender), Ok(()), "{sender}");
        }
        for sender in ["15550001111", "5550001111", "1234", "1234567", "005550001111"] {
            let why = check(sender).unwrap_err();
            assert!(why.contains("no plus") && why.contains("E.164") && !why.contains(sender), "{sender}: {why}");
        }
        for sender in ["+1 555 000 1111", "+05550001111", "A name too long", "Ñandú", "   ", "MG123456789012", ""] {
            assert!(check(sender).is_err(), "{sender:?}");
        }
    }
}
