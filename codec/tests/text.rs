//! What is written without the formatting machinery reads as what is written with it.

use std::net::Ipv6Addr;

use dmm_codec::text::AddressText;
use proptest::prelude::*;

proptest! {
    #[test]
    fn addresses_read_as_the_standard_library_has_them(
        segments in proptest::array::uniform8(prop_oneof![Just(0_u16), Just(0), any::<u16>(), 0..16_u16, Just(0xffff)])
    ) {
        let address = Ipv6Addr::from(segments);
        prop_assert_eq!(AddressText::new(address).to_string(), address.to_string());
    }

    #[test]
    fn so_do_those_with_an_ipv4_address_in_them(v4 in any::<[u8; 4]>()) {
        let address = std::net::Ipv4Addr::from(v4).to_ipv6_mapped();
        prop_assert_eq!(AddressText::new(address).to_string(), address.to_string());
    }
}
