//! What the documents promise about each other and about the tests.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder with that extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|of_path| of_path == extension) {
            found.push(path);
        }
    }
    found
}

/// The numbers that `text` has between `open` and a character that is no digit.
fn numbers(text: &str, open: &str) -> Vec<usize> {
    let after = text.split(open).skip(1);
    after.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().ok()).collect()
}

#[test]
fn every_requirement_names_its_tests() {
    let folders = ["src", "tests", "cli/src", "cli/tests"];
    let sources = folders.map(|folder| root().join(folder)).map(|folder| files(&folder, "rs")).concat();
    let code: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (name, prefix, least) in [("channel", "CH", 30), ("envelope", "EN", 20), ("ring", "RI", 15)] {
        let spec = read(&format!("docs/spec/{name}.md"));
        let (body, appendix) = spec.split_once("## Appendix A").unwrap();
        let required = numbers(body, &format!("**[{prefix}-"));
        assert!(required.len() > least, "only {} requirements", required.len());
        assert_eq!(required, (1..=required.len()).collect::<Vec<_>>(), "numbers must have no gap");
        let row = format!("| {prefix}-");
        assert_eq!(numbers(appendix, &format!("\n{row}")), required, "appendix A must have one row for each");

        let rows = appendix.lines().filter(|line| line.starts_with(&row));
        let mut missing: Vec<&str> = rows
            .flat_map(|row| {
                let tests: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
                assert!(!tests.is_empty(), "no test: {row}");
                tests
            })
            .filter(|test| !code.contains(&format!("fn {test}(")))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        assert_eq!(missing, [""; 0], "appendix A names tests that do not exist");
    }
}

#[test]
fn every_link_leads_to_a_file() {
    let mut documents = files(&root().join("docs"), "md");
    let top = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    documents.extend(top.map(|name| root().join(name)));
    let mut checked = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()) {
            if target.is_empty() || target.contains("://") {
                continue;
            }
            checked += 1;
            let path = document.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", document.display());
        }
    }
    assert!(checked > 10, "only {checked} links found");
}
