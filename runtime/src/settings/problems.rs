//! Every problem with the settings of a process, in one text for its operator.

use std::fmt::Display;

use text::printable;

/// How many problems of one kind are told: nobody reads thousands of lines.
const MAX_TOLD: usize = 50;

/// Every problem at once. Nothing was started.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.text())]
pub struct Problems {
    pub problems: Vec<String>,
    /// Warnings, which alone would not have kept the process from starting.
    pub warnings: Vec<String>,
}

impl Problems {
    fn text(&self) -> String {
        // A line may quote the name of a file or of a setting, which may hold any character.
        let listed =
            |lines: &[String]| first_of(lines).map(|line| format!("\n  - {}", printable(&line))).collect::<String>();
        let count = match self.problems.len() {
            1 => "there is a problem with the settings:".to_owned(),
            many => format!("there are {many} problems with the settings:"),
        };
        let warned = if self.warnings.is_empty() { "" } else { "\nWarnings:" };
        format!("{count}{}{warned}{}", listed(&self.problems), listed(&self.warnings))
    }
}

/// The first lines of a list, and how many more there are.
pub fn first_of<T: Display>(lines: &[T]) -> impl Iterator<Item = String> {
    let more = lines.len().saturating_sub(MAX_TOLD);
    let told = lines.iter().take(MAX_TOLD).map(ToString::to_string);
    told.chain((more > 0).then(|| format!("and {more} more")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_thousands_of_problems_the_first_are_told_and_the_number_of_the_others() {
        let problems = (0..3_000).map(|n| format!("wrong {n}")).collect();
        let told = Problems { problems, warnings: vec!["odd".into(); MAX_TOLD] }.to_string();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "there are 3000 problems with the settings:");
        assert_eq!(lines[50..53], ["  - wrong 49", "  - and 2950 more", "Warnings:"]);
        assert_eq!(lines.len(), 53 + MAX_TOLD);
    }

    #[test]
    fn a_name_in_a_problem_acts_on_no_terminal_and_makes_no_line_of_its_own() {
        let hostile = "a\u{1b}[31m\nchasqui: forged\u{202e}";
        let problems = Problems { problems: vec![hostile.into()], warnings: vec![hostile.into()] };
        let shown = r"  - a\u{1b}[31m\nchasqui: forged\u{202e}";
        let told = problems.to_string();
        assert_eq!(told.lines().collect::<Vec<_>>()[1..], [shown, "Warnings:", shown]);
    }
}
