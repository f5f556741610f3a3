//! Names, sizes and limits of PKCS#11 and of its URIs (RFC 7512).

/// What the URIs begin with.
pub const SCHEME: &str = "pkcs11:";
/// The attribute of a URI that names the module.
pub const MODULE_PATH: &str = "module-path";
/// The longest URI that is read, in bytes.
pub const MAX_URI_LEN: usize = 4096;
/// A token's label, padded with spaces.
pub const LABEL_LEN: usize = 32;
/// A token's manufacturer, likewise.
pub const MANUFACTURER_LEN: usize = 32;
/// A token's model, likewise.
pub const MODEL_LEN: usize = 16;
/// A token's serial number, likewise.
pub const SERIAL_LEN: usize = 16;
/// The longest label of a key that is read from a URI; PKCS#11 has no limit.
pub const MAX_OBJECT_LEN: usize = 255;
/// The longest id of a key that is read from a URI; PKCS#11 has no limit.
pub const MAX_ID_LEN: usize = 255;
/// The id that a new key gets unless told.
pub const NEW_ID_LEN: usize = 16;
/// What stands before the 32 bytes of a curve's point where a module gives CKA_EC_POINT in DER, as an OCTET STRING.
pub const EC_POINT_DER_PREFIX: [u8; 2] = [0x04, 0x20];
