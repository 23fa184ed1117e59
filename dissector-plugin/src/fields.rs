//! What is registered with the host, made from the codec's tables: the protocol, the flags that the stock dissector
//! lacks, the options and their fields. A new row there is a new set of filters here.

use std::ffi::c_int;
use std::ptr;
use std::sync::OnceLock;

use dmm_codec::wire::{FieldKind, FieldSpec, FlagSpec};
use dmm_codec::{FieldView, MESSAGES, MessageSpec, OPTIONS, OptionSpec, Status};

use crate::abi::{base, ft};
use crate::host::functions;
use crate::packet::{Id, Registered};
use crate::rows::{Rows, name_only, names};
use crate::{expert, stock, tracked};

/// Everything that is registered.
pub(crate) struct Fields {
    /// The protocol `dmm`, for the user to switch us off and as the parent of the fields.
    pub(crate) protocol: Id,
    /// The stock protocol.
    pub(crate) mipv6: Id,
    /// It as the nodes of its layer point to it.
    pub(crate) stock: Option<Registered>,
    /// A name without a layer of its own, under which the host calls us for Mobility Headers.
    pub(crate) message: Id,
    /// The D flag, and others that the stock dissector does not know.
    flags: Vec<MessageFlags>,
    /// Every option but padding; the stock dissector shows those that it knows.
    pub(crate) options: Vec<OptionFields>,
    /// The messages that the stock dissector does not know.
    pub(crate) messages: Vec<MessageFields>,
    /// An option of a type without a row.
    pub(crate) unknown: Id,
    /// The status by IANA's name.
    pub(crate) status: Id,
    pub(crate) undecoded: Id,
    pub(crate) problem: Id,
    pub(crate) subtree: Id,
    /// What tracking finds.
    pub(crate) tracked: tracked::Ids,
    /// What a person should look at.
    pub(crate) expert: expert::Ids,
    /// A name without a layer of its own, under which the host calls us for IPv6 in IPv6.
    pub(crate) tunnel: Option<Id>,
    /// The protocols whose errors quote messages.
    pub(crate) icmp: [Id; 2],
    /// The stock fields for Type and Length, if the host has them.
    pub(crate) stock_kind: Option<Id>,
    pub(crate) stock_length: Option<Id>,
    /// The stock field for the status.
    pub(crate) stock_status: Option<Registered>,
    /// A line of the host's without a field, such as its complaint about an option that runs past the end.
    pub(crate) stock_complaint: Option<Registered>,
}

/// One option.
pub(crate) struct OptionFields {
    pub(crate) spec: &'static OptionSpec,
    /// The option itself: a name without a layer, as the host has one for each option it knows.
    pub(crate) item: Id,
    /// Its fields, in the order of `spec.fields`.
    pub(crate) fields: Vec<Id>,
}

/// One message.
pub(crate) struct MessageFields {
    pub(crate) spec: &'static MessageSpec,
    pub(crate) item: Id,
    /// In the order of `spec.fields`.
    pub(crate) fields: Vec<Id>,
}

/// The flags of one message that the stock dissector does not know, in the order of their bits.
pub(crate) struct MessageFlags {
    mh_type: u8,
    pub(crate) flags: Vec<(&'static FlagSpec, Id)>,
    /// The stock field that they go behind, and what the codec calls it.
    pub(crate) behind: Option<(Registered, &'static str)>,
}

/// The fields of a layout that have octets here, each with its identity: `ids` are in the order of `specs`.
pub(crate) fn present<'a>(
    specs: &'static [FieldSpec],
    ids: &[Id],
    octets: &'a [u8],
    base: usize,
) -> impl Iterator<Item = (Id, FieldView<'a>)> {
    let rows = specs.iter().zip(ids);
    rows.filter_map(move |(spec, id)| Some((*id, FieldView::one(spec, octets, base)?)))
        .filter(|(_, field)| !field.octets.is_empty())
}

impl Fields {
    /// The flags of messages of this type that the stock dissector does not know.
    pub(crate) fn flags(&self, mh_type: u8) -> Option<&MessageFlags> {
        self.flags.iter().find(|flags| flags.mh_type == mh_type)
    }
}

/// The type of PadN (RFC 6275 §6.2.3); that of Pad1 is 0.
const PADN: u8 = 1;

static FIELDS: OnceLock<Fields> = OnceLock::new();

/// What was registered; none before [`register`].
pub(crate) fn fields() -> Option<&'static Fields> {
    FIELDS.get()
}

