//! The rules of docs/architecture.md that a reader of the source can check: who may import whom, where code
//! points live, where I/O happens, how long a file gets.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The layers, lowest first. A module uses its own layer and those below.
const LAYERS: [&[&str]; 7] = [
    &["error", "secret", "ids", "codec"],
    &["provider"],
    &["kem", "sign"],
    &["hpke"],
    &["keys"],
    &["certificate", "envelope", "handshake", "ring", "ssh", "token"],
    &["channel"],
];

/// Imports that point the wrong way, each with its reason. One that is not used fails too.
const EXCEPTIONS: &[(&str, &str, &str)] =
    &[("error.rs", "provider", "an error names the operation that is missing; `Operation` is a value without code")];

/// The files of `src/` that may do I/O or read a clock. Those of `token` name none of std's: the module that they call does
/// what it likes.
const ADAPTERS: &[&str] = &["channel/adapter.rs", "channel/blocking.rs", "channel/tokio.rs"];

/// What only the adapters use of std.
const IO: &[&str] = &["fs", "net", "io", "time", "env", "process", "thread", "os"];

const MAX_LINES: usize = 800;

#[test]
fn no_import_points_the_wrong_way() {
    let layer = |module: &str| LAYERS.iter().position(|modules| modules.contains(&module));
    let mut used = Vec::new();
    let mut checked = 0;
    for file in sources() {
        let Some(own) = layer(file.top()) else {
            assert_eq!(file.name, "lib.rs", "{} belongs to no layer", file.name);
            continue;
        };
        for module in file.uses_of_crate() {
            let module = if module == "Error" { "error" } else { &module }; // the one name that lib.rs exports
            let wanted = layer(module).unwrap_or_else(|| panic!("{}: `{module}` belongs to no layer", file.name));
            checked += 1;
            if let Some(exception) = EXCEPTIONS.iter().find(|known| known.0 == file.name && known.1 == module) {
                used.push(exception);
            } else {
                assert!(wanted <= own, "{} uses crate::{module}, which is above it", file.name);
            }
        }
    }
    assert!(checked > 50, "only {checked} imports found");
    assert!(EXCEPTIONS.iter().all(|known| used.contains(&known)), "an exception is not needed any more");
}

#[test]
fn oids_and_labels_are_in_ids_only() {
    let mut at_home = 0;
    for file in sources() {
        let found = file.literals.iter().filter(|text| {
            is_oid(text)
                || text.contains("twinlock/1")
                || text.contains("twinlock-env")
                || text.contains("twinlock-ring")
        });
        if file.top() == "ids" {
            at_home += found.count();
        } else {
            assert_eq!(found.collect::<Vec<_>>(), [""; 0], "{}: belongs into src/ids", file.name);
        }
    }
    assert!(at_home > 10, "only {at_home} found in src/ids");
}

#[test]
fn only_the_adapters_do_io() {
    for file in sources() {
        let mut found = file.paths_from("std");
        found.retain(|name| IO.contains(&name.as_str()));
        if !ADAPTERS.contains(&file.name.as_str()) {
            assert_eq!(found, [""; 0], "{}: I/O and clocks belong into the adapters", file.name);
            assert!(file.paths_from("tokio").is_empty() || file.top() == "channel", "{} uses tokio", file.name);
        }
        let random = !file.paths_from("getrandom").is_empty();
        assert_eq!(random, file.name == "provider/system_rng.rs", "{}: getrandom", file.name);
    }
}

#[test]
fn no_file_has_two_jobs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "tests", "kat", "benches", "cli", "fuzz"].map(|folder| root.join(folder));
    for path in folders.iter().flat_map(|folder| rust_files(folder)) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines, more than {MAX_LINES}", path.display());
    }
}

#[test]
fn the_reader_of_this_test_reads_rust() {
    let file = Source::new(
        "kem/part.rs".into(),
        r###"
            use crate::{error::{Error, Field}, ids}; // use crate::channel;
            use super::{super::provider, half};
            /* crate::keys /* nested */ crate::keys */
            mod inner { use super::super::super::secret; fn f<'a>(c: char) -> bool { c == '{' || c == '\'' } }
            const A: &str = "crate::handshake \" twinlock/1 x";
            const B: &[u8] = br#"1.2.3.4"#;
            use std::{vec, io::{self, Read}};

#[cfg(test)]
mod tests { use crate::channel; }
        "###,
    );
    assert_eq!(file.uses_of_crate(), ["error", "ids", "provider", "secret"]);
    assert_eq!(file.paths_from("std"), ["vec", "io"]);
    assert_eq!(file.literals, ["crate::handshake \\\" twinlock/1 x", "1.2.3.4"]);
    assert!(is_oid("1.3.101.110") && !is_oid("0.11.1") && !is_oid("1.2.3.x") && !is_oid("1..2.3"));
}

/// A file of `src/`: its code as tokens, and its string literals; without comments and tests.
struct Source {
    name: String,
    tokens: Vec<String>,
    literals: Vec<String>,
}

impl Source {
    fn new(name: String, text: &str) -> Self {
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap(); // tests stand last in a file
        let (tokens, literals) = lex(text);
        Self { name, tokens, literals }
    }

