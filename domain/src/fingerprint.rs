//! The fingerprint of a dead letter: equal for letters that failed in the same way, whoever they were for.

use std::fmt;

use aws_lc_rs::digest;

use crate::endpoint_address::EndpointAddress;

/// The version of the rules below. It is part of every fingerprint, so that letters which were told apart by other rules
/// are in no group together.
const VERSION: u8 = 1;
/// The words of an error that are compared. What comes later in an error is detail.
const MAX_WORDS: usize = 32;
/// The longest word that is kept: longer ones are tokens and keys.
const MAX_WORD_BYTES: usize = 24;
/// Stands for all that was left out between two words.
const LEFT_OUT: &str = "*";
/// Words of errors that tell nothing of a recipient, even where an address has the same letters between two marks: what is
/// left out because of whom it was for would tell letters apart that failed alike.
const OF_EVERYBODY: [&str; 44] = [
    "a", "after", "all", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "could", "do", "for", "from",
    "has", "have", "in", "is", "it", "its", "may", "more", "no", "none", "not", "of", "on", "one", "only", "or", "own",
    "takes", "than", "that", "the", "this", "to", "too", "was", "with", "without",
];

/// What tells how a letter failed. What is not known is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failed<'a> {
    pub channel: &'a str,
    pub provider: &'a str,
    /// The outcome of the last attempt.
    pub class: &'a str,
    pub code: &'a str,
    pub template: &'a str,
    /// The reason for which it was dead-lettered.
    pub reason: &'a str,
    pub error: &'a str,
    /// Whom it was for: no part of this is kept.
    pub destination: &'a str,
}

/// The name of a group of dead letters: 26 characters of `0-9`, `a-f` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub fn of(failed: &Failed<'_>) -> Self {
        let words = normalised(failed.error, failed.destination);
        let Failed { channel, provider, class, code, template, reason, .. } = failed;
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [*channel, provider, class, code, template, reason, &words] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let hex: String = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{VERSION}-{hex}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The words of an error without whatever differs between two letters that failed alike: quoted parts, numbers, ids,
/// addresses, and each word of the destination, of an endpoint's those of its URL: but for words that any error has. Only plain
/// words of ASCII letters are kept, in lower case.
pub fn normalised(error: &str, destination: &str) -> String {
    let destination = EndpointAddress::parse(destination).map_or(destination, |endpoint| endpoint.url);
    let of_destination: Vec<String> = parts(destination).map(str::to_ascii_lowercase).collect();
    let is_told = |part: &str| !OF_EVERYBODY.contains(&part) && of_destination.iter().any(|one| one == part);
    let is_of_destination = |word: &str| parts(word).any(is_told);
    let mut words: Vec<String> = Vec::new();
    for token in without_quotes(error).split_whitespace() {
        if words.len() == MAX_WORDS {
            break;
        }
        match plain(token).filter(|word| !is_of_destination(word)) {
            Some(word) => words.push(word),
            None if words.last().is_some_and(|last| last == LEFT_OUT) => {}
            None => words.push(LEFT_OUT.to_owned()),
        }
    }
    words.join(" ")
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// The word of a token without the punctuation around it. None for what may be more than a word.
fn plain(token: &str) -> Option<String> {
    let word = token.trim_matches(|c: char| c.is_ascii_punctuation() && c != '@' && c != '+');
    let is_plain = (1..=MAX_WORD_BYTES).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-');
    is_plain.then(|| word.to_ascii_lowercase())
}

/// The text with a blank token for each part between quotes. An apostrophe within a word is none, and a quote that is
/// never closed leaves out the rest.
fn without_quotes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let opens = !before.is_alphanumeric();
        match closing(c).filter(|_| opens) {
            Some(end) => {
                // A mark that is left out: no word holds digits.
                kept.push_str(" 0 ");
                while let Some(quoted) = chars.next() {
                    let ends = quoted == end && chars.peek().is_none_or(|next| !next.is_alphanumeric());
                    if ends {
                        break;
                    }
                }
                before = ' ';
            }
            None => {
                kept.push(c);
                before = c;
            }
        }
    }
    kept
}

