//! Where messages may go: over TLS, and to no address of this machine or its own network, whatever a name resolves to.
//! Else whoever may name an address could have the host ask what only the host can reach.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Resolves names, and passes over what may not be reached. What is looked at is what is connected to.
pub(super) struct Reach {
    pub(super) allow_private: bool,
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let (name, allow_private) = (name.as_str().to_owned(), self.allow_private);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let reachable: Vec<_> =
                found.into_iter().filter(|address| allow_private || is_public(address.ip())).collect();
            if reachable.is_empty() {
                return Err(format!("'{name}' has no public address; allow_private = true lets it be").into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

/// Whether `url` may be called at all, as far as it can be told without looking its name up.
pub(super) fn allowed(url: &Url, allow_private: bool) -> Result<(), String> {
    if url.scheme() != "https" && !(allow_private && url.scheme() == "http") {
        return Err("its address is not https".to_owned());
    }
    let address = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    match address {
        Some(address) if !allow_private && !is_public(address) => {
            Err(format!("{address} is no public address; allow_private = true lets it be"))
        }
        _ => Ok(()),
    }
}

/// Whether an address is one of the internet's, and not of this machine, its network, or set aside.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let set_aside = matches!(
        (a, b, c),
        // This network; shared with the provider; protocols; benchmarks; kept for later.
        (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) | (240.., ..)
    );
    !(set_aside
        || address.is_private()
        || address.is_loopback()
        // Where clouds answer with their machines' secrets, too.
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b, c, d, e, f) {
        // An IPv4 address in another dress: mapped, by NAT64, by 6to4.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => v4(g, h),
        (0x2002, high, low, ..) => v4(high, low),
        // Teredo and other protocols; documentation.
        (0x2001, 0..=0x01ff, ..) | (0x2001, 0x0db8, ..) | (0x3fff, 0..=0x0fff, ..) => false,
        // Everything that is given out lies in here: not this machine, its link, its site or its group.
        _ => (0x2000..=0x3fff).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_that_is_not_public_is_refused_in_every_notation() {
        for address in ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.5.5",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn address_without_https_or_not_public_is_refused_unless_allowed() {
        let asked = |url: &str, private| allowed(&Url::parse(url).unwrap(), private).is_ok();
        assert!(asked("https://example.com/hook", false));
        for refused in [
            "http://example.com/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "ftp://example.com/",
        ] {
            assert!(!asked(refused, false), "{refused}");
        }
        assert!(asked("http://127.0.0.1:9000/", true) && asked("https://10.0.0.1/", true));
        assert!(!asked("ftp://10.0.0.1/", true));
    }

    #[tokio::test]
    async fn name_that_resolves_to_a_private_address_is_refused() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Reach { allow_private: false }.resolve(name()).await.err().unwrap();
        assert!(refused.to_string().contains("no public address"), "{refused}");
        assert!(Reach { allow_private: true }.resolve(name()).await.is_ok());
    }
}