/// Registers all of them, or nothing if the host has no Mobile IPv6; tells the protocol.
pub(crate) fn register() -> Option<Id> {
    // SAFETY: the host's registration functions are called from its registration callback.
    let mipv6 = unsafe { (functions().proto_get_id_by_filter_name)(c"mipv6".as_ptr()) };
    if mipv6 < 0 {
        eprintln!("dmm: this Wireshark has no protocol mipv6 to add to");
        return None;
    }
    // The host ends itself over a protocol that is registered twice.
    // SAFETY: as above.
    if unsafe { (functions().proto_get_id_by_filter_name)(c"dmm".as_ptr()) } >= 0 {
        eprintln!("dmm: the plugin for RFC 8885 is there twice; this one is not used");
        return None;
    }
    // SAFETY: as above; the host keeps the names, which are static.
    let protocol = unsafe {
        (functions().proto_register_protocol)(
            c"Distributed Mobility Management (RFC 8885)".as_ptr(),
            c"DMM".as_ptr(),
            c"dmm".as_ptr(),
        )
    };
    // A child of `mipv6`: the host then adds no layer, and switching us off does not switch Mobile IPv6 off.
    let message = name_only("Mobility Header with DMM flag", "MIPv6 DMM", "dmm.message", mipv6, ft::PROTOCOL);

    // SAFETY: the name is a C string.
    let ipv6 = unsafe { (functions().proto_get_id_by_filter_name)(c"ipv6".as_ptr()) };
    let tunnel =
        (ipv6 >= 0).then(|| name_only("IPv6 in a DMM tunnel", "DMM tunnel", "dmm.ipv6", ipv6, ft::PROTOCOL));

    let mut rows = Rows::default();
    let requirement = rows.add(
        "Requirement",
        "dmm.requirement",
        (ft::STRING, base::NONE),
        ptr::null(),
        "The requirement that a finding is about, by its id in the catalogue",
    );
    let protocol_id = Id::known(protocol);
    let fields = Fields {
        protocol: protocol_id,
        mipv6: Id::known(mipv6),
        stock: Registered::find(c"mipv6"),
        message,
        flags: flags(&mut rows),
        options: OPTIONS
            .iter()
            .filter(|spec| spec.kind > PADN)
            .map(|spec| OptionFields {
                spec,
                item: name_only(
                    &format!("MIPv6 Option - {}", spec.title),
                    spec.title,
                    &format!("dmm.option.{}", spec.filter),
                    mipv6,
                    ft::BYTES,
                ),
                fields: spec.fields.iter().map(|field| rows.option_field(spec, field)).collect(),
            })
            .collect(),
        messages: MESSAGES
            .iter()
            .filter(|spec| stock::leaves_message(spec.mh_type))
            .map(|spec| MessageFields {
                spec,
                item: name_only(
                    &format!("Mobility Header - {}", spec.title),
                    spec.title,
                    &format!("dmm.{}", spec.name),
                    mipv6,
                    ft::BYTES,
                ),
                fields: spec.fields.iter().map(|field| rows.message_field(spec, field)).collect(),
            })
            .collect(),
        unknown: name_only(
            "MIPv6 Option - Unknown",
            "Unknown Mobility Option",
            "dmm.option.unknown",
            mipv6,
            ft::BYTES,
        ),
        status: rows.add(
            "Status by IANA",
            "dmm.status",
            (ft::UINT8, base::DEC),
            names(Status::NAMES),
            "The status of a Binding Acknowledgement by its name in IANA's registry",
        ),
        undecoded: rows.add(
            "Undecoded octets",
            "dmm.option.undecoded",
            (ft::BYTES, base::NONE),
            ptr::null(),
            "Octets of the option that belong to no whole field",
        ),
        problem: rows.add(
            "Problem",
            "dmm.option.problem",
            (ft::STRING, base::NONE),
            ptr::null(),
            "Why a receiver skips the option",
        ),
        subtree: Id::leak(),
        tracked: tracked::Ids::new(&mut rows),
        expert: expert::register(protocol_id, requirement),
        tunnel,
        icmp: [c"icmp", c"icmpv6"].map(|name| {
            // SAFETY: the name is a C string; a protocol that the host lacks has a number that no layer has.
            Id::known(unsafe { (functions().proto_get_id_by_filter_name)(name.as_ptr()) })
        }),
        stock_kind: Registered::find(c"mip6.mobility_opt").map(Registered::id),
        stock_length: Registered::find(c"mip6.mobility_opt.len").map(Registered::id),
        stock_status: Registered::find(c"mip6.ba.status"),
        stock_complaint: Registered::find(c"text"),
    };
    rows.register(protocol);
    let subtrees: &[*mut c_int] = Box::leak(Box::new([fields.subtree.as_ptr()]));
    // SAFETY: one place for one number, which lives on.
    unsafe { (functions().proto_register_subtree_array)(subtrees.as_ptr(), 1) };
    let _ = FIELDS.set(fields);
    Some(protocol_id)
}

/// The flags of every message that are left to us.
fn flags(rows: &mut Rows) -> Vec<MessageFlags> {
    let mut found = Vec::new();
    for message in MESSAGES {
        for field in message.fields {
            let FieldKind::Flags(flags) = field.kind else { continue };
            let left = flags.iter().filter(|flag| stock::leaves_flag(message.mh_type, flag.letter));
            let flags: Vec<_> = left.map(|flag| (flag, rows.flag(message, field, flag))).collect();
            if !flags.is_empty() {
                let behind = stock::before_flags(message.mh_type);
                let behind = behind.and_then(|(filter, field)| Some((Registered::find(filter)?, field)));
                found.push(MessageFlags { mh_type: message.mh_type, flags, behind });
            }
        }
    }
    found
}
