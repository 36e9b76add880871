//! MJML, which is made HTML when templates are loaded: the tags for variables stand in the HTML as they stood in the
//! MJML, so that a rendering costs what that of any HTML costs, and what data bring is escaped as in any HTML.

mod attributes;
mod tag;

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::nearest_of_few;
use mrml::mj_head::MjHeadChild;
use mrml::mjml::Mjml;
use mrml::prelude::parser::{Error, ParserOptions, WarningKind};
use mrml::prelude::render::RenderOptions;

use self::tag::end_of_tag;
use crate::error::Problem;
use crate::files::{File, Files};
use crate::names::hint;
use crate::scan::{scan, written_tags};
use crate::styles;

const MJML: &str = ".mjml";
const HTML: &str = ".html";

/// The most bytes of HTML that are made of one file, which has at most 64 KiB. A mail above about 100 KiB is cut by large
/// mailboxes.
const MAX_HTML_BYTES: usize = 256 * 1024;
/// How deep elements may be nested: the compiler calls itself for each level.
const MAX_DEPTH: usize = 64;

/// Elements of HTML that have no end.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The elements of MJML that are written in a body.
const ELEMENTS: [&str; 22] = [
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-column",
    "mj-divider",
    "mj-group",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-table",
    "mj-text",
    "mj-wrapper",
];

/// The files with HTML for MJML, and the doubts about these. A file that cannot be made HTML is a problem and has none.
pub(crate) fn made_html(files: &Files, problems: &mut Vec<Problem>) -> (Files, Vec<Problem>) {
    let mut made = files.clone();
    let mut doubts = Vec::new();
    let styled = styles::styled(files);
    for (path, file) in files.iter().filter(|(path, _)| path.ends_with(MJML)) {
        made.remove(path);
        let html = format!("{}{HTML}", path.trim_end_matches(MJML));
        if files.get(&html).is_some_and(|other| !other.shipped) {
            let message = "stands beside an .html of the same name: keep one of them".to_owned();
            problems.push(Problem { file: file.origin.clone(), place: None, message });
            continue;
        }
        match compiled(file, &styled) {
            Ok((text, more)) => {
                doubts.extend(more);
                let mjml = Some(file.text.clone());
                made.insert(html, File { origin: file.origin.clone(), text, shipped: file.shipped, mjml });
            }
            Err(found) => {
                problems.extend(found);
                // Without it, its folder would be told to have no words as well.
                let text = file.text.clone();
                made.insert(html, File { origin: file.origin.clone(), text, shipped: file.shipped, mjml: None });
            }
        }
    }
    (made, doubts)
}

/// The HTML of a file, and the doubts about it. The files of HTML that bring a style sheet for elements are known.
fn compiled(file: &File, styled: &BTreeSet<String>) -> Result<(String, Vec<Problem>), Vec<Problem>> {
    if let Some((at, message)) = disorder(&file.text) {
        return Err(vec![file.problem(at, message)]);
    }
    let unread = attributes::unknown(&file.text).into_iter().map(|(at, message)| file.problem(at, message));
    let unread: Vec<Problem> = unread.collect();
    let made = catch_unwind(AssertUnwindSafe(|| make(file, styled)));
    let made = made.unwrap_or_else(|_| Err(vec![whole(file, "cannot be made HTML")]));
    let (html, doubts) = made.map_err(|found| [unread.clone(), found].concat())?;
    if html.len() > MAX_HTML_BYTES {
        let message = format!("becomes {} bytes of HTML, the limit is {MAX_HTML_BYTES}: take parts out", html.len());
        return Err(vec![whole(file, &message)]);
    }
    // A tag in an attribute that there is not is lost with it, and is not told as well.
    let lost = if unread.is_empty() { lost(file, &html) } else { Vec::new() };
    let problems = [unread, unknown_elements(file, &html), lost].concat();
    if problems.is_empty() { Ok((html, doubts)) } else { Err(problems) }
}

fn make(file: &File, styled: &BTreeSet<String>) -> Result<(String, Vec<Problem>), Vec<Problem>> {
    // The loader of these options finds nothing: no file and no address is read.
    let parsed = mrml::parse_with_options(&file.text, &ParserOptions::default());
    let mut parsed = parsed.map_err(|error| vec![told(file, &error)])?;
    let mut doubts = Vec::new();
    for warning in &parsed.warnings {
        match warning.kind {
            WarningKind::UnexpectedAttribute => {
                doubts.push(file.problem(warning.span.start, "has an attribute here that has no effect".to_owned()));
            }
            // They are taken out of what is compiled.
            WarningKind::InlineStyleUnsupported => {}
        }
    }
    let sheets = inline_sheets(file, &mut parsed.element).map_err(|problem| vec![problem])?;
    // No font is fetched from elsewhere by whoever reads the mail, unless mj-font says so.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|_| vec![whole(file, "cannot be made HTML")])?;
    let gets_some = scan(&file.text).references.iter().any(|part| styled.contains(&part.name));
    if sheets.is_empty() && !gets_some {
        return Ok((html, doubts));
    }
    // The sheets of the compiler itself are for the programs that read them.
    let html = styles::all_set_aside(&html);
    let sheets: String = sheets.iter().map(|css| format!("<style>{css}</style>")).collect();
    Ok((html.replacen("</head>", &format!("{sheets}</head>"), 1), doubts))
}

