//! What a set of vectors is worth: whether it is of a standard, and what it leaves untested.
//!
//! [`status`] labels sets that are known to be of a draft or to lack what their name promises. It goes by
//! content wherever that can tell: copies have other names. [`lint`] knows no set; it measures.

use core::fmt;
use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use shake::{ExtendableOutput, Shake256, Update, XofReader};

use crate::{Alg, Case, Expect, Family, Field, Input, Op, Question, Value, algorithm::Lengths};

/// What is known of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is of a standard.
    Final,
    /// It is, or a part of it is, of this draft.
    Draft(&'static str),
    /// It does not test what it is there to test, for this reason.
    Defective(&'static str),
}

/// A [`Status`] without its reason, as `kat.lock` and reports have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// [`Status::Final`]
    Final,
    /// [`Status::Draft`]
    Draft,
    /// [`Status::Defective`]
    Defective,
}

impl Label {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Draft => "draft",
            Self::Defective => "defective",
        }
    }
}

impl Status {
    /// What it is.
    pub const fn label(self) -> Label {
        match self {
            Self::Final => Label::Final,
            Self::Draft(_) => Label::Draft,
            Self::Defective(_) => Label::Defective,
        }
    }

    /// Why, if it is not of a standard and sound.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Final => None,
            Self::Draft(reason) | Self::Defective(reason) => Some(reason),
        }
    }
}

/// A weakness of a set, as measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name, which does not change: `ek-length-only`.
    pub rule: &'static str,
    /// The algorithm whose cases have it.
    pub alg: Alg,
    /// One line for people.
    pub text: &'static str,
    /// The ids of the cases, where some in particular have it.
    pub cases: Vec<String>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final => f.write_str("final"),
            Self::Draft(draft) => write!(f, "draft ({draft})"),
            Self::Defective(why) => write!(f, "defective ({why})"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.alg, self.text)?;
        if self.cases.is_empty() { Ok(()) } else { write!(f, " ({})", self.cases.join(", ")) }
    }
}

const IPD: &str = "FIPS 203 initial public draft";

/// Sets whose content is of the final algorithm and that are of a draft nevertheless: parts of names, the
/// family that they are of, and the draft.
const BY_NAME: [(&str, Family, &str); 2] =
    [("ML-KEM/accumulated", Family::MlKem, IPD), ("cctv/accumulated", Family::MlKem, IPD)];

/// Findings that make a set defective, which is there for what it does not have.
const DEFECTS: [&str; 3] = ["contradiction", "ek-length-only", "internal-only"];

/// What is known of a set: by its cases, and by its name where they cannot tell.
///
/// A set is of a draft if any of its algorithms is: CCTV's `unluckysample` and `intermediate` by their keys
/// from the FIPS 203 draft, round 3 of Kyber and Dilithium, X-Wing, HPKE with code points that RFC 9180 does
/// not have. It is defective if it contradicts itself; if it checks encapsulation keys, and those that must be
/// refused only have wrong lengths (ACVP 1.1.0.40); if all its ML-DSA is of the internal interface (ACVP 2024).
pub fn status(set_name: &str, cases: &[Case]) -> Status {
    if let Some(draft) = cases.iter().find_map(|case| draft(&case.question)) {
        return Status::Draft(draft);
    }
    let of_family = |family| cases.iter().any(|case| case.question.alg.family() == family);
    if let Some((_, _, draft)) = BY_NAME.iter().find(|(name, family, _)| set_name.contains(name) && of_family(*family))
    {
        return Status::Draft(draft);
    }
    let checks_ek = cases.iter().any(|case| case.question.op == Op::CheckEk);
    let defect = lint(cases)
        .into_iter()
        .find(|finding| DEFECTS.contains(&finding.rule) && (finding.rule != "ek-length-only" || checks_ek));
    defect.map_or(Status::Final, |finding| Status::Defective(finding.text))
}

/// The draft that a question is of.
fn draft(question: &Question) -> Option<&'static str> {
    let (alg, input) = (question.alg, &question.input);
    if alg.is_legacy() || alg.standard().starts_with("draft-") {
        return Some(alg.standard());
    }
    let unknown = |field, known: &[u64]| input.number(field).is_some_and(|id| !known.contains(&id));
    let pq = unknown(Field::KemId, &[0x10, 0x11, 0x12, 0x20, 0x21]) || unknown(Field::KdfId, &[1, 2, 3]);
    (alg == Alg::Hpke && pq).then_some("draft-ietf-hpke-pq")
}

