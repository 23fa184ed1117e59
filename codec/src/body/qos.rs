//! Attributes of a Quality-of-Service option: RFC 7222 §4.2. Bit rates are in bits per second.

use alloc::vec::Vec;

use crate::body::flow::SelectorFormat;
use crate::body::meanings;
use crate::wire::{flags, value_struct, wire_struct};

flags! {
    /// Flags of a bit rate of one mobility session.
    pub struct SessionFlags(u16) {
        S = 0x8000, "Service", "RFC 7222 §4.2.3";
        E = 0x4000, "Exclude", "RFC 7222 §4.2.3";
    }
}

/// Who gets and keeps resources that do not suffice for all (RFC 7222 §4.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Priority-Level, 1 the highest; four bits, of which the others are never sent.
    pub priority: u8,
    /// Preemption-Capability, 0 where others may lose their resources to it; two bits, of which the others are never
    /// sent.
    pub capability: u8,
    /// Preemption-Vulnerability, 0 where it may lose its resources to others; two bits, of which the others are never
    /// sent.
    pub vulnerability: u8,
}

wire_struct! {
    /// Allocation-Retention-Priority.
    pub struct RetentionBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        levels: u8 => Uint, "", "PL (4 bits), PC (2 bits), PV (2 bits)";
    }
}

value_struct! {
    /// How much traffic may flow.
    value BitRate in BitRateBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        rate: u32 => Uint, "", "Bit Rate";
    }

    /// How much traffic may flow in a mobility session, or in all with its service (RFC 7222 §4.2.3, §4.2.4).
    value SessionBitRate in SessionBitRateBody {
        flags: SessionFlags => Flags(SessionFlags::FLAGS), ".flags", "Flags";
        rate: u32 => Uint, "", "Bit Rate";
    }

    /// Which flows the other attributes are of (RFC 7222 §4.2.10). What the format lays out stays octets.
    value QosTrafficSelector in QosTrafficSelectorBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        format: SelectorFormat => Named(SelectorFormat::NAMES), ".format", "TS Format";
        selector: Vec<u8> => Octets, "", "Traffic Selector";
    }

    /// What a vendor says to its own (RFC 7222 §4.2.11).
    value VendorAttribute in VendorAttributeBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        vendor: u32 => Uint, ".vendor", "Vendor ID";
        subtype: u8 => Uint, ".subtype", "Sub-Type";
        data: Vec<u8> => Octets, "", "Data";
    }
}

meanings! {
    Retention, RetentionBody:
        |layout| Self {
            priority: layout.levels >> 4,
            capability: layout.levels >> 2 & 3,
            vulnerability: layout.levels & 3,
        },
        |value| RetentionBody {
            reserved: 0,
            levels: value.priority << 4 | (value.capability & 3) << 2 | value.vulnerability & 3,
        };
}
