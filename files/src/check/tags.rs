//! The tags of a small XML document with their attributes, as far as they are looked at here: what could deceive whoever
//! reads it otherwise is refused.

/// One start tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    /// Without a prefix.
    pub(super) name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// All start tags. None where it is not written as documents of this kind are: a type of document, characters by their
/// numbers in a value, or what is no XML.
pub(super) fn tags(text: &str) -> Option<Vec<Tag<'_>>> {
    let (mut rest, mut tags) = (text, Vec::new());
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = behind(comment, "-->")?;
        } else if let Some(instruction) = rest.strip_prefix('?') {
            rest = behind(instruction, "?>")?;
        } else if let Some(end) = rest.strip_prefix('/') {
            rest = behind(end, ">")?;
        } else if rest.starts_with('!') {
            return None;
        } else {
            let (tag, behind) = tag(rest)?;
            tags.push(tag);
            rest = behind;
        }
    }
    Some(tags)
}

fn behind<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.find(end).map(|at| &text[at + end.len()..])
}

/// The tag that begins here, and what stands behind it.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    let name = text[..end].rsplit(':').next().filter(|name| !name.is_empty())?;
    let (mut rest, mut attributes) = (&text[end..], Vec::new());
    loop {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return Some((Tag { name, attributes }, behind));
        }
        let (key, value) = rest.split_once('=')?;
        let quote = value.trim_start().chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, behind) = value.trim_start()[1..].split_once(quote)?;
        let key = key.trim();
        let is_name = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b":_-.".contains(&b));
        let is_another = attributes.iter().all(|(known, _)| *known != key);
        if !is_name || !is_another || value.contains("&#") || value.contains('<') {
            return None;
        }
        attributes.push((key, value));
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_quote_does() {
        let text = "<?xml version='1.0'?><!-- <no/> --><a:Rs><R T=\"x>y\"  M = 'External'/></a:Rs>";
        let tags = tags(text).unwrap();
        assert_eq!(tags.iter().map(|tag| tag.name).collect::<Vec<_>>(), ["Rs", "R"]);
        assert_eq!((tags[1].attribute("M"), tags[1].attribute("T")), (Some("External"), Some("x>y")));
        assert_eq!(tags[1].attribute("m"), None);
    }

    #[test]
    fn what_could_deceive_is_refused() {
        for text in [
            "<!DOCTYPE x [<!ENTITY e 'External'>]><R M='&e;'/>",
            "<R M='&#69;xternal'/>",
            "<R M='External",
            "<R M=External/>",
            "<R <S/>",
            "<R a>b='x'/>",
            "<R M='Internal' M='External'/>",
            "<![CDATA[x]]>",
            "<!-- ",
        ] {
            assert!(tags(text).is_none(), "{text}");
        }
    }
}