/// The weaknesses of a set, algorithm by algorithm. A set that is there for one thing only may well have some;
/// all the sets that an implementation is tested with should together have none.
pub fn lint(cases: &[Case]) -> Vec<Finding> {
    let mut findings = contradictions(cases);
    let mut algs: BTreeMap<Alg, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        algs.entry(case.question.alg).or_default().push(case);
    }
    for (alg, cases) in algs {
        let rules = one_sided(&cases).into_iter().chain(match alg.family() {
            Family::MlKem => ml_kem(alg, &cases),
            Family::MlDsa => ml_dsa(&cases),
            _ if alg == Alg::X25519 => x25519(&cases),
            _ => Vec::new(),
        });
        findings.extend(rules.map(|(rule, text)| Finding { rule, alg, text, cases: Vec::new() }));
    }
    findings
}

type Rule = (&'static str, &'static str);

/// One question with two expectations that no answer meets.
fn contradictions(cases: &[Case]) -> Vec<Finding> {
    let mut asked: HashMap<[u8; 32], Vec<&Case>> = HashMap::new();
    let mut findings = Vec::new();
    for case in cases {
        let same = asked.entry(fingerprint(&case.question)).or_default();
        if let Some(other) = same.iter().find(|other| excludes(&case.expect, &other.expect)) {
            findings.push(Finding {
                rule: "contradiction",
                alg: case.question.alg,
                text: "no answer is right: the same question has two expectations",
                cases: vec![other.id.clone(), case.id.clone()],
            });
        }
        same.push(case);
    }
    findings
}

fn excludes(a: &Expect, b: &Expect) -> bool {
    match (a, b) {
        (Expect::Reject, Expect::Reject | Expect::Either(_)) | (Expect::Either(_), Expect::Reject) => false,
        (Expect::Reject, Expect::Output(_)) | (Expect::Output(_), Expect::Reject) => true,
        // A refusal would be right for both.
        (Expect::Either(_), Expect::Either(_)) => false,
        (Expect::Output(a) | Expect::Either(a), Expect::Output(b) | Expect::Either(b)) => {
            a.iter().any(|(field, value)| b.get(field).is_some_and(|other| other != value))
        }
    }
}

/// Everything that is asked, each part with its length before it.
fn fingerprint(question: &Question) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        Digest::update(&mut hash, bytes.len().to_le_bytes());
        Digest::update(&mut hash, bytes);
    };
    part(question.alg.name().as_bytes());
    part(question.op.name().as_bytes());
    for (field, value) in &question.input.0 {
        part(field.name().as_bytes());
        match value {
            Value::Bytes(bytes) => part(bytes),
            Value::Text(text) => part(text.as_bytes()),
            Value::Number(number) => part(&number.to_le_bytes()),
        }
    }
    hash.finalize().into()
}

/// Operations that are there to tell good from bad, and are only asked one of them.
fn one_sided(cases: &[&Case]) -> Vec<Rule> {
    let judging = cases.iter().filter(|case| {
        use Op::{CheckDk, CheckEk, Open, Verify, VerifyInternal, VerifyMu, VerifyPrehash};
        matches!(case.question.op, CheckDk | CheckEk | Open | Verify | VerifyInternal | VerifyMu | VerifyPrehash)
    });
    let mut ops: BTreeMap<Op, [bool; 2]> = BTreeMap::new();
    for case in judging {
        let [good, bad] = ops.entry(case.question.op).or_default();
        *good |= !matches!(case.expect, Expect::Reject);
        *bad |= !matches!(case.expect, Expect::Output(_));
    }
    let mut rules = Vec::new();
    if ops.values().any(|[_, bad]| !bad) {
        rules.push(("no-rejection", "an operation that judges its input is never given a bad one"));
    }
    if ops.values().any(|[good, _]| !good) {
        rules.push(("no-acceptance", "an operation that judges its input is never given a good one"));
    }
    rules
}

