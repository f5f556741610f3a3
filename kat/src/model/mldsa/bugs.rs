//! The bugs, one row each. Most were found in released implementations; those named after a draft are what
//! implementations of it still do.

bugs! {
    /// What is wrong with a model of ML-DSA.
    Bug {
        LongCtx = "ml-dsa-long-ctx-accepted", "a context over 255 bytes is accepted, its length written modulo 256", "FIPS 204 §5.2";
        CtxCut = "ml-dsa-long-ctx-cut", "a context over 255 bytes is cut to its length modulo 256", "FIPS 204 §5.2";
        CtxIgnored = "ml-dsa-ctx-ignored", "the context is ignored", "FIPS 204 §5.2";
        NoDomain = "ml-dsa-no-domain", "M is signed in place of 0 ‖ len(ctx) ‖ ctx ‖ M", "FIPS 204 §5.2";
        PureOrPrehash = "ml-dsa-pure-or-prehash", "a pure signature is accepted as a pre-hash one, and the reverse", "FIPS 204 §5.4";
        PrehashDomain = "ml-dsa-prehash-domain", "a pre-hash message starts with 0 in place of 1", "FIPS 204 §5.4.1";
        PrehashNoOid = "ml-dsa-prehash-no-oid", "a pre-hash message lacks the identifier of its hash", "FIPS 204 §5.4.1";
        PrehashShakeShort = "ml-dsa-prehash-shake-short", "pre-hash signatures take half of SHAKE's output", "FIPS 204 §5.4.1";
        LongSignature = "ml-dsa-long-signature-cut", "bytes after the end of a signature are ignored", "FIPS 204 §3.6.2";
        LongKey = "ml-dsa-long-key-cut", "bytes after the end of a verifying key are ignored", "FIPS 204 §3.6.2";
        LongKeyHashed = "ml-dsa-long-key-hashed", "bytes after the end of a verifying key are ignored, and hashed into tr", "FIPS 204 §3.6.2";
        ShortKey = "ml-dsa-short-key-padded", "a short verifying key is filled with zeros", "FIPS 204 §3.6.2";
        LongSigningKey = "ml-dsa-long-signing-key-cut", "bytes after the end of a signing key are ignored", "FIPS 204 §3.6.2";
        SecretRange = "ml-dsa-secret-range", "coefficients of s1 and s2 are not checked against η", "FIPS 204 §7.2, algorithm 25";
        SeedDraft = "ml-dsa-draft-seed", "the seed is expanded without k and l, as in the draft", "FIPS 204 §6.1, algorithm 6";
        Power2RoundHalf = "ml-dsa-power2round-half", "a remainder of 4096 is rounded up", "FIPS 204 §7.4, algorithm 35";
        ShortTr = "ml-dsa-short-tr", "tr has 32 bytes, as in round 3", "FIPS 204 §6.2, algorithm 7";
        MatrixTransposed = "ml-dsa-matrix-transposed", "the matrix A is sampled transposed", "FIPS 204 §7.3, algorithm 32";
        SampleQ = "ml-dsa-sample-q", "the value q is accepted in sampling A", "FIPS 204 §7.1, algorithm 14";
        ChallengeDraft = "ml-dsa-draft-challenge", "c is sampled from the first 32 bytes of c̃, as in the draft", "FIPS 204 §7.3, algorithm 29";
        RndIgnored = "ml-dsa-rnd-ignored", "the randomness of signing is ignored", "FIPS 204 §6.2, algorithm 7";
        KappaByOne = "ml-dsa-kappa-by-one", "κ grows by 1 in place of l", "FIPS 204 §6.2, algorithm 7";
        SignNoZ = "ml-dsa-sign-no-z-check", "signing takes any z", "FIPS 204 §6.2, algorithm 7";
        SignZLoose = "ml-dsa-sign-z-loose", "signing takes ‖z‖ = γ1 − β", "FIPS 204 §6.2, algorithm 7";
        SignNoR0 = "ml-dsa-sign-no-r0-check", "signing takes any r0", "FIPS 204 §6.2, algorithm 7";
        SignR0Loose = "ml-dsa-sign-r0-loose", "signing takes ‖r0‖ = γ2 − β", "FIPS 204 §6.2, algorithm 7";
        SignNoCt0 = "ml-dsa-sign-no-ct0-check", "signing takes any ct0", "FIPS 204 §6.2, algorithm 7";
        SignNoHintCount = "ml-dsa-sign-no-hint-count", "signing takes more than ω hints, and cuts them", "FIPS 204 §6.2, algorithm 7";
        NoZBound = "ml-dsa-no-z-bound", "z is not checked", "FIPS 204 §6.3, algorithm 8";
        ZBoundDouble = "ml-dsa-z-bound-double", "z is checked against 2γ1 − β", "FIPS 204 §6.3, algorithm 8";
        ZBoundGamma1 = "ml-dsa-z-bound-gamma1", "z is checked against γ1", "FIPS 204 §6.3, algorithm 8";
        ZBoundLoose = "ml-dsa-z-bound-loose", "‖z‖ = γ1 − β is accepted", "FIPS 204 §6.3, algorithm 8";
        ZBoundTight = "ml-dsa-z-bound-tight", "‖z‖ = γ1 − β − 1 is refused", "FIPS 204 §6.3, algorithm 8";
        ZNegative = "ml-dsa-z-negative", "negative coefficients of z are not checked", "FIPS 204 §6.3, algorithm 8";
        ZPositive = "ml-dsa-z-positive", "positive coefficients of z are not checked", "FIPS 204 §6.3, algorithm 8";
        ZLast = "ml-dsa-z-last-polynomial", "the last polynomial of z is not checked", "FIPS 204 §6.3, algorithm 8";
        Challenge32 = "ml-dsa-challenge-32", "32 bytes of c̃ are compared", "FIPS 204 §6.3, algorithm 8";
        ChallengeStrcmp = "ml-dsa-challenge-strcmp", "c̃ is compared up to a zero byte", "FIPS 204 §6.3, algorithm 8";
        RepeatedHints = "ml-dsa-repeated-hints", "repeated hints are accepted", "FIPS 204 §7.1, algorithm 21";
        UnorderedHints = "ml-dsa-unordered-hints", "hints in any order are accepted", "FIPS 204 §7.1, algorithm 21";
        PaddedHints = "ml-dsa-padded-hints", "padding of hints that is not zero is accepted", "FIPS 204 §7.1, algorithm 21";
        DecreasingCuts = "ml-dsa-decreasing-cuts", "cuts between hints that decrease are accepted", "FIPS 204 §7.1, algorithm 21";
        HintCount = "ml-dsa-hint-count", "more than ω hints are accepted, and read behind their end", "FIPS 204 §7.1, algorithm 21";
        UseHintZero = "ml-dsa-use-hint-zero", "a hint where r0 = 0 adds 1 in place of subtracting it", "FIPS 204 §7.4, algorithm 40";
        DecomposeHalf = "ml-dsa-decompose-half", "a remainder of γ2 is rounded up", "FIPS 204 §7.4, algorithm 36";
        DecomposeTop = "ml-dsa-decompose-top", "the highest of the high parts does not become 0", "FIPS 204 §7.4, algorithm 36";
    }
}
