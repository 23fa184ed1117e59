//! Single rows at the terminal and as JSON.

use dmm_codec::constant::{Amount, ConstantSpec};
use dmm_codec::wire::{FlagSpec, Name};
use serde_json::{Value, json};

use super::facts::{self, Line};
use super::rows::{Carrier, Entry, Shared, Tables};

/// A row as text. Of a carrier, all of its layout.
pub(super) fn text(entry: Entry<'_>, tables: &Tables) -> String {
    match entry {
        Entry::Carrier(carrier) => block(carrier, tables),
        Entry::Flag(shared, flag) => {
            format!(
                "{} {}  {}  ({})\n  {}\n",
                flag.letter,
                mask(shared, flag),
                flag.label,
                flag.source,
                users(shared)
            )
        }
        Entry::Name(shared, name) => {
            let Name { value, name, label, source } = name;
            format!("{value}  {name}  {label}  ({source})\n  {}\n", users(shared))
        }
        Entry::Constant(ConstantSpec { name, value, label, source }) => {
            format!("{name}  {value}  ({source})\n  {label}\n")
        }
    }
}

/// Many rows in a line each; values under what they are values of.
pub(super) fn list(entries: &[Entry<'_>]) -> String {
    let (mut out, mut last) = (String::new(), String::new());
    for entry in entries {
        if let Entry::Name(shared, _) = entry
            && shared.title() != last
        {
            last = shared.title();
            out += &format!("{}{last}\n", if out.is_empty() { "" } else { "\n" });
        }
        out += &line(*entry);
    }
    out
}

fn line(entry: Entry<'_>) -> String {
    match entry {
        Entry::Carrier(carrier) => {
            format!(
                "{:>3}  {:<22} {}  ({})\n",
                carrier.number(),
                carrier.name(),
                carrier.title(),
                carrier.source()
            )
        }
        Entry::Flag(shared, flag) => {
            let (mask, title) = (mask(shared, flag), shared.title());
            format!("{}  {mask:<10}  {}  ({}); {title}\n", flag.letter, flag.label, flag.source)
        }
        Entry::Name(_, name) => {
            format!("{:>3}  {}  {}  ({})\n", name.value, name.name, name.label, name.source)
        }
        Entry::Constant(row) => format!("{}  {}  ({})\n", row.name, row.value, row.source),
    }
}

/// A row as JSON; numbers are those on the wire.
pub(super) fn json(entry: Entry<'_>, tables: &Tables) -> Value {
    match entry {
        Entry::Carrier(carrier) => {
            let mut said = json!({
                "name": carrier.name(),
                "title": carrier.title(),
                "filter": facts::filter(carrier),
                "source": carrier.source(),
                "fields": facts::lines(carrier, tables).iter().map(Line::json).collect::<Vec<_>>(),
            });
            let more = match carrier {
                Carrier::Message(spec) => json!({"message": spec.mh_type, "options": facts::optional(spec)}),
                Carrier::Option(spec) => json!({
                    "option": spec.kind,
                    "length": {"least": spec.min_len, "fixed": spec.has_fixed_len()},
                    "alignment": facts::align(spec.align),
                    "messages": Some(facts::messages(spec)).filter(|names| !names.is_empty()),
                    "needs_dmm": spec.needs_dmm,
                    "repeats": spec.repeats,
                }),
                Carrier::SubOption(option, spec) => json!({
                    "sub_option": spec.kind,
                    "option": option.kind,
                    "length": {"least": spec.min_len, "fixed": spec.has_fixed_len()},
                    "repeats": spec.repeats,
                }),
            };
            if let (Value::Object(said), Value::Object(mut more)) = (&mut said, more) {
                said.append(&mut more);
            }
            said
        }
        Entry::Flag(shared, flag) => json!({
            "flag": flag.letter, "mask": flag.mask, "title": flag.label, "source": flag.source, "of": of(shared),
        }),
        Entry::Name(shared, row) => json!({
            "value": row.value, "name": row.name, "title": row.label, "source": row.source, "of": of(shared),
        }),
        Entry::Constant(row) => json!({
            "constant": row.name,
            "value": match row.value {
                Amount::Time(time) => json!({"seconds": time.as_secs_f64()}),
                Amount::Number(number) => json!(number),
                Amount::Switch(on) => json!(on),
            },
            "title": row.label,
            "source": row.source,
        }),
    }
}

fn block(carrier: Carrier, tables: &Tables) -> String {
    let mut out = format!("{}  {}\n", carrier.heading(), carrier.source());
    for (what, said) in facts::facts(carrier) {
        out += &format!("  {what:<10}  {}\n", said.replace('`', ""));
    }
    let lines = facts::lines(carrier, tables);
    if lines.is_empty() {
        return out;
    }
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            [
                line.octets(),
                line.label.to_owned(),
                line.name.to_owned(),
                line.meaning.clone(),
                line.filter.clone(),
            ]
        })
        .collect();
    let head = ["octets", "field", "in scripts", "meaning", "filter"].map(str::to_owned);
    let width =
        |column: usize| rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    out += "\n";
    for row in [&head].into_iter().chain(&rows) {
        // A column of filters that is empty needs no head.
        let last = if rows.iter().all(|row| row[4].is_empty()) { "" } else { &row[4] };
        let [a, b, c, d] = widths;
        let said = format!("  {:<a$}  {:<b$}  {:<c$}  {:<d$}  {last}", row[0], row[1], row[2], row[3]);
        out += said.trim_end();
        out += "\n";
    }
    out
}

fn mask(shared: &Shared<FlagSpec>, flag: &FlagSpec) -> String {
    format!("0x{:0digits$x}", flag.mask, digits = shared.digits())
}

fn users<T>(shared: &Shared<T>) -> String {
    let users = shared.users.iter();
    let users = users.map(|user| match user.chosen {
        Some((by, name)) => {
            format!("{} of the {} with {} {}", user.field.label, user.carrier.heading(), by.name, name.value)
        }
        None => format!("{} of the {}", user.field.label, user.carrier.heading()),
    });
    users.collect::<Vec<_>>().join("\n  ")
}

fn of<T>(shared: &Shared<T>) -> Value {
    let users = shared.users.iter().map(|user| {
        let (sort, number) = match user.carrier {
            Carrier::Message(spec) => ("message", spec.mh_type),
            Carrier::Option(spec) => ("option", spec.kind),
            Carrier::SubOption(_, spec) => ("sub_option", spec.kind),
        };
        let when = user.chosen.map(|(by, name)| json!({by.name: name.value}));
        json!({sort: number, "name": user.carrier.name(), "field": user.field.name, "when": when})
    });
    users.collect()
}
