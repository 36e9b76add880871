//! The settings of the dialog: who administrates by Telegram, and what our bot is called.

use runtime::settings::Reader;

/// The most administrators, as many as may be asked at once.
const MAX_ADMINS: usize = 50;
/// How long the name of a bot may be (<https://core.telegram.org/bots/features#botfather>).
const BOT_NAME_CHARS: std::ops::RangeInclusive<usize> = 5..=32;

/// By what the dialog goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// `ADMINS_TELEGRAM_IDS`: the numbers of accounts of Telegram whose owners are administrators. Nobody, where it is empty.
    pub admins: Vec<String>,
    /// `TELEGRAM_BOT_NAME`, without the `@`.
    pub bot_name: Option<String>,
    /// `DEFAULT_LOCALE`: the language of whoever has named none.
    pub locale: String,
    /// Whether there is a `PUBLIC_URL`: whoever is asked by mail answers by a link.
    pub has_links: bool,
}

impl Settings {
    pub fn read(reader: &mut Reader, has_links: bool) -> Self {
        let locale = reader.text("DEFAULT_LOCALE").unwrap_or_default();
        Self { admins: admins(reader), bot_name: bot_name(reader), locale, has_links }
    }
}

/// Numbers with commas between them, each once.
fn admins(reader: &mut Reader) -> Vec<String> {
    let text = reader.text("ADMINS_TELEGRAM_IDS").unwrap_or_default();
    let mut admins: Vec<String> = Vec::new();
    for number in text.split(',').map(str::trim).filter(|number| !number.is_empty()) {
        // Zero and what begins with it is no number of an account; a group has one that begins with a hyphen.
        let is_account = number.parse::<i64>().is_ok_and(|id| id > 0 && id.to_string() == number);
        if !is_account {
            reader.refuse(
                "ADMINS_TELEGRAM_IDS",
                "must be numbers of accounts of Telegram with commas between them, such as 4711,4712: no names and no groups",
            );
            return Vec::new();
        }
        if !admins.iter().any(|known| known == number) {
            admins.push(number.to_owned());
        }
    }
    if admins.len() > MAX_ADMINS {
        reader.refuse("ADMINS_TELEGRAM_IDS", format_args!("must be at most {MAX_ADMINS}"));
        admins.truncate(MAX_ADMINS);
    }
    admins
}

fn bot_name(reader: &mut Reader) -> Option<String> {
    let text = reader.text("TELEGRAM_BOT_NAME")?;
    let name = text.strip_prefix('@').unwrap_or(&text);
    let is_name = BOT_NAME_CHARS.contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        reader
            .refuse("TELEGRAM_BOT_NAME", "must be the name that BotFather gave the bot: 5 to 32 letters, digits and _");
        return None;
    }
    Some(name.to_owned())
}
