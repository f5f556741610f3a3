//! The generator over real implementations.
mod crates;
use twinlock_kat::generate;
#[test]
fn smoke() {
    let made = generate(&[1; 32], &[&crates::Crates, &crates::Crates]);
    for set in &made.sets {
        eprintln!("{} {}", set.cases.len(), set.name);
    }
    for d in &made.disagreements {
        eprintln!("{} {} {:?}", d.set, d.note, d.outcomes);
    }
    eprintln!("unanswered {}", made.unanswered);
}
