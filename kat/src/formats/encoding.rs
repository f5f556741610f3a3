//! Bytes as the files write them.

use data_encoding::{BASE64, Encoding, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, de};

macro_rules! encoded {
    ($($(#[$doc:meta])* $name:ident = $encoding:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name(pub Vec<u8>);

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    const ENCODING: &Encoding = &$encoding;
                    let text = String::deserialize(deserializer)?;
                    ENCODING.decode(text.as_bytes()).map(Self).map_err(de::Error::custom)
                }
            }
        )*
    };
}

encoded! {
    /// Bytes in hex, of either case.
    Hex = HEXLOWER_PERMISSIVE;
    /// Bytes in padded standard base64.
    Base64 = BASE64;
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
    }
}
