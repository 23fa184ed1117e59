//! Messages made from the codec's tables, the same from the same seed: every message, every option in a message that may
//! carry it, every sub-option, every flag alone, every value of every registry, and several of each at random. What other decoders are
//! compared over.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_captures::{CaptureWriter, Section};
use dmm_codec::header::{Header, NO_NEXT_HEADER};
use dmm_codec::lint::{Scope, scope};
use dmm_codec::message::{Extent, repair_checksum};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER};
use dmm_codec::wire::{FieldKind, FieldSpec, Width, Wire as _};
use dmm_codec::{
    Instant, MESSAGES, Message, MessageSpec, MobilityOption, OPTIONS, OptionSpec, PbaFlags, PbuFlags,
    SubOptionSpec, SubOptionTable,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::Failure;

/// Who sends the generated messages.
pub const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);
/// Who receives them.
pub const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 2);

/// The seed of what is compared.
pub const SEED: u64 = 8885;

/// How many random instances there are of each row.
const INSTANCES: usize = 6;
/// How often octets are thrown for something that means nothing with most of them.
const TRIES: usize = 500;
/// Random options for a message of several.
const OPTIONS_AT_ONCE: usize = 5;

/// What one field of a row is to say; the others are random.
#[derive(Clone)]
struct Wanted {
    field: &'static str,
    what: What,
}

#[derive(Clone)]
enum What {
    Number(u64),
    /// No octets, of a field that takes as many as there are.
    Nothing,
    /// One sub-option, whose fields are to say this.
    SubOption(&'static SubOptionSpec, Vec<Wanted>),
}

impl Wanted {
    fn number(field: &'static str, number: impl Into<u64>) -> Self {
        Self { field, what: What::Number(number.into()) }
    }
}

/// Every message, encoded.
pub fn messages(seed: u64) -> Vec<Vec<u8>> {
    // Each from a seed of its own, so that a new row or value changes no message of the others.
    let random = |row: u8, is_option: bool, instance: usize| {
        let which = u64::from(row) << 32 | u64::from(is_option) << 40 | instance as u64;
        Random(ChaCha8Rng::seed_from_u64(seed << 41 ^ which))
    };
    let mut all = Vec::new();
    for spec in MESSAGES {
        let wishes = wishes(spec.fields);
        for (i, wanted) in wishes.iter().enumerate() {
            all.push(random(spec.mh_type, false, i).message(spec, wanted));
        }
        if options().any(|option| carries(spec, option)) {
            for i in wishes.len()..wishes.len() + INSTANCES {
                all.push(random(spec.mh_type, false, i).message_with_options(spec));
            }
        }
    }
    for option in options() {
        let carriers: Vec<_> = MESSAGES.iter().filter(|spec| carries(spec, option)).collect();
        for (i, wanted) in wishes(option.fields).into_iter().enumerate() {
            // A flag or a value where it is at home; the others wherever the option may stand.
            let carrier = if wanted.is_empty() { carriers[i % carriers.len()] } else { carriers[0] };
            let mut random = random(option.kind, true, i);
            let mut message = random.message(carrier, &[]);
            if random.add(&mut message, option, &wanted) {
                all.push(message);
            }
        }
    }
    all.iter().map(|message| message.encode(SRC, DST).expect("a few short options fit a message")).collect()
}

/// Every option but padding, which the encoder puts in.
fn options() -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS.iter().filter(|option| option.kind > 1)
}

/// Whether a message may carry an option. One of RFC 8885 needs a D flag beside it; of an experiment nobody else knows
/// whether its octets are options.
fn carries(spec: &MessageSpec, option: &OptionSpec) -> bool {
    let has_place =
        if option.needs_dmm { option.messages.contains(&spec.mh_type) } else { spec.may_carry(option) };
    has_place && spec.extent != Extent::Rest
}

