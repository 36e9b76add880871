//! The page that asks once more before anything is changed that is many or cannot be undone. It names the number, and
//! above a hundred the number is typed. It is a page of its own, so that it asks without scripts too.

use maud::{Markup, html};

use crate::fields::Fields;
use crate::words::Lang;

/// Above so many the number is typed.
const UNTYPED: u64 = 100;
const COUNT: &str = "confirmed";
const REASON: &str = "reason";

/// What is asked.
pub(crate) struct Confirm<'a> {
    /// What is about to happen, in one sentence with its number.
    pub(crate) question: &'a str,
    /// How many things it concerns.
    pub(crate) count: u64,
    /// Where the form goes.
    pub(crate) action: &'a str,
    /// What the button says.
    pub(crate) verb: &'a str,
    /// Whether something is lost by it.
    pub(crate) is_dangerous: bool,
    /// What else may be done with the same, and where the form goes for that.
    pub(crate) otherwise: Option<(&'a str, &'a str)>,
    /// What the form carries besides.
    pub(crate) hidden: &'a [(&'a str, &'a str)],
    /// Whether a reason must be given.
    pub(crate) asks_reason: bool,
    /// Where whoever does not want it goes.
    pub(crate) back: &'a str,
}

/// Why a form of this page is not heeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotConfirmed {
    /// Another number was typed than this.
    Miscounted(u64),
    NoReason,
}

impl Confirm<'_> {
    /// The body of the page. `refused` says what was wrong with the form that came.
    pub(crate) fn page(&self, lang: Lang, refused: Option<NotConfirmed>) -> Markup {
        let words = &lang.words().confirm;
        html! {
            form.confirm method="post" action=(self.action) {
                @if let Some(refused) = refused { p.refused role="alert" { (refused.told(lang)) } }
                p.question { (self.question) }
                @for (name, value) in self.hidden { input type="hidden" name=(name) value=(value); }
                @if self.asks_reason {
                    label for="confirm-reason" { (words.reason) }
                    input #confirm-reason name=(REASON) required maxlength="500" autocomplete="off";
                }
                @if self.count > UNTYPED {
                    label for="confirm-count" { ((words.type_the_count)(self.count)) }
                    input #confirm-count name=(COUNT) required inputmode="numeric" autocomplete="off";
                } @else {
                    input type="hidden" name=(COUNT) value=(self.count);
                }
                p.actions {
                    button class=(if self.is_dangerous { "danger" } else { "main" }) type="submit" { (self.verb) }
                    @if let Some((does, action)) = self.otherwise {
                        button type="submit" formaction=(action) formnovalidate { (does) }
                    }
                    a href=(self.back) { (words.go_back) }
                }
            }
        }
    }

    /// Reads the form of this page, and returns its reason, which is empty where none is asked for.
    ///
    /// # Errors
    /// [`NotConfirmed`]; then nothing may be done.
    pub(crate) fn read(fields: &Fields, count: u64, asks_reason: bool) -> Result<&str, NotConfirmed> {
        let typed = fields.text(COUNT).and_then(|typed| typed.parse::<u64>().ok());
        if typed != Some(count) {
            return Err(NotConfirmed::Miscounted(count));
        }
        match fields.text(REASON) {
            Some(reason) => Ok(reason),
            None if asks_reason => Err(NotConfirmed::NoReason),
            None => Ok(""),
        }
    }
}

impl NotConfirmed {
    fn told(self, lang: Lang) -> String {
        let words = &lang.words().confirm;
        match self {
            Self::Miscounted(count) => (words.miscounted)(count),
            Self::NoReason => words.reason_missing.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(count: u64) -> String {
        let confirm = Confirm {
            question: "Drop <them>?",
            count,
            action: "/console/x",
            verb: "Drop",
            is_dangerous: true,
            otherwise: Some(("Forget it", "/console/y")),
            hidden: &[("id", "\"quoted\"")],
            asks_reason: true,
            back: "/console",
        };
        confirm.page(Lang::En, None).into_string()
    }

    #[test]
    fn more_than_a_hundred_are_typed() {
        assert!(page(100).contains(r#"<input type="hidden" name="confirmed" value="100">"#), "{}", page(100));
        assert!(page(101).contains("Type 101 to go on") && !page(101).contains("value=\"101\""), "{}", page(101));
        assert!(page(1).contains("Drop &lt;them&gt;?") && page(1).contains("&quot;quoted&quot;"), "{}", page(1));
    }

    #[test]
    fn what_is_done_otherwise_needs_no_number() {
        let buttons = page(101);
        assert!(buttons.contains(r#"<button class="danger" type="submit">Drop</button>"#), "{buttons}");
        let other = r#"<button type="submit" formaction="/console/y" formnovalidate>Forget it</button>"#;
        assert!(buttons.contains(other), "{buttons}");
    }

    #[test]
    fn nothing_is_done_without_the_number_and_the_reason() {
        let read = |form: &str| Confirm::read(&Fields::parse(form.as_bytes()), 101, true).map(str::to_owned);
        assert_eq!(read("confirmed=101&reason=late"), Ok("late".to_owned()));
        assert_eq!(read("confirmed=1&reason=late"), Err(NotConfirmed::Miscounted(101)));
        assert_eq!(read("reason=late"), Err(NotConfirmed::Miscounted(101)));
        assert_eq!(read("confirmed=+101+&reason=+"), Err(NotConfirmed::NoReason));
    }
}
