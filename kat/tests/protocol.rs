//! The page about `kat/1` says what the source says.
#![expect(clippy::indexing_slicing, reason = "a test fails loudly")]

use std::{fmt::Write as _, fs, path::Path};

use twinlock_kat::{
    Alg, Family, Op,
    algorithm::{Kind, Needs},
};

/// One row for each operation of each family of algorithms.
fn table() -> String {
    let mut families: Vec<(Family, Vec<Alg>)> = Vec::new();
    for &alg in Alg::ALL {
        match families.iter_mut().find(|(family, algs)| *family == alg.family() && algs[0].ops() == alg.ops()) {
            Some((_, algs)) => algs.push(alg),
            None => families.push((alg.family(), vec![alg])),
        }
    }
    let mut text = String::from("| algorithms | op | in | out |\n|---|---|---|---|\n");
    for (family, algs) in families {
        let names: Vec<_> = algs.iter().take(4).map(|alg| alg.name()).collect();
        let more = if algs.len() > 4 { ", …" } else { "" };
        for &op in algs[0].ops() {
            let inputs: Vec<_> = op.inputs(family).iter().map(|needs| input(*needs)).collect();
            let _ = writeln!(
                text,
                "| {}{more} | `{op}` | {} | {} |",
                names.join(", "),
                inputs.join(", "),
                outputs(op, family)
            );
        }
    }
    text
}

fn input(needs: Needs) -> String {
    match needs {
        Needs::Must(field) => format!("`{field}`"),
        Needs::May(field) => format!("[`{field}`]"),
        Needs::OneOf(fields) => fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join("/"),
    }
}

fn outputs(op: Op, family: Family) -> String {
    let fields = op.outputs(family).iter();
    let words = fields.map(|field| if op.may_lack(*field) { format!("[`{field}`]") } else { format!("`{field}`") });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_lists_every_operation() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/kat-1.md")).unwrap();
    let (_, printed) = page.split_once("-->\n").unwrap();
    assert_eq!(printed.trim(), table().trim());
    let numbers = ["len", "tag_len", "seq", "suite", "mode"];
    let named = numbers.map(|name| twinlock_kat::Field::by_name(name).unwrap().kind());
    assert!(named.iter().all(|kind| *kind == Kind::Number));
}
