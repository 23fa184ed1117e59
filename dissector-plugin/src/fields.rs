//! What is registered with the host, made from the codec's tables: the protocol, the D flags, the options and their
//! fields. A new row there is a new set of filters here.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use dmm_codec::wire::{FieldKind, FieldSpec, Name, Width};
use dmm_codec::{FieldView, MESSAGES, MessageSpec, OPTIONS, OptionSpec, Status};

use crate::abi::{FieldInfo, FieldRegistration, TrueFalse, ValueName, base, ft, int};
use crate::host::functions;
use crate::packet::Id;
use crate::{conversations, expert, preferences, stats, stock, tracked};

/// Everything that is registered.
pub(crate) struct Fields {
    /// The protocol `dmm`, for the user to switch us off and as the parent of the fields.
    pub(crate) protocol: Id,
    /// The stock protocol.
    pub(crate) mipv6: Id,
    /// A name without a layer of its own, under which the host calls us for Mobility Headers.
    pub(crate) message: Id,
    /// The D flag, by MH Type.
    flags: Vec<(u8, Id)>,
    /// Every option but padding; the stock dissector shows those that it knows.
    pub(crate) options: Vec<OptionFields>,
    /// The messages that the stock dissector does not know.
    pub(crate) messages: Vec<MessageFields>,
    /// An option of a type without a row.
    pub(crate) unknown: Id,
    /// The status by IANA's name.
    pub(crate) status: Id,
    pub(crate) kind: Id,
    pub(crate) length: Id,
    pub(crate) undecoded: Id,
    pub(crate) problem: Id,
    pub(crate) subtree: Id,
    /// What tracking finds.
    pub(crate) tracked: tracked::Ids,
    /// What a person should look at.
    pub(crate) expert: expert::Ids,
    /// The Q flag, by MH Type.
    pub(crate) query: Id,
    /// A name without a layer of its own, under which the host calls us for IPv6 in IPv6.
    pub(crate) tunnel: Option<Id>,
    /// The stock fields for Type and Length, if the host has them.
    pub(crate) stock_kind: Option<Id>,
    pub(crate) stock_length: Option<Id>,
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
    /// The D flag of messages of this type.
    pub(crate) fn flag(&self, mh_type: u8) -> Option<Id> {
        self.flags.iter().find(|flag| flag.0 == mh_type).map(|flag| flag.1)
    }
}

/// The type of PadN (RFC 6275 §6.2.3); that of Pad1 is 0.
const PADN: u8 = 1;

static FIELDS: OnceLock<Fields> = OnceLock::new();

/// What was registered; none before [`register`].
pub(crate) fn fields() -> Option<&'static Fields> {
    FIELDS.get()
}

/// Registers everything, or nothing if the host has no Mobile IPv6.
pub(crate) fn register() {
    // SAFETY: the host's registration functions are called from its registration callback.
    let mipv6 = unsafe { (functions().proto_get_id_by_filter_name)(c"mipv6".as_ptr()) };
    if mipv6 < 0 {
        eprintln!("dmm: this Wireshark has no protocol mipv6 to add to");
        return;
    }
    // The host ends itself over a protocol that is registered twice.
    // SAFETY: as above.
    if unsafe { (functions().proto_get_id_by_filter_name)(c"dmm".as_ptr()) } >= 0 {
        eprintln!("dmm: the plugin for RFC 8885 is there twice; this one is not used");
        return;
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
                fields: spec.fields.iter().map(|field| rows.field(spec, field)).collect(),
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
        kind: rows.add(
            "Mobility Option",
            "dmm.option.type",
            (ft::UINT8, base::DEC),
            option_names(),
            "RFC 6275 §6.2.1",
        ),
        length: rows.add(
            "Length",
            "dmm.option.length",
            (ft::UINT8, base::DEC),
            ptr::null(),
            "RFC 6275 §6.2.1",
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
        query: rows.add(
            "Query (Q) flag",
            "dmm.query",
            (ft::BOOLEAN, base::NONE),
            ptr::null(),
            "draft-jikim-dmm-pmip; read only if the preference says so",
        ),
        tunnel,
        stock_kind: stock_field("mip6.mobility_opt"),
        stock_length: stock_field("mip6.mobility_opt.len"),
    };
    preferences::register(protocol_id);
    stats::register();
    conversations::register(protocol_id);
    rows.register(protocol);
    let subtrees: &[*mut c_int] = Box::leak(Box::new([fields.subtree.as_ptr()]));
    // SAFETY: one place for one number, which lives on.
    unsafe { (functions().proto_register_subtree_array)(subtrees.as_ptr(), 1) };
    let _ = FIELDS.set(fields);
}

/// The D flag of every message that has one.
fn flags(rows: &mut Rows) -> Vec<(u8, Id)> {
    let mut ids = Vec::new();
    for message in MESSAGES {
        for field in message.fields {
            let (FieldKind::Flags(flags), Width::Fixed(octets)) = (field.kind, field.width) else { continue };
            for flag in flags.iter().filter(|flag| flag.is_dmm()) {
                let strings = TrueFalse {
                    when_true: text("Distributed Mobility Management"),
                    when_false: text("No Distributed Mobility Management"),
                };
                let id = rows.add_masked(
                    &format!("{} ({}) flag", flag.label, flag.letter),
                    &format!("dmm.{}", field.filter),
                    // The "display" of a flag is the number of bits that it is shown in.
                    (ft::BOOLEAN, int(8 * octets)),
                    leak(strings),
                    flag.source,
                    u64::from(flag.mask),
                );
                ids.push((message.mh_type, id));
            }
        }
    }
    ids
}

/// Names for the Type octet, from the codec's table.
fn option_names() -> *const c_void {
    value_names(OPTIONS.iter().map(|spec| (u32::from(spec.kind), spec.title)))
}

/// The names of a registry.
fn names(names: &[Name]) -> *const c_void {
    value_names(names.iter().map(|name| (name.value, name.label)))
}

fn value_names<'a>(names: impl Iterator<Item = (u32, &'a str)>) -> *const c_void {
    let end = ValueName { value: 0, name: ptr::null() };
    let names = names.map(|(value, name)| ValueName { value, name: text(name) });
    let names: &'static [ValueName] = Box::leak(names.chain([end]).collect());
    names.as_ptr().cast()
}

