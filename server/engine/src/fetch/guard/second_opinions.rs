//! The guard against two other classifiers, on a million addresses each: every difference is in a table with its reason,
//! and every row of a table is met.
//!
//! Half of the addresses are drawn from everywhere, half from in and around the blocks that anybody lists, since blocks
//! are small and mistakes are made at their edges. The crates are `antissrf`, Microsoft's list, and `ip_network`, whose
//! "is global" shows why the guard does not use such a function. (`ssrf-guard` would bring a second TLS provider.)

use std::net::IpAddr;

use antissrf::{AntiSSRFPolicy, PolicyConfigOptions};

use super::*;

const ADDRESSES: usize = 1_000_000;

/// Addresses of which we say the one and another classifier the other.
struct Difference {
    /// What they are, and why we are right.
    why: &'static str,
    holds: fn(IpAddr) -> bool,
}

/// Where we refuse and Microsoft's list does not. There is no address that it refuses and we do not.
const STRICTER_THAN_ANTISSRF: [Difference; 2] = [
    Difference { why: "not global unicast: it refuses known blocks, we all but 2000::/3", holds: is_outside },
    Difference { why: "ISATAP: a tunnel to a refused IPv4 address", holds: is_isatap },
];

/// Where we refuse and `ip_network::IpNetwork::is_global` does not. There is none that it refuses and we do not.
const STRICTER_THAN_IP_NETWORK: [Difference; 13] = [
    Difference { why: "not global unicast: mapped, NAT64, site-local, multicast", holds: is_outside },
    Difference { why: "ISATAP: a tunnel to a refused IPv4 address", holds: is_isatap },
    Difference { why: "Teredo, ORCHID, benchmarking", holds: |address| within(address, "2001::", 23) },
    Difference { why: "6to4, an IPv4 address inside", holds: |address| within(address, "2002::", 16) },
    Difference { why: "AS112", holds: |address| within(address, "2620:4f:8000::", 48) },
    Difference { why: "documentation since 2024", holds: |address| within(address, "3fff::", 20) },
    Difference { why: "Azure's metadata", holds: |address| within(address, "168.63.129.16", 32) },
    Difference {
        why: "anycast of PCP and TURN: nobody's pictures",
        holds: |address| within(address, "192.0.0.8", 30),
    },
    Difference { why: "AS112", holds: |address| within(address, "192.31.196.0", 24) },
    Difference { why: "AMT", holds: |address| within(address, "192.52.193.0", 24) },
    Difference { why: "6to4 relay", holds: |address| within(address, "192.88.99.0", 24) },
    Difference { why: "AS112", holds: |address| within(address, "192.175.48.0", 24) },
    Difference { why: "multicast", holds: |address| within(address, "224.0.0.0", 4) },
];

/// Blocks of others in and around which addresses are drawn, beside our own.
const BLOCKS_OF_OTHERS: [(&str, u32); 17] = [
    ("::", 128),
    ("::1", 128),
    ("::", 96),
    ("::ffff:0:0", 96),
    ("64:ff9b::", 96),
    ("64:ff9b:1::", 48),
    ("100::", 64),
    ("100:0:0:1::", 64),
    ("2000::", 3),
    ("5f00::", 16),
    ("fc00::", 7),
    ("fe80::", 10),
    ("fec0::", 10),
    ("ff00::", 8),
    ("ff0e::", 16),
    ("192.0.0.8", 29),
    ("255.255.255.255", 32),
];

fn is_outside(address: IpAddr) -> bool {
    address.is_ipv6() && !within(address, "2000::", 3)
}

fn is_isatap(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if isatap(address).is_some())
}

