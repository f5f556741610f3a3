//! X.509: limits, purposes, and the names in certificates for channels.

/// The longest certificate or request that is read; a self-signed ML-DSA-87 certificate has about 7,500 bytes.
pub const MAX_CERTIFICATE_LEN: usize = 64 * 1024;
/// The longest file of certificates that is read.
pub const MAX_CERTIFICATE_FILE_LEN: usize = 1 << 20;
/// The most certificates in one file, and the most names, purposes or extensions in one certificate.
pub const MAX_ITEMS: usize = 64;
/// The longest revocation list that is read: about 100,000 entries.
pub const MAX_REVOCATION_LIST_LEN: usize = 4 << 20;
/// The most certificates between an end and its anchor, the end counted and the anchor not.
pub const MAX_CHAIN_LEN: usize = 8;
/// Length of the serial numbers that are made, and the longest that is read (RFC 5280 §4.1.2.2).
pub const SERIAL_LEN: usize = 20;
/// Length of a key identifier: SHA-256 of the public key, cut (RFC 7093 §2, method 1).
pub const KEY_IDENTIFIER_LEN: usize = 20;
/// The longest common name (RFC 5280 appendix A.1, ub-common-name).
pub const MAX_COMMON_NAME_LEN: usize = 64;
/// Extensions of revocation lists that do not list all: the indicator of a delta, and the issuing distribution point.
pub const PARTIAL_LIST_OIDS: [&str; 2] = ["2.5.29.27", "2.5.29.28"];
/// The last second that X.509 can tell: the end of the year 9999.
pub const LAST_SECOND: u64 = 253_402_300_799;

/// The longest name of a principal in a certificate for channels.
pub const MAX_PRINCIPAL_LEN: usize = 64;
/// What every URI begins with that stands in certificates for channels.
pub const CHANNEL_URI: &str = "twinlock:";
/// What the URI of a principal begins with.
pub const PRINCIPAL_URI: &str = "twinlock:principal:";
/// What the URI of a service begins with.
pub const SERVICE_URI: &str = "twinlock:service:";
/// The longest life of a certificate for channels, in seconds: 31 days.
pub const MAX_CHANNEL_LIFETIME: u64 = 31 * 24 * 60 * 60;

/// What a certificate is for (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Purpose {
    /// A TLS server.
    ServerAuth,
    /// A TLS client.
    ClientAuth,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::ServerAuth, Self::ClientAuth];

    /// The object identifier.
    pub const fn oid(self) -> &'static str {
        match self {
            Self::ServerAuth => "1.3.6.1.5.5.7.3.1",
            Self::ClientAuth => "1.3.6.1.5.5.7.3.2",
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
        }
    }

    /// The name on the command line.
    pub const fn cli_name(self) -> &'static str {
        match self {
            Self::ServerAuth => "server",
            Self::ClientAuth => "client",
        }
    }
}
