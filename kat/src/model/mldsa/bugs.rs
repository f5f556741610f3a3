//! The bugs, one row each.

macro_rules! bugs {
    ($($variant:ident = $name:literal, $bug:literal, $standard:literal;)*) => {
        /// What is wrong with a model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug {
            $(#[doc = $bug] $variant,)*
        }

        /// Every bug: its name, the bug in a line, and the place in the standard.
        pub(crate) const BUGS: &[(Bug, &str, &str, &str)] = &[$((Bug::$variant, $name, $bug, $standard),)*];
    };
}

bugs! {
    LongCtx = "ml-dsa-long-ctx-accepted", "takes a context over 255 bytes, and writes its length modulo 256", "FIPS 204 §5.2";
    CtxCut = "ml-dsa-long-ctx-cut", "cuts a context over 255 bytes to its length modulo 256", "FIPS 204 §5.2";
    CtxIgnored = "ml-dsa-ctx-ignored", "ignores the context", "FIPS 204 §5.2";
    NoDomain = "ml-dsa-no-domain", "signs and verifies M instead of 0 ‖ len(ctx) ‖ ctx ‖ M", "FIPS 204 §5.2";
    PureOrPrehash = "ml-dsa-pure-or-prehash", "takes a pure signature as a pre-hash one, and the reverse", "FIPS 204 §5.4";
    PrehashDomain = "ml-dsa-prehash-domain", "starts a pre-hash message with 0 instead of 1", "FIPS 204 §5.4.1";
    PrehashNoOid = "ml-dsa-prehash-no-oid", "leaves the hash's identifier out of a pre-hash message", "FIPS 204 §5.4.1";
    PrehashShakeShort = "ml-dsa-prehash-shake-short", "takes half of SHAKE's output in pre-hash signatures", "FIPS 204 §5.4.1";
    LongSignature = "ml-dsa-long-signature-cut", "cuts a signature that is too long", "FIPS 204 §3.6.2";
    LongKey = "ml-dsa-long-key-cut", "cuts a verifying key that is too long", "FIPS 204 §3.6.2";
    LongKeyHashed = "ml-dsa-long-key-hashed", "takes a verifying key that is too long, and hashes all of it", "FIPS 204 §3.6.2";
    ShortKey = "ml-dsa-short-key-padded", "fills a verifying key that is too short with zeros", "FIPS 204 §3.6.2";
    LongSigningKey = "ml-dsa-long-signing-key-cut", "cuts a signing key that is too long", "FIPS 204 §3.6.2";
    SecretRange = "ml-dsa-secret-range", "takes a signing key with coefficients beyond η", "FIPS 204 §7.2, algorithm 25";
    SeedDraft = "ml-dsa-draft-seed", "expands the seed without k and l, as the draft did", "FIPS 204 §6.1, algorithm 6";
    Power2RoundHalf = "ml-dsa-power2round-half", "rounds a remainder of 4096 up", "FIPS 204 §7.4, algorithm 35";
    ShortTr = "ml-dsa-short-tr", "hashes 32 bytes of tr, as round 3 did", "FIPS 204 §6.2, algorithm 7";
    MatrixTransposed = "ml-dsa-matrix-transposed", "samples the transpose of the matrix A", "FIPS 204 §7.3, algorithm 32";
    SampleQ = "ml-dsa-sample-q", "takes the value q when it samples A", "FIPS 204 §7.1, algorithm 14";
    ChallengeDraft = "ml-dsa-draft-challenge", "samples c from the first 32 bytes of c̃, as the draft did", "FIPS 204 §7.3, algorithm 29";
    RndIgnored = "ml-dsa-rnd-ignored", "signs without the randomness", "FIPS 204 §6.2, algorithm 7";
    KappaByOne = "ml-dsa-kappa-by-one", "adds 1 instead of l to κ", "FIPS 204 §6.2, algorithm 7";
    SignNoZ = "ml-dsa-sign-no-z-check", "signs with any z", "FIPS 204 §6.2, algorithm 7";
    SignZLoose = "ml-dsa-sign-z-off-by-one", "signs with ‖z‖ = γ1 − β", "FIPS 204 §6.2, algorithm 7";
    SignNoR0 = "ml-dsa-sign-no-r0-check", "signs with any r0", "FIPS 204 §6.2, algorithm 7";
    SignR0Loose = "ml-dsa-sign-r0-off-by-one", "signs with ‖r0‖ = γ2 − β", "FIPS 204 §6.2, algorithm 7";
    SignNoCt0 = "ml-dsa-sign-no-ct0-check", "signs with any ct0", "FIPS 204 §6.2, algorithm 7";
    SignNoHintCount = "ml-dsa-sign-no-hint-count", "signs with more than ω hints, and cuts them", "FIPS 204 §6.2, algorithm 7";
    NoZBound = "ml-dsa-no-z-bound", "takes any z", "FIPS 204 §6.3, algorithm 8";
    ZBoundDouble = "ml-dsa-z-bound-double", "takes ‖z‖ < 2γ1 − β", "FIPS 204 §6.3, algorithm 8";
    ZBoundGamma1 = "ml-dsa-z-bound-gamma1", "takes ‖z‖ < γ1", "FIPS 204 §6.3, algorithm 8";
    ZBoundLoose = "ml-dsa-z-bound-loose", "takes ‖z‖ = γ1 − β", "FIPS 204 §6.3, algorithm 8";
    ZBoundTight = "ml-dsa-z-bound-tight", "refuses ‖z‖ = γ1 − β − 1", "FIPS 204 §6.3, algorithm 8";
    ZNegative = "ml-dsa-z-negative", "does not check negative coefficients of z", "FIPS 204 §6.3, algorithm 8";
    ZPositive = "ml-dsa-z-positive", "does not check positive coefficients of z", "FIPS 204 §6.3, algorithm 8";
    ZLast = "ml-dsa-z-last-polynomial", "does not check the last polynomial of z", "FIPS 204 §6.3, algorithm 8";
    Challenge32 = "ml-dsa-challenge-32", "compares 32 bytes of c̃", "FIPS 204 §6.3, algorithm 8";
    ChallengeStrcmp = "ml-dsa-challenge-strcmp", "compares c̃ up to a zero byte", "FIPS 204 §6.3, algorithm 8";
    RepeatedHints = "ml-dsa-repeated-hints", "takes a hint twice", "FIPS 204 §7.1, algorithm 21";
    UnorderedHints = "ml-dsa-unordered-hints", "takes hints in any order", "FIPS 204 §7.1, algorithm 21";
    PaddedHints = "ml-dsa-padded-hints", "takes hints with padding that is not zero", "FIPS 204 §7.1, algorithm 21";
    DecreasingCuts = "ml-dsa-decreasing-cuts", "takes cuts between hints that decrease", "FIPS 204 §7.1, algorithm 21";
    HintCount = "ml-dsa-hint-count", "takes more than ω hints, and reads them behind their end", "FIPS 204 §7.1, algorithm 21";
    UseHintZero = "ml-dsa-use-hint-zero", "adds 1 instead of subtracting it where r0 = 0", "FIPS 204 §7.4, algorithm 40";
    DecomposeHalf = "ml-dsa-decompose-half", "rounds a remainder of γ2 up", "FIPS 204 §7.4, algorithm 36";
    DecomposeTop = "ml-dsa-decompose-top", "leaves the highest of the high parts as it is", "FIPS 204 §7.4, algorithm 36";
}
