//! Every problem with the settings of a process, in one text for its operator.

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
        let listed = |lines: &[String]| lines.iter().map(|line| format!("\n  - {line}")).collect::<String>();
        let count = match self.problems.len() {
            1 => "there is a problem with the settings:".to_owned(),
            many => format!("there are {many} problems with the settings:"),
        };
        let warned = if self.warnings.is_empty() { "" } else { "\nWarnings:" };
        format!("{count}{}{warned}{}", listed(&self.problems), listed(&self.warnings))
    }
}
