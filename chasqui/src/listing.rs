//! What every list of a command has: the time that it is of, and how many are printed, however many pages that takes.

use domain::Timestamp;
use store::MAX_PAGE;

use crate::exit::Usage;
use crate::output;
use crate::words::when;

// The options that say it. A doc comment would be taken for that of a command.
#[derive(clap::Args, Clone, Copy, Debug)]
#[group(skip)]
pub(crate) struct Range {
    /// Only those begun at this time or later: RFC 3339 with an offset
    #[arg(long, value_name = "WHEN", value_parser = when)]
    from: Option<Timestamp>,
    /// Only those begun before this time
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// One JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
}

impl Range {
    /// The time that the list is of, from and until.
    ///
    /// # Errors
    /// As of [`in_order`].
    pub(crate) fn times(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Usage> {
        in_order(self.from, self.until, "--from")?;
        Ok((self.from, self.until))
    }

    pub(crate) fn wanted(&self) -> Wanted {
        Wanted::of(self.limit, "--from")
    }
}

/// Refuses a time that ends before it begins; `from` is the option that says when it begins.
///
/// # Errors
/// [`Usage`].
pub(crate) fn in_order(from: Option<Timestamp>, until: Option<Timestamp>, option: &str) -> Result<(), Usage> {
    match from.zip(until) {
        Some((from, until)) if from >= until => Err(Usage(format!("--until must be later than {option}"))),
        _ => Ok(()),
    }
}

/// How many are still wanted.
pub(crate) struct Wanted {
    left: u32,
    /// The option that says when the time of the list begins.
    from: &'static str,
}

impl Wanted {
    pub(crate) const fn of(limit: u32, from: &'static str) -> Self {
        Self { left: limit, from }
    }

    /// How many the next page has at most.
    pub(crate) fn of_a_page(&self) -> usize {
        self.left.min(MAX_PAGE) as usize
    }

    /// Where to go on behind a page of which so many were printed. None where there are enough, which is told where there
    /// are more, and where nobody reads any more.
    pub(crate) fn behind<C>(&mut self, printed: usize, next: Option<C>) -> Option<C> {
        self.left = self.left.saturating_sub(u32::try_from(printed).unwrap_or(u32::MAX));
        if self.left == 0 && next.is_some() {
            output::complain(format_args!("there are more: see --limit, {} and --until", self.from));
        }
        next.filter(|_| self.left > 0 && !output::is_unread())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_ends_before_it_begins_is_refused_by_its_options() {
        let (early, late) = (Some(testkit::NOW), Some(testkit::NOW.plus(std::time::Duration::from_secs(1))));
        for (from, until) in [(early, late), (None, late), (early, None), (None, None)] {
            assert_eq!(in_order(from, until, "--from"), Ok(()));
        }
        for (from, until) in [(late, early), (early, early)] {
            let told = in_order(from, until, "--since").expect_err("it has no length").to_string();
            assert_eq!(told, "--until must be later than --since");
        }
    }

    #[test]
    fn as_many_are_asked_for_as_are_still_wanted() {
        let mut wanted = Wanted::of(MAX_PAGE + 5, "--from");
        assert_eq!(wanted.of_a_page(), MAX_PAGE as usize);
        assert_eq!(wanted.behind(MAX_PAGE as usize, None::<u8>), None, "there are no more");
        assert_eq!(wanted.of_a_page(), 5);
        assert_eq!(wanted.behind(5, Some(7)), None, "there are enough");
    }
}
