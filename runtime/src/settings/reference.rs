//! Which settings there are, and what others call them: the binary that composes the packages says so.

use std::path::Path;

use super::{Problems, Sources};

/// The settings of a process, with what is known about their names.
#[derive(Debug)]
pub struct Reference {
    /// Every setting with its default, as TOML. No other place has a default.
    pub defaults: &'static str,
    /// The name of a setting in lower case, by which it is shown how one is written.
    pub example: &'static str,
    /// A setting, and what people and other programs call it, a space between the names.
    pub other_names: &'static [(&'static str, &'static str)],
    /// As `other_names`, but other programs have them too: they are taken for settings in a file of settings only, and a
    /// `.env`, which may be shared, is not refused for them.
    pub in_files: &'static [(&'static str, &'static str)],
    /// What names begin with that begin like a setting and belong to others.
    pub of_others: &'static [&'static str],
    /// First words of settings that begin the names of too many other programs: only a spelling that is nearly a setting
    /// counts.
    pub common: &'static [&'static str],
    /// What names begin with that code of the operator's own may read.
    pub prefixes: fn() -> Vec<String>,
}

impl Reference {
    /// The defaults, then `file`, then `.env` of the working directory, then the environment.
    pub fn load(&'static self, file: Option<&Path>) -> Sources {
        Sources::load(self, file)
    }

    /// For a command that goes by no setting: a file that was named is looked at all the same.
    ///
    /// # Errors
    /// [`Problems`] with the file itself and the names in it; its values are a role's to judge.
    pub fn look_at(&'static self, file: &Path) -> Result<(), Problems> {
        Sources::look_at(self, file)
    }

    /// Only the defaults and the given pairs: for tests and for roles started by other code.
    pub fn with<'a>(&'static self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Sources {
        Sources::with(self, pairs)
    }

    /// Only the defaults and the text of a file that `--config` names.
    pub fn with_file(&'static self, text: &str) -> Sources {
        Sources::with_file(self, text)
    }

    /// Only the defaults and the text of a `.env` file.
    pub fn with_dotenv(&'static self, text: &[u8]) -> Sources {
        Sources::with_dotenv(self, text)
    }
}
