//! The cases in `tests/cmd`: what is typed, the exit code, and every line that comes back.

use std::{fs, path::Path, time::Duration};

#[test]
fn what_is_typed_and_what_comes_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let is_case = |path: &Path| path.extension().is_some_and(|extension| extension == "trycmd");
    let count = fs::read_dir(folder).unwrap().filter(|entry| is_case(&entry.as_ref().unwrap().path())).count();
    assert!(count >= 4, "{count} case files found");
    trycmd::TestCases::new().timeout(Duration::from_secs(30)).case("tests/cmd/*.trycmd");
}
