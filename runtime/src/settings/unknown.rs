//! Names that are no setting but look like one: a typing error must not be ignored silently.

use std::collections::BTreeSet;

use super::Reference;

/// How many names of one section are listed.
const MAX_TOLD: usize = 16;

/// How many sections have a setting with the same ending where that ending is a way of ours to name things.
const MANY_SECTIONS: usize = 4;

/// Tells which names are ours, and which of the others were meant to be.
pub(super) struct Unknown<'a> {
    reference: &'a Reference,
    settings: Vec<&'a str>,
    /// The first words of settings.
    words: BTreeSet<&'a str>,
    /// The prefixes of names that the operator's own code reads.
    own: &'a [String],
}

/// What a name that is no setting was probably meant to be.
enum Hint<'a> {
    /// A setting that was misspelt.
    Slip(&'a str),
    /// A setting that has this other name.
    OtherName(&'a str),
    /// The setting that has this other name, or the one of which only the last letter is missing.
    Either(&'a str, &'a str),
    /// One of the settings that begin with the same word; there may be none.
    Family(Vec<&'a str>),
    /// Settings that end with the same words, behind another first one.
    Ending(Vec<&'a str>),
}

/// Which settings a name in a section was probably meant to be.
enum Found<'a> {
    None,
    One(&'a str),
    Several(Vec<&'a str>),
}

impl<'a> Unknown<'a> {
    pub(super) fn new(reference: &'a Reference, settings: impl Iterator<Item = &'a str>, own: &'a [String]) -> Self {
        let settings: Vec<&str> = settings.collect();
        let words = settings.iter().filter_map(|name| name.split_inclusive('_').next());
        let words = words.filter(|word| word.ends_with('_') && !reference.common.contains(word)).collect();
        Self { reference, settings, words, own }
    }

    /// Why `name` is most likely a mistake; `None` when it is probably another program's.
    pub(super) fn explain(&self, name: &str) -> Option<String> {
        let upper = name.to_ascii_uppercase();
        let is_own = self.own.iter().any(|prefix| upper.starts_with(prefix.as_str()));
        let hint = self.hint(&upper, is_own);
        let is_ours = match &hint {
            Hint::Slip(_) => true,
            Hint::OtherName(_) | Hint::Either(..) => {
                let may_be_own = is_own && self.called(self.reference.other_names, &upper).is_none();
                !may_be_own && !self.is_of_others(&upper)
            }
            Hint::Family(_) | Hint::Ending(_) => self.begins_like_ours(&upper) && !is_own && !self.is_of_others(&upper),
        };
        is_ours.then(|| told(&shown(name), &hint, str::to_owned))
    }

    /// The setting that a name which is none was most likely meant to be.
    pub(super) fn meant(&self, name: &str) -> Option<String> {
        self.near_in_file(&name.to_ascii_uppercase()).map(str::to_owned)
    }

    /// Why a name is wrong in a file in which every name must be known and written in lower case.
    pub(super) fn explain_in_file(&self, name: &str) -> String {
        let upper = name.to_ascii_uppercase();
        let hint = match self.hint(&upper, false) {
            Hint::Family(family) => self.only_in_file(&upper).map_or(Hint::Family(family), Hint::OtherName),
            hint => hint,
        };
        told(&shown(name), &hint, str::to_ascii_lowercase)
    }

    /// Why a section of a file is not read, with the settings that its names were probably meant to be, whichever
    /// section these belong to.
    pub(super) fn explain_section(&self, section: &str, names: &[&str]) -> String {
        let (mut meant, mut others) = (Vec::new(), Vec::new());
        for name in names.iter().take(MAX_TOLD) {
            let whole = format!("{section}_{name}");
            match self.meant_in_section(&whole.to_ascii_uppercase(), &name.to_ascii_uppercase()) {
                Found::One(setting) => meant.push(format!("{} = …", setting.to_ascii_lowercase())),
                Found::Several(settings) => {
                    let settings = settings.join(", ").to_ascii_lowercase();
                    others.push(format!("there is no setting {}: those that end so are {settings}", shown(&whole)));
                }
                Found::None => others.push(self.explain_in_file(&whole)),
            }
        }
        if names.is_empty() {
            meant.push(format!("{} = …", self.reference.example));
        }
        meant.dedup();
        let write = (!meant.is_empty()).then(|| format!("write {} above it", meant.join(", ")));
        write.into_iter().chain(others).collect::<Vec<_>>().join("; ")
    }

    /// What a name in a `.env` that [`Unknown::explain`] leaves to other programs would be if it were meant for us.
    pub(super) fn perhaps(&self, name: &str) -> Option<String> {
        let upper = name.to_ascii_uppercase();
        if self.known(&upper).is_some() {
            return None;
        }
        let meant = self.called(self.reference.in_files, &upper).or_else(|| self.reordered(&upper));
        let meant = meant.or_else(|| self.near_of_one_word(&upper)).or_else(|| self.one_beside(&upper));
        let hint = meant.map(Hint::OtherName).or_else(|| self.alike_among_own(&upper))?;
        Some(told(&shown(name), &hint, str::to_owned))
    }

    /// The settings that a name with a prefix of the operator's own code is made like: those with its first two words,
    /// those with another such prefix that end alike, or those of many sections that do.
    fn alike_among_own(&self, upper: &str) -> Option<Hint<'a>> {
        let rest_of = |name: &str| {
            let rest = self.own.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()));
            rest.map(str::to_owned)
        };
        let rest = rest_of(upper)?;
        let first = &upper[..upper.len() - rest.len()];
        let begin = rest.split_once('_').map(|(second, _)| format!("{first}{second}_"));
        let begins = |setting: &&str| begin.as_deref().is_some_and(|begin| setting.starts_with(begin));
        let family: Vec<&str> = self.settings.iter().copied().filter(begins).collect();
        if !family.is_empty() {
            return Some(Hint::Family(family));
        }
        let ends_so = |setting: &&str| rest_of(setting).is_some_and(|other| other == rest);
        let mut endings: Vec<&str> = self.settings.iter().copied().filter(ends_so).collect();
        if endings.is_empty() {
            endings = self.endings_of_many(&rest);
        }
        (!endings.is_empty()).then_some(Hint::Ending(endings))
    }

    /// The settings that end so, where many sections have one. An ending of a few, such as that of a host, has any
    /// program.
    fn endings_of_many(&self, rest: &str) -> Vec<&'a str> {
        let is_rest = |setting: &&&str| setting.split_once('_').is_some_and(|(_, behind)| behind == rest);
        if self.settings.iter().filter(is_rest).count() < MANY_SECTIONS {
            return Vec::new();
        }
        let ends_so = |setting: &&str| setting.strip_suffix(rest).is_some_and(|before| before.ends_with('_'));
        self.settings.iter().copied().filter(ends_so).collect()
    }

    fn hint(&self, upper: &str, is_own: bool) -> Hint<'a> {
        if let Some(setting) = upper.strip_prefix(self.reference.program).and_then(|rest| self.exactly_or_near(rest)) {
            return Hint::Slip(setting);
        }
        // What others call a setting may be near another one as well.
        if let Some(setting) = self.called(self.reference.other_names, upper) {
            let longer = self.known(&format!("{upper}S"));
            return longer.map_or(Hint::OtherName(setting), |longer| Hint::Either(setting, longer));
        }
        if let Some(setting) = self.near(upper, is_own).or_else(|| self.reordered(upper).filter(|_| !is_own)) {
            return Hint::Slip(setting);
        }
        let other = self.behind_a_word(upper).or_else(|| self.nearly_called(upper));
        if let Some(setting) = other.filter(|_| self.begins_like_ours(upper)) {
            return Hint::OtherName(setting);
        }
        let word = upper.split('_').next().unwrap_or_default();
        let family = self.settings.iter().copied().filter(|setting| setting.split('_').next() == Some(word));
        Hint::Family(family.collect())
    }

    /// The setting of which `upper` is a misspelling. With a prefix of the operator's own code, only one edit counts.
    fn near(&self, upper: &str, is_own: bool) -> Option<&'a str> {
        let allowed = match upper.len() {
            _ if is_own => 1,
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        // Names that differ more in length than that are not worth the comparison.
        let length = upper.chars().count();
        let close = self.settings.iter().filter(|setting| setting.len().abs_diff(length) <= allowed);
        let ranked = close.map(|setting| (strsim::osa_distance(upper, setting), *setting));
        ranked.min().filter(|(distance, _)| *distance <= allowed).map(|(_, nearest)| nearest)
    }

    /// The setting with this name, or the one that the name stands for.
    fn exactly_or_near(&self, upper: &str) -> Option<&'a str> {
        let other_name = || self.called(self.reference.other_names, upper);
        self.known(upper).or_else(other_name).or_else(|| self.near(upper, false))
    }

    /// The setting that has the same words in another order.
    fn reordered(&self, upper: &str) -> Option<&'a str> {
        let sorted = |name: &str| {
            let mut words: Vec<String> = name.split('_').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        let words = sorted(upper);
        self.settings.iter().copied().find(|setting| sorted(setting) == words)
    }

    /// The setting of a single word that is nearly `upper`. The names of other programs are as near, so this counts only
    /// where a file may be meant for us.
    fn near_of_one_word(&self, upper: &str) -> Option<&'a str> {
        if !(3..=7).contains(&upper.len()) {
            return None;
        }
        let alike = |setting: &&str| !setting.contains('_') && setting.chars().next() == upper.chars().next();
        let ranked = self.settings.iter().copied().filter(alike);
        let ranked = ranked.map(|setting| (strsim::osa_distance(upper, setting), setting));
        let allowed = |setting: &str| if setting.len().min(upper.len()) <= 4 { 1 } else { 2 };
        ranked.filter(|(distance, setting)| *distance <= allowed(setting)).min().map(|(_, nearest)| nearest)
    }

    /// The setting of whose other name `upper` is a misspelling.
    fn nearly_called(&self, upper: &str) -> Option<&'a str> {
        let is_near = |name: &str| name.len() > 5 && strsim::osa_distance(upper, name) == 1;
        let (meant, _) = self.reference.other_names.iter().find(|(_, names)| names.split(' ').any(is_near))?;
        self.known(meant)
    }

    /// The name, read by other parts of the installation, for which `upper` stands or of which it is a misspelling.
    fn one_beside(&self, upper: &str) -> Option<&'static str> {
        let mut beside = self.reference.beside.iter();
        let found = beside.find(|(name, others)| {
            strsim::osa_distance(upper, name) == 1 || others.split(' ').any(|other| other == upper)
        });
        found.map(|(name, _)| *name)
    }

    /// The settings that `name` was probably meant to be; `whole` is the name with its section before it.
    fn meant_in_section(&self, whole: &str, name: &str) -> Found<'a> {
        let found = self.known(whole).or_else(|| self.known(name));
        if let Some(setting) = found.or_else(|| self.near_in_file(whole)).or_else(|| self.near_in_file(name)) {
            return Found::One(setting);
        }
        let ends_so = |setting: &&str| setting.split_once('_').is_some_and(|(_, rest)| rest == name);
        let settings: Vec<&str> = self.settings.iter().copied().filter(ends_so).collect();
        match settings.as_slice() {
            [] => Found::None,
            &[setting] => Found::One(setting),
            _ => Found::Several(settings),
        }
    }

    fn near_in_file(&self, upper: &str) -> Option<&'a str> {
        match self.hint(upper, false) {
            Hint::Slip(setting) | Hint::OtherName(setting) | Hint::Either(setting, _) => Some(setting),
            Hint::Family(_) | Hint::Ending(_) => self.only_in_file(upper),
        }
    }

    /// The setting meant by a name that would be another program's if it did not stand in a file of ours.
    fn only_in_file(&self, upper: &str) -> Option<&'a str> {
        let called = self.called(self.reference.in_files, upper).or_else(|| self.behind_a_word(upper));
        called.or_else(|| self.near_of_one_word(upper))
    }

    /// The setting that is left without a superfluous first word: that of another section, or its own once more.
    fn behind_a_word(&self, upper: &str) -> Option<&'a str> {
        upper.split_once('_').and_then(|(_, rest)| self.known(rest))
    }

    fn known(&self, upper: &str) -> Option<&'a str> {
        self.settings.iter().copied().find(|setting| *setting == upper)
    }

    fn begins_like_ours(&self, upper: &str) -> bool {
        self.words.iter().any(|word| upper.starts_with(word))
    }

    fn is_of_others(&self, upper: &str) -> bool {
        is_link(upper) || self.reference.of_others.iter().any(|prefix| upper.starts_with(prefix))
    }

    /// The setting for which a table has this other name.
    fn called(&self, table: &[(&str, &str)], upper: &str) -> Option<&'a str> {
        let (meant, _) = table.iter().find(|(_, names)| names.split(' ').any(|other| other == upper))?;
        self.known(meant)
    }
}

