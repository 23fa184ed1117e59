//! What stock Wireshark says about messages, field by field, beside what the codec's tables say about the same octets.
//! Fields meet by where they stand, not by what they are called.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use dmm_codec::header::Header;
use dmm_codec::wire::{FieldKind, FieldSpec, Wire as _};
use dmm_codec::{FieldView, Lifetime, MessageView, Timestamp};
use roxmltree::{Document, Node};

use crate::Failure;

/// Something that is said differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Wireshark's field.
    pub field: String,
    /// The message or option that it stands in, as the RFC calls it.
    pub place: String,
    /// What is different.
    pub kind: Kind,
}

/// What two decoders say differently of the same octets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Wireshark has a field where the tables have none of the same octets.
    Extent,
    /// The numbers, addresses or texts differ.
    Value,
    /// A value is called otherwise.
    Name {
        /// The value.
        number: u64,
        /// Wireshark's name; empty for none.
        stock: String,
        /// The codec's; empty for none.
        ours: String,
    },
    /// A flag has another letter, or is none here.
    Flag,
    /// The option is called otherwise.
    Title(String),
    /// Wireshark calls the packet malformed.
    Malformed,
}

/// What came of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Fields that were there on both sides and said the same.
    pub agreed: usize,
    /// Names of values that were the same.
    pub names: usize,
    /// Wireshark's fields that were met.
    pub fields: BTreeSet<String>,
    /// What was not the same, with the number of the first frame, and what both said there.
    pub differences: BTreeMap<Difference, (usize, String)>,
}

/// Compares what `tshark -T pdml` printed about a capture of these messages; `fields` is what `tshark -G fields` says.
pub fn compare(pdml: &str, fields: &str, messages: &[Vec<u8>]) -> Result<Comparison, Failure> {
    let masks = masks(fields);
    let document = Document::parse(pdml).map_err(Failure::bench)?;
    let packets: Vec<_> =
        document.root_element().children().filter(|node| node.has_tag_name("packet")).collect();
    if packets.len() != messages.len() {
        return Err(Failure::bench(format!("{} messages, but {} packets", messages.len(), packets.len())));
    }
    let mut comparison = Comparison::default();
    for (at, (packet, octets)) in packets.iter().zip(messages).enumerate() {
        let view = MessageView::new(octets).map_err(Failure::bench)?;
        let title = view.spec().map_or("", |spec| spec.title);
        let mut pair = Pair {
            frame: at + 1,
            title,
            has_other_extent: false,
            ours: ours(&view),
            masks: &masks,
            comparison: &mut comparison,
        };
        let message = packet.descendants().find(|node| node.attribute("name") == Some("mipv6"));
        let message = message.ok_or_else(|| Failure::bench(format!("frame {}: no Mobile IPv6", at + 1)))?;
        let start = number(message, "pos");
        let mut last = title.to_owned();
        let mut is_on_the_road = true;
        for node in message.descendants().filter(|node| node.attribute("name").is_some_and(is_field)) {
            if number(node, "size") > 0 {
                last = pair.place(node, start);
            }
            is_on_the_road = pair.field(node, start);
            if !is_on_the_road {
                break;
            }
        }
        if is_on_the_road && packet.descendants().any(|node| node.attribute("name") == Some("_ws.malformed"))
        {
            pair.differs("_ws.malformed", last, Kind::Malformed, String::new());
        }
    }
    Ok(comparison)
}

fn is_field(name: &str) -> bool {
    name.starts_with("mip6.")
}

fn number(node: Node<'_, '_>, attribute: &str) -> usize {
    node.attribute(attribute).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Every field of one bit or several within its octets.
fn masks(fields: &str) -> BTreeMap<&str, u64> {
    let rows = fields.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|row| row[0] == "F");
    let mask = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    rows.filter_map(|row| Some((*row.get(2)?, mask(row.get(6)?)?))).filter(|(_, mask)| *mask != 0).collect()
}

/// A part of a message, as the tables have it.
struct Ours<'a> {
    place: String,
    offset: usize,
    len: usize,
    what: What<'a>,
}

impl Ours<'_> {
    fn is_option(&self) -> bool {
        matches!(self.what, What::Option(_))
    }

    fn label(&self) -> &str {
        match &self.what {
            What::Field(field, _) => field.spec.label,
            What::Option(title) => title,
            What::Number(_) => "Type or Length",
            What::Octets(_) => "octets",
        }
    }
}

const HEADER: &str = "Mobility Header";

