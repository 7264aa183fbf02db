//! From which country an IP address comes, by a file that the operator names.

use crate::error::{Error, Result};
use maxminddb::{PathElement, Reader};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// A file in the format of `MaxMind` databases (MMDB), read whole; without one nobody knows.
#[derive(Clone, Default)]
pub struct IpCountries(Option<Arc<Reader<Vec<u8>>>>);

impl std::fmt::Debug for IpCountries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "IpCountries" } else { "no IpCountries" })
    }
}

impl IpCountries {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self> {
        let read = Reader::open_readfile(path).map_err(|error| unreadable(&error));
        Ok(Self(Some(Arc::new(read?))))
    }

    /// The same from memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        let read = Reader::from_source(bytes).map_err(|error| unreadable(&error));
        Ok(Self(Some(Arc::new(read?))))
    }

    /// The country of an address, in two letters.
    pub(crate) fn of(&self, address: &str) -> Option<String> {
        let address: IpAddr = address.trim().parse().ok()?;
        let found = self.0.as_ref()?.lookup(address).ok()?;
        let path = [PathElement::Key("country"), PathElement::Key("iso_code")];
        let code: Option<&str> = found.decode_path(&path).ok()?;
        code.map(str::to_owned)
    }
}

fn unreadable(error: &maxminddb::MaxMindDbError) -> Error {
    Error::BadInput(format!("the file of countries cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text in the format's encoding: type 2, its length in the lower bits.
    fn text(value: &str) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        assert!(length < 29);
        [vec![0x40 | length], value.as_bytes().to_vec()].concat()
    }

    /// A map: type 7.
    fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let size = u8::try_from(pairs.len()).unwrap();
        let mut bytes = vec![0xe0 | size];
        for (key, value) in pairs {
            bytes.extend(text(key));
            bytes.extend(value);
        }
        bytes
    }

    fn country(code: &str) -> Vec<u8> {
        map(&[("country", map(&[("iso_code", text(code))]))])
    }

    /// One node: addresses that begin with a 0 bit are German, the others Brazilian.
    fn file() -> Vec<u8> {
        let (german, brazilian) = (country("DE"), country("BR"));
        let short = |number: u8| vec![0xa1, number];
        let record = |offset: usize| {
            let pointer = u32::try_from(1 + 16 + offset).unwrap().to_be_bytes();
            pointer[1..].to_vec()
        };
        let metadata = map(&[
            ("node_count", vec![0xc1, 1]),
            ("record_size", short(24)),
            ("ip_version", short(4)),
            ("database_type", text("Countries")),
            ("languages", vec![0x00, 0x04]),
            ("binary_format_major_version", short(2)),
            ("binary_format_minor_version", short(0)),
            ("build_epoch", vec![0x00, 0x02]),
            ("description", vec![0xe0]),
        ]);
        [
            record(0),
            record(german.len()),
            vec![0; 16],
            german,
            brazilian,
            b"\xab\xcd\xefMaxMind.com".to_vec(),
            metadata,
        ]
        .concat()
    }

    #[test]
    fn an_address_comes_from_a_country_if_a_file_says_so() {
        let countries = IpCountries::from_bytes(file()).unwrap();
        assert_eq!(countries.of("84.1.2.3").as_deref(), Some("DE"));
        assert_eq!(countries.of(" 200.1.2.3 ").as_deref(), Some("BR"));
        assert_eq!(countries.of("no address"), None);
        assert_eq!(IpCountries::default().of("84.1.2.3"), None);
        assert!(IpCountries::from_bytes(vec![1, 2, 3]).is_err());
    }
}
