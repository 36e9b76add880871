//! Style sheets of mails, written into the elements that they are for: many mail programs leave out what stands in
//! `<style>`.
//!
//! That is done to the HTML of each mail, after rendering: only then are the rows of a loop elements. HTML without a
//! sheet that is to be written into elements stays as it is, byte for byte.

mod css;
mod survey;
mod tree;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use css_inline::CSSInliner;

use self::survey::{Scope, Sheet, survey, tags};
use crate::budget::{self, Output};
use crate::error::Problem;
use crate::files::{File, Files, line_and_column};
use crate::scan::scan;

const HTML: &str = ".html";

/// Behind `<style`: what keeps a sheet out of the elements.
const ASIDE: &str = " data-css-inline=\"ignore\"";

/// The bytes of HTML that are read and written anew for one step of a rendering.
const BYTES_OF_A_STEP: usize = 128;
/// The bytes of style sheets, times the elements that they may be for, which are one step of a rendering.
const MATCHES_OF_A_STEP: usize = 1024;

const SPENT: &str = "its style sheets are too much for its elements";
const UNREAD: &str = "its HTML cannot be read and written anew with its style sheets";
const NO_CSS: &str = "a `style` attribute of an element that a style sheet is for holds what is no CSS";
const LINKED: &str = "a style sheet from elsewhere is not fetched: write its rules into <style>, or into \
                      <style data-css-inline=\"ignore\"> an @import that whoever reads the mail fetches";
const MARKED: &str = "data-css-inline is `ignore` for a sheet that stays as it is, or left out";

/// The HTML of a mail with its style sheets in its elements; none when it has no sheet for these. What cannot be
/// written into an element, such as `@media` and `:hover`, stays in `<style>`.
///
/// # Errors
/// Why it cannot be done. No value of the data is in it.
pub(crate) fn inlined(html: &str) -> Result<Option<String>, &'static str> {
    let survey = survey(html);
    let (mut css_bytes, mut aside) = (0, Vec::new());
    for sheet in &survey.sheets {
        if sheet.is_for_elements()? {
            css_bytes += sheet.css.len();
        } else if sheet.scope != Scope::Ignored {
            aside.push(sheet);
        }
    }
    if css_bytes == 0 {
        return Ok(None);
    }
    survey.survives()?;
    let steps = html.len() / BYTES_OF_A_STEP + css_bytes.saturating_mul(survey.elements) / MATCHES_OF_A_STEP;
    budget::step(u32::try_from(steps).unwrap_or(u32::MAX)).map_err(|_| SPENT)?;
    let given = set_aside(html, &aside);
    catch_unwind(|| tree::check(&given)).map_err(|_panic| UNREAD)??;
    let mut bytes = Vec::with_capacity(html.len() * 2);
    let inliner = CSSInliner::options()
        .load_remote_stylesheets(false)
        .keep_link_tags(true)
        .keep_style_tags(true)
        .keep_at_rules(true)
        .remove_inlined_selectors(true)
        .build();
    let write = AssertUnwindSafe(|| inliner.inline_to(&given, &mut Output(&mut bytes)));
    catch_unwind(write).map_err(|_panic| UNREAD)?.map_err(|_| NO_CSS)?;
    let made = String::from_utf8(bytes).map_err(|_| NO_CSS)?;
    Ok(Some(with_doctype(html, &escaped_in_attributes(&made))))
}

/// The HTML with each of its sheets kept out of the elements.
pub(crate) fn all_set_aside(html: &str) -> String {
    let sheets = survey(html).sheets;
    let others: Vec<&Sheet<'_>> = sheets.iter().filter(|sheet| sheet.scope != Scope::Ignored).collect();
    set_aside(html, &others)
}

