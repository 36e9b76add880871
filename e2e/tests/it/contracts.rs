//! The contracts that other programs read: `docs/asyncapi.yaml` and `docs/schemas/`, generated from what the code reads and
//! writes, and held by readers of other people.

mod agreement;
mod amqp;
mod ask;
mod asyncapi;
mod body;
mod commands;
mod corpus;
mod events;
mod limits;
mod messages;
mod openapi;
mod realtime;
mod samples;
mod schema;
mod subjects;
mod words;
mod written;
mod yaml;

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A program that `tools/setup --test` installs, by its place there.
fn tool(program: &str) -> PathBuf {
    let tools = std::env::var_os("CHASQUI_TOOLS").map_or_else(|| root().join("var/tools"), PathBuf::from);
    let program = tools.join(program);
    assert!(program.exists(), "{} is missing: run `tools/setup --test`", program.display());
    program
}

/// Runs a program to its end in the folder of the repository; gives what it printed.
fn printed(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().expect("it runs");
    let [said, complained] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}:\n{said}{complained}");
    said
}
