//! What is known of other programs, as data: how each is asked, what it can or cannot do and since when, what
//! breaks. Each fact has the version that it was seen or published in. To add one, add a row.

/// A program, and how it is asked.
pub(super) struct Program {
    /// Its name in reports.
    pub(super) name: &'static str,
    /// What it is called on the path; each one that is there is asked.
    pub(super) commands: &'static [&'static str],
    /// Arguments; the first asks for the version.
    pub(super) questions: &'static [&'static [&'static str]],
    /// What stands before the version in the answer to the first.
    pub(super) version_after: &'static str,
    pub(super) abilities: &'static [Ability],
    pub(super) troubles: &'static [Trouble],
}

/// Something that a program can do or not.
pub(super) struct Ability {
    pub(super) what: &'static str,
    pub(super) known_by: KnownBy,
    /// What it means to lack it.
    pub(super) without: &'static str,
    /// Where the fact is from.
    pub(super) source: &'static str,
}

/// How an ability is told.
pub(super) enum KnownBy {
    /// The answers hold this word.
    Word(&'static str),
    /// The version is at least this one.
    Version(Version),
}

/// Something that breaks although, or because, the ability is there.
pub(super) struct Trouble {
    pub(super) since: Version,
    /// The first version without it.
    pub(super) before: Option<Version>,
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
    pub(super) source: &'static str,
}

/// Major, minor.
pub(super) type Version = (u32, u32);

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "OpenSSL",
        commands: &["openssl"],
        questions: &[
            &["version"],
            &["list", "-kem-algorithms"],
            &["list", "-signature-algorithms"],
            &["list", "-tls-groups"],
        ],
        version_after: "OpenSSL ",
        abilities: &[
            Ability {
                what: "X25519MLKEM768",
                known_by: KnownBy::Word("X25519MLKEM768"),
                without: "TLS with it is classical only",
                source: "OpenSSL 3.5 release notes",
            },
            Ability {
                what: "ML-KEM",
                known_by: KnownBy::Word("ML-KEM-768"),
                without: "it reads no ML-KEM keys",
                source: "OpenSSL 3.5 release notes",
            },
            Ability {
                what: "ML-DSA",
                known_by: KnownBy::Word("ML-DSA-65"),
                without: "it reads no ML-DSA keys or certificates and verifies no such signatures",
                source: "OpenSSL 3.5 release notes",
            },
        ],
        troubles: &[
            Trouble {
                since: (3, 5),
                before: None,
                what: "the ML-KEM and ML-DSA private keys that it writes hold seed and expanded key; Go and Python's \
                       cryptography refuse them",
                remedy: "openssl genpkey -provparam ml-dsa.output_formats=seed-only -provparam \
                         ml-kem.output_formats=seed-only",
                source: "OpenSSL 3.5.7 with Go 1.27 and cryptography 50",
            },
            Trouble {
                since: (3, 0),
                before: None,
                what: "it opens no private key under scrypt above N = 16384, r = 8, nor under AES-GCM",
                remedy: "protect keys with N = 16384, r = 8 and AES-256-CBC",
                source: "OpenSSL 3.5.7",
            },
        ],
    },
    Program {
        name: "OpenSSH",
        commands: &["ssh"],
        questions: &[&["-V"], &["-Q", "kex"], &["-Q", "key"]],
        version_after: "OpenSSH_",
        abilities: &[
            Ability {
                what: "mlkem768x25519-sha256",
                known_by: KnownBy::Word("mlkem768x25519-sha256"),
                without: "no key exchange with ML-KEM",
                source: "OpenSSH 9.9 release notes",
            },
            Ability {
                what: "sntrup761x25519-sha512",
                known_by: KnownBy::Word("sntrup761x25519-sha512@openssh.com"),
                without: "no hybrid key exchange with peers from before 9.9",
                source: "OpenSSH 9.0 release notes",
            },
            Ability {
                what: "ssh-mldsa44-ed25519",
                known_by: KnownBy::Word("ssh-mldsa44-ed25519"),
                without: "keys and signatures are classical only",
                source: "OpenSSH 10.6",
            },
        ],
        troubles: &[Trouble {
            since: (0, 0),
            before: Some((10, 0)),
            what: "ML-KEM is not its first choice of key exchange, if it has it",
            remedy: "KexAlgorithms ^mlkem768x25519-sha256 in ssh_config, from 9.9 on",
            source: "OpenSSH 10.0 release notes",
        }],
    },
    Program {
        name: "Go",
        commands: &["go"],
        questions: &[&["version"]],
        version_after: "go version go",
        abilities: &[
            Ability {
                what: "X25519MLKEM768",
                known_by: KnownBy::Version((1, 24)),
                without: "programs built with it have classical TLS, or a draft from before the standard",
                source: "Go 1.24 release notes",
            },
            Ability {
                what: "ML-KEM",
                known_by: KnownBy::Version((1, 24)),
                without: "no crypto/mlkem",
                source: "Go 1.24 release notes",
            },
            Ability {
                what: "ML-DSA",
                known_by: KnownBy::Version((1, 27)),
                without: "no crypto/mldsa: it verifies no ML-DSA signatures or certificates",
                source: "Go 1.27",
            },
        ],
        troubles: &[Trouble {
            since: (1, 27),
            before: None,
            what: "it reads ML-KEM and ML-DSA private keys as seed only, not what OpenSSL writes by default",
            remedy: "write keys seed-only, as twinlock key new does",
            source: "Go 1.27 with OpenSSL 3.5.7",
        }],
    },
    Program {
        name: "Python ssl",
        commands: &["python3"],
        questions: &[&["-I", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"]],
        version_after: "OpenSSL ",
        abilities: &[Ability {
            what: "X25519MLKEM768",
            known_by: KnownBy::Version((3, 5)),
            without: "TLS of its ssl module is classical only",
            source: "OpenSSL 3.5 release notes",
        }],
        troubles: &[],
    },
    Program {
        name: "Python cryptography",
        commands: &["python3"],
        questions: &[&["-I", "-c", PYTHON]],
        version_after: "cryptography ",
        abilities: &[
            Ability {
                what: "ML-KEM",
                known_by: KnownBy::Word("has-mlkem"),
                without: "it reads no ML-KEM keys",
                source: "cryptography 50",
            },
            Ability {
                what: "ML-DSA",
                known_by: KnownBy::Word("has-mldsa"),
                without: "it reads no ML-DSA keys and verifies no such signatures",
                source: "cryptography 50",
            },
        ],
        troubles: &[Trouble {
            since: (48, 0),
            before: None,
            what: "it reads ML-KEM and ML-DSA private keys as seed only, not what OpenSSL writes by default",
            remedy: "write keys seed-only, as twinlock key new does",
            source: "cryptography 48 and 50 with OpenSSL 3.5.7",
        }],
    },
    Program {
        name: "Chromium",
        commands: &["chromium", "chromium-browser"],
        questions: &[&["--version"]],
        version_after: "Chromium ",
        abilities: &[CHROME_TLS],
        troubles: &[],
    },
    Program {
        name: "Chrome",
        commands: &["google-chrome", "google-chrome-stable"],
        questions: &[&["--version"]],
        version_after: "Google Chrome ",
        abilities: &[CHROME_TLS],
        troubles: &[],
    },
    Program {
        name: "Firefox",
        commands: &["firefox", "firefox-esr"],
        questions: &[&["--version"]],
        version_after: "Mozilla Firefox ",
        abilities: &[Ability {
            what: "X25519MLKEM768",
            known_by: KnownBy::Version((132, 0)),
            without: "its TLS is classical only",
            source: "Firefox 132 release notes",
        }],
        troubles: &[],
    },
];

const CHROME_TLS: Ability = Ability {
    what: "X25519MLKEM768",
    known_by: KnownBy::Version((131, 0)),
    without: "its TLS is classical, or a draft from before the standard",
    source: "Chrome 131 release notes",
};

/// A package that is absent has no version.
const PYTHON: &str = "
import importlib.util as u
if u.find_spec('cryptography'):
    import cryptography
    print('cryptography', cryptography.__version__)
    a = 'cryptography.hazmat.primitives.asymmetric.'
    for m in ('mlkem', 'mldsa'):
        if u.find_spec(a + m): print('has-' + m)
";
