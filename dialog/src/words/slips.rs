//! What is nearly a command of ours, or asks for what there is in another way than by `/help`.

use domain::nearest_of_few;

use super::{COMMANDS, START, first_word, is_for_us};
use crate::shared::Shared;

/// How long the name of a command may be (<https://core.telegram.org/bots/api#botcommand>).
const MAX_NAME_BYTES: usize = 32;
/// What people write who look for help, and nothing else.
const FOR_HELP: [&str; 4] = ["help", "ayuda", "/ayuda", START];

/// A text that is answered with what there is.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Slip<'t> {
    Help,
    /// This is none of our commands, but nearly this one.
    Near(&'t str, &'static str),
    /// This is no command of ours, and may be one of whoever reads what is written to the bot.
    Unknown(&'t str),
}

impl<'t> Slip<'t> {
    /// None for what is no slip, and for a command of another bot.
    pub(super) fn of(shared: &Shared, text: &'t str) -> Option<Self> {
        let (word, rest) = first_word(text);
        if !is_for_us(shared, word) {
            return None;
        }
        let name = word.split_once('@').map_or(word, |(name, _)| name);
        if FOR_HELP.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return rest.trim().is_empty().then_some(Self::Help);
        }
        // A path is no command, and what follows the link of somebody else is not ours.
        let bare = name.strip_prefix('/')?;
        let is_name = (1..=MAX_NAME_BYTES).contains(&bare.len())
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let near = || nearest_of_few(name, COMMANDS).map_or(Self::Unknown(name), |meant| Self::Near(name, meant));
        is_name.then(near)
    }
}
