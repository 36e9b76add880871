//! The words by which people take themselves off a sender's list, and put themselves back, in English and in Spanish.

/// What a person asks for with a message of one word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Keyword {
    /// Send nothing more.
    Stop,
    /// Send again.
    Start,
}

/// Twilio's own are the first eight (<https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out>).
const STOP: [&str; 18] = [
    "stop",
    "stopall",
    "unsubscribe",
    "end",
    "quit",
    "revoke",
    "optout",
    "cancel",
    "opt out",
    "alto",
    "baja",
    "cancelar",
    "darme de baja",
    "desuscribir",
    "desuscribirme",
    "detener",
    "parar",
    "salir",
];
/// Neither yes nor sí is among them, though Twilio takes the former: they answer other questions.
const START: [&str; 9] =
    ["start", "unstop", "subscribe", "optin", "opt in", "alta", "iniciar", "reanudar", "suscribirme"];

/// The longest keyword has thirteen letters; whatever is much longer is none.
const MAX_BYTES: usize = 64;

/// The keyword that a message is. It is the whole message, in any case, with nothing around it but white space and the
/// marks that end a sentence: whoever writes "stop texting me" is no machine's business.
pub fn keyword(message: &str) -> Option<Keyword> {
    let around = |c: char| c.is_whitespace() || ".!¡\"'“”«»".contains(c);
    let word = message.trim_matches(around);
    if word.is_empty() || word.len() > MAX_BYTES {
        return None;
    }
    let word = word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let is_among = |words: &[&str]| words.contains(&word.as_str());
    if is_among(&STOP) {
        return Some(Keyword::Stop);
    }
    is_among(&START).then_some(Keyword::Start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_the_whole_message_in_either_language_and_any_case() {
        for message in ["STOP", " stop\n", "Stop.", "BAJA", "¡Baja!", "«alto»", "darme  de\tbaja", "Opt Out", "QUIT"]
        {
            assert_eq!(keyword(message), Some(Keyword::Stop), "{message:?}");
        }
        for message in ["START", "unstop", "Alta.", "reanudar", " Opt in "] {
            assert_eq!(keyword(message), Some(Keyword::Start), "{message:?}");
        }
    }

    #[test]
    fn what_only_has_a_keyword_in_it_is_none() {
        let long = format!("stop{}", " ".repeat(200));
        assert_eq!(keyword(&long), Some(Keyword::Stop), "white space around it is no part of it");
        let long = "stop".repeat(100);
        for message in ["", " ", "...", "stop texting me", "no stop", "sí", "yes", "bajas", "s t o p", &long] {
            assert_eq!(keyword(message), None, "{message:?}");
        }
    }
}