    fn top(&self) -> &str {
        self.name.split(['/', '.']).next().unwrap()
    }

    /// The modules of the crate root that this file names, by `crate::` or by enough `super::`.
    fn uses_of_crate(&self) -> Vec<String> {
        let mut found = self.paths_from("crate");
        let depth = self.name.trim_end_matches("mod.rs").trim_end_matches('/').split('/').count();
        let mut blocks = Vec::new(); // whether each open brace opened a module
        let mut at = 0;
        while at < self.tokens.len() {
            match self.tokens[at].as_str() {
                "{" => blocks.push(at >= 2 && self.tokens[at - 2] == "mod"),
                "}" => drop(blocks.pop()),
                "super" if at == 0 || self.tokens[at - 1] != "::" => {
                    let here = depth + blocks.iter().filter(|module| **module).count();
                    self.climb(at, here, &mut found);
                    while self.tokens[at + 1] == "::" && self.tokens[at + 2] == "super" {
                        at += 2;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        found
    }

    /// Follows the `super` at a token of a module `depth` levels below the root.
    fn climb(&self, at: usize, depth: usize, found: &mut Vec<String>) {
        for name in self.names_after(at) {
            if name.0 == "super" {
                self.climb(name.1, depth - 1, found);
            } else if depth == 1 {
                found.push(name.0.clone());
            }
        }
    }

    /// The first names of all paths that begin with `root::`.
    fn paths_from(&self, root: &str) -> Vec<String> {
        let starts = (0..self.tokens.len()).filter(|at| self.tokens[*at] == root && !self.is_inside_path(*at));
        starts.flat_map(|at| self.names_after(at)).map(|(name, _)| name).collect()
    }

    /// Whether another name stands before: `a::tokio` is not the crate `tokio`, `::tokio` is.
    fn is_inside_path(&self, at: usize) -> bool {
        at >= 2 && self.tokens[at - 1] == "::" && self.tokens[at - 2].starts_with(|c: char| c.is_alphanumeric())
            || at >= 1 && self.tokens[at - 1] == "$"
    }

    /// The names right behind `token::`: one, or those of the group in braces.
    fn names_after(&self, at: usize) -> Vec<(String, usize)> {
        if self.tokens.get(at + 1).is_none_or(|token| token != "::") {
            return Vec::new();
        }
        let mut names = Vec::new();
        let mut depth = 0;
        for at in at + 2..self.tokens.len() {
            let token = self.tokens[at].as_str();
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ if depth <= 1 && matches!(self.tokens[at - 1].as_str(), "{" | "," | "::") => {
                    let starts = depth == 0 || self.tokens[at - 1] != "::";
                    if starts && token.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                        names.push((token.to_string(), at));
                    }
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        names
    }
}

/// Splits code into names, `::`, and single characters, and collects the string literals.
fn lex(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut tokens, mut literals) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment_len(rest)
        } else if let Some(hashes) = raw_string(rest) {
            let open = rest.find('"').unwrap() + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let len = rest[open..].find(&close).unwrap();
            literals.push(rest[open..open + len].to_string());
            open + len + close.len()
        } else if first == '"' {
            let mut escaped = false;
            let is_end = |c: char| {
                let end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                end
            };
            let len = rest[1..].find(is_end).unwrap();
            literals.push(rest[1..1 + len].to_string());
            len + 2
        } else if first == '\'' {
            // A character has its closing quote right behind it, a lifetime has none.
            let mut chars = rest.char_indices().skip(2);
            match rest[1..].starts_with('\\') {
                true => chars.skip(1).find(|(_, c)| *c == '\'').unwrap().0 + 1,
                false => chars.next().filter(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1),
            }
        } else if first.is_alphanumeric() || first == '_' {
            let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..len].to_string());
            len
        } else if rest.starts_with("::") {
            tokens.push("::".to_string());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[len..];
    }
    (tokens, literals)
}

fn comment_len(text: &str) -> usize {
    let mut depth = 0;
    for (at, pair) in text.as_bytes().windows(2).enumerate() {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 2;
        }
    }
    text.len()
}

/// The number of hashes if a raw string begins here.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let len = hashes.len() - hashes.trim_start_matches('#').len();
    hashes[len..].starts_with('"').then_some(len)
}

fn is_oid(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    numbers.len() >= 4 && numbers.iter().all(|number| number.parse::<u64>().is_ok())
}

/// The files of `src/` but for those that are tests as a whole.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    let is_test = |path: &Path| {
        let declared = format!("#[cfg(test)]\nmod {};", path.file_stem().unwrap().display());
        path.parent().unwrap().join("mod.rs").exists()
            && text(&path.parent().unwrap().join("mod.rs")).contains(&declared)
    };
    let kept = files.iter().filter(|path| !is_test(path));
    let sources: Vec<Source> = kept
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().components();
            let name: Vec<_> = name.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            Source::new(name.join("/"), &text(path))
        })
        .collect();
    assert!(sources.len() > 20, "only {} files found", sources.len());
    sources
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
