//! The senders of our messages: what the settings may hold, and what Twilio is told.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>. A messaging service chooses one of its senders
//! where none is named; with a sender named as well, that one of the service's is taken.

use media::check_number;
use media::whatsapp::{PREFIX, bare};

use super::settings::{FROM_NUMBER, MESSAGING_SERVICE_SID, Settings, WHATSAPP_FROM, WHATSAPP_MESSAGING_SERVICE_SID};
use super::sid::is_sid;

/// Who a message is from.
pub(super) struct Sender {
    /// A number, a short code or a name, in the form that Twilio knows.
    from: Option<String>,
    service: Option<String>,
    /// The settings that the sender comes from.
    pub(super) settings: &'static str,
}

impl Sender {
    /// The fields of a form that say who a message is from.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let from = self.from.clone().map(|from| ("From", from));
        from.into_iter().chain(self.service.clone().map(|service| ("MessagingServiceSid", service)))
    }
}

/// The names of the settings of one medium.
struct Names {
    from: &'static str,
    service: &'static str,
    both: &'static str,
}

const SMS: Names = Names {
    from: FROM_NUMBER.name,
    service: MESSAGING_SERVICE_SID.name,
    both: "TWILIO_FROM_NUMBER and TWILIO_MESSAGING_SERVICE_SID",
};
const WHATSAPP: Names = Names {
    from: WHATSAPP_FROM.name,
    service: WHATSAPP_MESSAGING_SERVICE_SID.name,
    both: "TWILIO_WHATSAPP_FROM and TWILIO_WHATSAPP_MESSAGING_SERVICE_SID",
};

/// The sender of SMS. None when no setting names one.
///
/// # Errors
/// Texts that begin with a setting's name.
pub(super) fn sms(settings: &Settings) -> Option<Result<Sender, Vec<String>>> {
    sender(settings.from_number.as_deref(), settings.messaging_service_sid.as_deref(), &SMS, sms_from)
}

/// The sender of WhatsApp messages. None when no setting names one.
///
/// # Errors
/// Texts that begin with a setting's name.
pub(super) fn whatsapp(settings: &Settings) -> Option<Result<Sender, Vec<String>>> {
    let service = settings.whatsapp_messaging_service_sid.as_deref();
    sender(settings.whatsapp_from.as_deref(), service, &WHATSAPP, whatsapp_from)
}

fn sender(
    from: Option<&str>,
    service: Option<&str>,
    names: &Names,
    read: fn(&str) -> Result<String, String>,
) -> Option<Result<Sender, Vec<String>>> {
    let settings = match (from, service) {
        (None, None) => return None,
        (Some(_), None) => names.from,
        (None, Some(_)) => names.service,
        (Some(_), Some(_)) => names.both,
    };
    let mut problems = Vec::new();
    let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
    let from = from.and_then(|from| keep(read(from)));
    let service = service.and_then(|service| keep(self::service(service, names)));
    let (from, service) = match (from, service) {
        (Some(from), None) if is_service(&from) => (None, Some(from)),
        (Some(from), Some(_)) if is_service(&from) => {
            problems.push(format!(
                "{} is a messaging service, and {} is set: leave one out, or give a sender of that service",
                names.from, names.service
            ));
            (None, None)
        }
        both => both,
    };
    Some(if problems.is_empty() { Ok(Sender { from, service, settings }) } else { Err(problems) })
}

fn service(given: &str, names: &Names) -> Result<String, String> {
    if is_service(given) {
        return Ok(given.to_owned());
    }
    Err(format!(
        "{} must be MG and 32 hexadecimal digits, as Twilio's console shows a messaging service",
        names.service
    ))
}

fn is_service(text: &str) -> bool {
    is_sid("MG", text)
}

fn sms_from(from: &str) -> Result<String, String> {
    check(from).map_err(|why| format!("{} {why}", SMS.from))?;
    Ok(from.to_owned())
}

/// A sender with the prefix that Twilio wants on the numbers of WhatsApp.
fn whatsapp_from(from: &str) -> Result<String, String> {
    let from = bare(from);
    check_number(from).map_err(|why| {
        let plus = if from.bytes().all(|b| b.is_ascii_digit()) { "has no plus: it " } else { "" };
        format!("{} {plus}{why}", WHATSAPP.from)
    })?;
    Ok(format!("{PREFIX}{from}"))
}

/// Checks a sender: a number, a short code of 5 or 6 digits, a name with a letter in it, or a messaging service.
fn check(from: &str) -> Result<(), String> {
    let digits = from.bytes().all(|b| b.is_ascii_digit());
    let short_code = digits && (5..=6).contains(&from.len());
    let name = (1..=11).contains(&from.len())
        && from.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && from.bytes().any(|b| b.is_ascii_alphabetic());
    if is_service(from) || short_code || name || check_number(from).is_ok() {
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

    /// The fields of each sender, or the settings that its problems begin with.
    #[test]
    fn a_service_stands_alone_or_with_one_of_its_senders() {
        let service = format!("MG{}", "0a".repeat(16));
        let mg = service.as_str();
        for (from, service, sms_is, whatsapp_is) in [
            (None, None, None, None),
            (
                Some("+15550001111"),
                Some(mg),
                Some(format!("From=+15550001111 MessagingServiceSid={mg}")),
                Some(format!("From=whatsapp:+15550001111 MessagingServiceSid={mg}")),
            ),
            (None, Some(mg), Some(format!("MessagingServiceSid={mg}")), Some(format!("MessagingServiceSid={mg}"))),
            (Some(mg), None, Some(format!("MessagingServiceSid={mg}")), Some("TWILIO_WHATSAPP_FROM".into())),
            (Some(mg), Some(mg), Some("TWILIO_FROM_NUMBER".into()), Some("TWILIO_WHATSAPP_FROM".into())),
            (
                None,
                Some("hidden"),
                Some("TWILIO_MESSAGING_SERVICE_SID".into()),
                Some("TWILIO_WHATSAPP_MESSAGING_SERVICE_SID".into()),
            ),
            (
                Some("+1hidden"),
                Some(&mg[..33]),
                Some("TWILIO_FROM_NUMBER TWILIO_MESSAGING_SERVICE_SID".into()),
                Some("TWILIO_WHATSAPP_FROM TWILIO_WHATSAPP_MESSAGING_SERVICE_SID".into()),
            ),
        ] {
            let (from_number, messaging_service_sid) = (from.map(str::to_owned), service.map(str::to_owned));
            let settings = Settings {
                whatsapp_from: from_number.clone(),
                whatsapp_messaging_service_sid: messaging_service_sid.clone(),
                from_number,
                messaging_service_sid,
                ..Settings::default()
            };
            assert_eq!(sms(&settings).map(shown), sms_is, "{from:?} {service:?}");
            assert_eq!(whatsapp(&settings).map(shown), whatsapp_is, "{from:?} {service:?}");
        }
    }

    fn shown(sender: Result<Sender, Vec<String>>) -> String {
        let words: Vec<String> = match sender {
            Ok(sender) => sender.fields().map(|(name, value)| format!("{name}={value}")).collect(),
            Err(problems) => {
                assert!(!problems.concat().contains("hidden"), "{problems:?}");
                problems.iter().filter_map(|problem| problem.split(' ').next()).map(str::to_owned).collect()
            }
        };
        words.join(" ")
    }
}
