//! The report as a table of at most 100 columns.

use std::fmt::{self, Write as _};

use crate::figures::{Figure, Spread};
use crate::report::{CaseReport, Report};

/// Writes the table for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}\n", self.machine)?;
        f.write_str(&head())?;
        for name in &self.order {
            f.write_str(&rows(name, &self.cases[name]))?;
        }
        Ok(())
    }
}

fn head() -> String {
    let head = row("case", ["fleet", "baseline", "figure", "median (min … max)", "goal", ""]);
    format!("{head}{}\n", "─".repeat(head.trim_end().chars().count()))
}

/// Writes one line for every figure that has a goal.
pub(crate) fn rows(name: &str, case: &CaseReport) -> String {
    let rate = |figure: &str| case.figures.get(figure).map(|rate| format!("{:.0}/s", rate.spread.median));
    let mut text = String::new();
    for (figure, measured) in &case.figures {
        let Figure { spread, goal: Some(goal), holds, .. } = measured else { continue };
        let (fleet, baseline) = match &**figure {
            "ratio" => (rate("fleet_per_second"), rate("baseline_per_second")),
            _ => (None, None),
        };
        let (fleet, baseline) = (fleet.unwrap_or_default(), baseline.unwrap_or_default());
        let verdict = if *holds == Some(true) { "holds" } else { "MISSED" };
        text += &row(name, [&fleet, &baseline, figure, &spread_of(spread), &goal.to_string(), verdict]);
    }
    text
}

fn spread_of(spread: &Spread) -> String {
    let digits = if spread.max < 10.0 { 2 } else { 1 };
    format!("{:.digits$} ({:.digits$} … {:.digits$})", spread.median, spread.min, spread.max)
}

fn row(case: &str, [fleet, baseline, figure, spread, goal, verdict]: [&str; 6]) -> String {
    let mut line = String::new();
    let _ = write!(line, "{case:<21} {fleet:>9} {baseline:>9}  {figure:<13} {spread:<23} {goal:<6} {verdict}");
    line.truncate(line.trim_end().len());
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Goal;

    #[test]
    fn the_table_fits_into_100_columns() {
        let rates = |rate| Figure::new(vec![rate, rate + 1.0], None);
        let case = CaseReport::default()
            .with("ratio", Figure::new(vec![0.512, 0.498, 0.55], Some(Goal::AtLeast(0.6))))
            .with("idle_mib", Figure::new(vec![1012.5], Some(Goal::AtMost(100.0))))
            .with("fleet_per_second", rates(123_456.0))
            .with("baseline_per_second", rates(234_567.0));
        let table = head() + &rows("deliver_http_postgres", &case);
        assert!(table.contains("0.51 (0.50 … 0.55)") && table.contains("MISSED"), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert_eq!(table.lines().count(), 4);
    }
}