/// Takes the sheets that are to be written into elements out of the head.
fn inline_sheets(file: &File, mjml: &mut Mjml) -> Result<Vec<String>, Problem> {
    let mut sheets = Vec::new();
    let Some(head) = &mut mjml.children.head else { return Ok(sheets) };
    let mut problem = None;
    head.children.retain(|child| {
        let MjHeadChild::MjStyle(style) = child else { return true };
        match style.attributes.inline.as_deref() {
            None => true,
            Some("inline") => {
                sheets.push(style.children.trim().to_owned());
                false
            }
            Some(other) => {
                let at = file.text.find(&format!("inline=\"{other}\"")).unwrap_or_default();
                let message = "inline of mj-style is `inline`, or left out".to_owned();
                problem = Some(file.problem(at, message));
                true
            }
        }
    });
    problem.map_or(Ok(sheets), Err)
}

/// The problems of elements that nobody knows: they would be sent as they are.
fn unknown_elements(file: &File, html: &str) -> Vec<Problem> {
    let name = |at: usize| {
        let rest = &html[at + 1..];
        &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len())]
    };
    let names: BTreeSet<&str> = html.match_indices("<mj-").map(|(at, _)| name(at)).collect();
    let problem = |name: &str| {
        let at = file.text.find(&format!("<{name}")).unwrap_or_default();
        let message = format!("{name} is no element that may stand here{}", hint(nearest_of_few(name, ELEMENTS)));
        file.problem(at, message)
    };
    names.into_iter().map(problem).collect()
}

/// The problems of what would be another in the HTML than it is in the MJML.
fn lost(file: &File, html: &str) -> Vec<Problem> {
    let tags = written_tags(&file.text).into_iter().filter(|(_, tag)| !html.contains(tag));
    let mut problems: Vec<Problem> = tags
        .map(|(at, tag)| {
            let message = if tag.contains(['"', '\\']) {
                "this tag does not survive here: write its strings in single quotes, without a backslash"
            } else {
                "this tag does not survive here: put it into words, into an attribute, or into mj-raw"
            };
            file.problem(at, message.to_owned())
        })
        .collect();
    for (escape, what) in [("\\\"", "a double quote or a backslash"), ("\\u{", "an invisible character")] {
        if problems.is_empty() && html.contains(escape) && !file.text.contains(escape) {
            let message = format!("has {what} in an attribute, which cannot stand there: put it into words");
            problems.push(whole(file, &message));
        }
    }
    problems
}

/// The first place where the elements of a text do not stand in one another as they must, and what is wrong there. The
/// compiler asks only whether something ends, and not what.
fn disorder(text: &str) -> Option<(usize, String)> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let rest = &text[start + 1..];
        if rest.starts_with("!--") {
            at = rest.find("-->").map_or(text.len(), |end| start + 1 + end + 3);
            continue;
        }
        let ends = rest.starts_with('/');
        let rest = rest.trim_start_matches('/');
        let name = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len())];
        at = start + 1;
        if name.is_empty() {
            continue;
        }
        let tag = &rest[..end_of_tag(rest)];
        at = text.len() - rest.len() + tag.len();
        if ends {
            match open.pop() {
                Some((_, begun)) if begun.eq_ignore_ascii_case(name) => {}
                Some((_, begun)) => return Some((start, format!("ends {name}, but {begun} is open: end that first"))),
                None => return Some((start, format!("ends {name}, which is not open"))),
            }
        } else if !tag.ends_with("/>") && !VOID.contains(&name.to_ascii_lowercase().as_str()) {
            if open.len() == MAX_DEPTH {
                return Some((start, format!("more than {MAX_DEPTH} elements stand in one another here: end some")));
            }
            open.push((start, name));
        }
    }
    open.pop().map(|(start, name)| (start, format!("{name} is not ended")))
}

/// The problem that the parser has found.
fn told(file: &File, error: &Error) -> Problem {
    let at = |position: usize, what: &str| file.problem(position, what.to_owned());
    match error {
        Error::UnexpectedElement { position, .. } => at(position.start, "no such element may stand here"),
        Error::UnexpectedToken { position, .. } => {
            at(position.start, "this may not stand here: is an element not ended?")
        }
        Error::MissingAttribute { name, position, .. } => at(position.start, &format!("needs the attribute `{name}`")),
        Error::InvalidAttribute { position, .. } => at(position.start, "the value of this attribute cannot be read"),
        Error::InvalidFormat { position, .. } => at(position.start, "this cannot be read"),
        Error::IncludeLoaderError { position, .. } => {
            at(position.start, "mj-include reads nothing here: write {% include \"_…/part.html\" %} into mj-raw")
        }
        Error::ParserError { source, .. } => {
            let position = source.pos();
            let number = |number: u32| usize::try_from(number).unwrap_or_default();
            let place = Some((number(position.row), number(position.col)));
            let message = "cannot be read from here: `<` in words is written &lt;, and each attribute has quotes";
            Problem { file: file.origin.clone(), place, message: message.to_owned() }
        }
        Error::EndOfStream { .. } => at(file.text.len(), "the file ends before its elements do"),
        Error::NoRootNode => whole(file, "has no element mjml"),
        Error::SizeLimit { .. } => whole(file, "is too large"),
    }
}

fn whole(file: &File, message: &str) -> Problem {
    Problem { file: file.origin.clone(), place: None, message: message.to_owned() }
}

#[cfg(test)]
mod tests;
