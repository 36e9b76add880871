//! What goes out literally although it was meant to be filled in: the placeholders of other template languages, and front
//! matter. Both can be meant as they stand, so they are doubts.

use serde_json::{Map, Value};

use crate::error::Problem;
use crate::files::File;

/// How many lines front matter may have: what is longer is a text between two rules.
const MAX_FRONT_MATTER: usize = 20;

/// How other languages write a variable, with what stands before and behind its name.
const OTHERS: [(&str, &str); 5] = [("${", "}"), ("<%=", "%>"), ("[[", "]]"), ("{", "}"), ("%", "%")];

/// The doubts about one file of a template with this sample. Only a name of the sample is taken for a variable.
pub(crate) fn literal(file: &File, sample: &Map<String, Value>) -> Vec<Problem> {
    let placeholders = sample.keys().filter(|name| !name.is_empty()).filter_map(|name| {
        let (at, written) = first_of(&file.text, name)?;
        let message = format!("`{written}` is sent as it stands; did you mean {{{{ {name} }}}}?");
        Some(file.problem(at, message))
    });
    front_matter(file).into_iter().chain(placeholders).collect()
}

/// The first place where the text has this variable as another language writes it.
fn first_of<'t>(text: &'t str, name: &str) -> Option<(usize, &'t str)> {
    text.match_indices(name).find_map(|(at, _)| {
        let (before, after) = (text[..at].trim_end_matches(' '), text[at + name.len()..].trim_start_matches(' '));
        let end = text.len() - after.len();
        OTHERS.iter().find_map(|(open, close)| {
            let outside = before.strip_suffix(*open)?;
            // One brace more makes it a variable of ours, or a text that shows how one is written.
            let is_ours = after.starts_with("}}") || outside.ends_with(['{', '%']) || !after.starts_with(*close);
            (!is_ours).then(|| (outside.len(), &text[outside.len()..end + close.len()]))
        })
    })
}

fn front_matter(file: &File) -> Option<Problem> {
    let mut lines = file.text.lines().map(str::trim_end);
    let begins = lines.next() == Some("---");
    let inside: Vec<&str> = lines.take(MAX_FRONT_MATTER).take_while(|line| *line != "---").collect();
    let is_closed = inside.len() < file.text.lines().count().saturating_sub(1).min(MAX_FRONT_MATTER);
    let is_field = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        line.contains(':') && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    };
    (begins && is_closed && inside.iter().any(is_field)).then(|| {
        let message = "begins with front matter, which is sent as it stands: a subject goes into <channel>.subject.txt";
        file.problem(0, message.to_owned())
    })
}
