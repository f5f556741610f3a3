//! `kat-vector/1`: cases of any algorithm in one canonical form.
//!
//! JSON Lines. The first line says what the file is:
//!
//! ```json
//! {"kat-vector":1,"source":"…","licence":"…","agreed":["twinlock rust 0.1.0","aws-lc 1.19"]}
//! ```
//!
//! and each further line is one case, so that a fault has a line, a reader streams, and repeated keys compress:
//!
//! ```json
//! {"id":"1","alg":"ML-KEM-768","op":"encaps","in":{"ek":"…","m":"…"},"out":{"c":"…","K":"…"}}
//! ```
//!
//! Names are those of [`crate::algorithm`], bytes are lower-case hex. In place of `out` stands
//! `"reject":true`, or `either` with the outputs that may come instead of a refusal. `note` and `flags` may be
//! left out.

use std::io::Write;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap as _};

use crate::{Alg, Case, Error, Expect, Field, Input, Op, Output, Place, Question, Value, What, algorithm::Kind};

/// The first line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    #[serde(rename = "kat-vector")]
    version: Version,
    /// Where the cases are from.
    pub source: String,
    /// Under which licence they are.
    pub licence: String,
    /// Implementations that gave the same answers, each with its version.
    pub agreed: Vec<String>,
}

impl Header {
    /// A header of this version.
    pub fn new(source: impl Into<String>, licence: impl Into<String>, agreed: Vec<String>) -> Self {
        Self { version: Version, source: source.into(), licence: licence.into(), agreed }
    }
}

/// The one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(de::Error::custom(format_args!("version {other} of kat-vector is not read here, only 1"))),
        }
    }
}

/// Reads a text.
///
/// # Errors
/// A line of another shape, an algorithm, operation or field that is not known, a value of another kind; all
/// with line and column. A text without a header.
pub fn read(text: &str) -> Result<(Header, Vec<Case>), Error> {
    let mut lines = (1_usize..).zip(text.lines());
    let (_, first) = lines.next().ok_or_else(|| Error::of_file(What::Empty))?;
    let header = line(1, first)?;
    let cases = lines.map(|(number, text)| line(number, text).map(|Line(case)| case)).collect::<Result<_, _>>()?;
    Ok((header, cases))
}

fn line<'de, T: Deserialize<'de>>(number: usize, text: &'de str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        // Faults of a line as a whole have no column.
        let place = match error.line() {
            0 => Place::Line(number),
            _ => Place::Column(number, error.column()),
        };
        Error { place, ..Error::from(error) }
    })
}

/// Writes what [`read`] reads.
///
/// # Errors
/// A case that its algorithm does not have; what the writer answers.
pub fn write<'a>(header: &Header, cases: impl IntoIterator<Item = &'a Case>, mut out: impl Write) -> Result<(), Error> {
    serde_json::to_writer(&mut out, header).map_err(std::io::Error::from)?;
    writeln!(out)?;
    for case in cases {
        case.shape().map_err(|shape| Error::in_case(&case.id, What::Shape(shape)))?;
        serde_json::to_writer(&mut out, &LineRef::from(case)).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}

/// A case as it is written.
#[derive(Serialize)]
struct LineRef<'a> {
    id: &'a str,
    alg: &'static str,
    op: &'static str,
    r#in: Inputs<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<Outputs<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    either: Option<Outputs<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    flags: &'a [String],
}

impl<'a> From<&'a Case> for LineRef<'a> {
    fn from(case: &'a Case) -> Self {
        let (out, reject, either) = match &case.expect {
            Expect::Output(output) => (Some(Outputs(output)), None, None),
            Expect::Reject => (None, Some(true), None),
            Expect::Either(output) => (None, None, Some(Outputs(output))),
        };
        Self {
            id: &case.id,
            alg: case.question.alg.name(),
            op: case.question.op.name(),
            r#in: Inputs(&case.question.input),
            out,
            reject,
            either,
            note: &case.note,
            flags: &case.flags,
        }
    }
}

struct Inputs<'a>(&'a Input);

impl Serialize for Inputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.0.len()))?;
        for (field, value) in &self.0.0 {
            match value {
                Value::Bytes(bytes) => map.serialize_entry(field.name(), &HEXLOWER.encode(bytes))?,
                Value::Text(text) => map.serialize_entry(field.name(), text)?,
                Value::Number(number) => map.serialize_entry(field.name(), number)?,
            }
        }
        map.end()
    }
}

struct Outputs<'a>(&'a Output);