/// What the instances of a layout are to say: each flag alone and none, each value of each registry, each sub-option with
/// all of that, the last field empty, and nothing in particular. Flags of drafts are reserved bits.
fn wishes(fields: &'static [FieldSpec]) -> Vec<Vec<Wanted>> {
    let mut all = vec![Vec::new(); INSTANCES];
    for FieldSpec { name: field, kind, width, .. } in fields {
        if *width == Width::Rest {
            all.push(vec![Wanted { field, what: What::Nothing }]);
        }
        match kind {
            FieldKind::Flags(flags) => {
                let known = flags.iter().filter(|flag| !flag.is_of_draft());
                let values = known.map(|flag| flag.mask).chain([0]);
                all.extend(values.map(|value| vec![Wanted::number(field, value)]));
            }
            FieldKind::Named(names) => {
                all.extend(names.iter().map(|name| vec![Wanted::number(field, name.value)]));
            }
            FieldKind::NamedBy { selector, registries } => {
                for (chosen, names) in *registries {
                    let by = Wanted::number(selector, *chosen);
                    let both = |value| vec![by.clone(), Wanted::number(field, value)];
                    all.extend(names.iter().map(|name| both(name.value)));
                }
            }
            FieldKind::SubOptions(table) => {
                for spec in table.rows {
                    let inner = wishes(spec.fields).into_iter();
                    let one = |inner| vec![Wanted { field, what: What::SubOption(spec, inner) }];
                    all.extend(inner.map(one));
                }
            }
            _ => {}
        }
    }
    all
}

