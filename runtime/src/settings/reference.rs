//! Which settings there are, and what others call them: the binary that composes the packages says so.

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
