//! What tracking needs to know of one message: whose it is, what it asks or answers, and whether it says the same as
//! another one.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::net::Ipv6Addr;

use dmm_codec::header::{PBA, PBU};
use dmm_codec::{Drafts, FieldView, MessageView, MobilityOption, PreviousMaar, Status};
use foldhash::quality::FixedState;
use ipnet::Ipv6Net;

/// Types of the options that tell messages apart; their layouts are the codec's.
mod option {
    pub(super) use dmm_codec::option::MN_IDENTIFIER;

    pub(super) const HOME_NETWORK_PREFIX: u8 = 22;
    pub(super) const TIMESTAMP: u8 = 27;
    pub(super) const ANCHORED_PREFIX: u8 = 65;
    pub(super) const PREVIOUS_MAAR: u8 = 67;
    pub(super) const SERVING_MAAR: u8 = 68;
}

/// A proxy registration (RFC 5213, RFC 8885) or its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal<'a> {
    view: MessageView<'a>,
    pub(crate) is_request: bool,
    /// The D flag.
    pub(crate) dmm: bool,
    /// The A flag of a PBU: whether an answer is asked for.
    pub(crate) wants_answer: bool,
    pub(crate) seq: u16,
    pub(crate) lifetime: u16,
    pub(crate) flags: u16,
    pub(crate) status: Status,
    /// The MN Identifier option behind its Length: subtype and identifier.
    pub(crate) mn: Option<&'a [u8]>,
    /// The Serving MAAR option: in a PBU, the mark of one that the CMD passes on (RFC 8885 §3.2).
    pub(crate) serving: Option<Ipv6Addr>,
}

impl<'a> Signal<'a> {
    /// Nothing for other messages, and for Binding Updates of mobile nodes that speak for themselves (RFC 6275).
    pub(crate) fn read(octets: &'a [u8]) -> Option<Self> {
        let view = MessageView::new(octets).ok()?;
        let is_request = match view.mh_type() {
            PBU => true,
            PBA => false,
            _ => return None,
        };
        let mut signal = Self {
            view,
            is_request,
            dmm: false,
            wants_answer: false,
            seq: 0,
            lifetime: 0,
            flags: 0,
            status: Status::ACCEPTED,
            mn: None,
            serving: None,
        };
        let (mut is_proxy, mut read) = (false, 0);
        for field in view.fields() {
            let number = field.uint();
            match field.spec.name {
                "seq" => signal.seq = number as u16,
                "lifetime" => signal.lifetime = number as u16,
                "status" => signal.status = Status(number as u8),
                "flags" => {
                    signal.flags = number as u16;
                    for flag in field.flags(Drafts::default()) {
                        match flag.letter {
                            "P" => is_proxy = true,
                            "A" => signal.wants_answer = true,
                            _ => signal.dmm |= flag.is_dmm(),
                        }
                    }
                }
                _ => {}
            }
            read += 1;
        }
        // What was not captured is not there.
        if !(signal.dmm || is_proxy) || read < view.spec()?.fields.len() {
            return None;
        }
        for option in view.options().map_while(Result::ok) {
            match option.kind {
                option::MN_IDENTIFIER => signal.mn = signal.mn.or(Some(option.body)),
                option::SERVING_MAAR => {
                    if let Ok(MobilityOption::ServingMaar(address)) =
                        MobilityOption::read(option.kind, option.body)
                    {
                        signal.serving = Some(address);
                    }
                }
                _ => {}
            }
        }
        Some(signal)
    }

    /// Whether it asks where a mobile node is, or answers that (draft-jikim-dmm-pmip).
    pub(crate) fn is_query(&self, drafts: Drafts) -> bool {
        let has = |flags: FieldView<'_>| flags.flags(drafts).any(|flag| flag.letter == "Q");
        drafts.query && self.view.field("flags").is_some_and(has)
    }

    /// The prefixes that it binds to its mobile node: those of Home Network Prefix and Anchored Prefix options
    /// (stance A4). `::/0` asks for one and is none.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = Ipv6Net> + use<'a> {
        let options = self.view.options().map_while(Result::ok);
        options
            .filter(|it| matches!(it.kind, option::HOME_NETWORK_PREFIX | option::ANCHORED_PREFIX))
            .filter_map(|it| match MobilityOption::read(it.kind, it.body) {
                Ok(MobilityOption::HomeNetworkPrefix(net) | MobilityOption::AnchoredPrefix(net)) => Some(net),
                _ => None,
            })
            .filter(|prefix| prefix.prefix_len() > 0)
    }

    /// The P-MAARs that it names, each with a prefix that it anchors.
    pub(crate) fn previous_maars(&self) -> impl Iterator<Item = (Ipv6Addr, Ipv6Net)> + use<'a> {
        let options = self.view.options().map_while(Result::ok);
        options.filter(|it| it.kind == option::PREVIOUS_MAAR).filter_map(|it| {
            match MobilityOption::read(it.kind, it.body) {
                Ok(MobilityOption::PreviousMaar(PreviousMaar { address, prefix })) => Some((address, prefix)),
                _ => None,
            }
        })
    }

    /// All octets in one number: the same packet, captured twice, has the same. The checksum is over all of them.
    pub(crate) fn octets(&self) -> u32 {
        u32::from(self.view.checksum()) << 16 | self.view.octets().len() as u32
    }

    /// What it says in one number, without what is fresh in each sending: sequence number, Timestamp, checksum
    /// (RFC 5213 §6.9.4) and how much of the lifetime is left.
    pub(crate) fn content(&self) -> u32 {
        let mut hasher = FixedState::default().build_hasher();
        (self.flags, self.lifetime == 0).hash(&mut hasher);
        // Padding moves with what it pads.
        let options = self.view.options().map_while(Result::ok);
        for option in options.filter(|option| !option.is_padding() && option.kind != option::TIMESTAMP) {
            (option.kind, option.body).hash(&mut hasher);
        }
        hasher.finish() as u32
    }
}