enum What<'a> {
    Field(FieldView<'a>, Vec<FieldView<'a>>),
    /// An option as a whole.
    Option(&'static str),
    /// The Type or the Length of one, or of a sub-option.
    Number(u64),
    /// The octets of a sub-option without a row.
    Octets(&'a [u8]),
}

fn ours<'a>(view: &MessageView<'a>) -> Vec<Ours<'a>> {
    let mut all = Vec::new();
    let mut fields = |place: &str, fields: Vec<FieldView<'a>>| {
        let part = |field: &FieldView<'a>| Ours {
            place: place.to_owned(),
            offset: field.offset,
            len: field.octets.len(),
            what: What::Field(*field, fields.clone()),
        };
        all.extend(fields.iter().map(part));
    };
    fields(HEADER, FieldView::all(Header::FIELDS, view.octets(), 0).collect());
    fields(view.spec().map_or("", |spec| spec.title), view.fields().collect());
    for option in view.options().filter_map(Result::ok) {
        let title = option.spec().map_or("", |spec| spec.title);
        let whole = option.body_offset - option.offset + option.body.len();
        let part = |offset, len, what| Ours { place: title.to_owned(), offset, len, what };
        all.push(part(option.offset, whole, What::Option(title)));
        all.push(part(option.offset, 1, What::Number(option.kind.into())));
        if option.kind != 0 {
            all.push(part(option.offset + 1, 1, What::Number(option.body.len() as u64)));
        }
        let siblings: Vec<_> = option.fields().collect();
        for field in &siblings {
            all.push(part(field.offset, field.octets.len(), What::Field(*field, siblings.clone())));
            for inner in field.sub_options().filter_map(Result::ok) {
                let len = inner.body.len();
                all.push(part(inner.offset, 1, What::Number(inner.kind.into())));
                if inner.body_offset > inner.offset + 1 {
                    all.push(part(inner.offset + 1, 1, What::Number(len as u64)));
                }
                let siblings: Vec<_> = inner.fields().collect();
                if siblings.is_empty() && len > 0 {
                    all.push(part(inner.body_offset, len, What::Octets(inner.body)));
                }
                for field in &siblings {
                    all.push(part(field.offset, field.octets.len(), What::Field(*field, siblings.clone())));
                }
            }
        }
    }
    all
}

/// One message in both forms.
struct Pair<'a, 'b> {
    frame: usize,
    title: &'static str,
    /// Whether a field of this message stood elsewhere.
    has_other_extent: bool,
    ours: Vec<Ours<'a>>,
    masks: &'b BTreeMap<&'b str, u64>,
    comparison: &'b mut Comparison,
}

impl Pair<'_, '_> {
    fn differs(&mut self, field: &str, place: String, kind: Kind, said: String) {
        let difference = Difference { field: field.to_owned(), place, kind };
        self.comparison.differences.entry(difference).or_insert((self.frame, said));
    }

    /// The message or option that a field is shown in: the innermost around it that starts where an option of ours does.
    fn place(&self, node: Node<'_, '_>, start: usize) -> String {
        // A Length that is not where it should be may by chance be where another option starts.
        let is_length = node.attribute("name") == Some("mip6.mobility_opt.len");
        let around =
            node.ancestors().skip(usize::from(is_length)).filter(|node| node.attribute("pos").is_some());
        let starts = around.map(|node| number(node, "pos").wrapping_sub(start));
        let mut options =
            starts.filter_map(|at| self.ours.iter().find(|part| part.is_option() && part.offset == at));
        options.next().map_or(self.title, |option| &option.place).to_owned()
    }

    /// Compares one of Wireshark's fields with ours; says whether its options still start where ours do. Where they do
    /// not, what follows is what it takes octets for by mistake.
    fn field(&mut self, node: Node<'_, '_>, start: usize) -> bool {
        let stock = Stock::new(node, start);
        if stock.len == 0 {
            return true;
        }
        self.comparison.fields.insert(stock.name.to_owned());
        let place = self.place(node, start);
        let kind = match self.verdict(&stock, &place) {
            Ok(is_named) => {
                self.comparison.agreed += 1;
                self.comparison.names += usize::from(is_named);
                return true;
            }
            Err(kind) => kind,
        };
        let is_lost = stock.starts_an_option() && kind == Kind::Extent;
        // Where it was led astray by what has been said already, this is no difference of its own.
        if !is_lost || !self.has_other_extent {
            self.has_other_extent |= kind == Kind::Extent;
            let ours = self.ours.iter().filter(|part| stock.overlaps(part));
            let ours = ours.map(|part| format!("{}+{} {}", part.offset, part.len, part.label()));
            let ours = ours.collect::<Vec<_>>().join(", ");
            let said = format!("octets {}+{} {}; ours {ours}", stock.offset, stock.len, stock.showname);
            // What it takes those octets for is chance.
            self.differs(if is_lost { "mip6.mobility_opt" } else { stock.name }, place, kind, said);
        }
        !is_lost
    }

