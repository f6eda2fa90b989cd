//! The guard: which addresses are never connected to.
//!
//! The attack is server-side request forgery: a stranger names a picture, this server fetches it, and the name leads
//! inside: to the loopback, the private network, or a cloud's metadata service that hands out credentials. So only
//! addresses of the public internet pass. IPv4 is public unless a row refuses it; IPv6 is refused unless it is global
//! unicast (2000::/3) and no row refuses it, which shuts out everything that smuggles an IPv4 address inside.
//!
//! The rows are the IANA special-purpose registries (RFC 6890 and its updates) as of 2026-11-23, with multicast and
//! the metadata services that live elsewhere. `std`'s and most crates' "is global" miss some of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One block of addresses: its first address, its prefix length in bits, and what it is.
struct Block<A> {
    first: A,
    prefix: u32,
    what: &'static str,
}

const fn v4(first: [u8; 4], prefix: u32, what: &'static str) -> Block<Ipv4Addr> {
    Block { first: Ipv4Addr::new(first[0], first[1], first[2], first[3]), prefix, what }
}

const fn v6(first: [u16; 3], prefix: u32, what: &'static str) -> Block<Ipv6Addr> {
    Block { first: Ipv6Addr::new(first[0], first[1], first[2], 0, 0, 0, 0, 0), prefix, what }
}

/// IPv4 addresses that are refused; all others pass. 2026-11-23.
const REFUSED_V4: [Block<Ipv4Addr>; 19] = [
    v4([0, 0, 0, 0], 8, "this network (RFC 791)"),
    v4([10, 0, 0, 0], 8, "private (RFC 1918)"),
    v4([100, 64, 0, 0], 10, "carrier-grade NAT (RFC 6598), and Alibaba's metadata"),
    v4([127, 0, 0, 0], 8, "loopback (RFC 1122)"),
    v4([168, 63, 129, 16], 32, "Azure's metadata"),
    v4([169, 254, 0, 0], 16, "link-local (RFC 3927), and most clouds' metadata"),
    v4([172, 16, 0, 0], 12, "private (RFC 1918)"),
    v4([192, 0, 0, 0], 24, "protocol assignments (RFC 6890), and Oracle's metadata"),
    v4([192, 0, 2, 0], 24, "documentation (RFC 5737)"),
    v4([192, 31, 196, 0], 24, "AS112 (RFC 7535)"),
    v4([192, 52, 193, 0], 24, "AMT (RFC 7450)"),
    v4([192, 88, 99, 0], 24, "6to4 relay (RFC 7526)"),
    v4([192, 168, 0, 0], 16, "private (RFC 1918)"),
    v4([192, 175, 48, 0], 24, "AS112 (RFC 7534)"),
    v4([198, 18, 0, 0], 15, "benchmarking (RFC 2544)"),
    v4([198, 51, 100, 0], 24, "documentation (RFC 5737)"),
    v4([203, 0, 113, 0], 24, "documentation (RFC 5737)"),
    v4([224, 0, 0, 0], 4, "multicast (RFC 5771)"),
    v4([240, 0, 0, 0], 4, "reserved and broadcast (RFC 1112)"),
];

/// The only IPv6 addresses that may pass. 2026-11-23.
const GLOBAL_UNICAST_V6: Block<Ipv6Addr> = v6([0x2000, 0, 0], 3, "not global unicast (RFC 4291)");

/// IPv6 addresses inside of it that are refused all the same. 2026-11-23.
const REFUSED_V6: [Block<Ipv6Addr>; 5] = [
    v6([0x2001, 0, 0], 23, "protocol assignments: Teredo, ORCHID, benchmarking (RFC 2928)"),
    v6([0x2001, 0xdb8, 0], 32, "documentation (RFC 3849)"),
    v6([0x2002, 0, 0], 16, "6to4, an IPv4 address inside (RFC 3056)"),
    v6([0x2620, 0x4f, 0x8000], 48, "AS112 (RFC 7534)"),
    v6([0x3fff, 0, 0], 20, "documentation (RFC 9637)"),
];

impl Block<Ipv4Addr> {
    fn holds(&self, address: Ipv4Addr) -> bool {
        (address.to_bits() ^ self.first.to_bits()) >> (32 - self.prefix) == 0
    }
}

impl Block<Ipv6Addr> {
    fn holds(&self, address: Ipv6Addr) -> bool {
        (address.to_bits() ^ self.first.to_bits()) >> (128 - self.prefix) == 0
    }
}

/// Lets a public address pass, or says which block refuses it (for the log only: to a stranger it would be a map).
pub(super) fn judge(address: IpAddr) -> Result<(), &'static str> {
    match address {
        IpAddr::V4(address) => judge_v4(address),
        IpAddr::V6(address) => judge_v6(address),
    }
}

fn judge_v4(address: Ipv4Addr) -> Result<(), &'static str> {
    REFUSED_V4.iter().find(|block| block.holds(address)).map_or(Ok(()), |block| Err(block.what))
}

fn judge_v6(address: Ipv6Addr) -> Result<(), &'static str> {
    if !GLOBAL_UNICAST_V6.holds(address) {
        return Err(GLOBAL_UNICAST_V6.what);
    }
    if let Some(block) = REFUSED_V6.iter().find(|block| block.holds(address)) {
        return Err(block.what);
    }
    isatap(address).map_or(Ok(()), judge_v4)
}

