//! How long a test tries what it makes up.

/// As many as `CHASQUI_FUZZ_CASES` says, or else the usual number.
pub fn fuzz_cases(usual: u32) -> u32 {
    std::env::var("CHASQUI_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}
