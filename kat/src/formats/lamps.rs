//! The PEM files of LAMPS: keys of RFC 9935 (ML-KEM), RFC 9881 (ML-DSA), RFC 8410 and RFC 5480.
//!
//! Files go together by their names: `NAME.pub` holds the public key of `NAME-seed.priv`,
//! `NAME-expanded.priv`, `NAME-both.priv` and `NAME.priv`; a private key without it need only be accepted. A
//! key in `bad-…` must be refused.

use der::{
    Decode, Reader,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier},
};

use crate::{Alg, Case, Error, Expect, Input, Op, Output, Question, What};

/// The algorithm identifiers; those of elliptic curves are in the parameters of id-ecPublicKey.
const OIDS: [(&str, Alg); 10] = [
    ("2.16.840.1.101.3.4.4.1", Alg::MlKem512),
    ("2.16.840.1.101.3.4.4.2", Alg::MlKem768),
    ("2.16.840.1.101.3.4.4.3", Alg::MlKem1024),
    ("2.16.840.1.101.3.4.3.17", Alg::MlDsa44),
    ("2.16.840.1.101.3.4.3.18", Alg::MlDsa65),
    ("2.16.840.1.101.3.4.3.19", Alg::MlDsa87),
    ("1.3.101.110", Alg::X25519),
    ("1.3.101.112", Alg::Ed25519),
    ("1.2.840.10045.3.1.7", Alg::P256),
    ("1.3.132.0.34", Alg::P384),
];

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Reads files that go together, given as names and texts. Each is one PEM document and gives one case.
///
/// # Errors
/// A text that is not one document of a key; an algorithm that is neither in the key nor in the file's name.
pub(crate) fn read<T: AsRef<str>>(files: &[(&str, T)]) -> Result<Vec<Case>, Error> {
    let keys = files
        .iter()
        .map(|(name, text)| Key::read(name, text.as_ref()).map_err(|what| Error::of_file(what).in_file(*name)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(keys.iter().map(|key| key.case(&keys)).collect())
}

struct Key<'a> {
    /// The file's name, without folders.
    name: &'a str,
    op: Op,
    alg: Alg,
    der: Vec<u8>,
    /// The key itself, if the document is a public one.
    public: Option<Vec<u8>>,
}

impl<'a> Key<'a> {
    fn read(path: &'a str, text: &str) -> Result<Self, What> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let (label, der) = der::pem::decode_vec(text.as_bytes())
            .map_err(|error| What::Syntax(format!("not one PEM document: {error}")))?;
        let (op, parsed) = match label {
            "PRIVATE KEY" => (Op::Pkcs8, private(&der).map(|alg| (alg, None))),
            "PUBLIC KEY" => (Op::Spki, public(&der).map(|(alg, key)| (alg, Some(key)))),
            label => return Err(What::Syntax(format!("no test is made of a PEM document `{label}`"))),
        };
        let (alg, public) = parsed.unwrap_or_default();
        // What is bad about a key may be that its algorithm cannot be read.
        let named = || {
            Alg::ALL.iter().copied().find(|alg| {
                stem(name).strip_prefix("bad-").is_some_and(|name| {
                    name.strip_prefix(alg.name()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                })
            })
        };
        let alg = alg.or_else(named).ok_or_else(|| What::Algorithm(format!("of the key in {name}")))?;
        Ok(Self { name, op, alg, der, public })
    }

    fn case(&self, keys: &[Self]) -> Case {
        let own = |key: &&Self| key.op == Op::Spki && stem(key.name) == stem(self.name) && key.alg == self.alg;
        let public = keys.iter().find(own).and_then(|key| key.public.clone());
        let field = self.op.outputs(self.alg.family()).first().copied();
        let expect = if self.name.starts_with("bad-") {
            Expect::Reject
        } else {
            Expect::Output(field.into_iter().zip(public).collect::<Output>())
        };
        let input = Input::new().with(crate::Field::Der, self.der.clone());
        let question = Question { alg: self.alg, op: self.op, input };
        Case { id: self.name.to_owned(), note: String::new(), flags: Vec::new(), question, expect }
    }
}

/// The name that the files of one key share.
fn stem(name: &str) -> &str {
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    ["-seed", "-expanded", "-both"].iter().find_map(|form| name.strip_suffix(form)).unwrap_or(name)
}

/// The algorithm of a PKCS#8 document (RFC 5958 §2), if it has one that is known.
fn private(der: &[u8]) -> Option<Option<Alg>> {
    let parsed = AnyRef::from_der(der).ok()?.sequence(|reader| {
        u8::decode(reader)?;
        let oid = algorithm(reader)?;
        reader.read_slice(reader.remaining_len())?;
        Ok::<_, der::Error>(oid)
    });
    Some(by_oid(parsed.ok()?))
}

/// The algorithm and the key of a SubjectPublicKeyInfo (RFC 5280 §4.1).
fn public(der: &[u8]) -> Option<(Option<Alg>, Vec<u8>)> {
    let parsed = AnyRef::from_der(der).ok()?.sequence(|reader| {
        let oid = algorithm(reader)?;
        let key = BitStringRef::decode(reader)?.as_bytes().map(<[u8]>::to_vec);
        Ok::<_, der::Error>((oid, key))
    });
    let (oid, key) = parsed.ok()?;
    Some((by_oid(oid), key?))
}

/// The object identifier that tells the algorithm.
fn algorithm<'r>(reader: &mut impl Reader<'r>) -> der::Result<ObjectIdentifier> {
    reader.sequence(|reader| {
        let oid = ObjectIdentifier::decode(reader)?;
        if oid == EC_PUBLIC_KEY {
            return ObjectIdentifier::decode(reader);
        }
        // Parameters must not be there; whoever is asked has to see to that.
        reader.read_slice(reader.remaining_len())?;
        Ok(oid)
    })
}

fn by_oid(oid: ObjectIdentifier) -> Option<Alg> {
    let oid = oid.to_string();
    OIDS.iter().find(|(one, _)| *one == oid).map(|(_, alg)| *alg)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;
    use crate::Field as F;

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der))
    }

    const X25519: [u8; 7] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e];

    fn spki() -> Vec<u8> {
        [&[0x30, 0x0c][..], &X25519, &[0x03, 0x03, 0x00, 0xaa, 0xbb]].concat()
    }

    fn pkcs8() -> Vec<u8> {
        [&[0x30, 0x0e, 0x02, 0x01, 0x00][..], &X25519, &[0x04, 0x02, 0xcc, 0xdd]].concat()
    }

    #[test]
    fn files_go_together_by_their_names() {
        let (public, private) = (pem("PUBLIC KEY", &spki()), pem("PRIVATE KEY", &pkcs8()));
        let names = ["d/A-seed.priv", "d/A.pub", "d/bad-A-1.priv", "d/B.priv"];
        let texts = [&private, &public, &private, &private];
        let cases = read(&names.into_iter().zip(texts).collect::<Vec<_>>()).unwrap();
        cases.iter().for_each(|case| case.shape().unwrap());
        let rows: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.question.op, case.expect.clone())).collect();
        let key = Expect::Output(Output::from([(F::Public, vec![0xaa, 0xbb])]));
        let expected = [
            ("A-seed.priv", Op::Pkcs8, key.clone()),
            ("A.pub", Op::Spki, key),
            ("bad-A-1.priv", Op::Pkcs8, Expect::Reject),
            ("B.priv", Op::Pkcs8, Expect::Output(Output::new())),
        ];
        assert_eq!(rows, expected);
        assert!(cases.iter().all(|case| case.question.alg == Alg::X25519));
        assert_eq!(cases[0].question.input, Input::new().with(F::Der, pkcs8()));
    }

    #[test]
    fn a_bad_key_may_hide_its_algorithm() {
        let broken = pem("PRIVATE KEY", &[0x30, 0x01, 0x05]);
        let cases = read(&[("bad-ML-KEM-512-9.priv", &broken)]).unwrap();
        assert_eq!((cases[0].question.alg, &cases[0].expect), (Alg::MlKem512, &Expect::Reject));
        let error = read(&[("ML-KEM-512.priv", &broken)]).unwrap_err().to_string();
        assert_eq!(error, "ML-KEM-512.priv: unknown algorithm `of the key in ML-KEM-512.priv`");
    }

    #[test]
    fn what_is_not_one_key_is_an_error() {
        let certificate = pem("CERTIFICATE", &[0x30, 0x00]);
        let error = read(&[("x.crt", &certificate)]).unwrap_err().to_string();
        assert_eq!(error, "x.crt: no test is made of a PEM document `CERTIFICATE`");
        let private = pem("PRIVATE KEY", &pkcs8());
        for text in [format!("{private}{private}"), private.replace("END", "ENE"), String::new()] {
            let error = read(&[("x", &text)]).unwrap_err().to_string();
            assert!(error.starts_with("x: not one PEM document: "), "{error}");
        }
    }
}