fn ml_kem(alg: Alg, cases: &[&Case]) -> Vec<Rule> {
    let Some(Lengths { public: ek_len, result: c_len, .. }) = alg.lengths() else { return Vec::new() };
    // FIPS 203 table 2: the last part of the ciphertext, c2, has d_v bits for each coefficient.
    let c2_len = if alg == Alg::MlKem1024 { 160 } else { 128 };
    let c1_len = c_len.saturating_sub(c2_len);
    let mut rules = Vec::new();

    let checked = || cases.iter().filter(|case| matches!(case.question.op, Op::CheckEk | Op::Encaps));
    let ek = |case: &Case| case.question.input.bytes(Field::Ek).to_vec();
    let mut refused = checked().filter(|case| case.expect == Expect::Reject).peekable();
    if refused.peek().is_some() && refused.all(|case| ek(case).len() != ek_len) {
        rules.push((
            "ek-length-only",
            "encapsulation keys that must be refused only have wrong lengths: the modulus check (FIPS 203 §7.2) is not \
             tested",
        ));
    } else if checked().next().is_some() && !checked().any(|case| ek(case).len() == ek_len && is_unreduced(&ek(case))) {
        rules.push((
            "ek-reduced",
            "no encapsulation key has an unreduced coefficient: the modulus check (FIPS 203 §7.2) is not tested",
        ));
    }

    let received: Vec<_> = cases
        .iter()
        .filter(|case| case.question.op == Op::Decaps && case.question.input.bytes(Field::C).len() == c_len)
        .collect();
    if received.is_empty() {
        return rules;
    }
    if !received.iter().any(|case| is_implicit_rejection(case)) {
        rules.push(("no-implicit-rejection", "no ciphertext is rejected implicitly (FIPS 203 algorithm 18, step 9)"));
    }
    let last = c_len.saturating_sub(1);
    for (rule, text, from, to) in [
        ("c-first-byte", "no ciphertext differs from another of its key in the first byte alone", 0, 1),
        ("c-last-byte", "no ciphertext differs from another of its key in the last byte alone", last, c_len),
        ("c1-alone", "no ciphertext differs from another of its key in c1 alone", 0, c1_len),
        ("c2-alone", "no ciphertext differs from another of its key in c2 alone", c1_len, c_len),
    ] {
        // The same key and the same rest, with different bytes in this region.
        let mut regions: HashMap<_, &[u8]> = HashMap::new();
        let differs = received.iter().any(|case| {
            let c = case.question.input.bytes(Field::C);
            let region = c.get(from..to).unwrap_or_default();
            let rest = (key(&case.question.input), c.get(..from), c.get(to..));
            regions.insert(rest, region).is_some_and(|other| other != region)
        });
        if !differs {
            rules.push((rule, text));
        }
    }
    rules
}

fn key(input: &Input) -> &[u8] {
    input.get(Field::Seed).unwrap_or(input.bytes(Field::Dk))
}

/// Whether one of the 12-bit coefficients before the last 32 bytes is at or over the modulus.
fn is_unreduced(ek: &[u8]) -> bool {
    let polynomials = ek.split_last_chunk::<32>().map_or(ek, |(polynomials, _)| polynomials);
    polynomials.chunks_exact(3).any(|three| {
        let [a, b, c] = [0, 1, 2].map(|i| three.get(i).copied().map_or(0, u16::from));
        (a | (b & 0xf) << 8) >= 3329 || (b >> 4 | c << 4) >= 3329
    })
}

/// Whether the secret is J(z ‖ c), where `z` ends a seed and an expanded key alike.
fn is_implicit_rejection(case: &Case) -> bool {
    let Expect::Output(output) = &case.expect else { return false };
    let Some((_, z)) = key(&case.question.input).split_last_chunk::<32>() else { return false };
    let mut j = Shake256::default();
    Update::update(&mut j, z);
    Update::update(&mut j, case.question.input.bytes(Field::C));
    let mut secret = [0; 32];
    j.finalize_xof().read(&mut secret);
    output.get(&Field::K).is_some_and(|k| *k == secret)
}

fn ml_dsa(cases: &[&Case]) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut ops = cases
        .iter()
        .map(|case| case.question.op)
        .filter(|op| !matches!(op, Op::Keygen | Op::Pkcs8 | Op::Spki))
        .peekable();
    if ops.peek().is_some() && ops.all(|op| matches!(op, Op::SignInternal | Op::VerifyInternal)) {
        rules.push(("internal-only", "all is of the internal interface: contexts, and pure against pre-hash signing (FIPS 204 §5), are not tested"));
    }
    let verified = || {
        cases.iter().filter(|case| {
            case.question.op.inputs(Family::MlDsa).iter().any(|input| input.names().contains(&Field::Sig))
        })
    };
    let length = |case: &Case| case.question.input.bytes(Field::Sig).len();
    let good = verified().find(|case| case.expect != Expect::Reject).map(|case| length(case));
    if let Some(good) = good
        && verified().all(|case| length(case) == good)
    {
        rules.push(("sig-length", "no signature has a wrong length"));
    }
    let mut contexts = cases.iter().filter_map(|case| case.question.input.get(Field::Ctx)).peekable();
    if contexts.peek().is_some() && contexts.all(<[u8]>::is_empty) {
        rules.push(("no-context", "every context is empty"));
    }
    rules
}