    /// Whether ours says the same, and if so whether both name a value.
    fn verdict(&self, stock: &Stock<'_>, place: &str) -> Result<bool, Kind> {
        let at = (stock.offset, stock.len);
        if let Some(title) = stock.title() {
            let same = self.ours.iter().find(|part| (part.offset, part.len) == at);
            return match same.map(|part| &part.what) {
                Some(What::Option(ours)) if alike(ours, title) => Ok(false),
                Some(What::Option(_)) => Err(Kind::Title(title.to_owned())),
                _ => Err(Kind::Extent),
            };
        }
        if let Some(mask) = self.masks.get(stock.name) {
            // The innermost: the fields of a sub-option stand in one of its option.
            let parts = self.ours.iter().filter(|part| stock.overlaps(part));
            return match parts.min_by_key(|part| part.len) {
                Some(Ours { what: What::Field(field, _), len: ..=8, .. }) => {
                    bits(field, *mask, stock).map(|()| false)
                }
                _ => Err(Kind::Extent),
            };
        }
        let is_here = |part: &&Ours<'_>| part.place == place || part.place == HEADER;
        let mut parts = self.ours.iter().filter(is_here);
        match parts.find(|part| !part.is_option() && (part.offset, part.len) == at).map(|part| &part.what) {
            Some(What::Number(number)) if as_number(stock.shown) == Some(*number) => Ok(false),
            Some(What::Octets(octets)) if as_octets(stock.shown).as_deref() == Some(octets) => Ok(false),
            Some(What::Field(field, siblings)) => whole(field, siblings, stock),
            _ => Err(Kind::Extent),
        }
    }
}

/// One of Wireshark's fields.
struct Stock<'a> {
    name: &'a str,
    offset: usize,
    len: usize,
    /// Its value: `1`.
    shown: &'a str,
    /// Its line: `Status: Partial Success (1)`.
    showname: &'a str,
}

impl<'a> Stock<'a> {
    fn new(node: Node<'a, '_>, start: usize) -> Self {
        Self {
            name: node.attribute("name").unwrap_or_default(),
            offset: number(node, "pos").wrapping_sub(start),
            len: number(node, "size"),
            shown: node.attribute("show").unwrap_or_default(),
            showname: node.attribute("showname").unwrap_or_default(),
        }
    }

    /// Of an option as a whole, what it is called. Some show their value behind it: `GRE Key: 1135339940`.
    fn title(&self) -> Option<&'a str> {
        let title = self.showname.strip_prefix("MIPv6 Option - ")?;
        self.name
            .starts_with("mip6.options.")
            .then(|| title.split_once(": ").map_or(title, |(title, _)| title))
    }

    fn starts_an_option(&self) -> bool {
        self.title().is_some() || self.name == "mip6.mobility_opt"
    }

    fn overlaps(&self, part: &Ours<'_>) -> bool {
        matches!(part.what, What::Field(..))
            && part.len > 0
            && part.offset < self.offset + self.len
            && self.offset < part.offset + part.len
    }
}

/// A field of whole octets; whether both name its value.
fn whole(field: &FieldView<'_>, siblings: &[FieldView<'_>], stock: &Stock<'_>) -> Result<bool, Kind> {
    let Stock { shown, showname, .. } = *stock;
    let octets = field.octets;
    let text = String::from_utf8_lossy(octets);
    let is_same = as_number(shown).is_some_and(|number| octets.len() <= 8 && number == field.uint())
        || as_octets(shown).is_some_and(|shown| shown == octets)
        || shown.parse::<Ipv6Addr>().is_ok_and(|address| address.octets() == octets)
        || shown.parse::<Ipv4Addr>().is_ok_and(|address| address.octets() == octets)
        || shown == text
        || as_seconds(shown).is_some_and(|seconds| is_time(field.spec, field.uint(), seconds));
    if !is_same {
        return Err(Kind::Value);
    }
    if let FieldKind::Lifetime = field.spec.kind {
        // `Lifetime: 74 (296 seconds)`
        let seconds =
            showname.rsplit_once('(').and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok());
        let ours = Lifetime(field.uint() as u16).duration().as_secs();
        if seconds.is_some_and(|seconds| seconds != ours) {
            return Err(Kind::Value);
        }
    }
    let is_named = matches!(field.spec.kind, FieldKind::Named(_) | FieldKind::NamedBy { .. });
    if !is_named {
        return Ok(false);
    }
    // `Status: Partial Success (1)`
    let stock = showname.split_once(": ").map_or("", |(_, said)| said);
    let stock = stock.strip_suffix(&format!(" ({shown})")).unwrap_or_default();
    let ours = field.name(siblings).map_or("", |name| name.label);
    match (stock, ours) {
        // It has no name for it, or none at all for this field.
        ("" | "Unknown" | "<unknown>", _) => Ok(false),
        (stock, ours) if alike(stock, ours) => Ok(true),
        (stock, ours) => {
            Err(Kind::Name { number: field.uint(), stock: stock.to_owned(), ours: ours.to_owned() })
        }
    }
}

