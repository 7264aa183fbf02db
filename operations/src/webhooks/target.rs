//! Where webhooks may go: to public addresses, and to internal ones that the operator allows.
//!
//! An address is looked at when an endpoint is made, and again for every connection after its name was resolved,
//! since names change. Special addresses are those of IANA's registries:
//! <https://www.iana.org/assignments/iana-ipv4-special-registry/> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry/>.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;
use url::{Host, Url};

/// Networks that may be called although they are internal.
#[derive(Debug, Clone, Default)]
pub struct Allowed(pub Vec<IpNet>);

/// How long a name may take to resolve when an endpoint is made.
const LOOKUP: Duration = Duration::from_secs(5);
/// The longest address.
const LONGEST: usize = 2_000;

/// IPv4 that is not of the public Internet.
static SPECIAL_V4: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    networks(&[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        // Multicast, reserved and broadcast.
        "224.0.0.0/3",
    ])
});

/// IPv6 within the global range that is not of the public Internet.
static SPECIAL_V6: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    networks(&["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"])
});

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn within(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => !within(&SPECIAL_V4, address),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => is_public(IpAddr::V4(v4)),
            // The only range that is handed out.
            None => v6.segments()[0] & 0xe000 == 0x2000 && !within(&SPECIAL_V6, address),
        },
    }
}

/// Names that lead to no public address, whatever a resolver says: RFC 6761, RFC 6762, RFC 8375 and ICANN's
/// reservation of `.internal`.
fn is_reserved(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["localhost", "local", "internal", "home.arpa", "test", "invalid", "onion"]
        .iter()
        .any(|name| host == *name || host.ends_with(&format!(".{name}")))
}

/// The IPv4 address that an IPv6 one stands for: mapped (`::ffff:0:0/96`), or translated by the well-known prefix
/// of NAT64 (`64:ff9b::/96`, RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let translated = bits >> 32 == 0x0064_ff9b << 64;
    let mapped = bits >> 32 == 0xffff;
    let low = u32::try_from(bits & u128::from(u32::MAX)).ok()?;
    (translated || mapped).then(|| Ipv4Addr::from_bits(low))
}

impl Allowed {
    /// Whether a connection may go there: encrypted to any public address, and any to one that is allowed.
    pub fn permits(&self, address: IpAddr, encrypted: bool) -> bool {
        within(&self.0, address.to_canonical()) || (encrypted && is_public(address))
    }

    /// An address for webhooks, as it is written down; or why it is none.
    pub fn parse(&self, text: &str) -> Result<Url, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("has at most {LONGEST} characters"));
        }
        let url = Url::parse(text.trim()).map_err(|error| format!("is no URL: {error}"))?;
        match url.scheme() {
            "https" => {}
            "http" if !self.0.is_empty() => {}
            _ => return Err("begins with https://".into()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds no user name and no password".into());
        }
        if url.fragment().is_some() {
            return Err("has no fragment".into());
        }
        if url.host().is_none() {
            return Err("names no host".into());
        }
        Ok(url)
    }

    /// Why a host that is an address itself may not be called, if it may not. URLs write addresses in many ways,
    /// which parsing undid.
    pub fn refuses_literal(&self, url: &Url) -> bool {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) | None => return false,
        };
        !self.permits(address, url.scheme() == "https")
    }

    /// The addresses of a name; none where any of them may not be called.
    pub async fn resolve(&self, host: &str, encrypted: bool) -> std::io::Result<Vec<SocketAddr>> {
        let refused = || std::io::Error::new(std::io::ErrorKind::PermissionDenied, Internal);
        if self.0.is_empty() && is_reserved(host) {
            return Err(refused());
        }
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
        let permitted = found.iter().all(|address| self.permits(address.ip(), encrypted));
        if permitted { Ok(found) } else { Err(refused()) }
    }

    /// Checks an address when it is written down: what it is called, and where its name leads now.
    pub(super) async fn check(&self, text: &str) -> Result<String, String> {
        let url = self.parse(text)?;
        if self.refuses_literal(&url) {
            return Err(Internal.to_string());
        }
        if let Some(Host::Domain(name)) = url.host() {
            let encrypted = url.scheme() == "https";
            let looked = tokio::time::timeout(LOOKUP, self.resolve(name, encrypted)).await;
            if let Ok(Err(error)) = looked
                && error.kind() == std::io::ErrorKind::PermissionDenied
            {
                return Err(Internal.to_string());
            }
            // A name that leads nowhere yet may lead somewhere later; it is looked at again then.
        }
        Ok(url.into())
    }
}

/// Where webhooks do not go.
#[derive(Debug, thiserror::Error)]
#[error("leads to an internal or special address")]
pub struct Internal;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(allowed: &Allowed, text: &str) -> bool {
        allowed.parse(text).map_or(true, |url| allowed.refuses_literal(&url))
    }

    #[test]
    fn an_address_is_what_it_is_however_it_is_written() {
        let nothing = Allowed::default();
        for internal in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f.0.0.1/",
            "https://0x7f000001/",
            "https://127.1/",
            "https://127.0.0.1./",
            "https://0/",
            "https://[::]/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://[64:ff9b:1::1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:0:1::]/",
            "https://[fe80::1]/",
            "https://[fec0::1]/",
            "https://[fd00::1]/",
            "https://[ff02::1]/",
            "https://[2001:db8::1]/",
            "https://10.1.2.3/",
            "https://100.64.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://172.16.0.1/",
            "https://192.168.0.1/",
            "https://192.0.0.1/",
            "https://198.18.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://\u{2460}\u{2461}\u{2466}.0.0.1/",
            "https://127\u{3002}0\u{3002}0\u{3002}1/",
        ] {
            assert!(refused(&nothing, internal), "{internal}");
        }
        for public in [
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://[64:ff9b::808:808]/",
            "https://hooks.example/a?b=c",
        ] {
            assert!(!refused(&nothing, public), "{public}");
        }
    }

    #[test]
    fn what_is_no_plain_https_address_is_refused() {
        let nothing = Allowed::default();
        for (text, why) in [
            ("http://hooks.example/", "https"),
            ("ftp://hooks.example/", "https"),
            ("https://user@hooks.example/", "user"),
            ("https://:secret@hooks.example/", "user"),
            ("https://hooks.example/#x", "fragment"),
            ("hooks.example", "URL"),
            ("https://", "URL"),
            ("https://256.0.0.1/", "URL"),
        ] {
            let refused = nothing.parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_allowed() {
        let allowed = Allowed(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(!refused(&allowed, "http://127.0.0.1:9/"));
        assert!(!refused(&allowed, "http://[::ffff:127.0.0.1]:9/"));
        assert!(refused(&allowed, "http://10.0.0.1/"));
        // In clear only where it is allowed.
        assert!(refused(&allowed, "http://8.8.8.8/"));
        assert!(!refused(&allowed, "https://8.8.8.8/"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let nothing = Allowed::default();
        for host in ["localhost", "localhost."] {
            let error = nothing.resolve(host, true).await.unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
            assert!(nothing.check(&format!("https://{host}/")).await.is_err());
        }
        let allowed = Allowed(networks(&["127.0.0.0/8", "::1/128"]));
        assert!(!allowed.resolve("localhost", false).await.unwrap().is_empty());
    }
}