/// A protocol in name only.
fn name_only(name: &str, short: &str, filter: &str, parent: c_int, kind: c_int) -> Id {
    // SAFETY: the host keeps the names, which are never freed.
    Id::known(unsafe {
        (functions().proto_register_protocol_in_name_only)(
            text(name),
            text(short),
            text(filter),
            parent,
            kind,
        )
    })
}

/// A field of the stock dissector.
fn stock_field(filter: &str) -> Option<Id> {
    // SAFETY: the host gives null or a field that is never freed.
    let info = unsafe { (functions().proto_registrar_get_byname)(text(filter)).as_ref() };
    info.map(|info| Id::known(info.id))
}

/// Fields that are to be registered together.
#[derive(Default)]
pub(crate) struct Rows(Vec<FieldRegistration>);

impl Rows {
    fn field(&mut self, option: &OptionSpec, field: &FieldSpec) -> Id {
        // An option's main value is called like the option: `Address` says too little in a column or a filter list.
        let name = if field.filter.is_empty() { option.title } else { field.label };
        let filter = format!("dmm.{}{}", option.filter, field.filter);
        self.add(name, &filter, shown_as(field), strings(field), option.source)
    }

    fn message_field(&mut self, message: &MessageSpec, field: &FieldSpec) -> Id {
        let filter = format!("dmm.{}.{}", message.name, field.filter.trim_start_matches('.'));
        self.add(field.label, &filter, shown_as(field), strings(field), message.source)
    }

    pub(crate) fn add(
        &mut self,
        name: &str,
        filter: &str,
        shown: (c_int, c_int),
        strings: *const c_void,
        blurb: &str,
    ) -> Id {
        self.add_masked(name, filter, shown, strings, blurb, 0)
    }

    fn add_masked(
        &mut self,
        name: &str,
        filter: &str,
        (kind, display): (c_int, c_int),
        strings: *const c_void,
        blurb: &str,
        bitmask: u64,
    ) -> Id {
        let id = Id::leak();
        let info = FieldInfo {
            name: text(name),
            filter: text(filter),
            kind,
            display,
            strings,
            bitmask,
            blurb: text(blurb),
            id: -1,
            parent: 0,
            referenced: 0,
            same_name_previous: -1,
            same_name_next: ptr::null_mut(),
        };
        self.0.push(FieldRegistration { id: id.as_ptr(), info });
        id
    }

    fn register(self, protocol: c_int) {
        let rows: &'static mut [FieldRegistration] = Box::leak(self.0.into());
        // SAFETY: the rows live on; the host writes the numbers to the places in them.
        unsafe {
            (functions().proto_register_field_array)(protocol, rows.as_mut_ptr(), int(rows.len()));
        };
    }
}

/// The names of its values, if it has some.
fn strings(field: &FieldSpec) -> *const c_void {
    match (field.kind, field.width) {
        (FieldKind::Named(registry), Width::Fixed(1 | 2 | 4)) => names(registry),
        _ => ptr::null(),
    }
}

/// The host's type and display for a field.
fn shown_as(field: &FieldSpec) -> (c_int, c_int) {
    let number = match field.width {
        Width::Fixed(1) => ft::UINT8,
        Width::Fixed(2) => ft::UINT16,
        Width::Fixed(4) => ft::UINT32,
        Width::Fixed(8) => ft::UINT64,
        Width::Fixed(_) | Width::Rest => return other(field.kind),
    };
    match field.kind {
        FieldKind::Reserved | FieldKind::Flags(_) => (number, base::HEX),
        _ => (number, base::DEC),
    }
}

/// As [`shown_as`], for what is not a number.
fn other(kind: FieldKind) -> (c_int, c_int) {
    match kind {
        FieldKind::Prefix | FieldKind::Ipv6 => (ft::IPV6, base::NONE),
        FieldKind::Ipv4 => (ft::IPV4, base::NONE),
        FieldKind::LinkLayer => (ft::BYTES, base::COLONS),
        FieldKind::Identifier => (ft::STRING, base::NONE),
        _ => (ft::BYTES, base::NONE),
    }
}

/// A C string that is never freed.
fn text(text: &str) -> *const c_char {
    CString::new(text).expect("names in the tables have no NUL").into_raw()
}

fn leak<T>(value: T) -> *const c_void {
    ptr::from_ref(Box::leak(Box::new(value))).cast()
}