/// Whether a name belongs to what this program does without.
pub(super) fn is_unneeded(reference: &Reference, name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    reference.unneeded.iter().any(|prefix| upper.starts_with(prefix)) && !is_link(&upper)
}

/// Whether Kubernetes has put a name into the environment, for a service that is called so.
fn is_link(upper: &str) -> bool {
    ["_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_UDP"].iter().any(|part| upper.contains(part))
}

fn told(name: &str, hint: &Hint<'_>, written: fn(&str) -> String) -> String {
    match hint {
        Hint::Slip(meant) | Hint::OtherName(meant) => {
            format!("there is no setting {name}: did you mean {}?", written(meant))
        }
        Hint::Either(meant, longer) => {
            format!("there is no setting {name}: did you mean {} or {}?", written(meant), written(longer))
        }
        Hint::Family(family) if family.is_empty() => {
            format!("there is no setting {name}: `chasqui settings` lists all that there are")
        }
        Hint::Family(family) => {
            let family: Vec<String> = family.iter().map(|setting| written(setting)).collect();
            format!("there is no setting {name}: those that begin alike are {}", family.join(", "))
        }
        Hint::Ending(endings) => {
            let endings: Vec<String> = endings.iter().map(|setting| written(setting)).collect();
            format!("there is no setting {name}: those that end so are {}", endings.join(", "))
        }
    }
}

/// A name, made safe for a terminal, because it may hold any characters.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests;
