//! The settings of the dialog.

/// By what the dialog goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// `ADMINS_TELEGRAM_IDS`: the numbers of accounts of Telegram whose owners are administrators. Nobody, where it is empty.
    pub admins: Vec<String>,
    /// `TELEGRAM_BOT_NAME`, without the `@`.
    pub bot_name: Option<String>,
    /// The language of whoever has named none.
    pub locale: String,
}
