//! What there is to look up: the rows of the codec's tables, and all that they point to. A registry or a set of flags
//! is here because a field of a row has it, so that none has to be listed.

use std::iter;

use dmm_codec::constant::{CONSTANTS, ConstantSpec};
use dmm_codec::wire::{FieldKind, FieldSpec, FlagSpec, Name, Width};
use dmm_codec::{MESSAGES, MessageSpec, OPTIONS, OptionSpec, SubOptionSpec};

/// A message, an option, or a sub-option of one.
#[derive(Clone, Copy)]
pub(super) enum Carrier {
    Message(&'static MessageSpec),
    Option(&'static OptionSpec),
    SubOption(&'static OptionSpec, &'static SubOptionSpec),
}

impl Carrier {
    /// Every message, then every option, and its sub-options behind it.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let with_its_own = |spec| iter::once(Self::Option(spec)).chain(Self::sub_options(spec));
        MESSAGES.iter().map(Self::Message).chain(OPTIONS.iter().flat_map(with_its_own))
    }

    /// The sub-options of an option.
    pub(super) fn sub_options(option: &'static OptionSpec) -> impl Iterator<Item = Self> {
        let tables = option.fields.iter().filter_map(|field| match field.kind {
            FieldKind::SubOptions(table) => Some(table),
            _ => None,
        });
        tables.flat_map(move |table| table.rows.iter().map(move |spec| Self::SubOption(option, spec)))
    }

    /// `67`; of a sub-option `45.2`.
    pub(super) fn number(self) -> String {
        match self {
            Self::Message(spec) => spec.mh_type.to_string(),
            Self::Option(spec) => spec.kind.to_string(),
            Self::SubOption(option, spec) => format!("{}.{}", option.kind, spec.kind),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Message(spec) => spec.name,
            Self::Option(spec) => spec.name,
            Self::SubOption(_, spec) => spec.name,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Message(spec) => spec.title,
            Self::Option(spec) => spec.title,
            Self::SubOption(_, spec) => spec.title,
        }
    }

    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Message(spec) => spec.source,
            Self::Option(spec) => spec.source,
            Self::SubOption(_, spec) => spec.source,
        }
    }

    pub(super) fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Message(spec) => spec.fields,
            Self::Option(spec) => spec.fields,
            Self::SubOption(_, spec) => spec.fields,
        }
    }

    /// `Previous MAAR option (67)`, `Binding Error message (7)`, `BID Reference sub-option (45.2)`.
    pub(super) fn heading(self) -> String {
        let sort = match self {
            Self::Message(_) => "message",
            Self::Option(_) => "option",
            Self::SubOption(..) => "sub-option",
        };
        format!("{} {sort} ({})", self.title(), self.number())
    }
}

/// Rows of names or of flags, and the fields that have them.
pub(super) struct Shared<T: 'static> {
    pub(super) rows: &'static [T],
    pub(super) users: Vec<User>,
}

/// A field that has a registry or flags.
#[derive(Clone, Copy)]
pub(super) struct User {
    pub(super) carrier: Carrier,
    pub(super) field: &'static FieldSpec,
    /// The value of another field that must be so for it.
    pub(super) chosen: Option<(&'static FieldSpec, &'static Name)>,
}

impl<T> Shared<T> {
    /// `Status: Proxy Binding Acknowledgement, Binding Identifier`.
    pub(super) fn title(&self) -> String {
        let User { field, chosen, .. } = self.users[0];
        let mut of: Vec<_> = match chosen {
            Some((_, name)) => vec![name.label],
            None => self.users.iter().map(|user| user.carrier.title()).collect(),
        };
        of.dedup();
        // An option that is nothing but one value is called like it.
        of.retain(|of| *of != field.label);
        if of.is_empty() { field.label.to_owned() } else { format!("{}: {}", field.label, of.join(", ")) }
    }
}

