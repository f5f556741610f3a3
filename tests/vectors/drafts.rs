//! The vectors of drafts: X-Wing and composite signatures.

use twinlock::provider::Operation;
use twinlock_kat::{composite, xwing};

use crate::{data, run};

#[test]
fn x_wing_draft() {
    if let Some(text) = data("x_wing_draft", "vectors/xwing-draft/test-vectors.json") {
        run("X-Wing draft", Operation::MlKem, &xwing::from_json(&text).unwrap());
    }
}

#[test]
fn composite_signatures_draft() {
    if let Some(text) = data("composite_signatures_draft", "vectors/composite-sigs/testvectors.json") {
        run("composite signatures draft", Operation::MlDsa, &composite::from_json(&text).unwrap());
    }
}
