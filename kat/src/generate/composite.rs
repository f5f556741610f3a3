//! Composite signatures: right ones, and what passes where a half or a part of the message is not checked.

use super::{Candidate, Maker, flipped, question, wrong_lengths};
use crate::{Alg, Field, Op, model::composite};

pub(super) fn make(maker: &mut Maker<'_>) {
    for alg in [Alg::CompositeMlDsa44Ed25519, Alg::CompositeMlDsa65Ed25519] {
        let name = format!("composite-{}", alg.name().to_lowercase());
        let mut stream = maker.stream(&name);
        let (sk, msg, ctx) = (stream.bytes(64), stream.bytes(40), stream.bytes(16));
        let mut candidates = vec![Candidate::new("key", question(alg, Op::Keygen, &[(Field::Sk, &sk)]))];
        let craft = |bug, ctx: &[u8]| composite::craft(bug, alg, &sk, &msg, ctx);
        for (note, ctx) in [("right, no context", &[][..]), ("right, with a context", &ctx)] {
            candidates.extend(craft(None, ctx).map(|question| Candidate::new(note, question)));
        }
        for (bug, _, what, _) in composite::BUGS {
            let crafted = craft(Some(*bug), &ctx);
            candidates.extend(crafted.map(|question| Candidate::new(format!("right where {what}"), question)));
        }
        if let Some(right) = craft(None, &ctx) {
            let mut put = |note: String, field, value: Vec<u8>| {
                let mut question = right.clone();
                question.input = question.input.with(field, value);
                candidates.push(Candidate::new(note, question));
            };
            for (field, what) in [(Field::Pk, "key"), (Field::Sig, "signature")] {
                for (length, wrong) in wrong_lengths(right.input.bytes(field)) {
                    put(format!("{what}: {length}"), field, wrong);
                }
            }
            put("another context".into(), Field::Ctx, flipped(&ctx, 0, 1));
            put("another message".into(), Field::Msg, flipped(&msg, 0, 1));
        }
        maker.put(&name, candidates);
    }
}
