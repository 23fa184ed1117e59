//! The JSON Schema of scripts, libraries and profiles, for editors: which keys there are, and which names the codec's tables
//! have for messages, options and fields. What hangs on more than one key (labels, requirements, PICS) only the loader knows.

use serde_json::{Map, Value, json};

use super::messages::{Msg, OptionRow, settable_names};
use super::model::{Mode, Op, TriggerAction};
use crate::access::{MOST_MAARS, MOST_SUBSCRIBERS};
use crate::transport::Role;
use crate::trigger::{ACTIONS, ALL};
use crate::verdict::Level;

/// The schema of `*.test.yaml`.
pub fn test() -> Value {
    let steps = json!({"type": "array", "items": {"$ref": "#/$defs/step"}});
    let properties = json!({
        "dmm": {"const": 1},
        "id": text("dotted, never reused: cmd.reg.001"),
        "title": text("one line"),
        "purpose": text("why it is there"),
        "requirements": texts("ids of the catalogue; the first is that of steps that name none"),
        "iut": names(&[&role_names()[..], &["any"]].concat()),
        "applies_if": text("over PICS: cmd && !lma.dmm"),
        "when": text("over PICS, PIXIT, parameters and rows"),
        "tags": texts("words to select by"),
        "testers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/tester"}},
        "mobiles": texts("names of mobile nodes"),
        "include": texts("libraries, as seen from this file"),
        "exclusive": {"type": "boolean"},
        "params": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
        "cases": {"type": "array", "items": {"$ref": "#/$defs/row"}},
        "unexpected": names(&["note", "inconclusive", "fail"]),
        "runs": closed(
            json!({"count": {"$ref": "#/$defs/count"}, "accept": {"$ref": "#/$defs/share"}, "confidence": {"$ref": "#/$defs/share"}}),
            &["count", "accept", "confidence"],
        ),
        "variants": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/variant"}},
        "preamble": steps,
        "stimulus": steps,
        "steps": steps,
        "postamble": steps,
    });
    // A case with variants may leave to them who is tested.
    let mut schema = file("dmm test case", properties, &["dmm", "id", "title"]);
    schema["anyOf"] = json!([{"required": ["iut"]}, {"required": ["variants"]}]);
    schema
}

