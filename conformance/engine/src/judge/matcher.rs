//! One value against one matcher.

use std::cmp::Ordering;

use dmm_codec::wire::FieldKind;

use crate::script::filter::{main_field, regex};
use crate::script::model::Op;
use crate::script::value::Value;

/// What a value was compared with, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What was looked at: `seq`, `options.prev_maar`.
    pub what: String,
    /// What it should have been.
    pub expected: String,
    /// What it was.
    pub seen: String,
}

/// Whether `seen` is what `op` and `operand` say; `kind` says how the operand is to be read, where it is known.
///
/// # Errors
/// When the operand means nothing there: a mistake in the script.
pub fn holds(op: Op, operand: &Value, seen: Option<&Value>, kind: Option<FieldKind>) -> Result<bool, String> {
    match (op, operand) {
        (Op::Absent, Value::Bool(wanted)) => return Ok(seen.is_none() == *wanted),
        (Op::Any, Value::Bool(wanted)) => return Ok(seen.is_some() == *wanted),
        _ => {}
    }
    let Some(seen) = seen else { return Ok(false) };
    match op {
        Op::Any | Op::Absent => Err("takes true or false".to_string()),
        Op::Ne => Ok(!equal(seen, operand, kind)?),
        Op::In => items(operand)?.iter().try_fold(false, |found, item| Ok(found | equal(seen, item, kind)?)),
        Op::Range => match items(operand)? {
            [low, high] => Ok(order(seen, low, kind)?.is_ge() && order(seen, high, kind)?.is_le()),
            _ => Err("takes two values".to_string()),
        },
        Op::Lt => Ok(order(seen, operand, kind)?.is_lt()),
        Op::Le => Ok(order(seen, operand, kind)?.is_le()),
        Op::Gt => Ok(order(seen, operand, kind)?.is_gt()),
        Op::Ge => Ok(order(seen, operand, kind)?.is_ge()),
        Op::Set | Op::Clear => {
            let Value::Flags(bits, known) = seen else { return Err(format!("`{seen}` has no flags")) };
            let wanted = operand.flags(known)?;
            Ok(if op == Op::Set { bits & wanted == wanted } else { bits & wanted == 0 })
        }
        Op::Hex => Ok(seen.octets().or_else(|_| raw(seen))? == operand.octets()?),
        Op::Regex => {
            let Value::Text(text) = operand else { return Err("takes text".to_string()) };
            let seen = match seen {
                Value::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
                other => other.to_string(),
            };
            Ok(regex(text)?.is_match(&seen))
        }
        Op::WithinPrefix => {
            let prefix = operand.net()?;
            match seen {
                Value::Addr(addr) => Ok(prefix.contains(addr)),
                Value::Net(net) => Ok(prefix.contains(net)),
                other => Err(format!("`{other}` is no address and no prefix")),
            }
        }
    }
}

/// Whether two values are the same, once both are read as what the field holds.
pub fn equal(seen: &Value, expected: &Value, kind: Option<FieldKind>) -> Result<bool, String> {
    let expected = read_as(seen, expected, kind)?;
    Ok(match (seen, &expected) {
        // An identifier that is text may be compared with octets, and the other way round.
        (Value::Text(text), Value::Octets(octets)) | (Value::Octets(octets), Value::Text(text)) => {
            text.as_bytes() == octets.as_slice()
        }
        (Value::Flags(seen, _), Value::Flags(expected, _)) => seen == expected,
        _ => *seen == expected,
    })
}

fn order(seen: &Value, expected: &Value, kind: Option<FieldKind>) -> Result<Ordering, String> {
    match (seen, read_as(seen, expected, kind)?) {
        (Value::Int(seen), Value::Int(expected)) => Ok(seen.cmp(&expected)),
        (Value::Duration(seen), Value::Duration(expected)) => Ok(seen.cmp(&expected)),
        (Value::Addr(seen), Value::Addr(expected)) => Ok(seen.cmp(&expected)),
        (seen, expected) => Err(format!("`{seen}` and `{expected}` have no order")),
    }
}

/// The expected value in the form of the one that was seen.
fn read_as(seen: &Value, expected: &Value, kind: Option<FieldKind>) -> Result<Value, String> {
    if let Value::Option(option) = expected {
        let spec = dmm_codec::option::spec(option.kind())
            .and_then(|spec| main_field(spec).map(|field| (spec, field)));
        if let Some((_, main)) = spec {
            let view =
                dmm_codec::OptionView { kind: option.kind(), offset: 0, body_offset: 0, body: option.data() };
            return crate::packet::option_value(&view, main)
                .ok_or_else(|| format!("`{expected}` is cut short"));
        }
    }
    if let Some(kind) = kind {
        return if *expected == Value::Nothing { Ok(Value::Nothing) } else { expected.coerce(kind) };
    }
    Ok(match seen {
        Value::Int(_) => Value::Int(expected.int()?),
        Value::Duration(_) => Value::Duration(expected.duration()?),
        Value::Addr(_) => Value::Addr(expected.addr()?),
        Value::Net(_) => Value::Net(expected.net()?.trunc()),
        Value::Octets(_) => Value::Octets(expected.octets()?),
        _ => expected.clone(),
    })
}

fn items(operand: &Value) -> Result<&[Value], String> {
    match operand {
        Value::List(items) => Ok(items),
        _ => Err("takes a list".to_string()),
    }
}

fn raw(value: &Value) -> Result<Vec<u8>, String> {
    match value {
        Value::Addr(addr) => Ok(addr.octets().to_vec()),
        Value::Text(text) => Ok(text.as_bytes().to_vec()),
        other => Err(format!("`{other}` has no octets of its own")),
    }
}