/// The IPv4 address that an ISATAP interface id carries (RFC 5214): any global prefix may tunnel to it.
fn isatap(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let marker = (bits >> 32) as u32;
    matches!(marker, 0x0000_5efe | 0x0200_5efe).then(|| Ipv4Addr::from_bits(bits as u32))
}

#[cfg(test)]
mod second_opinions;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passes(address: &str) -> bool {
        judge(address.parse().expect(address)).is_ok()
    }

    /// Each row: first, last; then the addresses just below and just above, which pass.
    #[test]
    fn every_ipv4_row_is_refused_from_its_first_to_its_last_address_and_no_further() {
        for ((first, last, below, above), block) in [
            ("0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
            ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
            ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
            ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
            ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
            ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
            ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
            ("192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"),
            ("192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"),
            ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
            ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
            ("192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"),
            ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
            ("224.0.0.0", "239.255.255.255", "223.255.255.255", "240.0.0.0"),
            ("240.0.0.0", "255.255.255.255", "239.255.255.255", ""),
        ]
        .into_iter()
        .zip(&REFUSED_V4)
        {
            assert_eq!(first, block.first.to_string(), "the test's rows follow the table's");
            assert!(!passes(first), "{first}");
            assert!(!passes(last), "{last}");
            for neighbour in [below, above].into_iter().filter(|address| !address.is_empty()) {
                // Multicast and reserved touch each other.
                let refused = ["239.255.255.255", "240.0.0.0"].contains(&neighbour);
                assert_eq!(passes(neighbour), !refused, "{neighbour}");
            }
        }
    }

    #[test]
    fn every_ipv6_row_is_refused_from_its_first_to_its_last_address_and_no_further() {
        let ones = "ffff:ffff:ffff:ffff:ffff";
        for ((first, last, below, above), block) in [
            ("2001::", "2001:1ff:ffff", "2000:ffff:ffff", "2001:200::"),
            ("2001:db8::", "2001:db8:ffff", "2001:db7:ffff", "2001:db9::"),
            ("2002::", "2002:ffff:ffff", "2001:ffff:ffff", "2003::"),
            ("2620:4f:8000::", "2620:4f:8000", "2620:4f:7fff", "2620:4f:8001::"),
            ("3fff::", "3fff:fff:ffff", "3ffe:ffff:ffff", "3fff:1000::"),
        ]
        .into_iter()
        .zip(&REFUSED_V6)
        {
            assert_eq!(first, block.first.to_string(), "the test's rows follow the table's");
            assert!(!passes(first), "{first}");
            assert!(!passes(&format!("{last}:{ones}")), "{last}");
            assert!(passes(&format!("{below}:{ones}")), "{below}");
            assert!(passes(above), "{above}");
        }
    }

    #[test]
    fn outside_global_unicast_no_ipv6_address_passes() {
        for address in [
            "::",
            "::1",
            "::7f00:1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::a00:1",
            "100::1",
            "100:0:0:1::1",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "4000::",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(!passes(address), "{address}");
        }
        assert!(passes("2000::"));
        assert!(passes("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    }

    #[test]
    fn metadata_services_are_refused_wherever_they_live() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "fd00:ec2::254",
        ] {
            assert!(!passes(address), "{address}");
        }
    }

    #[test]
    fn a_tunnel_to_a_refused_ipv4_address_is_refused() {
        for (address, expected) in [
            ("2a00:1450:4001:800::5efe:10.0.0.1", false),
            ("2a00:1450:4001:800:200:5efe:127.0.0.1", false),
            ("2a00:1450:4001:800:200:5efe:8.8.8.8", true),
            ("2a00:1450:4001:800:1:5efe:10.0.0.1", true),
        ] {
            assert_eq!(passes(address), expected, "{address}");
        }
    }

    #[test]
    fn well_known_public_addresses_pass() {
        for address in
            ["1.1.1.1", "8.8.8.8", "93.184.215.14", "151.101.1.140", "2606:4700::1111", "2a00:1450:4001::8"]
        {
            assert!(passes(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_standard_library_calls_special_is_refused(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified()
                || address.is_multicast();
            prop_assert!(!special || judge_v4(address).is_err());
        }

        #[test]
        fn an_ipv4_address_inside_a_row_is_refused(row in 0..REFUSED_V4.len(), noise: u32) {
            let block = &REFUSED_V4[row];
            let inside = noise.checked_shr(block.prefix).unwrap_or(0);
            prop_assert!(judge_v4(Ipv4Addr::from_bits(block.first.to_bits() | inside)).is_err());
        }

        #[test]
        fn an_ipv6_address_passes_only_with_the_global_prefix(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            prop_assert!(judge_v6(address).is_err() || bits >> 125 == 0b001);
        }

        #[test]
        fn no_prefix_lets_a_tunnel_into_the_private_network_pass(prefix: u64, host: u16, universal: bool) {
            let marker: u128 = if universal { 0x0200_5efe } else { 0x5efe };
            let inside = u128::from(Ipv4Addr::new(192, 168, 0, 0).to_bits() | u32::from(host));
            let bits = u128::from(prefix) << 64 | marker << 32 | inside;
            prop_assert!(judge_v6(Ipv6Addr::from_bits(bits)).is_err());
        }
    }
}
