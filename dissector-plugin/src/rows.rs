//! How something is registered with the host: fields with their types and names of values, and protocols in name only.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

use dmm_codec::wire::{FieldKind, FieldSpec, FlagSpec, Name, Width};
use dmm_codec::{MessageSpec, OptionSpec};

use crate::abi::{FieldInfo, FieldRegistration, TrueFalse, ValueName, base, ft, int};
use crate::host::functions;
use crate::packet::Id;

/// Fields that are to be registered together.
#[derive(Default)]
pub(crate) struct Rows(Vec<FieldRegistration>);

impl Rows {
    pub(crate) fn option_field(&mut self, option: &OptionSpec, field: &FieldSpec) -> Id {
        // An option's main value is called like the option: `Address` says too little in a column or a filter list.
        let name = if field.filter.is_empty() { option.title } else { field.label };
        let filter = format!("dmm.{}{}", option.filter, field.filter);
        self.add(name, &filter, shown_as(field), strings(field), option.source)
    }

    pub(crate) fn message_field(&mut self, message: &MessageSpec, field: &FieldSpec) -> Id {
        let filter = format!("dmm.{}.{}", message.name, field.filter.trim_start_matches('.'));
        self.add(field.label, &filter, shown_as(field), strings(field), message.source)
    }

    /// A flag: `dmm.flag` is the one of RFC 8885, that of a draft goes by its label, any other by its message and letter.
    pub(crate) fn flag(&mut self, message: &MessageSpec, field: &FieldSpec, flag: &FlagSpec) -> Id {
        let filter = match flag {
            flag if flag.is_dmm() => format!("dmm.{}", field.filter),
            flag if flag.is_of_draft() => format!("dmm.{}", flag.label),
            flag => format!("dmm.{}.{}.{}", message.name, field.filter.trim_start_matches('.'), flag.letter),
        };
        let meaning = if flag.is_dmm() { "Distributed Mobility Management" } else { flag.label };
        let strings = TrueFalse { when_true: text(meaning), when_false: text(&format!("No {meaning}")) };
        let bits = match field.width {
            Width::Fixed(octets) => 8 * octets,
            Width::Rest => 0,
        };
        self.add_masked(
            &format!("{} ({}) flag", flag.label, flag.letter),
            &filter.to_lowercase(),
            // The "display" of a flag is the number of bits that it is shown in.
            (ft::BOOLEAN, int(bits)),
            leak(strings),
            flag.source,
            u64::from(flag.mask),
        )
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

    pub(crate) fn register(self, protocol: c_int) {
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

/// The names of a registry, as the host takes them.
pub(crate) fn names(names: &[Name]) -> *const c_void {
    let end = ValueName { value: 0, name: ptr::null() };
    let names = names.iter().map(|name| ValueName { value: name.value, name: text(name.label) });
    let names: &'static [ValueName] = Box::leak(names.chain([end]).collect());
    names.as_ptr().cast()
}

/// A protocol in name only.
pub(crate) fn name_only(name: &str, short: &str, filter: &str, parent: c_int, kind: c_int) -> Id {
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
