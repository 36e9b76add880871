//! What is logged: a level, or directives for the parts of the fleet and its libraries.

use runtime::settings::{Reader, did_you_mean, place_in_list};

/// What the targets of our own log lines begin with: the crates of the workspace.
const PARTS: [&str; 23] = [
    "amqp",
    "api",
    "channels",
    "chasqui",
    "console",
    "dialog",
    "domain",
    "embedded",
    "fake",
    "files",
    "gateway",
    "intake",
    "media",
    "migrations",
    "operations",
    "runtime",
    "scheduler",
    "store",
    "templates",
    "text",
    "topology",
    "web",
    "worker",
];

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Reads the directives. A word that is no level would be read as the name of a module, and nothing would be logged.
pub(super) fn read(reader: &mut Reader) -> String {
    let text = reader.required_text("LOG");
    let level = |directive: &str| directive.rsplit('=').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut levels = text.split(',').filter(|directive| !directive.contains('[')).map(level);
    let wrong = levels.find(|level| !LEVELS.contains(&level.as_str()));
    if wrong.is_some() || tracing_subscriber::EnvFilter::try_new(&text).is_err() {
        let wrong = wrong.unwrap_or_default();
        let hint =
            called(&wrong).map_or_else(|| did_you_mean(&wrong, &LEVELS), |level| format!("; did you mean {level}?"));
        let what = "must be error, warn, info, debug, trace or off, or directives such as info,worker=debug";
        reader.refuse("LOG", format_args!("{what}{hint}"));
    } else {
        warn_of_targets(reader, &text);
    }
    text
}

/// The level that other programs call by this word, which is no near name of it.
fn called(word: &str) -> Option<&'static str> {
    match word {
        "warning" => Some("warn"),
        "err" | "fatal" | "critical" => Some("error"),
        "information" | "notice" => Some("info"),
        "none" => Some("off"),
        _ => None,
    }
}

/// Warns of a target that is nearly one of ours: it is misspelt, and its level would have no effect. Any other unknown
/// target may be a library's.
fn warn_of_targets(reader: &mut Reader, text: &str) {
    let directives: Vec<&str> = text.split(',').collect();
    for (at, directive) in directives.iter().enumerate() {
        let Some((target, _)) = directive.split_once('=') else { continue };
        let part = target.split("::").next().unwrap_or_default().trim();
        // A directive is for every target that begins like it.
        let hint =
            if PARTS.iter().any(|own| own.starts_with(part)) { String::new() } else { did_you_mean(part, &PARTS) };
        if !hint.is_empty() {
            let place = place_in_list(at, directives.len()).map(|place| format!(", {place}")).unwrap_or_default();
            reader.warn(format!("LOG has a directive for no part of the fleet{place}{hint}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_the_workspace_is_a_part_but_those_that_only_test_it() {
        let workspace: toml::Table = include_str!("../../../Cargo.toml").parse().unwrap();
        let members = workspace["workspace"]["members"].as_array().unwrap();
        let mut members: Vec<&str> = members.iter().filter_map(|member| member.as_str()).collect();
        members.retain(|member| !["testkit", "e2e", "bench"].contains(member));
        members.sort_unstable();
        assert_eq!(members, PARTS);
    }
}
