//! Files of others that tests use and that are not part of the project.

use std::path::{Path, PathBuf};

/// A file of the shared data folder, or `None` with a line that says so.
pub(crate) fn data(test: &str, name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("TWINLOCK_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let bytes = std::fs::read(folder.join("vectors").join(name)).ok();
    if bytes.is_none() {
        println!("skipped: {test}: {name} absent");
    }
    bytes
}
