//! Chromium without a window, for pages that try what no HTTP client of a test would do by itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use embedded::{Launch, Signal, Supervised};

use crate::fleet::PATIENCE;

/// Where a browser may be installed outside the search path.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS: [&str; 11] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    // Root and most containers have no sandbox to give; the browser loads the test's own pages only.
    "--no-sandbox",
];

/// An installed browser.
pub struct Browser(PathBuf);

/// A browser that shows a page. It and its profile are gone with this value, or with the test.
pub struct Window {
    _process: Supervised,
}

impl Browser {
    /// `None`, and a line that says why, where there is none.
    ///
    /// # Panics
    /// Where there is none although `CI` is `true`: there it must be.
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let found = places.chain(APPLICATIONS.map(PathBuf::from)).find(|place| place.is_file());
        if found.is_none() {
            let why = "no Chromium is installed (`tools/setup --test` does so as root on Debian)";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
            println!("skipped: {why}");
        }
        found.map(Self)
    }

    /// The program, for whoever drives it in another way than by showing it a page.
    pub fn program(&self) -> &Path {
        &self.0
    }

    /// Loads a page. `*.example` resolves to this machine, as after DNS rebinding.
    ///
    /// # Panics
    /// When it does not start.
    pub fn show(&self, url: &str) -> Window {
        let folder = tempfile::Builder::new().prefix("chasqui-browser-").tempdir().expect("a folder").keep();
        let mut args: Vec<OsString> = FLAGS.map(OsString::from).into();
        args.push("--host-resolver-rules=MAP *.example 127.0.0.1".into());
        args.push(option("--user-data-dir=", &folder.join("profile")));
        args.push(url.into());
        let home =
            ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR"].map(|name| (name.into(), folder.clone().into()));
        let path = ("PATH".into(), std::env::var_os("PATH").unwrap_or_default());
        let process = Supervised::start(&Launch {
            name: "chasqui-browser".into(),
            program: self.0.clone(),
            args,
            env: home.into_iter().chain([path]).collect(),
            log: folder.join("log"),
            at_end: Signal::Kill,
            grace: PATIENCE,
            remove: Some(folder),
        });
        Window { _process: process.expect("the browser starts") }
    }
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}
