//! What the wire showed, for people.

use std::net::Ipv6Addr;

use dmm_codec::Message;
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_sim::Domain;

/// Who sent what to whom on the core, in order: the ladder of the RFC's figures.
pub(crate) fn ladder(domain: &Domain) -> String {
    let names = domain.names();
    let name = |address: Ipv6Addr| {
        names
            .iter()
            .find(|(known, _)| *known == address)
            .map_or(address.to_string(), |(_, name)| name.clone())
    };
    let mut lines = String::new();
    for packet in signals(domain) {
        let (src, dst) = (packet.src, packet.dst);
        let message =
            Message::decode(packet.payload(), src, dst).expect("nodes send well-formed messages").message;
        let what = match &message {
            Message::Pbu(pbu) => format!("PBU [{}] seq {} lifetime {}", pbu.flags, pbu.seq, pbu.lifetime),
            Message::Pba(pba) => format!("PBA [{}] seq {} status {}", pba.flags, pba.seq, pba.status.0),
            other => format!("{other:?}"),
        };
        let options: Vec<String> = message.options().iter().map(|option| option.kind().to_string()).collect();
        lines += &format!("{} -> {}: {what}, options {}\n", name(src), name(dst), options.join(" "));
    }
    lines
}

/// Every message that was sent, in order.
fn signals(domain: &Domain) -> impl Iterator<Item = Ipv6<'_>> {
    let packets = domain.frames().iter().filter_map(|t| Ipv6::parse(Ethernet::parse(&t.frame)?.payload));
    packets.filter(|packet| packet.next_header == MOBILITY_HEADER)
}