fn x25519(cases: &[&Case]) -> Vec<Rule> {
    let agreed = || cases.iter().filter(|case| case.question.op == Op::Agree);
    let may_refuse = |case: &&&Case| !matches!(case.expect, Expect::Output(_));
    let high_bit = |case: &&&Case| case.question.input.bytes(Field::Public).last().is_some_and(|byte| byte >> 7 == 1);
    let mut rules = Vec::new();
    if agreed().next().is_some() && agreed().find(may_refuse).is_none() {
        rules.push(("no-low-order", "no public key has a low order"));
    }
    if agreed().next().is_some() && agreed().find(high_bit).is_none() {
        rules.push(("no-high-bit", "no public key has its highest bit set, which RFC 7748 §5 masks"));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Output;

    fn case(id: &str, alg: Alg, op: Op, input: Input, expect: Expect) -> Case {
        Case { id: id.into(), note: String::new(), flags: vec![], question: Question { alg, op, input }, expect }
    }

    fn rules(cases: &[Case]) -> Vec<&'static str> {
        lint(cases).into_iter().map(|finding| finding.rule).collect()
    }

    fn accept() -> Expect {
        Expect::Output(Output::new())
    }

    fn check_ek(ek: Vec<u8>, expect: Expect) -> Case {
        case("", Alg::MlKem512, Op::CheckEk, Input::new().with(Field::Ek, ek), expect)
    }

    #[test]
    fn keys_that_are_only_too_long_do_not_test_the_modulus() {
        let mut unreduced = vec![0; 800];
        unreduced[765..768].copy_from_slice(&[0x00, 0x10, 0xd0]);
        let good = || check_ek(vec![0; 800], accept());
        let long = || check_ek(vec![0; 801], Expect::Reject);
        assert_eq!(rules(&[good(), long()]), ["ek-length-only"]);
        assert!(matches!(status("any", &[good(), long()]), Status::Defective(text) if text.contains("§7.2")));
        assert_eq!(rules(&[good()]), ["no-rejection", "ek-reduced"]);
        assert_eq!(status("any", &[good()]), Status::Final);
        unreduced[767] = 0xd0;
        let reduced_to_zero = [good(), long(), check_ek(unreduced.clone(), Expect::Reject)];
        // 0xd01 is 3329 itself: b = 0x10, c = 0xd0.
        assert_eq!(rules(&reduced_to_zero), Vec::<&str>::new());
        assert_eq!(rules(&[check_ek(unreduced, Expect::Reject)]), ["no-acceptance"]);
        // What must be refused in a set without checks of keys may be of wrong lengths only.
        let encaps = case("", Alg::MlKem512, Op::Encaps, Input::new().with(Field::Ek, [0]), Expect::Reject);
        let set = [encaps];
        assert_eq!((rules(&set), status("", &set)), (vec!["ek-length-only"], Status::Final));
    }

    fn decaps(c: Vec<u8>, k: Vec<u8>) -> Case {
        let input = Input::new().with(Field::Seed, [7; 64]).with(Field::C, c);
        case("", Alg::MlKem512, Op::Decaps, input, Expect::Output(Output::from([(Field::K, k)])))
    }

    #[test]
    fn the_regions_of_a_ciphertext_are_measured_by_pairs() {
        let c = vec![0; 768];
        let with = |at: usize| {
            let mut c = c.clone();
            c[at] = 1;
            decaps(c, vec![2; 32])
        };
        let plain = || decaps(c.clone(), vec![1; 32]);
        let all = ["no-implicit-rejection", "c-first-byte", "c-last-byte", "c1-alone", "c2-alone"];
        assert_eq!(rules(&[plain(), plain()]), all);
        assert_eq!(rules(&[plain(), with(0)]), [all[0], all[2], all[4]]);
        assert_eq!(rules(&[plain(), with(640)]), [all[0], all[1], all[2], all[3]]);
        assert_eq!(rules(&[plain(), with(0), with(767)]), [all[0]]);
        let mut j = Shake256::default();
        Update::update(&mut j, &[7; 32]);
        Update::update(&mut j, &c);
        let mut secret = vec![0; 32];
        j.finalize_xof().read(&mut secret);
        assert_eq!(rules(&[decaps(c.clone(), secret)]), all[1..]);
    }

    #[test]
    fn one_question_with_two_answers_contradicts() {
        let ask = |id: &str, expect| case(id, Alg::Sha256, Op::Hash, Input::new().with(Field::Msg, [1]), expect);
        let digest = |byte| Expect::Output(Output::from([(Field::Digest, vec![byte])]));
        let found = lint(&[ask("a", digest(1)), ask("b", digest(1)), ask("c", digest(2))]);
        assert_eq!((found.len(), found[0].rule), (1, "contradiction"));
        assert_eq!(found[0].cases, ["a", "c"]);
        assert_eq!(lint(&[ask("a", digest(1)), ask("b", accept())]), []);
        let either = || Expect::Either(Output::from([(Field::Digest, vec![3])]));
        assert_eq!(lint(&[ask("a", either()), ask("b", Expect::Reject), ask("c", either())]), []);
        assert_eq!(rules(&[ask("a", digest(1)), ask("b", Expect::Reject)]), ["contradiction"]);
        assert!(matches!(status("", &[ask("a", digest(1)), ask("b", digest(2))]), Status::Defective(_)));
    }

    #[test]
    fn signatures_and_curves() {
        let verify = |op, len: usize, expect| {
            let sig = vec![u8::from(expect == Expect::Reject); len];
            let input = Input::new().with(Field::Pk, []).with(Field::Msg, []).with(Field::Sig, sig);
            case("", Alg::MlDsa44, op, input, expect)
        };
        let internal = [verify(Op::VerifyInternal, 2420, accept()), verify(Op::VerifyInternal, 2420, Expect::Reject)];
        assert_eq!(rules(&internal), ["internal-only", "sig-length"]);
        assert!(matches!(status("", &internal), Status::Defective(text) if text.contains("internal interface")));
        let mut pure = verify(Op::Verify, 2420, accept());
        pure.question.input = pure.question.input.with(Field::Ctx, []);
        assert_eq!(rules(&[pure.clone(), verify(Op::Verify, 2419, Expect::Reject)]), ["no-context"]);
        pure.question.input = pure.question.input.with(Field::Ctx, [1]);
        assert_eq!(rules(&[pure, verify(Op::Verify, 2419, Expect::Reject)]), Vec::<&str>::new());
        let agree = |public: [u8; 32], expect| {
            case("", Alg::X25519, Op::Agree, Input::new().with(Field::Private, [1]).with(Field::Public, public), expect)
        };
        assert_eq!(rules(&[agree([9; 32], accept())]), ["no-low-order", "no-high-bit"]);
        assert_eq!(rules(&[agree([0x80; 32], Expect::Either(Output::new()))]), Vec::<&str>::new());
    }

    #[test]
    fn drafts_are_known_by_algorithm_code_point_and_name() {
        let keygen = |alg| [case("", alg, Op::Keygen, Input::new().with(Field::Seed, [0; 64]), accept())];
        assert_eq!(status("x", &keygen(Alg::MlKem768Ipd)), Status::Draft(IPD));
        assert_eq!(status("x", &keygen(Alg::Kyber512)), Status::Draft("Kyber round 3"));
        assert_eq!(status("x", &keygen(Alg::XWing)), Status::Draft(Alg::XWing.standard()));
        assert_eq!(status("x", &keygen(Alg::MlKem768)), Status::Final);
        assert_eq!(status("c2sp/cctv/ML-KEM/accumulated-10000", &keygen(Alg::MlKem768)), Status::Draft(IPD));
        assert_eq!(status("cctv/ML-DSA/accumulated", &keygen(Alg::MlDsa44)), Status::Final);
        let hpke = |kem, kdf| {
            let input = Input::new().with_number(Field::KemId, kem).with_number(Field::KdfId, kdf);
            status("x", &[case("", Alg::Hpke, Op::Export, input, accept())])
        };
        assert_eq!(hpke(0x20, 1), Status::Final);
        assert_eq!(hpke(0x647a, 1), Status::Draft("draft-ietf-hpke-pq"));
        assert_eq!(hpke(0x20, 0x12), Status::Draft("draft-ietf-hpke-pq"));
    }
}
