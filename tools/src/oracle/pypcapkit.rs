//! What PyPCAPKit says about messages, as `tools/oracle/pypcapkit.py` prints it, beside what the codec's tables say.

use std::collections::BTreeMap;

use dmm_codec::message::message_spec;
use dmm_codec::option::{MN_IDENTIFIER, spec};
use serde_json::Value;

use super::wireshark::{Difference, Kind};

/// What came of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Values that were the same.
    pub agreed: usize,
    /// What was not the same, with the number of the first frame, and what both said there.
    pub differences: BTreeMap<Difference, (usize, String)>,
}

/// Compares message by message. Every value of ours must be there and equal; what they say beyond that is their own.
pub fn compare(ours: &[Value], theirs: &[Value]) -> Comparison {
    let mut comparison = Comparison::default();
    if ours.len() != theirs.len() {
        let said = format!("{} messages here, {} there", ours.len(), theirs.len());
        differs(&mut comparison, 0, "messages", "", Kind::Extent, said);
    }
    for (ours, theirs) in ours.iter().zip(theirs) {
        message(&mut comparison, ours, theirs);
    }
    comparison
}

fn message(comparison: &mut Comparison, ours: &Value, theirs: &Value) {
    let frame = ours["frame"].as_u64().unwrap_or_default() as usize;
    let title = number(&ours["type"]).and_then(message_spec).map_or("", |spec| spec.title);
    if let Some(error) = theirs["error"].as_str() {
        // `ProtocolError: MH: [Opt 9] invalid format`, or it has lost its way among the options.
        let named = error.split_once("[Opt ").and_then(|(_, rest)| rest.split(']').next()?.parse().ok());
        let place = named.filter(|kind| options(ours).any(|option| number(&option["type"]) == Some(*kind)));
        let place = place.and_then(option_title).or_else(|| astray(ours)).unwrap_or(title);
        return differs(comparison, frame, "refused", place, Kind::Malformed, error.to_owned());
    }
    let types = |message| options(message).map(|option| number(&option["type"])).collect::<Vec<_>>();
    if types(ours) == types(theirs) {
        for (ours, theirs) in options(ours).zip(options(theirs)) {
            let place = number(&ours["type"]).and_then(option_title).unwrap_or("unknown option");
            fields(comparison, frame, place, ours, theirs);
        }
    } else {
        let place = astray(ours).unwrap_or(title);
        let said = format!("{:?} here, {:?} there", types(ours), types(theirs));
        differs(comparison, frame, "options", place, Kind::Extent, said);
    }
    fields(comparison, frame, title, ours, theirs);
}

fn fields(comparison: &mut Comparison, frame: usize, place: &str, ours: &Value, theirs: &Value) {
    for (name, value) in ours.as_object().into_iter().flatten().filter(|(name, _)| *name != "options") {
        let other = &theirs[name];
        if value == other {
            comparison.agreed += 1;
        } else if other["pieces"] != true {
            let said = format!("{value} here, {other} there");
            differs(comparison, frame, name, place, Kind::Value, said);
        }
    }
}

/// An option of a message whose end PyPCAPKit seeks elsewhere, so that it reads on in the middle of something.
fn astray(message: &Value) -> Option<&'static str> {
    const FMIPV6_AUTHORIZATION: u8 = 21;
    const IPV6_ADDRESS: u8 = 2;
    let has = |is: &dyn Fn(&Value, u8) -> bool| {
        options(message).any(|option| number(&option["type"]).is_some_and(|kind| is(option, kind)))
    };
    let is_address = |option: &Value| number(&option["subtype"]) == Some(IPV6_ADDRESS);
    if has(&|_, kind| kind == FMIPV6_AUTHORIZATION) {
        option_title(FMIPV6_AUTHORIZATION)
    } else if has(&|option, kind| kind == MN_IDENTIFIER && is_address(option)) {
        option_title(MN_IDENTIFIER)
    } else {
        None
    }
}

fn options(message: &Value) -> impl Iterator<Item = &Value> {
    message["options"].as_array().into_iter().flatten()
}

fn option_title(kind: u8) -> Option<&'static str> {
    spec(kind).map(|spec| spec.title)
}

fn number(value: &Value) -> Option<u8> {
    value.as_u64().and_then(|number| u8::try_from(number).ok())
}

fn differs(comparison: &mut Comparison, frame: usize, field: &str, place: &str, kind: Kind, said: String) {
    let difference = Difference { field: field.to_owned(), place: place.to_owned(), kind };
    comparison.differences.entry(difference).or_insert((frame, said));
}