impl Shared<FlagSpec> {
    /// Hexadecimal digits of a mask.
    pub(super) fn digits(&self) -> usize {
        match self.users[0].field.width {
            Width::Fixed(octets) => 2 * octets,
            Width::Rest => 0,
        }
    }
}

impl Shared<Name> {
    /// Whether it says what became of something.
    pub(super) fn is_status(&self) -> bool {
        let User { field, chosen, .. } = self.users[0];
        // Of a field that is one or the other, an acknowledgement has the status.
        let is_answer = chosen.is_none_or(|(_, name)| name.label.contains("Acknowledgement"));
        is_answer && (field.label.contains("Status") || field.label == "Code")
    }
}

/// Every registry of numbers.
pub(super) fn registries() -> Vec<Shared<Name>> {
    collect(|carrier, field| match field.kind {
        FieldKind::Named(names) => vec![(names, User { carrier, field, chosen: None })],
        FieldKind::NamedBy { selector, registries } => {
            let by = carrier.fields().iter().find(|other| other.name == selector);
            let by = by.expect("a selector is a field of the same layout");
            let FieldKind::Named(choices) = by.kind else { return Vec::new() };
            let of = |chosen: u32| choices.iter().find(|name| name.value == chosen).map(|name| (by, name));
            let users = registries.iter();
            users.map(|(chosen, names)| (*names, User { carrier, field, chosen: of(*chosen) })).collect()
        }
        _ => Vec::new(),
    })
}

/// Every set of flags.
pub(super) fn flags() -> Vec<Shared<FlagSpec>> {
    collect(|carrier, field| match field.kind {
        FieldKind::Flags(flags) => vec![(flags, User { carrier, field, chosen: None })],
        _ => Vec::new(),
    })
}

/// What the fields of all rows have, each once: rows are the same where they say the same.
fn collect<T: PartialEq>(
    of: impl Fn(Carrier, &'static FieldSpec) -> Vec<(&'static [T], User)>,
) -> Vec<Shared<T>> {
    let mut found: Vec<Shared<T>> = Vec::new();
    for carrier in Carrier::all() {
        for (rows, user) in carrier.fields().iter().flat_map(|field| of(carrier, field)) {
            match found.iter_mut().find(|shared| shared.rows == rows) {
                Some(shared) => shared.users.push(user),
                None => found.push(Shared { rows, users: vec![user] }),
            }
        }
    }
    found
}

/// One thing that can be looked up.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    Carrier(Carrier),
    Flag(&'a Shared<FlagSpec>, &'static FlagSpec),
    Name(&'a Shared<Name>, &'static Name),
    Constant(&'static ConstantSpec),
}

/// All tables.
pub(super) struct Tables {
    pub(super) registries: Vec<Shared<Name>>,
    pub(super) flags: Vec<Shared<FlagSpec>>,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self { registries: registries(), flags: flags() }
    }

    /// The titles of the registries or flags that say what a field of this kind holds.
    pub(super) fn of(&self, kind: FieldKind) -> Vec<String> {
        let registry =
            |names: &[Name]| self.registries.iter().find(|shared| shared.rows == names).map(Shared::title);
        match kind {
            FieldKind::Named(names) => registry(names).into_iter().collect(),
            FieldKind::NamedBy { registries, .. } => {
                registries.iter().filter_map(|(_, names)| registry(names)).collect()
            }
            FieldKind::Flags(flags) => {
                self.flags.iter().find(|shared| shared.rows == flags).map(Shared::title).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Everything, in the order of the page.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let flags =
            self.flags.iter().flat_map(|shared| shared.rows.iter().map(move |row| Entry::Flag(shared, row)));
        let names = self.registries.iter();
        let names = names.flat_map(|shared| shared.rows.iter().map(move |row| Entry::Name(shared, row)));
        let constants = CONSTANTS.iter().map(Entry::Constant);
        Carrier::all().map(Entry::Carrier).chain(flags).chain(names).chain(constants)
    }
}