const fn closing(c: char) -> Option<char> {
    match c {
        '"' | '\'' | '`' => Some(c),
        '\u{ab}' => Some('\u{bb}'),
        '\u{201c}' => Some('\u{201d}'),
        '\u{2018}' => Some('\u{2019}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(error: &str, expected: &str) {
        assert_eq!(normalised(error, "+12025550143"), expected, "{error}");
    }

    #[test]
    fn what_differs_between_two_letters_that_failed_alike_is_left_out() {
        check("503 from the provider after 1200 ms", "* from the provider after * ms");
        check("mailbox <ada@example.org> is unknown", "mailbox * is unknown");
        check(
            "The 'To' number +12025550143 is not a valid phone number.",
            "the * number * is not a valid phone number",
        );
        check("request 0192f3aa-7c1e-7b60-9f0c-1c8a7f6d31c4 timed out", "request * timed out");
        check("see https://api.example.org/errors/21211 for more", "see * for more");
        check("SENDER_ID_MISMATCH (token fGq8x:APA91bH)", "sender_id_mismatch token *");
        check("it isn't there: \"Ada, at home\" and `x y`", "it * there * and *");
        check("never closed: 'ada lovelace", "never closed *");
        check("", "");
    }

    #[test]
    fn a_destination_of_letters_is_left_out_too() {
        assert_eq!(normalised("Chat ada_lovelace not found", "ada_lovelace"), "chat * not found");
        assert_eq!(normalised("no user Ada here", "@ada"), "no user * here");
    }

    #[test]
    fn letters_to_any_address_that_failed_alike_are_told_by_the_same_words() {
        let error = "nobody takes a webhook of this id: an id of its own";
        for destination in
            ["of.an.ada@example.org", "endpoint:orders:1::_A_rf8-of-takes:http://127.0.0.1:9/hooks", "@a"]
        {
            let expected = "nobody takes a webhook of this id an id of its own";
            assert_eq!(normalised(error, destination), expected, "{destination}");
        }
        let of_its_url = normalised("no route to hooks", "endpoint:orders:1::seal:http://hooks.example.org/");
        assert_eq!(of_its_url, "no route to *");
    }

    #[test]
    fn a_fingerprint_differs_by_how_it_failed_and_not_by_whom_it_was_for() {
        let ada = Failed {
            channel: "sms",
            provider: "twilio",
            class: "permanent",
            code: "21211",
            template: "order",
            reason: "permanent",
            error: "the number +12025550143 is invalid",
            destination: "+12025550143",
        };
        let bob = Failed { error: "the number +12025550199 is invalid", destination: "+12025550199", ..ada.clone() };
        assert_eq!(Fingerprint::of(&ada), Fingerprint::of(&bob));
        let others = [
            Failed { channel: "whatsapp", ..ada.clone() },
            Failed { provider: "meta", ..ada.clone() },
            Failed { class: "retriable", ..ada.clone() },
            Failed { code: "21614", ..ada.clone() },
            Failed { template: "otp", ..ada.clone() },
            Failed { reason: "exhausted", ..ada.clone() },
            Failed { error: "the number is not reachable", ..ada.clone() },
        ];
        for other in others {
            assert_ne!(Fingerprint::of(&ada), Fingerprint::of(&other), "{other:?}");
        }
        let text = Fingerprint::of(&ada).to_string();
        assert!(text.starts_with("1-") && text.len() == 26, "{text}");
    }

    /// A recipient of any medium.
    fn recipient() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9._+]{1,16}@[a-z0-9]{1,10}\\.[a-z]{2,6}",
            "\\+[0-9]{7,15}",
            "whatsapp:\\+[0-9]{7,15}",
            "[A-Za-z0-9_:-]{25,160}",
            "https://[a-z]{1,10}\\.[a-z]{2,4}/[A-Za-z0-9/_-]{1,40}",
            "@?[A-Za-z_]{1,24}",
            "[a-zà-ÿ ]{1,20}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_word_of_a_recipient_survives(
            destination in recipient(),
            before in "[a-z '\"(<,:]{0,20}",
            after in "[a-z '\")>,.]{0,20}",
        ) {
            let kept = normalised(&format!("{before} {destination} {after}{destination}"), &destination);
            let own: Vec<String> = parts(&destination).map(str::to_ascii_lowercase).collect();
            for word in parts(&kept) {
                let is_told = own.iter().any(|one| one == word) && !OF_EVERYBODY.contains(&word);
                prop_assert!(!is_told, "{word} of {destination} in {kept}");
            }
        }

        #[test]
        fn it_is_total_and_short(error in ".{0,2000}", destination in ".{0,200}") {
            let kept = normalised(&error, &destination);
            prop_assert!(kept.len() <= MAX_WORDS * (MAX_WORD_BYTES + 1));
            prop_assert!(!kept.bytes().any(|byte| byte.is_ascii_digit()));
        }
    }
}
