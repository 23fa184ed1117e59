//! The packets of a case for the page's script, in little room: most packets have the fields of another, at the same
//! octets, so these *shapes* are said once in a page.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::ladder::direction;
use crate::report::shown::{Field, Part, faults, parts, summary};
use crate::result::CaseResult;

/// Names and places of the fields of packets; which number each has.
#[derive(Default)]
pub(super) struct Shapes {
    numbers: BTreeMap<String, usize>,
    all: Vec<String>,
}

impl Shapes {
    /// The number of the shape of these parts.
    fn number(&mut self, parts: &[Part]) -> usize {
        let field = |Field(name, _, at, len): &Field| (name.clone(), *at, *len);
        let part = |part: &Part| {
            let fields: Vec<_> = part.fields.iter().map(field).collect();
            (part.name.clone(), part.at, part.len, fields)
        };
        let shape = json(&parts.iter().map(part).collect::<Vec<_>>());
        let Self { numbers, all } = self;
        *numbers.entry(shape).or_insert_with_key(|shape| {
            all.push(shape.clone());
            all.len() - 1
        })
    }

    /// All of them, by number.
    pub(super) fn to_json(&self) -> String {
        format!("[{}]", self.all.join(","))
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    at: String,
    way: String,
    summary: String,
    comments: &'a [String],
    faults: Vec<String>,
    shape: usize,
    /// Of all fields, in the order of the shape.
    values: Vec<String>,
    octets: String,
}

/// The packets of a case.
pub(super) fn packets(result: &CaseResult, shapes: &mut Shapes) -> String {
    let shown = |packet| {
        let parts = parts(packet);
        let shape = shapes.number(&parts);
        Shown {
            at: format!("{:.6} s", packet.at.as_secs_f64()),
            way: direction(packet, &result.stations),
            summary: summary(packet, &result.stations),
            comments: &packet.comments,
            faults: faults(packet),
            shape,
            values: parts.into_iter().flat_map(|part| part.fields).map(|Field(_, value, ..)| value).collect(),
            octets: crate::script::value::hex(&packet.frame),
        }
    };
    json(&result.packets.iter().map(shown).collect::<Vec<_>>())
}

/// JSON that no HTML parser sees an end in.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}