impl Serialize for Outputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, bytes)| (field.name(), HEXLOWER.encode(bytes))))
    }
}

/// A case as it is read.
struct Line(Case);

/// The keys of a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    alg: Named<Alg>,
    op: Named<Op>,
    r#in: Map<Value>,
    out: Option<Map<Vec<u8>>>,
    reject: Option<bool>,
    either: Option<Map<Vec<u8>>>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    flags: Vec<String>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Raw { id, alg, op, r#in, out, reject, either, note, flags } = Raw::deserialize(deserializer)?;
        let expect = match (out, reject, either) {
            (Some(output), None, None) => Expect::Output(output.0),
            (None, Some(true), None) => Expect::Reject,
            (None, None, Some(output)) => Expect::Either(output.0),
            _ => return Err(de::Error::custom("exactly one of `out`, `\"reject\":true` and `either` must be here")),
        };
        let question = Question { alg: alg.0, op: op.0, input: Input(r#in.0) };
        Ok(Self(Case { id, note, flags, question, expect }))
    }
}

/// A name of a table.
struct Named<T>(T);

trait Table: Sized {
    const KIND: &str;
    fn by_name(name: &str) -> Option<Self>;
}

macro_rules! tables {
    ($($type:ident = $kind:literal),*) => {
        $(
            impl Table for $type {
                const KIND: &str = $kind;
                fn by_name(name: &str) -> Option<Self> {
                    $type::by_name(name)
                }
            }
        )*
    };
}

tables!(Alg = "algorithm", Op = "operation", Field = "field");

impl<'de, T: Table> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        T::by_name(&name).map(Self).ok_or_else(|| de::Error::custom(format_args!("unknown {} `{name}`", T::KIND)))
    }
}

/// Values by fields.
struct Map<V>(std::collections::BTreeMap<Field, V>);

/// A value whose field says how it is written.
trait OfField: Sized {
    fn next<'de, A: de::MapAccess<'de>>(field: Field, map: &mut A) -> Result<Self, A::Error>;
}

impl OfField for Vec<u8> {
    fn next<'de, A: de::MapAccess<'de>>(field: Field, map: &mut A) -> Result<Self, A::Error> {
        let text: String = map.next_value()?;
        let wrong = |_| de::Error::custom(format_args!("field `{field}` must be bytes in lower-case hex"));
        HEXLOWER.decode(text.as_bytes()).map_err(wrong)
    }
}

impl OfField for Value {
    fn next<'de, A: de::MapAccess<'de>>(field: Field, map: &mut A) -> Result<Self, A::Error> {
        Ok(match field.kind() {
            Kind::Bytes => Self::Bytes(Vec::next(field, map)?),
            Kind::Text => Self::Text(map.next_value()?),
            Kind::Number => Self::Number(map.next_value()?),
        })
    }
}