/// The files of HTML from which a mail may get a sheet for its elements: their own, or one of a file that they include
/// or extend.
pub(crate) fn styled(files: &Files) -> BTreeSet<String> {
    let html = || files.iter().filter(|(path, _)| path.ends_with(HTML));
    let mut styled: BTreeSet<String> = html().filter(|(_, file)| has_own(file)).map(|(path, _)| path.clone()).collect();
    let scans: Vec<_> = html().map(|(path, file)| (path, scan(&file.text))).collect();
    loop {
        let reach = scans.iter().filter(|(path, scan)| {
            !styled.contains(*path) && scan.references.iter().any(|reference| styled.contains(&reference.name))
        });
        let more: Vec<String> = reach.map(|(path, _)| (*path).clone()).collect();
        if more.is_empty() {
            return styled;
        }
        styled.extend(more);
    }
}

/// What is wrong with the sheets of a file of HTML before it is rendered.
pub(crate) fn problems(file: &File) -> Vec<Problem> {
    // The fonts of MJML are links in the HTML that is made of it.
    let text = file.mjml.as_ref().unwrap_or(&file.text);
    let survey = survey(text);
    let marked = survey.sheets.iter().filter(|sheet| sheet.scope == Scope::Unknown).map(|sheet| (sheet.at, MARKED));
    let linked = survey.linked.iter().map(|at| (*at, LINKED));
    let problem = |(at, message): (usize, &str)| Problem {
        file: file.origin.clone(),
        place: Some(line_and_column(text, at)),
        message: message.to_owned(),
    };
    marked.chain(linked).map(problem).collect()
}

/// Where in a file the sheet stands of which this is said, as `file:line:column`; the file alone where only the rendering
/// shows it.
pub(crate) fn place(file: &File, why: &str) -> String {
    let text = file.mjml.as_ref().unwrap_or(&file.text);
    let mut faults = survey::written(text).filter_map(|(begin, sheet)| {
        // A tag of the template language may become anything.
        let (at, fault) = css::fault(sheet).filter(|_| !["{{", "{%", "{#"].iter().any(|tag| sheet.contains(tag)))?;
        (fault == why).then_some(begin + at)
    });
    match faults.next().map(|at| line_and_column(text, at)) {
        Some((line, column)) => format!("{}:{line}:{column}", file.origin),
        None => file.origin.clone(),
    }
}

fn has_own(file: &File) -> bool {
    let sheets = survey(&file.text).sheets;
    match file.mjml {
        None => sheets.iter().any(Sheet::may_be_for_elements),
        // The first sheet is always one of the compiler's own, which is set aside where there is another for elements.
        Some(_) => sheets.first().is_some_and(|first| first.scope == Scope::Ignored),
    }
}

fn set_aside(html: &str, sheets: &[&Sheet<'_>]) -> String {
    let mut text = html.to_owned();
    for sheet in sheets.iter().rev() {
        text.insert_str(sheet.at + "<style".len(), ASIDE);
    }
    text
}

/// The HTML with the document type as it was written: without the rest of it, some programs show tables otherwise.
fn with_doctype(before: &str, made: &str) -> String {
    let written = before.get(..9).filter(|begin| begin.eq_ignore_ascii_case("<!doctype"));
    let written = written.and_then(|_| before.split_inclusive('>').next());
    match (written, made.strip_prefix("<!DOCTYPE html>")) {
        (Some(written), Some(rest)) => format!("{written}{rest}"),
        _ => made.to_owned(),
    }
}

/// The HTML without a bare `<` or `>` in its attributes, where the library leaves both as they are. They mean the same,
/// but a filter that looks for patterns would find elements in the values of the data.
fn escaped_in_attributes(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut done = 0;
    for written in tags(html).filter(|written| !written.tag.closes) {
        let (begin, end) = (written.at + 1, written.at + written.text.len());
        let inside = html[begin..end].strip_suffix('>').unwrap_or(&html[begin..end]);
        if inside.contains(['<', '>']) && !inside.starts_with(['!', '?']) {
            text.push_str(&html[done..begin]);
            text.push_str(&inside.replace('<', "&lt;").replace('>', "&gt;"));
            done = begin + inside.len();
        }
    }
    text.push_str(&html[done..]);
    text
}
