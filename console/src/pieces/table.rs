//! Dense tables, which become cards on a phone: each cell carries the name of its column for that.

use maud::{Markup, html};

use super::figure::UNKNOWN;
use crate::words::Lang;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    label: &'static str,
    /// What its cells are, for their look.
    class: Option<&'static str>,
}

/// A row, with as many cells as the table has columns.
pub(crate) struct Row {
    /// Tells rows apart when the page is morphed: the same thing has the same id on every page. Letters, digits and
    /// hyphens.
    pub(crate) id: String,
    pub(crate) cells: Vec<Markup>,
}

/// A column of words.
pub(crate) const fn text(label: &'static str) -> Column {
    Column { label, class: None }
}

/// A column of figures, aligned at their ends.
pub(crate) const fn number(label: &'static str) -> Column {
    Column { label, class: Some("number") }
}

/// A column of how long things take. It is as wide while nothing is known, so that a figure that comes moves nothing.
pub(crate) const fn lasting(label: &'static str) -> Column {
    Column { label, class: Some("number lasting") }
}

/// A column of several figures in one.
pub(crate) const fn several(label: &'static str) -> Column {
    Column { label, class: Some("number several") }
}

/// A column of times among figures, which is as wide where there is none.
pub(crate) const fn age(label: &'static str) -> Column {
    Column { label, class: Some("number age") }
}

/// A column of times among words, which is there and as wide where there is none.
pub(crate) const fn when(label: &'static str) -> Column {
    Column { label, class: Some("when") }
}

/// `caption` says what is listed, for those who do not see the page. A column of which no row says anything is left out.
pub(crate) fn table(lang: Lang, caption: &str, columns: &[Column], rows: &[Row]) -> Markup {
    let said: Vec<(usize, Column)> = columns.iter().copied().enumerate().filter(|(at, _)| is_said(rows, *at)).collect();
    html! {
        @if rows.is_empty() {
            p.nothing { (lang.words().lists.nothing) }
        } @else {
            div.scrolled role="region" aria-label=(caption) tabindex="0" {
                table {
                    caption.unseen { (caption) }
                    thead { tr { @for (_, column) in &said { th scope="col" class=[column.class] { (column.label) } } } }
                    tbody {
                        @for row in rows {
                            tr id=(row.id) data-row {
                                @for (at, column) in &said {
                                    @if let Some(cell) = row.cells.get(*at) {
                                        td data-label=(column.label) class=[column.class]
                                            data-none[cell.0 == UNKNOWN] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether some row has anything in this column.
fn is_said(rows: &[Row], at: usize) -> bool {
    rows.iter().any(|row| row.cells.get(at).is_some_and(|cell| !cell.0.is_empty()))
}

/// The box by which a row is chosen; the key `x` ticks it.
pub(crate) fn chooser(name: &str, value: &str, label: &str) -> Markup {
    html! { input type="checkbox" id={ "choose-" (value) } name=(name) value=(value) aria-label=(label) data-choose; }
}

#[test]
fn cells_carry_the_names_of_their_columns() {
    let rows = [Row { id: "r-1".to_owned(), cells: vec![html! { "a<b" }, html! { (7) }] }];
    let page = table(Lang::En, "All", &[text("Name"), number("Count")], &rows).into_string();
    assert!(page.contains(r#"<td data-label="Name">a&lt;b</td>"#), "{page}");
    assert!(page.contains(r#"<tr id="r-1" data-row>"#) && page.contains("data-label=\"Count\""), "{page}");
    assert!(table(Lang::Es, "All", &[text("Name")], &[]).into_string().contains("Aquí no hay nada."));
}

#[test]
fn a_column_of_which_no_row_says_anything_is_left_out() {
    let row = |id: &str, note: &str| Row {
        id: id.to_owned(),
        cells: vec![html! { (id) }, html! { (note) }, html! { "–" }],
    };
    let columns = [text("Name"), text("Note"), text("When")];
    let silent = table(Lang::En, "All", &columns, &[row("a", ""), row("b", "")]).into_string();
    assert!(!silent.contains("Note") && silent.contains(r#"<td data-label="When" data-none>"#), "{silent}");
    let told = table(Lang::En, "All", &columns, &[row("a", ""), row("b", "mended")]).into_string();
    assert!(told.contains("Note") && told.contains(r#"<td data-label="Note"></td>"#), "{told}");
}