fn within(address: IpAddr, first: &str, prefix: u32) -> bool {
    match (address, first.parse().expect(first)) {
        (IpAddr::V4(address), IpAddr::V4(first)) => Block { first, prefix, what: "" }.holds(address),
        (IpAddr::V6(address), IpAddr::V6(first)) => Block { first, prefix, what: "" }.holds(address),
        _ => false,
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct Draw(u64);

impl Draw {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.bits() % count as u64).expect("less than a usize")
    }

    /// An address of the whole internet; of version 6 mostly one that may be public, or with an IPv4 address inside.
    fn anywhere(&mut self) -> IpAddr {
        match self.below(8) {
            0..4 => Ipv4Addr::from_bits(self.bits() as u32).into(),
            4 => Ipv6Addr::from_bits(self.wide()).into(),
            5..7 => Ipv6Addr::from_bits(1 << 125 | self.wide() >> 3).into(),
            _ => {
                let marker: u128 = if self.below(2) == 0 { 0x5efe } else { 0x0200_5efe };
                let prefix = 1 << 61 | self.bits() >> 3;
                let inside = self.bits() as u32;
                Ipv6Addr::from_bits(u128::from(prefix) << 64 | marker << 32 | u128::from(inside)).into()
            }
        }
    }

    /// An address in, at the edge of, or just outside one of the blocks.
    fn around(&mut self, blocks: &[(IpAddr, u32)]) -> IpAddr {
        let (first, prefix) = blocks[self.below(blocks.len())];
        let width = if first.is_ipv4() { 32 } else { 128 };
        let first = match first {
            IpAddr::V4(first) => u128::from(first.to_bits()),
            IpAddr::V6(first) => first.to_bits(),
        };
        let size = 1_u128.checked_shl(width - prefix).unwrap_or(0);
        let near = self.wide() % 4;
        let bits = match self.below(5) {
            0 => first.wrapping_add(near),
            1 => first.wrapping_sub(near),
            2 => first.wrapping_add(size).wrapping_sub(near),
            3 => first.wrapping_add(size).wrapping_add(near),
            _ => first.wrapping_add(self.wide() % size.max(1)),
        };
        if width == 32 { Ipv4Addr::from_bits(bits as u32).into() } else { Ipv6Addr::from_bits(bits).into() }
    }
}

/// Compares on a million addresses; what only we refuse must be in the table, and all of the table must be met.
fn compare(passes_there: impl Fn(IpAddr) -> bool, stricter: &[Difference]) {
    let ours_v4 = REFUSED_V4.iter().map(|block| (IpAddr::V4(block.first), block.prefix));
    let ours_v6 = REFUSED_V6.iter().map(|block| (IpAddr::V6(block.first), block.prefix));
    let others = BLOCKS_OF_OTHERS.iter().map(|&(first, prefix)| (first.parse().expect(first), prefix));
    let blocks: Vec<_> = ours_v4.chain(ours_v6).chain(others).collect();
    let mut draw = Draw(20_261_125);
    let mut met = vec![0_usize; stricter.len()];
    for turn in 0..ADDRESSES {
        let address = if turn % 2 == 0 { draw.anywhere() } else { draw.around(&blocks) };
        let (here, there) = (judge(address), passes_there(address));
        if here.is_ok() == there {
            continue;
        }
        assert!(there, "{address} passes here only");
        let row = stricter.iter().position(|difference| (difference.holds)(address));
        met[row.unwrap_or_else(|| panic!("{address} is refused here only: {here:?}"))] += 1;
    }
    for (difference, count) in stricter.iter().zip(met) {
        println!("{count:>7} {}", difference.why);
        assert!(count > 0, "no address differs for this reason: {}", difference.why);
    }
}

#[test]
fn every_difference_to_microsofts_antissrf_is_explained() {
    let policy = AntiSSRFPolicy::new(PolicyConfigOptions::ExternalOnlyLatest);
    compare(
        |address| !policy.denied_addresses().iter().any(|block| block.contains(address)),
        &STRICTER_THAN_ANTISSRF,
    );
}

#[test]
fn every_difference_to_ip_networks_is_global_is_explained() {
    compare(|address| ip_network::IpNetwork::from(address).is_global(), &STRICTER_THAN_IP_NETWORK);
}
