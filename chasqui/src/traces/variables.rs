//! The standard variables of OpenTelemetry that say whether and where spans go. The library reads them by itself, and
//! takes a default in silence for what it cannot read: so they are checked before.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Problems;

/// The library's own default.
const TIMEOUT: Duration = Duration::from_secs(10);
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];
/// Whole numbers, from 1.
const NUMBERS: [&str; 6] = [
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
];
/// What would be needed of another library. Each has a name for traces alone.
const NOT_KNOWN: [&str; 3] = ["CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"];

/// The variables that are given. Empty counts as not given.
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(super) fn of_process() -> Self {
        let given = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let ours = given.filter(|(name, _)| name.starts_with("OTEL_"));
        Self::of(ours.map(|(name, value)| (name, value.to_string_lossy().into_owned())))
    }

    fn of(given: impl Iterator<Item = (String, String)>) -> Self {
        let trimmed = given.map(|(name, value)| (name, value.trim().to_owned()));
        Self(trimmed.filter(|(_, value)| !value.is_empty()).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of `OTEL_EXPORTER_OTLP_TRACES_…`, which goes before `OTEL_EXPORTER_OTLP_…`, with its name.
    fn of_exporter(&self, what: &str) -> Option<(String, &str)> {
        let names = [format!("OTEL_EXPORTER_OTLP_TRACES_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")];
        names.into_iter().find_map(|name| self.get(&name).map(|value| (name.clone(), value)))
    }

    /// How long one request to the collector may take; none where no spans are made.
    pub(super) fn timeout_of_collector(&self) -> Option<Duration> {
        self.endpoint()?;
        let given = self.of_exporter("TIMEOUT").and_then(|(_, millis)| millis.parse().ok());
        Some(given.map_or(TIMEOUT, Duration::from_millis))
    }

    fn endpoint(&self) -> Option<(String, &str)> {
        let is_off = self.get("OTEL_SDK_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true"))
            || self.get("OTEL_TRACES_EXPORTER") == Some("none");
        self.of_exporter("ENDPOINT").filter(|_| !is_off)
    }

    /// Says everything that is wrong, unless no spans are made. No value is repeated: an endpoint may have a password.
    ///
    /// # Errors
    /// [`Problems`].
    pub(super) fn check(&self) -> Result<(), Problems> {
        let mut problems = Vec::new();
        if let Some((name, endpoint)) = self.endpoint() {
            let url = reqwest::Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            if url.is_none() {
                problems.push(format!("{name} must be an http or https URL such as http://127.0.0.1:4318"));
            }
            self.check_exporter(&mut problems);
            self.check_sampler(&mut problems);
            for name in NUMBERS {
                let is_wrong = |value: &str| !value.parse::<u32>().is_ok_and(|number| number > 0);
                if self.get(name).is_some_and(is_wrong) {
                    problems.push(format!("{name} must be a whole number from 1"));
                }
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Problems { problems, warnings: Vec::new() }),
        }
    }

    fn check_exporter(&self, problems: &mut Vec<String>) {
        if self.get("OTEL_TRACES_EXPORTER").is_some_and(|word| word != "otlp") {
            problems.push("OTEL_TRACES_EXPORTER must be otlp or none".into());
        }
        if let Some((name, _)) = self.of_exporter("PROTOCOL").filter(|(_, word)| *word != "http/protobuf") {
            let where_to = "the port of a collector for it is most often 4318";
            problems.push(format!("{name} must be http/protobuf, the only one that is spoken here; {where_to}"));
        }
        if let Some((name, _)) = self.of_exporter("COMPRESSION").filter(|(_, word)| *word != "none") {
            problems.push(format!("{name} must be none: nothing is compressed here"));
        }
        for (name, _) in NOT_KNOWN.iter().filter_map(|what| self.of_exporter(what)) {
            problems.push(format!("{name} is not known here: the system's certificates are trusted"));
        }
    }

    fn check_sampler(&self, problems: &mut Vec<String>) {
        let Some(sampler) = self.get("OTEL_TRACES_SAMPLER") else { return };
        if !SAMPLERS.contains(&sampler) {
            let hint = runtime::settings::did_you_mean(sampler, &SAMPLERS);
            problems.push(format!("OTEL_TRACES_SAMPLER must be one of {}{hint}", SAMPLERS.join(", ")));
        }
        let ratio = self.get("OTEL_TRACES_SAMPLER_ARG").and_then(|ratio| ratio.parse::<f64>().ok());
        let is_ratio = ratio.is_some_and(|ratio| (0.0..=1.0).contains(&ratio));
        if sampler.ends_with("traceidratio") && !is_ratio {
            problems.push("OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, such as 0.1".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hidden@127.0.0.1:4318");

    fn given(pairs: &[(&str, &str)]) -> Variables {
        Variables::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn without_an_endpoint_nothing_is_made_and_nothing_is_wrong() {
        let off = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")];
        let wrong = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        for variables in [given(&[wrong]), given(&[ENDPOINT, wrong, off[0]]), given(&[ENDPOINT, wrong, off[1]])] {
            assert_eq!(variables.timeout_of_collector(), None);
            assert_eq!(variables.check(), Ok(()));
        }
        assert_eq!(given(&[ENDPOINT]).timeout_of_collector(), Some(TIMEOUT));
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1500");
        let patience = given(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", "9"), traces]).timeout_of_collector();
        assert_eq!(patience, Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn what_the_library_would_pass_over_in_silence_is_refused_and_not_repeated() {
        for (name, value, told) in [
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "hidden:4318", "must be an http or https URL"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "must be http/protobuf"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "must be none"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/hidden", "is not known here"),
            ("OTEL_TRACES_EXPORTER", "zipkin", "must be otlp or none"),
            ("OTEL_TRACES_SAMPLER", "always_onn", "did you mean always_on?"),
            ("OTEL_BSP_SCHEDULE_DELAY", "5s", "must be a whole number"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "must be a whole number"),
        ] {
            let problems = given(&[ENDPOINT, (name, value)]).check().expect_err(name).problems;
            assert!(problems.len() == 1 && problems[0].starts_with(name) && problems[0].contains(told), "{problems:?}");
            assert!(!problems[0].contains("hidden"), "{problems:?}");
        }
        for ratio in [None, Some("2"), Some("half")] {
            let mut pairs = vec![ENDPOINT, ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")];
            pairs.extend(ratio.map(|ratio| ("OTEL_TRACES_SAMPLER_ARG", ratio)));
            assert!(given(&pairs).check().expect_err("refused").problems[0].starts_with("OTEL_TRACES_SAMPLER_ARG"));
        }
        let share = [ENDPOINT, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")];
        assert_eq!(given(&share).check(), Ok(()));
    }
}
