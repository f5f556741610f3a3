//! Keys in a real PKCS#11 token: kryoptic, each test with a database of its own. `TWINLOCK_PKCS11_MODULE` is the module,
//! which scripts/token-peer.sh builds; without it the tests are left out, by name. `TWINLOCK_OPENSSL` is an OpenSSL that
//! knows ML-DSA, to verify with; without it, only we verify.
//!
//! The module finds its database by the environment, so what a test does with the library it does in a process of its own:
//! this binary again, with the name of one function of [`INSIDE`].

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use common::{Sandbox, failed};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, MlDsaParameterSetType},
    session::UserType,
    types::AuthPin,
};
use twinlock::{
    ids::{KeyKind, MlDsa, Signature},
    provider::{LIBCRUX, RUST, SystemRng},
    secret::Seed,
    token::{Error, Token, Uri},
};

const MODULE: &str = "TWINLOCK_PKCS11_MODULE";
const PIN: &str = "correct horse 12";
const SIGNING: [&str; 6] = ["ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "mldsa44-ed25519", "mldsa65-ed25519"];

type Inside = fn(&Pkcs11);

/// What this binary does in another process.
const INSIDE: [(&str, Inside); 4] = [
    ("initialise", |module| initialise(module, 0)),
    ("initialise_two", |module| [0, 1].iter().for_each(|at| initialise(module, *at))),
    ("library", library),
    ("make_odd", make_odd),
];

/// A folder with a token `demo`, and the PIN in the file `pin`.
struct Fixture {
    sandbox: Sandbox,
    module: String,
}

impl Fixture {
    fn new(test: &str) -> Option<Self> {
        Self::with(test, &[""], "initialise")
    }

    /// One slot for each line of configuration besides its database.
    fn with(test: &str, slots: &[&str], initialise: &str) -> Option<Self> {
        let Ok(module) = env::var(MODULE) else {
            println!("skipped: {test}: {MODULE} is not set");
            return None;
        };
        let fixture = Self { sandbox: Sandbox::empty(), module };
        fixture.configure(slots);
        fixture.sandbox.write("pin", &format!("{PIN}\n"));
        fixture.sandbox.write("wrong", "wrong horse 12\n");
        for name in ["pin", "wrong"] {
            fs::set_permissions(fixture.sandbox.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        fixture.inside(initialise);
        Some(fixture)
    }

    fn configure(&self, slots: &[&str]) {
        let slot = |(at, more): (usize, &&str)| {
            let database = self.sandbox.path(&format!("token{at}.sql"));
            format!("[[slots]]\nslot = {}\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n{more}\n", at + 1, database.display())
        };
        self.sandbox.write("kryoptic.conf", &slots.iter().enumerate().map(slot).collect::<String>());
    }

    /// Does something in a process of its own, with the library.
    fn inside(&self, name: &str) {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["inside", "--exact", "--nocapture"]).current_dir(self.sandbox.path("."));
        command.env("TWINLOCK_INSIDE", name).env("KRYOPTIC_CONF", self.sandbox.path("kryoptic.conf"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn uri(&self, object: &str) -> String {
        format!("pkcs11:token=demo;object={object}?module-path={}", self.module)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command(args);
        command.env("KRYOPTIC_CONF", self.sandbox.path("kryoptic.conf"));
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// With the PIN.
    fn in_token(&self, args: &[&str]) -> String {
        self.ok(&[args, &["--passphrase-file", "pin"]].concat())
    }

    fn fails(&self, code: i32, args: &[&str]) -> String {
        let words = failed(code, &self.run(args));
        assert!(!words.contains(PIN) && !words.contains("wrong horse"), "{words}");
        words
    }

    /// Makes a key in the token, its public key in a file of that name.
    fn make(&self, kind: &str, name: &str) -> String {
        let uri = self.uri(name);
        self.in_token(&["key", "new", "--token", &uri, "--algorithm", kind, "--public", &format!("{name}.pub")]);
        uri
    }
}

#[test]
fn inside() {
    let Ok(wanted) = env::var("TWINLOCK_INSIDE") else { return };
    let module = Pkcs11::new(env::var(MODULE).unwrap()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    INSIDE.iter().find(|(name, _)| *name == wanted).unwrap().1(&module);
}

fn initialise(module: &Pkcs11, at: usize) {
    let slot = module.get_all_slots().unwrap()[at];
    let so = AuthPin::new("officer 123456".into());
    module.init_token(slot, &so, "demo").unwrap();
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&so)).unwrap();
    session.init_pin(&AuthPin::new(PIN.into())).unwrap();
}

/// A key that its token would give away; one without its public half; two objects of one name that are no key.
fn make_odd(module: &Pkcs11) {
    let session = module.open_rw_session(module.get_all_slots().unwrap()[0]).unwrap();
    session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
    let set = Attribute::ParameterSet(MlDsaParameterSetType::ML_DSA_44.into());
    let public = [Attribute::Token(true), Attribute::Verify(true), set];
    let loose = [Attribute::Sensitive(false), Attribute::Extractable(true)];
    let private = [&[Attribute::Token(true), Attribute::Sign(true)][..], &loose].concat();
    let make = |name: &str| {
        let name = [Attribute::Label(name.into()), Attribute::Id(name.into())];
        let named = |template: &[Attribute]| [template, &name].concat();
        session.generate_key_pair(&Mechanism::MlDsaKeyPairGen, &named(&public), &named(&private)).unwrap()
    };
    make("loose");
    session.destroy_object(make("half").0).unwrap();
    make("twice");
    make("twice");
}

/// What only the library shows: hedging, and the end of a session.
fn library(module: &Pkcs11) {
    let path = env::var(MODULE).unwrap();
    let uri: Uri = format!("pkcs11:token=demo?module-path={path}").parse().unwrap();
    let mut token = Token::find(&uri).unwrap();
    assert_eq!(token.key(&uri).unwrap_err(), Error::NoKey);
    token.login(Some(PIN.as_bytes())).unwrap();
    token.login(Some(PIN.as_bytes())).unwrap(); // whoever else in the process is logged in already
    let kind = KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa65));
    let key = token.generate(kind, "one", &[1], RUST).unwrap();
    assert!(format!("{key:?} {token:?}").contains("one"));
    assert!(!format!("{key:?} {token:?}").contains(PIN));
    for (label, id) in [("one", [2]), ("two", [1])] {
        assert_eq!(token.generate(kind, label, &id, RUST).unwrap_err(), Error::Exists);
    }
    let key = key.into_signing_key(LIBCRUX).unwrap();
    assert!(key.seed().is_none());
    assert!(matches!(key.signer(b""), Err(twinlock::Error::Unsupported { .. })));

    let hedged = [0, 1].map(|_| key.sign(b"message", b"context", &mut SystemRng).unwrap());
    assert_ne!(hedged[0], hedged[1]);
    let zero = Seed::from_slice(&[0; 32]);
    let deterministic = [0, 1].map(|_| key.sign_derand(b"message", b"context", &zero).unwrap());
    assert_eq!(deterministic[0], deterministic[1]);
    for signature in [&hedged[0], &hedged[1], &deterministic[0]] {
        assert_eq!(key.verifying_key().verify(b"message", b"context", signature), Ok(()));
        assert!(key.verifying_key().verify(b"message", b"", signature).is_err());
    }
    assert_eq!(key.sign(b"", &[0; 256], &mut SystemRng), Err(twinlock::Error::Context));

    module.clone().finalize().unwrap(); // which closes all sessions
    let gone = key.sign(b"message", b"", &mut SystemRng).unwrap_err();
    assert_eq!(gone.to_string(), "the device that holds the key: the token was removed, or has closed the session");
    assert_eq!(token.key(&uri).unwrap_err(), Error::Gone);
}

#[test]
fn the_library_signs_hedged_and_tells_the_end_of_a_session() {
    let Some(fixture) = Fixture::new("the_library_signs_hedged_and_tells_the_end_of_a_session") else { return };
    fixture.inside("library");
}

#[test]
fn what_the_token_signs_verifies_outside() {
    let Some(fixture) = Fixture::new("what_the_token_signs_verifies_outside") else { return };
    fixture.sandbox.write("file", "content");
    fixture.sandbox.write("other", "other content");
    let openssl = env::var("TWINLOCK_OPENSSL").ok();
    for kind in SIGNING {
        let uri = fixture.make(kind, kind);
        let public = format!("{kind}.pub");
        for context in ["", "a context"] {
            if kind == "ed25519" && !context.is_empty() {
                continue;
            }
            fixture.in_token(&["sign", "--identity", &uri, "--context", context, "--force", "file"]);
            for provider in ["rust", "libcrux", "aws-lc"] {
                // Only one of them takes pure ML-DSA piece by piece.
                if kind.starts_with("ml-dsa") && provider != "rust" {
                    continue;
                }
                fixture.ok(&["verify", "--key", &public, "--context", context, "--provider", provider, "file"]);
            }
            let args = ["verify", "--key", &public, "--context", context, "--signature", "file.sig", "other"];
            fixture.fails(1, &args);
            if let Some(openssl) = openssl.as_ref().filter(|_| !kind.starts_with("mldsa")) {
                let mut command = Command::new(openssl);
                command
                    .args(["pkeyutl", "-verify", "-rawin", "-in", "file", "-sigfile", "file.sig", "-pubin", "-inkey"]);
                command.arg(&public).current_dir(fixture.sandbox.path("."));
                if !context.is_empty() {
                    command.args(["-pkeyopt", &format!("context-string:{context}")]);
                }
                let output = command.output().unwrap();
                assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        let shown = fixture.in_token(&["key", "show", "--json", &uri]);
        assert!(shown.contains("\"never\""), "{shown}");
        fixture.in_token(&["key", "convert", &uri, "--out", "again.pub", "--force"]);
        let read = |name: &str| fs::read(fixture.sandbox.path(name)).unwrap();
        assert_eq!(read("again.pub"), read(&public));
    }
    // Without object or id, a URI is for the whole token.
    let all = fixture.in_token(&["key", "show", &format!("pkcs11:token=demo?module-path={}", fixture.module)]);
    assert_eq!(all.matches("private key in a token").count(), SIGNING.len(), "{all}");
    let uri = fixture.uri("mldsa44-ed25519");
    fixture.in_token(&["sign", "--identity", &uri, "--format", "ssh", "--namespace", "file", "--force", "file"]);
    fixture.ok(&["verify", "--key", "mldsa44-ed25519.pub", "--namespace", "file", "file"]);
}

#[test]
fn what_is_sealed_outside_opens_with_the_token() {
    let Some(fixture) = Fixture::new("what_is_sealed_outside_opens_with_the_token") else { return };
    let (to, from) = (fixture.make("x-wing", "mail"), fixture.make("mldsa65-ed25519", "sender"));
    fixture.sandbox.write("file", &"content".repeat(20_000));
    for (args, opened) in [
        (vec!["--unsigned"], vec!["--unsigned"]),
        (vec!["--age"], vec!["--age"]),
        (vec!["--from", &from, "--passphrase-file", "pin"], vec!["--from", "sender.pub"]),
    ] {
        fixture.ok(&[&["seal", "--to", "mail.pub", "--out", "sealed", "--force", "file"][..], &args].concat());
        let open = ["open", "--identity", &to, "--out", "opened", "--force", "sealed"];
        fixture.in_token(&[&open[..], &opened].concat());
        let read = |name: &str| fs::read(fixture.sandbox.path(name)).unwrap();
        assert_eq!(read("opened"), read("file"));
    }
    // The three sizes of ML-KEM alone: made, and tried out while they were made.
    for kind in ["ml-kem-512", "ml-kem-768", "ml-kem-1024", "x25519"] {
        fixture.make(kind, kind);
    }
    let uri = fixture.uri("ml-kem-768");
    let words = fixture.fails(2, &["open", "--identity", &uri, "--unsigned", "sealed", "--passphrase-file", "pin"]);
    assert!(words.contains("ML-KEM-768"), "{words}");
}

#[test]
fn identities_of_channels_and_authorities_live_in_the_token() {
    let Some(fixture) = Fixture::new("identities_of_channels_and_authorities_live_in_the_token") else { return };
    let (here, there) = (fixture.make("mldsa65-ed25519", "here"), fixture.make("mldsa65-ed25519", "there"));
    fixture.sandbox.write("allow.yaml", "peers:\n  - name: desk\n    key-file: here.pub\n    services: [default]\n");
    let args = ["listen", "--identity", &there, "--passphrase-file", "pin", "--allow", "allow.yaml"];
    let mut listener = fixture.command(&[&args[..], &["--listen", "unix:socket"]].concat());
    let mut listener = listener.stdin(Stdio::null()).spawn().unwrap();
    let mut words = std::io::BufReader::new(listener.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut words, &mut String::new()).unwrap();
    let args =
        ["connect", "--identity", &here, "--passphrase-file", "pin", "--to", "unix:socket", "--peer", "there.pub"];
    fixture.ok(&args);
    assert!(listener.wait().unwrap().success());

    let ca = fixture.make("ml-dsa-65", "ca");
    let new = ["cert", "new", "--key", &ca, "--passphrase-file", "pin", "--subject", "CN=Root", "--authority"];
    fixture.ok(&[&new[..], &["--out", "ca.pem"]].concat());
    let issue =
        ["cert", "issue", "--ca", "ca.pem", "--ca-key", &ca, "--passphrase-file", "pin", "--public", "here.pub"];
    fixture.ok(&[&issue[..], &["--subject", "CN=here", "--out", "here.pem"]].concat());
    fixture.ok(&["cert", "verify", "--ca", "ca.pem", "here.pem"]);
}

#[test]
fn a_wrong_pin_is_tried_once_and_never_to_the_last() {
    let Some(fixture) = Fixture::new("a_wrong_pin_is_tried_once_and_never_to_the_last") else { return };
    let uri = fixture.make("ed25519", "key");
    let (wrong, right) = (["key", "show", &uri, "--passphrase-file", "wrong"], ["key", "show", &uri]);
    assert!(fixture.fails(2, &wrong).contains("the PIN is wrong"));
    fixture.in_token(&right);
    // Without a terminal nobody can be asked.
    assert!(fixture.fails(2, &right).contains("PIN of token demo"));
    let mut said = String::new();
    for _ in 0..20 {
        said = fixture.fails(2, &wrong);
        if !said.contains("the PIN is wrong") {
            break;
        }
    }
    assert!(said.contains("one wrong PIN more would lock the token") || said.contains("the PIN is locked"), "{said}");
    println!("at the end: {said}");
}

#[test]
fn what_cannot_be_is_told_in_one_line() {
    let Some(fixture) = Fixture::new("what_cannot_be_is_told_in_one_line") else { return };
    let uri = fixture.make("ed25519", "gate");
    fixture.sandbox.write("file", "content");
    fixture.sandbox.write("text.so", "no library");
    let module = fixture.module.clone();
    let here = fixture.sandbox.path(".").display().to_string();
    let libc = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"];
    let libc = libc.into_iter().find(|path| Path::new(path).exists()).unwrap_or("/none.so");
    for (uri, words) in [
        (format!("pkcs11:token=none?module-path={module}"), "the module has no such token"),
        (format!("pkcs11:token=demo;serial=7?module-path={module}"), "the module has no such token"),
        (format!("pkcs11:token=demo;object=none?module-path={module}"), "the token has no such key"),
        (format!("pkcs11:token=demo;object=gate;id=%00?module-path={module}"), "the token has no such key"),
        (format!("pkcs11:object=gate?module-path={here}/none.so"), "the module cannot be used: "),
        (format!("pkcs11:object=gate?module-path={here}/text.so"), "the module cannot be used: "),
        (format!("pkcs11:object=gate?module-path={libc}"), "the module cannot be used: "),
        ("pkcs11:object=gate?module-path=none.so".into(), "module-path in the URI must begin with /"),
        ("pkcs11:object=gate".into(), "the URI does not name the module"),
        ("pkcs11:slot-id=1".into(), "not known there: slot-id"),
    ] {
        let said = fixture.fails(2, &["sign", "--identity", &uri, "--passphrase-file", "pin", "file"]);
        assert!(said.contains(words), "{uri}: {said}");
        assert!(!fixture.sandbox.names().contains(&"file.sig".into()));
    }
    let said = fixture.fails(2, &["key", "show", &format!("{uri}&pin-value={}", PIN.replace(' ', "%20"))]);
    assert!(said.contains("the URI holds a PIN") && !said.contains("correct"), "{said}");

    let again = ["key", "new", "--token", &uri, "--algorithm", "ed25519", "--passphrase-file", "pin"];
    assert!(fixture.fails(2, &again).contains("is in the token already"));
    fixture.sandbox.write("there.pub", "");
    let place = ["key", "new", "--token", &fixture.uri("new"), "--algorithm", "ed25519", "--passphrase-file", "pin"];
    assert!(fixture.fails(2, &[&place[..], &["--public", "there.pub"]].concat()).contains("exists already"));
    let nameless = format!("pkcs11:token=demo?module-path={module}");
    let args = ["key", "new", "--token", &nameless, "--algorithm", "ed25519", "--passphrase-file", "pin"];
    assert!(fixture.fails(2, &args).contains("a new key needs a label"));
    // Nobody shall think that a file was made under a passphrase.
    let file = ["key", "new", "--out", "new.pem", "--algorithm", "ed25519", "--passphrase-file", "pin"];
    assert!(fixture.fails(2, &file).contains("--passphrase-file is for key rings"));
    let both = [&again[..], &["--out", "new.pem"]].concat();
    assert_eq!(fixture.run(&both).status.code(), Some(2));
    assert!(!fixture.sandbox.names().contains(&"new.pem".into()));
    let said = fixture.fails(2, &["key", "protect", &uri, "--out", "new.pem", "--passphrase-file", "pin"]);
    assert!(said.contains("stays there"), "{said}");
    fixture.make("ed25519", "second");
    let many = fixture.fails(2, &["sign", "--identity", &nameless, "--passphrase-file", "pin", "file"]);
    assert!(many.contains("2 keys match the URI"), "{many}");
    // A composite is not another kind of key when one of its halves is used alone, and needs both.
    let said = fixture
        .fails(2, &["listen", "--identity", &uri, "--passphrase-file", "pin", "--allow", "a", "--listen", "unix:s"]);
    assert!(said.contains("Ed25519 is not for identities of channels"), "{said}");
}

/// The `console` blocks of the page, with this module for the one that it names.
#[test]
fn every_command_about_tokens_works() {
    let Some(fixture) = Fixture::new("every_command_about_tokens_works") else { return };
    fixture.sandbox.write("report.pdf", "a report");
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tokens.md")).unwrap();
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ twinlock ")).collect();
    assert!(commands.len() > 5, "only {} commands", commands.len());
    for command in commands {
        let words = shlex::split(&command.replace("/usr/lib/hsm.so", &fixture.module)).unwrap();
        fixture.ok(&words.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let read = |name: &str| fs::read(fixture.sandbox.path(name)).unwrap();
    assert_eq!((read("opened.pdf"), read("again.pub")), (read("report.pdf"), read("mail.pub")));
}

#[test]
fn two_tokens_of_one_label_are_told_apart_by_serial() {
    let test = "two_tokens_of_one_label_are_told_apart_by_serial";
    let Some(fixture) = Fixture::with(test, &["", ""], "initialise_two") else { return };
    let said = fixture.fails(2, &["key", "show", &fixture.uri("x"), "--passphrase-file", "pin"]);
    assert!(said.contains("2 tokens match the URI"), "{said}");
}

#[test]
fn a_mechanism_that_is_missing_is_named() {
    let test = "a_mechanism_that_is_missing_is_named";
    let Some(fixture) = Fixture::new(test) else { return };
    let uri = fixture.make("mldsa65-ed25519", "gate");
    fixture.configure(&["mechanisms = [\"DENY\", \"CKM_EDDSA\"]"]);
    fixture.sandbox.write("file", "content");
    let said = fixture.fails(2, &["sign", "--identity", &uri, "--passphrase-file", "pin", "file"]);
    assert!(said.contains("the token lacks CKM_EDDSA"), "{said}");
    let new = fixture.uri("new");
    let args = ["key", "new", "--token", &new, "--algorithm", "mldsa65-ed25519", "--passphrase-file", "pin"];
    assert!(fixture.fails(2, &args).contains("the token lacks CKM_EDDSA"));
    let said = fixture.fails(2, &["key", "show", &new, "--passphrase-file", "pin"]);
    assert!(said.contains("the token has no such key"), "half a key stayed: {said}");
}

#[test]
fn what_is_odd_in_a_token_is_told() {
    let Some(fixture) = Fixture::new("what_is_odd_in_a_token_is_told") else { return };
    fixture.inside("make_odd");
    let shown = fixture.in_token(&["key", "show", &fixture.uri("loose")]);
    assert!(shown.contains("can be read out of the token"), "{shown}");
    for (name, words) in [("half", "is there without its public key"), ("twice", "are not one key that is known here")]
    {
        let said = fixture.fails(2, &["key", "show", &fixture.uri(name), "--passphrase-file", "pin"]);
        assert!(said.contains(words), "{said}");
    }
    // They do not hide the rest.
    let all = fixture.in_token(&["key", "show", &format!("pkcs11:token=demo?module-path={}", fixture.module)]);
    assert_eq!(all.matches("private key in a token").count(), 1, "{all}");
}
