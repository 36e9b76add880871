//! The services that take commands, from the file that `SERVICES_FILE` names.

use std::path::Path;

use domain::Registry;
use operations::commands::ServiceKeys;
use runtime::settings::{Reader, first_of};

const NAME: &str = "SERVICES_FILE";

/// Reads the services. None where no file is named, and where something is wrong with it.
pub(super) fn read(reader: &mut Reader) -> Option<Registry> {
    let path = reader.path(NAME)?;
    match services(&path) {
        Ok(services) => Some(services),
        Err(problems) => {
            first_of(&problems).for_each(|problem| reader.problem(format!("{NAME}: {problem}")));
            reader.is_wrong(NAME);
            None
        }
    }
}

/// Warns of each service of which nothing is heard, over HTTP and over AMQP alike: its commands are done, and nobody learns
/// of it.
pub(super) fn warn(reader: &mut Reader, services: &Registry) {
    for service in services.all().filter(|service| service.public_key.is_none()) {
        let name = &service.name;
        reader.warn(format!(
            "{NAME}: no report of {name} is heard, so that a command that it has taken ends as expired, whatever it has done: \
             give it the public_key of its tokens, below [{name}]"
        ));
    }
}

/// # Errors
/// Everything that is wrong with the file.
fn services(path: &Path) -> Result<Registry, Vec<String>> {
    let written = runtime::read_tables(path).map_err(|problem| vec![problem])?;
    let services =
        Registry::read(&written).map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    ServiceKeys::new(&services)?;
    Ok(services)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn all_that_is_wrong_with_the_file_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services.toml");
        for (text, expected) in [
            ("[trading\n", &["services.toml: line 1: "][..]),
            ("[trading]\nbase_uri = \"x\"\n", &["/trading/base_uri is not known", "/trading/actions must be"]),
            (
                "[trading]\nbase_url = \"http://127.0.0.1:9300\"\npublic_key = \"hidden\"\n[trading.actions.stop]\n",
                &["/trading/public_key is not a public key"],
            ),
        ] {
            fs::write(&file, text).unwrap();
            let told = services(&file).unwrap_err();
            let has = |words: &&str| told.iter().any(|problem| problem.contains(words));
            assert!(expected.iter().all(has), "{told:?}");
            assert!(!told.join("\n").contains("hidden"), "{told:?}");
        }
        fs::write(&file, "[trading]\nbase_url = \"http://127.0.0.1:9300\"\n[trading.actions.stop]\n").unwrap();
        assert_eq!(services(&file).unwrap().all().count(), 1);
    }
}