impl<'de, V: OfField> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<V>(core::marker::PhantomData<V>);

        impl<'de, V: OfField> de::Visitor<'de> for Visitor<V> {
            type Value = Map<V>;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Map<V>, A::Error> {
                let mut values = std::collections::BTreeMap::new();
                while let Some(Named(field)) = map.next_key::<Named<Field>>()? {
                    if values.insert(field, V::next(field, &mut map)?).is_some() {
                        return Err(de::Error::custom(format_args!("duplicate field `{field}`")));
                    }
                }
                Ok(Map(values))
            }
        }

        deserializer.deserialize_map(Visitor(core::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select};

    use super::*;

    const TEXT: &str = r#"{"kat-vector":1,"source":"s","licence":"l","agreed":["a","b"]}
{"id":"1","alg":"HKDF-SHA-256","op":"derive","in":{"ikm":"0a","salt":"","info":"ff","len":2},"out":{"okm":"0102"}}
{"id":"2","alg":"ML-KEM-768","op":"check-ek","in":{"ek":"00"},"reject":true,"note":"n","flags":["f"]}
{"id":"3","alg":"X25519","op":"agree","in":{"private":"01","public":"02"},"either":{"shared":"00"}}
"#;

    #[test]
    fn a_text_is_read_and_written_alike() {
        let (header, cases) = read(TEXT).unwrap();
        assert_eq!(header, Header::new("s", "l", vec!["a".into(), "b".into()]));
        assert_eq!(cases[0].question.input.number(Field::Len), Some(2));
        assert_eq!((&cases[1].expect, cases[1].note.as_str()), (&Expect::Reject, "n"));
        assert_eq!(cases[2].expect, Expect::Either(Output::from([(Field::Shared, vec![0])])));
        let mut out = Vec::new();
        write(&header, &cases, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), TEXT);
    }

    #[test]
    fn faults_name_line_and_field() {
        for (from, to, error) in [
            (r#""kat-vector":1"#, r#""kat-vector":2"#, "1:15: version 2 of kat-vector is not read here, only 1"),
            (r#""licence":"l","#, "", "1:48: missing field `licence`"),
            ("HKDF-SHA-256", "HKDF-SHA-257", "2:30: unknown algorithm `HKDF-SHA-257`"),
            ("derive", "expand", "2:44: unknown operation `expand`"),
            (r#""salt""#, r#""slat""#, "2:68: unknown field `slat`"),
            (r#""salt":"""#, r#""ikm":"""#, "2:70: duplicate field `ikm`"),
            ("0102", "010A", "2:113: field `okm` must be bytes in lower-case hex"),
            (r#""len":2"#, r#""len":"2""#, "2:93: invalid type: string \"2\", expected u64"),
            (r#""note""#, r#""nota""#, "3:82: unknown field `nota`, expected one of "),
            (r#""reject":true"#, r#""reject":false"#, "3: exactly one of `out`, "),
            (r#""reject":true,"#, "", "3: exactly one of `out`, "),
            (r#""either":{"#, r#""reject":true,"either":{"#, "4: exactly one of `out`, "),
            (r#""00"}}"#, r#""00"}"#, "4:98: ends in the middle; fetch the file again"),
            ("\n{\"id\":\"3\"", "\n\n{\"id\":\"3\"", "4:0: ends in the middle; fetch the file again"),
        ] {
            let text = TEXT.replace(from, to);
            assert_ne!(text, TEXT);
            let found = read(&text).unwrap_err().to_string();
            assert!(found.starts_with(&format!("vectors:{error}")), "{error}: {found}");
        }
        assert_eq!(read("").unwrap_err().what, What::Empty);
    }

    #[test]
    fn a_case_that_its_algorithm_does_not_have_is_not_written() {
        let (header, mut cases) = read(TEXT).unwrap();
        cases[0].question.input.0.remove(&Field::Ikm);
        let error = write(&header, &cases, Vec::new()).unwrap_err().to_string();
        assert_eq!(error, "vectors: case 1: missing field `ikm`");
    }

    /// A case of any algorithm and operation, with any values.
    fn any_case() -> impl Strategy<Value = Case> {
        let value = |field: Field| match field.kind() {
            Kind::Bytes => vec(any::<u8>(), 0..40).prop_map(Value::Bytes).boxed(),
            Kind::Text => any::<String>().prop_map(Value::Text).boxed(),
            Kind::Number => any::<u64>().prop_map(Value::Number).boxed(),
        };
        let bytes = || vec(any::<u8>(), 0..40);
        select(Alg::ALL).prop_flat_map(|alg| (Just(alg), select(alg.ops()))).prop_flat_map(move |(alg, op)| {
            let inputs: Vec<_> = op
                .inputs(alg.family())
                .iter()
                .map(|needs| {
                    let given = select(needs.names().to_vec()).prop_flat_map(move |field| (Just(field), value(field)));
                    if needs.required() { given.prop_map(Some).boxed() } else { option::of(given).boxed() }
                })
                .collect();
            let outputs: Vec<_> =
                op.outputs(alg.family()).iter().map(|field| option::of((Just(*field), bytes()))).collect();
            let text = (any::<String>(), any::<String>(), vec(any::<String>(), 0..3), 0..3_u8);
            (inputs, outputs, text).prop_map(move |(inputs, outputs, (id, note, flags, kind))| {
                let input = Input(inputs.into_iter().flatten().collect());
                let output = outputs.into_iter().flatten().collect();
                let expect = match kind {
                    0 => Expect::Output(output),
                    1 => Expect::Either(output),
                    _ => Expect::Reject,
                };
                Case { id, note, flags, question: Question { alg, op, input }, expect }
            })
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            cases in vec(any_case(), 0..8),
            (source, licence, agreed) in any::<(String, String, Vec<String>)>(),
        ) {
            let header = Header::new(source, licence, agreed);
            let mut out = Vec::new();
            write(&header, &cases, &mut out).unwrap();
            prop_assert_eq!(read(str::from_utf8(&out).unwrap()).unwrap(), (header, cases));
        }

        #[test]
        fn no_text_is_a_panic(text in any::<String>(), at in 0..TEXT.len()) {
            let (left, right) = TEXT.split_at(at);
            let _ = read(&format!("{left}{text}{right}"));
        }
    }
}
