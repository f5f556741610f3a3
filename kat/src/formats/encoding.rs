//! Bytes as the files write them.

use data_encoding::{BASE64, Encoding, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, de};

macro_rules! encoded {
    ($($(#[$doc:meta])* $name:ident = $encoding:expr, $expected:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub(crate) struct $name(pub(crate) Vec<u8>);

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    const ENCODING: &Encoding = &$encoding;
                    struct Visitor;

                    impl de::Visitor<'_> for Visitor {
                        type Value = $name;

                        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                            f.write_str($expected)
                        }

                        fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                            let wrong = |error| E::custom(format!("not {}: {error}", $expected));
                            ENCODING.decode(text.as_bytes()).map($name).map_err(wrong)
                        }
                    }

                    deserializer.deserialize_str(Visitor)
                }
            }
        )*
    };
}

encoded! {
    /// Bytes in hex, of either case.
    Hex = HEXLOWER_PERMISSIVE, "bytes in hex";
    /// Bytes in padded standard base64.
    Base64 = BASE64, "bytes in base64";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_encodings_pass() {
        let hex = |text: &str| serde_json::from_str::<Hex>(text).map(|hex| hex.0).ok();
        assert_eq!(hex(r#""00fFa5""#), Some(vec![0, 0xff, 0xa5]));
        assert_eq!(hex(r#""""#), Some(vec![]));
        for bad in [r#""0""#, r#""0g""#, r#"" 00""#, "0"] {
            assert_eq!(hex(bad), None, "{bad}");
        }
        let base64 = |text: &str| serde_json::from_str::<Base64>(text).map(|base64| base64.0).ok();
        assert_eq!(base64(r#""AP+l""#), Some(vec![0, 0xff, 0xa5]));
        for bad in [r#""AP+""#, r#""AP-l""#, r#""AP+l\n""#, r#""AB==""#] {
            assert_eq!(base64(bad), None, "{bad}");
        }
        let error = serde_json::from_str::<Hex>(r#""0g""#).unwrap_err().to_string();
        assert_eq!(error, "not bytes in hex: invalid symbol at 1 at line 1 column 4");
    }
}