/// A field of one bit or several.
fn bits(field: &FieldView<'_>, mask: u64, stock: &Stock<'_>) -> Result<(), Kind> {
    let Stock { offset, len, shown, showname, .. } = *stock;
    // Both masks as bits of the same number, whose last octet is the last octet of either field.
    let end = (offset + len).max(field.offset + field.octets.len());
    let wide = |mask: u64, end_of: usize| u128::from(mask) << (8 * (end - end_of));
    let theirs = wide(mask, offset + len);
    let all = wide(u64::MAX >> (64 - 8 * field.octets.len().min(8)), field.offset + field.octets.len());
    if theirs & !all != 0 {
        return Err(Kind::Extent);
    }
    let value = u128::from(field.uint()) << (8 * (end - field.offset - field.octets.len()));
    let value = (value & theirs) >> theirs.trailing_zeros();
    let number = match shown {
        "True" => Some(1),
        "False" => Some(0),
        shown => as_number(shown),
    };
    if number.map(u128::from) != Some(value) {
        return Err(Kind::Value);
    }
    match field.spec.kind {
        FieldKind::Flags(flags) => {
            let wide = |mask: u32| wide(mask.into(), field.offset + field.octets.len());
            let known = flags.iter().fold(0, |known, flag| known | wide(flag.mask));
            let is_reserved = showname.to_lowercase().contains("reserved");
            match flags.iter().find(|flag| wide(flag.mask) == theirs) {
                // `.1.. .... = Home Registration (H) flag: …`, `.1.. .... = N: True`
                Some(flag) if words(showname).any(|word| word == flag.letter) => Ok(()),
                None if is_reserved && theirs & known == 0 => Ok(()),
                _ => Err(Kind::Flag),
            }
        }
        FieldKind::Reserved => Ok(()),
        // The label of a number of several parts says so: `Prefix-len (6 bits), P, Reserved`.
        FieldKind::Uint if field.spec.label.contains("bits)") => Ok(()),
        _ => Err(Kind::Extent),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// The same words: case, blanks and signs apart.
fn alike(a: &str, b: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect::<String>()
    };
    letters(a) == letters(b)
}

fn as_number(shown: &str) -> Option<u64> {
    match shown.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => shown.parse().ok(),
    }
}

/// `aa:bb:cc`
fn as_octets(shown: &str) -> Option<Vec<u8>> {
    shown.split(':').map(|octet| u8::from_str_radix(octet, 16).ok().filter(|_| octet.len() == 2)).collect()
}

/// Seconds since 1970 of `Jan  1, 2026 00:00:00.001000000 UTC` or `2026-01-01T00:00:00.001000000Z`.
fn as_seconds(shown: &str) -> Option<u64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let words: Vec<_> = shown.split([' ', ',', 'T', 'Z']).filter(|word| !word.is_empty()).collect();
    let (year, month, day, time) = match words[..] {
        [month, day, year, time, "U", "C"] => {
            (year.parse().ok()?, MONTHS.find(month)? as u64 / 3 + 1, day.parse().ok()?, time)
        }
        [date, time, ..] => {
            let mut parts = date.split('-').map(str::parse::<u64>);
            (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?, time)
        }
        _ => return None,
    };
    let mut time = time.split(['.', ':']).map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // Years that start in March have their leap day last.
    let (year, month): (u64, u64) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days: u64 =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Whether a field says this second: of RFC 5213 since 1970, else as NTP since 1900.
fn is_time(spec: &FieldSpec, value: u64, seconds: u64) -> bool {
    const FROM_1900_TO_1970: u64 = 2_208_988_800;
    match spec.kind {
        FieldKind::Timestamp => Timestamp(value).seconds() == seconds,
        _ => (value >> 32) == seconds + FROM_1900_TO_1970,
    }
}