/// The schema of `*.lib.yaml`.
pub fn library() -> Value {
    let procedure = closed(
        json!({"doc": text("what it does"), "args": texts("names of its arguments"), "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}}}),
        &["steps"],
    );
    let properties = json!({
        "dmm": {"const": 1},
        "templates": {"type": "object", "additionalProperties": {"$ref": "#/$defs/body"}},
        "procedures": {"type": "object", "additionalProperties": procedure},
    });
    file("dmm library", properties, &["dmm"])
}

/// The schema of `*.iut.yaml`.
pub fn profile() -> Value {
    let waiver = closed(
        json!({
            "test": text("the whole name of a case"),
            "reason": text("why"),
            "issue": {"type": "string", "pattern": "://", "description": "a link to where it is tracked"},
            "until": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "its last day"},
        }),
        &["test", "reason", "issue", "until"],
    );
    let properties = json!({
        "dmm": {"const": 1},
        "name": text("its name in reports"),
        "vendor": text("who makes it"),
        "version": text("which version"),
        "roles": {"type": "array", "items": names(&role_names())},
        "addr": text("its address in the domain"),
        "pics": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "pixit": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
        "access": closed(
            json!({"mode": {"const": "l2"}, "interface": text("its name on this machine"), "next_hop": text("the router before the implementation, if they are not on one link")}),
            &["mode", "interface"],
        ),
        "library": text("the shared library that it is, from this file's folder, where it embeds with dmm_iut.h"),
        "tester": closed(
            json!({
                "addresses": text("where addresses of roles are from, a /120 or shorter"),
                "pools": text("where prefix pools of roles are from, a /40 or shorter"),
                "maars": {"type": "integer", "minimum": 1, "maximum": MOST_MAARS, "description": "as how many MAARs it knows the tester"},
                "subscribers": {"type": "integer", "minimum": 1, "maximum": MOST_SUBSCRIBERS, "description": "as how many mobile nodes a MAAR or MAG knows it"},
                "realm": text("of identifiers of mobile nodes"),
            }),
            &[],
        ),
        "triggers": {"type": "object", "propertyNames": names(&[&ACTIONS[..], &[ALL]].concat()), "additionalProperties": trigger()},
        "waivers": {"type": "array", "items": waiver},
    });
    let mut schema = file("dmm profile", properties, &["dmm", "name", "addr"]);
    schema.as_object_mut().expect("a schema is an object").remove("$defs");
    schema
}

/// One key that is the means.
fn trigger() -> Value {
    let time = json!({"type": "string", "description": "how long it may take"});
    let means = json!({
        "http": closed(json!({"url": {"type": "string", "pattern": "^http://"}, "timeout": time}), &["url"]),
        "exec": closed(json!({"run": texts("a program and its arguments"), "timeout": time}), &["run"]),
        "ssh": closed(json!({"host": text("as ssh takes it"), "run": text("a command"), "timeout": time}), &["host", "run"]),
        "wire": closed(json!({"interface": text("this machine's, on the access link")}), &["interface"]),
        "manual": closed(json!({"prompt": text("what a person is to do"), "deadline": time}), &[]),
    });
    let mut trigger = closed(means, &[]);
    trigger["minProperties"] = json!(1);
    trigger["maxProperties"] = json!(1);
    trigger
}

fn file(title: &str, properties: Value, required: &[&str]) -> Value {
    let mut schema = closed(properties, required);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(title);
    schema["$defs"] = definitions();
    schema
}

fn definitions() -> Value {
    let messages: Vec<_> = Msg::all().map(Msg::name).collect();
    let answer = closed(
        json!({"answer": {"$ref": "#/$defs/msg"}, "reply": text("a template"), "delay": true, "drop_first": {"type": "integer", "minimum": 0}}),
        &["answer", "reply"],
    );
    let tester = closed(json!({"role": names(&role_names()), "count": true, "auto": answer}), &["role"]);
    let levels: Vec<_> = Level::NAMES.iter().map(|(name, _)| *name).collect();
    let row = with(
        body_keys(),
        json!({"name": text("unique in the table"), "level": names(&levels), "req": text("a requirement")}),
    );
    let mut variant = Map::new();
    for name in ["iut", "applies_if", "when", "testers", "mobiles", "preamble", "stimulus", "postamble"] {
        variant.insert(name.to_string(), json!(true));
    }
    variant.insert("name".to_string(), text("unique in the case"));
    json!({
        "step": steps(&levels),
        "msg": names(&messages),
        "body": closed(body_keys(), &[]),
        "option": option(),
        "has": {"anyOf": [names(&option_names()), one_key(&option_names())]},
        "match": matcher(),
        "count": {"anyOf": [{"type": "integer", "minimum": 1}, closed(json!({"quick": {"type": "integer"}, "full": {"type": "integer"}}), &["quick", "full"])]},
        "share": {"type": "string", "pattern": "^[0-9.]+ *%$|^\\$"},
        "tester": tester,
        // Keys that no message has are values for `$case`.
        "row": {"type": "object", "properties": row, "required": ["name"]},
        "variant": closed(Value::Object(variant), &["name"]),
    })
}

/// One key that is the verb.
fn steps(levels: &[&str]) -> Value {
    let always = json!({"level": names(levels), "req": text("a requirement"), "when": text("a condition")});
    let filter = json!({
        "msg": {"$ref": "#/$defs/msg"},
        "match": {"type": "object", "additionalProperties": {"$ref": "#/$defs/match"}},
        "options": closed(json!({
            "has": {"type": "array", "items": {"$ref": "#/$defs/has"}},
            "lacks": {"type": "array", "items": {"$ref": "#/$defs/has"}},
            "count": {"type": "object", "propertyNames": names(&option_names()), "additionalProperties": {"$ref": "#/$defs/match"}},
            "mode": names(&Mode::NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
        }), &[]),
    });
    let branch_filter = json!({"match": filter["match"], "options": filter["options"]});
    let branch = closed(
        with(
            branch_filter,
            json!({
                "name": text("its name in reports"),
                "verdict": names(&["pass", "info", "warn", "inconclusive", "fail"]),
                "when": text("a condition"),
                "note": text("why"),
            }),
        ),
        &["name", "verdict"],
    );
    let expect = |own: Value, required: &[&str]| {
        let keys = with(
            with(always.clone(), filter.clone()),
            with(json!({"as": text("a label"), "to": true, "after": true}), own),
        );
        closed(keys, &[&["to", "msg"], required].concat())
    };
    let intervals = closed(
        json!({
            "backoff": closed(json!({"initial": true, "factor": true, "max": true}), &["initial", "factor", "max"]),
            "list": {"type": "array"},
            "tolerance": closed(json!({"early": true, "late": true, "abs": true}), &["early", "late", "abs"]),
        }),
        &["tolerance"],
    );
    let each = closed(
        json!({"field": text("seq, or options.timestamp"), "rule": names(&["increasing_mod_65536", "increasing", "same"]), "when": text("a condition")}),
        &["field", "rule"],
    );
    let series = expect_series(&always, &filter, &intervals, &each);
    let send = closed(
        with(
            with(always.clone(), body_keys()),
            json!({"as": text("a label"), "from": true, "apply": {"const": "$case"}}),
        ),
        &["from"],
    );
    let judged = |own: Value, required: &[&str]| closed(with(always.clone(), own), required);
    let rate = closed(
        json!({"to": true, "msg": {"$ref": "#/$defs/msg"}, "max": true, "per": true, "per_node": {"type": "boolean"}}),
        &["to", "msg", "max", "per"],
    );
    let bucket = closed(
        json!({"of": true, "rate": true, "burst": true, "slack": true}),
        &["of", "rate", "burst", "slack"],
    );
    let verbs = json!({
        "send": send,
        "expect": expect(json!({"within": true, "one_of": {"type": "array", "items": branch}}), &["within"]),
        "expect_none": expect(json!({"for": true}), &["for"]),
        "expect_all": expect(json!({"within": true}), &["within"]),
        "expect_series": series,
        "expect_outcome": judged(json!({"of": true, "is": true, "within": true}), &["of", "is", "within"]),
        "check": judged(json!({"order": texts("labels"), "value": true, "match": {"$ref": "#/$defs/match"}, "rate": rate, "token_bucket": bucket, "alive": {"const": true}}), &[]),
        "call": judged(json!({"proc": text("a procedure"), "with": {"type": "object"}}), &["proc"]),
        "for_each": judged(json!({"list": true, "as": text("a name"), "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}}}), &["list", "as", "steps"]),
        "wait": {"type": "string"},
        "note": {"type": "string"},
        "trigger": judged(json!({"action": names(&TriggerAction::NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>()), "mn": true, "at": true, "config": {"type": "object"}, "timeout": true}), &["action"]),
    });
    let mut step = closed(verbs, &[]);
    step["minProperties"] = json!(1);
    step["maxProperties"] = json!(1);
    step
}

fn expect_series(always: &Value, filter: &Value, intervals: &Value, each: &Value) -> Value {
    let own = json!({
        "as": text("a label"),
        "to": true,
        "reply": {"anyOf": [{"const": "none"}, {"$ref": "#/$defs/body"}]},
        "first_within": true,
        "intervals": intervals,
        "count": {"$ref": "#/$defs/count"},
        "after_max": names(&["stop_or_continue", "continue"]),
        "each": {"type": "array", "items": each},
    });
    let keys = with(with(always.clone(), filter.clone()), own);
    closed(keys, &["to", "msg", "first_within", "intervals", "count"])
}

/// What a message that is sent may have.
fn body_keys() -> Value {
    let options = json!({"type": "array", "items": {"$ref": "#/$defs/option"}});
    let mut edit = closed(json!({"at": true, "set": true, "or": true, "and": true, "xor": true}), &["at"]);
    edit["minProperties"] = json!(2);
    edit["maxProperties"] = json!(2);
    let edits = json!({"type": "array", "items": edit});
    let octet = json!({"type": "integer", "minimum": 0, "maximum": 255});
    let raw = closed(json!({"type": octet, "data": {"type": "string"}}), &["type"]);
    let mut keys = json!({
        "use": text("a template"),
        "with": {"type": "object"},
        "msg": {"$ref": "#/$defs/msg"},
        "options": options,
        "add": options,
        "add_first": options,
        "remove": {"type": "array", "items": names(&option_names())},
        "wire": closed(json!({
            "padding": {"type": "string", "pattern": "^(auto|none|[0-9a-fA-F: ]+)$"},
            "patch": edits,
            "late_patch": edits,
            "payload_proto": octet,
            "header_len": octet,
            "mh_type": octet,
            "mh": {"type": "string"},
            "truncate": {"type": "integer", "minimum": 0},
            "append": {"type": "string"},
            "checksum": {"anyOf": [{"const": "auto"}, one_key(&["set", "xor"])]},
        }), &[]),
        "ip": closed(json!({"hop_limit": octet, "src": true, "dst": true, "dst_mac": true, "tunnel": {"type": "boolean"}, "fragment": {"type": "integer", "minimum": 8, "multipleOf": 8}, "headers": {"type": "array", "items": raw}}), &[]),
    });
    for name in settable_names() {
        keys[name] = json!(true);
    }
    keys
}

fn option() -> Value {
    one_key(&[&option_names()[..], &["raw"]].concat())
}

fn matcher() -> Value {
    let operators: Vec<_> = Op::NAMES.iter().map(|(name, _)| *name).collect();
    let operators = json!({"type": "object", "propertyNames": names(&operators), "minProperties": 1});
    json!({"anyOf": [{"type": ["string", "number", "boolean", "null"]}, operators]})
}

fn option_names() -> Vec<&'static str> {
    OptionRow::all().map(|row| row.name).collect()
}

fn role_names() -> Vec<&'static str> {
    Role::NAMES.iter().map(|(name, _)| *name).collect()
}

/// A map of exactly one of these keys.
fn one_key(keys: &[&str]) -> Value {
    json!({"type": "object", "propertyNames": names(keys), "minProperties": 1, "maxProperties": 1})
}

/// A map of these keys and no others.
fn closed(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Both sets of keys.
fn with(keys: Value, more: Value) -> Value {
    let (Value::Object(mut keys), Value::Object(more)) = (keys, more) else { return Value::Null };
    keys.extend(more);
    Value::Object(keys)
}

fn names(names: &[&str]) -> Value {
    json!({"enum": names})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn texts(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}