struct Random(ChaCha8Rng);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0.next_u32() as usize % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn message(&mut self, spec: &MessageSpec, wanted: &[Wanted]) -> Message {
        let header = Header {
            payload_proto: NO_NEXT_HEADER,
            header_len: 0,
            mh_type: spec.mh_type,
            reserved: 0,
            checksum: 0,
        };
        let mut octets = Vec::new();
        header.write(&mut octets);
        let start = octets.len();
        octets.extend(self.layout(spec.fields, wanted));
        if let Extent::Counted(size) = spec.extent {
            let count = self.below(4);
            octets.truncate(start + spec.len);
            octets[start] = count as u8;
            octets.extend((0..count * size).map(|_| self.0.next_u32() as u8));
        }
        // Behind the fields nothing but Pad1.
        octets.resize(octets.len().next_multiple_of(8), 0);
        octets[1] = (octets.len() / 8 - 1) as u8;
        repair_checksum(&mut octets, SRC, DST);
        Message::decode(&octets, SRC, DST).expect("a message is made as its row says").message
    }

    /// A message with several options.
    fn message_with_options(&mut self, spec: &MessageSpec) -> Message {
        let mut message = self.message(spec, &[]);
        for _ in 0..OPTIONS_AT_ONCE {
            let is_there = |option: &OptionSpec| message.options().iter().any(|it| it.kind() == option.kind);
            let fitting = options().filter(|option| carries(spec, option));
            let fitting: Vec<_> = fitting.filter(|option| option.repeats || !is_there(option)).collect();
            let option = fitting[self.below(fitting.len())];
            self.add(&mut message, option, &[]);
        }
        message
    }

    /// Adds an option, and the D flag if the option needs it; says whether there is such an option.
    fn add(&mut self, message: &mut Message, spec: &OptionSpec, wanted: &[Wanted]) -> bool {
        let Some(option) = self.option(spec, wanted) else { return false };
        if spec.needs_dmm {
            match message {
                Message::Pbu(pbu) => pbu.flags = pbu.flags | PbuFlags::D,
                Message::Pba(pba) => pba.flags = pba.flags | PbaFlags::D,
                _ => {}
            }
        }
        message.options_mut().push(option);
        true
    }

    /// An option that means something: octets are thrown until the codec can read them. None where what is wanted
    /// means nothing, as a Redirect option without either of its flags.
    fn option(&mut self, spec: &OptionSpec, wanted: &[Wanted]) -> Option<MobilityOption> {
        (0..TRIES).find_map(|_| {
            let mut octets = self.layout(spec.fields, wanted);
            let first = scope(spec.kind).map(|scope| match scope {
                Scope::LinkLocal => [0xfe, 0x80],
                Scope::Global => [0x20, 0x01],
            });
            let addresses = spec.fields.iter().filter(|field| matches!(field.kind, FieldKind::Ipv6));
            for (field, first) in addresses.zip(first) {
                octets[field.offset..field.offset + 2].copy_from_slice(&first);
            }
            MobilityOption::read(spec.kind, &octets).ok()
        })
    }

    fn layout(&mut self, fields: &[FieldSpec], wanted: &[Wanted]) -> Vec<u8> {
        let mut octets = Vec::new();
        for field in fields {
            let wanted = wanted.iter().find(|wanted| wanted.field == field.name).map(|wanted| &wanted.what);
            self.field(field, wanted, &mut octets);
        }
        octets
    }

    fn field(&mut self, field: &FieldSpec, wanted: Option<&What>, out: &mut Vec<u8>) {
        let number = match (field.kind, wanted) {
            (_, Some(What::Number(wanted))) => Some(*wanted),
            (FieldKind::Reserved, _) => Some(0),
            (FieldKind::Flags(flags), _) => {
                let known = flags.iter().filter(|flag| !flag.is_of_draft());
                Some(known.map(|flag| u64::from(flag.mask) & self.0.next_u64()).sum())
            }
            (FieldKind::Named(names), _) => Some(names[self.below(names.len())].value.into()),
            (FieldKind::PrefixLength, _) => Some(self.below(129) as u64),
            // A time that every decoder can show.
            (FieldKind::Timestamp, _) => {
                let at = Instant::from_secs(1_700_000_000) + Duration::from_millis(self.0.next_u32().into());
                Some(at.timestamp().0)
            }
            // Some numbers have to be one of few: the length of an address.
            (FieldKind::Uint, _) if self.below(4) == 0 => Some(self.one_of(&[0, 1, 32, 64, 128])),
            (FieldKind::Uint, _) => Some(self.0.next_u64()),
            _ => None,
        };
        let width = match field.width {
            Width::Fixed(width) => width,
            Width::Rest if matches!(wanted, Some(What::Nothing)) => 0,
            Width::Rest => self.rest(field.kind),
        };
        match (number, field.kind) {
            (None, FieldKind::SubOptions(table)) => self.sub_options(table, wanted, out),
            (Some(number), _) => out.extend(&number.to_be_bytes()[8 - width..]),
            (None, FieldKind::Identifier) => out.extend((0..width).map(|_| b'a' + self.below(26) as u8)),
            // Small ones may be lengths of what follows.
            (None, FieldKind::Octets) if self.below(2) == 0 => {
                out.extend((0..width).map(|_| self.below(16) as u8));
            }
            (None, _) => out.extend((0..width).map(|_| self.0.next_u32() as u8)),
        }
    }

    /// Type, Length and data of each: the one that is wanted, or some of the table and of types that nobody has assigned.
    fn sub_options(&mut self, table: &SubOptionTable, wanted: Option<&What>, out: &mut Vec<u8>) {
        match wanted {
            Some(What::SubOption(spec, wanted)) => self.sub_option(table, spec, wanted, out),
            Some(_) => {}
            None => {
                let mut rows: Vec<_> = table.rows.iter().collect();
                for _ in 0..self.below(4) {
                    if rows.is_empty() || self.below(3) == 0 {
                        let len = self.below(12);
                        out.extend([200 + self.below(50) as u8, len as u8]);
                        out.extend((0..len).map(|_| self.0.next_u32() as u8));
                    } else {
                        let spec = rows.swap_remove(self.below(rows.len()));
                        self.sub_option(table, spec, &[], out);
                    }
                }
            }
        }
    }

    fn sub_option(
        &mut self,
        table: &SubOptionTable,
        spec: &SubOptionSpec,
        wanted: &[Wanted],
        out: &mut Vec<u8>,
    ) {
        let Some(body) = (0..TRIES)
            .map(|_| self.layout(spec.fields, wanted))
            .find(|body| (table.check)(spec.kind, body).is_ok())
        else {
            return;
        };
        out.push(spec.kind);
        if !table.is_pad1(spec.kind) {
            // Padding is zero (RFC 6089 §4.2.1.2).
            let body = if table.is_padding(spec.kind) { vec![0; body.len()] } else { body };
            out.push(body.len() as u8);
            out.extend(body);
        }
    }

    /// How many octets the last field has: those of addresses and keys, or any.
    fn rest(&mut self, kind: FieldKind) -> usize {
        match kind {
            FieldKind::LinkLayer => self.one_of(&[6, 8, 16, 4]),
            FieldKind::Identifier => 1 + self.below(40),
            _ if self.below(3) == 0 => self.below(40),
            _ => self.one_of(&[0, 4, 8, 12, 16, 32]),
        }
    }
}

/// The messages as a capture, a millisecond apart, numbered as the messages are from 1.
pub fn capture(messages: &[Vec<u8>]) -> Result<Vec<u8>, Failure> {
    let mut writer = CaptureWriter::new(Vec::new(), &Section::default()).map_err(Failure::bench)?;
    let interface = writer.interface("generated", "").map_err(Failure::bench)?;
    let mut at = Instant::from_secs(1_767_225_600);
    for octets in messages {
        let packet = Ipv6::packet(SRC, DST, MOBILITY_HEADER, HOP_LIMIT, octets);
        let frame = Ethernet::frame([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], &packet);
        writer.packet(at, interface, &frame, &[]).map_err(Failure::bench)?;
        at = at + Duration::from_millis(1);
    }
    writer.finish().map_err(Failure::bench)
}
