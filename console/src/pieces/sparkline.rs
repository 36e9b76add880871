//! Small charts, drawn by the server: they need no script and no style of their own.

use std::fmt::Write;

use maud::{Markup, html};

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 24.0;
/// Kept free above and below, so that the line is not cut.
const MARGIN: f64 = 2.0;
/// The most values that are drawn: two pixels each.
const MAX_VALUES: usize = 60;

/// The last values as a line, scaled from zero to the greatest. `label` says in words what is drawn.
pub(crate) fn line(values: &[f64], label: &str) -> Markup {
    let values = last(values);
    let highest = highest(values);
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut points = String::new();
    for (index, value) in values.iter().enumerate() {
        // Writing into a text cannot fail.
        let _ = write!(points, "{:.1},{:.1} ", index as f64 * step, top(*value, highest));
    }
    html! {
        svg.spark role="img" aria-label=(label) width="120" height="24" viewBox="0 0 120 24" preserveAspectRatio="none" {
            line.axis x1="0" y1="23.5" x2="120" y2="23.5" {}
            polyline.curve points=(points.trim_end()) {}
        }
    }
}

/// The last values as bars.
pub(crate) fn bars(values: &[f64], label: &str) -> Markup {
    let values = last(values);
    let highest = highest(values);
    let step = WIDTH / values.len().max(1) as f64;
    html! {
        svg.spark role="img" aria-label=(label) width="120" height="24" viewBox="0 0 120 24" preserveAspectRatio="none" {
            line.axis x1="0" y1="23.5" x2="120" y2="23.5" {}
            @for (index, value) in values.iter().enumerate() {
                @let y = top(*value, highest);
                rect.bar x=(format!("{:.1}", index as f64 * step)) y=(format!("{y:.1}"))
                    width=(format!("{:.1}", (step - 0.5).max(0.5))) height=(format!("{:.1}", HEIGHT - MARGIN - y)) {}
            }
        }
    }
}

/// The part of a whole as one bar from the left. What is not all of it does not fill the chart.
pub(crate) fn share(part: u64, whole: u64, label: &str) -> Markup {
    let width = if whole == 0 { 0.0 } else { WIDTH * (part.min(whole) as f64 / whole as f64) };
    html! {
        svg.spark role="img" aria-label=(label) width="120" height="24" viewBox="0 0 120 24" preserveAspectRatio="none" {
            line.axis x1="0" y1="23.5" x2="120" y2="23.5" {}
            rect.bar x="0" y="6" width=(format!("{width:.1}")) height="12" {}
        }
    }
}

fn last(values: &[f64]) -> &[f64] {
    &values[values.len().saturating_sub(MAX_VALUES)..]
}

/// The greatest value, at least one: a chart of nothing is flat at its foot.
fn highest(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| value.is_finite()).fold(1.0, f64::max)
}

fn top(value: f64, highest: f64) -> f64 {
    let share = if value.is_finite() { (value / highest).clamp(0.0, 1.0) } else { 0.0 };
    (HEIGHT - MARGIN) - share * (HEIGHT - 2.0 * MARGIN)
}

#[test]
fn charts_are_drawn_of_any_values() {
    for values in [&[][..], &[0.0], &[1.0, f64::NAN, f64::INFINITY, -3.0], &[5.0; 500]] {
        let drawn = format!("{}{}", line(values, "a<b").into_string(), bars(values, "a<b").into_string());
        assert!(!drawn.contains("NaN") && !drawn.contains("inf") && drawn.contains("a&lt;b"), "{drawn}");
    }
    assert!(line(&[0.0, 2.0], "").into_string().contains("points=\"0.0,22.0 120.0,2.0\""));
}

#[test]
fn a_part_is_drawn_of_its_whole_whatever_both_are() {
    for (part, whole, width) in [(0, 0, "0.0"), (0, 7, "0.0"), (1, 2, "60.0"), (2, 2, "120.0"), (9, 2, "120.0")] {
        let drawn = share(part, whole, "a<b").into_string();
        assert!(drawn.contains(&format!("width=\"{width}\" height=\"12\"")) && drawn.contains("a&lt;b"), "{drawn}");
    }
}
