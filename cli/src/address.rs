//! Where a connection comes from or goes to: `HOST:PORT` or `unix:PATH`.

use std::{fmt, path::PathBuf, str::FromStr};

/// An address as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host or an IP address with its port.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err("a path must follow unix:") } else { Ok(Self::Unix(path.into())) };
        }
        let (host, port) = text.rsplit_once(':').ok_or("give HOST:PORT or unix:PATH")?;
        if host.is_empty() {
            return Err("the host is missing; 127.0.0.1 is this machine, 0.0.0.0 every address of it");
        }
        if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
            return Err("an IPv6 address stands in brackets, as in [::1]:9000");
        }
        port.parse::<u16>().map_err(|_| "the port is a number from 0 to 65535")?;
        Ok(Self::Tcp(text.into()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        for text in ["127.0.0.1:0", "localhost:9000", "[::1]:65535"] {
            assert_eq!(text.parse(), Ok(Address::Tcp(text.into())));
        }
        assert_eq!("unix:/run/x:1".parse(), Ok(Address::Unix("/run/x:1".into())));
        for text in
            ["", "9000", ":9000", "localhost", "localhost:", "localhost:65536", "localhost:-1", "::1:9000", "unix:"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
