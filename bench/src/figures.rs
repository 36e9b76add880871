//! Numbers of several alternations, and what they must reach.

use serde::Serialize;

/// The middle and the ends of what was measured.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

/// What a median must reach.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// One thing that was measured, once per alternation.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figure {
    #[serde(flatten)]
    pub spread: Spread,
    /// The values in the order of the alternations.
    pub each: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    /// Whether the median reaches the goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
}

impl Spread {
    /// Summarises the values. The median of an even number of values is the mean of the two in the middle.
    ///
    /// # Panics
    /// When there is no value.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1).expect("something was measured");
        Self { median: f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)]), min: sorted[0], max: sorted[last] }
    }
}

impl Goal {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

impl Figure {
    pub(crate) fn new(each: Vec<f64>, goal: Option<Goal>) -> Self {
        let spread = Spread::of(&each);
        Self { spread, each, goal, holds: goal.map(|goal| goal.holds(spread.median)) }
    }
}

/// Gives the value that this share of all is not above (nearest rank).
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of(&[4.0, 1.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&sorted, 0.5), 100.0);
        assert_eq!(percentile(&sorted, 0.99), 198.0);
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
    }

    #[test]
    fn a_goal_is_reached_by_its_own_value() {
        assert!(Goal::AtLeast(0.6).holds(0.6) && !Goal::AtLeast(0.6).holds(0.59));
        assert!(Goal::AtMost(60.0).holds(60.0) && !Goal::AtMost(60.0).holds(60.1));
    }
}
