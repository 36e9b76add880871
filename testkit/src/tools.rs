//! The counterparts that `make tools` installs: it starts one, reads what it prints, and ends it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Far above what any counterpart needs to start, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs as long as this value lives.
pub struct Counterpart {
    _child: Child,
    _stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Counterpart {
    /// `program` is relative to the folder where the tools are installed; it runs in that of the repository.
    ///
    /// # Panics
    /// When it is not installed.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let program = installed().join(program);
        assert!(program.exists(), "{} is missing: run `make tools`", program.display());
        Self::spawn(&program, arguments)
    }

    /// A script of the repository, with what `make tools` installs for Node.js.
    ///
    /// # Panics
    /// When there is no Node.js.
    pub fn script(script: &str, arguments: &[&str]) -> Self {
        Self::spawn(Path::new("node"), &[&[script], arguments].concat())
    }

    fn spawn(program: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .env("NODE_PATH", installed().join("node/node_modules"))
            .current_dir(repository())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start ({error}): run `make tools`", program.display()));
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { _stdin: child.stdin.take().expect("piped"), _child: child, lines }
    }

    /// The next line that it prints.
    ///
    /// # Panics
    /// When none comes in time, or it has ended.
    pub async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.line_or_end()).await.expect("it prints a line in time");
        line.expect("it is still running; is everything installed? run `make tools`")
    }

    /// The next line that it prints, however long that takes; `None` when it has ended.
    pub async fn line_or_end(&mut self) -> Option<String> {
        self.lines.next_line().await.ok().flatten()
    }
}

/// The folder of the workspace.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The folder where the tools are installed.
pub fn installed() -> PathBuf {
    std::env::var_os("CHASQUI_TOOLS").map_or_else(|| repository().join("var/tools"), PathBuf::from)
}
