//! Which settings exist, and what others call them. The binary that composes the packages gives this.

/// The settings of a process, with what is known about their names.
#[derive(Debug)]
pub struct Reference {
    /// Every setting with its default, as TOML. No other place has a default.
    pub defaults: &'static str,
    /// The name of a setting in lower case, which serves as the example of how one is written.
    pub example: &'static str,
    /// A setting, and the names that people and other programs have for it, a space between the names.
    pub other_names: &'static [(&'static str, &'static str)],
    /// Like `other_names`, but other programs have these names too. Only in a file of settings do they count as meant
    /// for us; a `.env`, which may be shared, is not refused for them.
    pub in_files: &'static [(&'static str, &'static str)],
    /// A setting, one of its words, and what people and other programs say instead of that word, a space between them.
    pub other_words: &'static [(&'static str, &'static str, &'static str)],
    /// The name of the program with which people begin its settings, such as `PROGRAM_`. Ours begin without it.
    pub program: &'static str,
    /// Names that are no settings, and that other parts of the same installation read in the same `.env`; behind each
    /// what people may write instead, a space between the names.
    pub beside: &'static [(&'static str, &'static str)],
    /// Prefixes of names that begin like a setting and belong to other programs.
    pub of_others: &'static [&'static str],
    /// Prefixes of names of what others of this kind need and this program does without. In whichever source they stand, they
    /// are noted, and nothing else.
    pub unneeded: &'static [&'static str],
    /// First words of settings with which the names of too many other programs begin: with these, only a spelling that
    /// is nearly a setting counts.
    pub common: &'static [&'static str],
    /// Prefixes of names that code of the operator's own may read.
    pub prefixes: fn() -> Vec<String>,
}
