//! Patterns: of routing keys, as a topic exchange has them, and of names with words in braces.

/// A pattern of routing keys: `*` stands for one word, `#` for any number of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeyPattern(Vec<String>);

impl KeyPattern {
    /// None where a word is empty or has one of the two characters in it and something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = text.split('.').map(str::to_owned).collect();
        let is_word = |word: &String| !word.is_empty() && (word.len() == 1 || !word.contains(['*', '#']));
        words.iter().all(is_word).then_some(Self(words))
    }

    pub(super) fn matches(&self, key: &str) -> bool {
        let words: Vec<&str> = key.split('.').collect();
        matches(&self.0, &words)
    }
}

fn matches(pattern: &[String], words: &[&str]) -> bool {
    match (pattern.split_first(), words.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((first, rest)), _) if first == "#" => {
            matches(rest, words) || words.split_first().is_some_and(|(_, after)| matches(pattern, after))
        }
        (Some(_), None) => false,
        (Some((first, rest)), Some((word, after))) => (first == "*" || first == word) && matches(rest, after),
    }
}

/// A name with words in braces: `solicitud_{id}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NamePattern(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Field(String),
}

impl NamePattern {
    /// None for an empty one, and where a brace has no other or nothing between them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let begin = rest.find(['{', '}']).unwrap_or(rest.len());
            let (before, behind) = rest.split_at(begin);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if behind.is_empty() {
                break;
            }
            let inner = behind.strip_prefix('{')?;
            let (field, after) = inner.split_once('}')?;
            if field.is_empty() || field.contains('{') {
                return None;
            }
            pieces.push(Piece::Field(field.to_owned()));
            rest = after;
        }
        (!pieces.is_empty()).then_some(Self(pieces))
    }

    /// How many words in braces there are.
    pub(super) fn fields(&self) -> usize {
        self.0.iter().filter(|piece| matches!(piece, Piece::Field(_))).count()
    }

    /// What stands in the place of the one word in braces, or all of it where there is none. None for what is no such name.
    pub(super) fn filled_by<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (before, after) = match self.0.as_slice() {
            [Piece::Text(text)] => return (text == name).then_some(name),
            [Piece::Field(_)] => ("", ""),
            [Piece::Text(before), Piece::Field(_)] => (before.as_str(), ""),
            [Piece::Field(_), Piece::Text(after)] => ("", after.as_str()),
            [Piece::Text(before), Piece::Field(_), Piece::Text(after)] => (before.as_str(), after.as_str()),
            _ => return None,
        };
        name.strip_prefix(before)?.strip_suffix(after).filter(|id| !id.is_empty())
    }

    /// The name with what stands for its words. None where one of them stands for nothing.
    pub(super) fn filled_with(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut name = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Field(field) => name.push_str(&value(field).filter(|value| !value.is_empty())?),
            }
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_matched_as_a_topic_exchange_would() {
        for (pattern, key, expected) in [
            ("solicitud.*", "solicitud.creada", true),
            ("solicitud.*", "solicitud", false),
            ("solicitud.*", "solicitud.creada.hoy", false),
            ("solicitud.#", "solicitud", true),
            ("solicitud.#", "solicitud.creada.hoy", true),
            ("#", "", true),
            ("#.creada", "a.b.creada", true),
            ("*.creada", "a.b.creada", false),
            ("a.#.b.#.c", "a.b.x.b.c", true),
        ] {
            assert_eq!(KeyPattern::parse(pattern).unwrap().matches(key), expected, "{pattern} {key}");
        }
        for wrong in ["", "a..b", "a.b*", "a.#b"] {
            assert_eq!(KeyPattern::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_filled_and_read_again() {
        let pattern = NamePattern::parse("solicitud_{id}").unwrap();
        assert_eq!(pattern.filled_by("solicitud_7"), Some("7"));
        for other in ["solicitud_", "oferta_7", "7"] {
            assert_eq!(pattern.filled_by(other), None, "{other}");
        }
        assert_eq!(pattern.filled_with(|field| Some(format!("<{field}>"))).as_deref(), Some("solicitud_<id>"));
        assert_eq!(pattern.filled_with(|_| None), None);
        assert_eq!(pattern.filled_with(|_| Some(String::new())), None);
        assert_eq!(NamePattern::parse("all").unwrap().filled_by("all"), Some("all"));
        assert_eq!(NamePattern::parse("{a}_{b}").unwrap().fields(), 2);
        for wrong in ["", "a{", "a}", "{}", "a{b{c}", "}{"] {
            assert_eq!(NamePattern::parse(wrong), None, "{wrong}");
        }
    }
}
