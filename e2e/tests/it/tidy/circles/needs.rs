//! What each file of a crate needs of the others, by the paths that stand in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What each file needs, both by the path of their module, such as `crate::notifications::cancel`.
pub(super) type Needs<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The other files that each file names. What a module only imports, to use it or to export it again, is needed of the
/// file that defines it; through a star (`*`) nothing is followed.
pub(super) fn needs(files: &BTreeMap<String, String>) -> Needs<'_> {
    let modules: Modules<'_> = files.iter().flat_map(|(file, text)| modules_of(file, text, files)).collect();
    let mut needs: Needs<'_> = files.keys().map(|file| (file.as_str(), BTreeSet::new())).collect();
    for (here, module) in &modules {
        let named = module.paths.iter().filter_map(|path| file_of(here, &path.text, &modules));
        needs.entry(module.file).or_default().extend(named.filter(|other| *other != module.file));
    }
    needs
}

type Modules<'a> = BTreeMap<String, Module<'a>>;

/// A module that has a file, or that stands in another one's.
struct Module<'a> {
    /// The module of the file.
    file: &'a str,
    paths: Vec<Path>,
}

struct Path {
    text: String,
    /// What the module calls it from then on, if it is imported.
    name: Option<String>,
}

impl Module<'_> {
    fn imported(&self, name: &str) -> Option<&str> {
        self.paths.iter().find(|path| path.name.as_deref() == Some(name)).map(|path| path.text.as_str())
    }
}

/// The modules that stand in a file, but for its tests.
fn modules_of<'a>(file: &'a str, text: &str, files: &BTreeMap<String, String>) -> Vec<(String, Module<'a>)> {
    let parts = parts(text).into_iter().filter(|(inner, _)| inner != "tests");
    let module = |(inner, text): (String, String)| {
        let here = if inner.is_empty() { file.to_owned() } else { format!("{file}::{inner}") };
        let is_child = |word: &str| files.contains_key(&format!("{here}::{word}"));
        let paths = paths(&text, is_child);
        (here, Module { file, paths })
    };
    parts.map(module).collect()
}

/// A file without its comments: what stands in it itself, then each module in braces with its name.
fn parts(text: &str) -> Vec<(String, String)> {
    let mut parts = vec![(String::new(), String::new())];
    let mut current = 0;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim_end();
        let item = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
        if let Some(name) = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
            parts.push((name.to_owned(), String::new()));
            current = parts.len() - 1;
        } else if line == "}" {
            current = 0;
        } else {
            parts[current].1.extend([line, "\n"]);
        }
    }
    parts
}

/// Every path that begins with `crate`, `super`, `self` or a child's name, or stands behind `use`.
fn paths(text: &str, is_child: impl Fn(&str) -> bool) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find(is_of_a_word).map(|skipped| at + skipped) {
        let word = first_word(&text[begin..]);
        let (before, after) = (text[..begin].trim_end(), &text[begin + word.len()..]);
        let is_first = !before.ends_with("::") && !before.ends_with('$');
        let is_ours = is_first && after.starts_with("::") && (is_relative(word) || is_child(word));
        if before.rsplit(|c: char| !is_of_a_word(c)).next() == Some("use") {
            read_tree(&text[begin..], String::new(), &mut paths);
        } else if is_ours {
            let mut used = Vec::new();
            read_tree(&text[begin..], String::new(), &mut used);
            paths.extend(used.into_iter().map(|path| Path { name: None, ..path }));
        }
        at = begin + word.len();
    }
    paths
}

fn is_relative(word: &str) -> bool {
    ["crate", "super", "self"].contains(&word)
}

/// Reads `a::b`, `a::b as c` or `a::{b, c::{self, d}}`, and returns what follows it.
fn read_tree<'t>(mut text: &'t str, mut path: String, paths: &mut Vec<Path>) -> &'t str {
    loop {
        text = text.trim_start();
        if let Some(list) = text.strip_prefix('{') {
            return read_list(list, &path, paths);
        }
        let word = first_word(text);
        let after = &text[word.len()..];
        if !word.is_empty() {
            path = if path.is_empty() { word.to_owned() } else { format!("{path}::{word}") };
        }
        match after.strip_prefix("::").filter(|_| !word.is_empty()) {
            Some(next) => text = next,
            None => {
                paths.push(Path { name: name_of(&path, after), text: path });
                return after;
            }
        }
    }
}

/// What an import calls its path: by its last word, if not otherwise; a star gives it no name.
fn name_of(path: &str, after: &str) -> Option<String> {
    let own = path.rsplit("::").find(|word| *word != "self").filter(|_| !after.starts_with('*'));
    let given = after.trim_start().strip_prefix("as ").map(|given| first_word(given.trim_start()));
    given.or(own).map(str::to_owned)
}

fn read_list<'t>(mut text: &'t str, path: &str, paths: &mut Vec<Path>) -> &'t str {
    loop {
        // Also over another name that something is given, and over a star.
        text = text.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        match text.strip_prefix('}') {
            Some(after) => return after,
            None if text.is_empty() => return text,
            None => {
                text = read_tree(text, path.to_owned(), paths).trim_start_matches(|c: char| c != ',' && c != '}');
            }
        }
    }
}

fn first_word(text: &str) -> &str {
    &text[..text.find(|c: char| !is_of_a_word(c)).unwrap_or(text.len())]
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The file that a path leads into, through what the modules on its way import; none for another crate's.
fn file_of<'a>(here: &str, path: &str, modules: &Modules<'a>) -> Option<&'a str> {
    let mut module = here.to_owned();
    let mut steps: VecDeque<&str> = path.split("::").collect();
    let mut is_first = true;
    // Two imports lead to each other where a name stands for two things, such as a module and a function.
    let mut followed = BTreeSet::new();
    while let Some(step) = steps.pop_front() {
        let child = format!("{module}::{step}");
        match step {
            "crate" => "crate".clone_into(&mut module),
            "self" => {}
            "super" => module = parent(&module)?.to_owned(),
            _ if modules.contains_key(&child) => module = child,
            _ if is_first => return None,
            _ => match modules.get(&module).and_then(|module| module.imported(step)) {
                Some(import) if followed.insert(child) => {
                    steps = import.split("::").chain(steps).collect();
                    is_first = true;
                    continue;
                }
                _ => break,
            },
        }
        is_first = false;
    }
    modules.get(&module).map(|module| module.file)
}

fn parent(module: &str) -> Option<&str> {
    module.rsplit_once("::").map(|(parent, _)| parent)
}
