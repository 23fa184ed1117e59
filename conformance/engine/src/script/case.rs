//! Reads whole files: `*.test.yaml` and `*.lib.yaml`.

use std::sync::Arc;

use super::body::{body, message};
use super::condition::Condition;
use super::fields::{Fields, list, number, text, texts};
use super::model::{At, Auto, Library, Procedure, Row, Runs, Step, TestCase, Tester};
use super::span::{LoadError, LoadErrors};
use super::steps::{count, level, requirement, steps};
use super::value::Value;
use super::yaml::{Kind, Node};
use crate::judge::statistics::{Share, share};
use crate::transport::Role;
use crate::verdict::Verdict;

/// Most runs for one verdict.
const MOST_RUNS: u32 = 1000;
/// Keys that a variant may have of its own.
const OF_VARIANTS: [&str; 8] =
    ["iut", "applies_if", "when", "testers", "mobiles", "preamble", "stimulus", "postamble"];
/// Version of the language that is read here.
const VERSION: i128 = 1;

/// Takes `dmm: 1` out of a file's map; any other version is an error, since what it means is not known.
pub(crate) fn file(node: Node, what: &str) -> Result<Fields, LoadError> {
    let mut fields = Fields::of(node, what)?;
    let version = fields.require("dmm")?;
    if version.kind == Kind::Int(VERSION) {
        return Ok(fields);
    }
    let found = version.describe();
    Err(version.span.error(format!("language version {found}, but this engine reads version {VERSION} only")))
}

/// A test case and the files that it includes.
pub(crate) struct Parsed {
    pub(crate) case: TestCase,
    pub(crate) include: Vec<At<String>>,
}

/// Reads a `*.test.yaml`: one case, or one for each of its variants.
pub(crate) fn test(node: Node) -> Result<Vec<Parsed>, LoadErrors> {
    let mut errors = LoadErrors::default();
    let mut parsed = Vec::new();
    for (name, node) in variants(node)? {
        match one(node) {
            Ok(mut found) => {
                found.case.variant = name;
                parsed.push(found);
            }
            Err(found) => errors.extend_new(found),
        }
    }
    errors.or(parsed)
}

/// The case as each variant has it: the variant's keys over those of the file.
fn variants(node: Node) -> Result<Vec<(Option<String>, Node)>, LoadError> {
    let Kind::Map(mut entries) = node.kind else { return Ok(vec![(None, node)]) };
    let Some(at) = entries.iter().position(|(key, _)| key.name == "variants") else {
        return Ok(vec![(None, Node { kind: Kind::Map(entries), span: node.span })]);
    };
    let (key, listed) = entries.remove(at);
    let mut all: Vec<(Option<String>, Node)> = Vec::new();
    for variant in list(listed, "variants")? {
        let mut fields = Fields::of(variant, "a variant")?;
        let span = fields.span().clone();
        let name = fields.require_text("name")?;
        if all.iter().any(|(other, _)| other.as_deref() == Some(&name)) {
            return Err(span.error(format!("the variant `{name}` stands here twice")));
        }
        let mut merged = entries.clone();
        for (key, value) in fields.rest() {
            if !OF_VARIANTS.contains(&key.name.as_str()) {
                let what = format!("a variant cannot have the key `{}`, only", key.name);
                return Err(key.span.error(format!("{what}: name, {}", OF_VARIANTS.join(", "))));
            }
            merged.retain(|(other, _)| other.name != key.name);
            merged.push((key, value));
        }
        all.push((Some(name), Node { kind: Kind::Map(merged), span: node.span.clone() }));
    }
    if all.is_empty() {
        return Err(key.span.error("a case with `variants` has at least one"));
    }
    Ok(all)
}

fn one(node: Node) -> Result<Parsed, LoadErrors> {
    let mut errors = LoadErrors::default();
    let mut fields = file(node, "a test")?;
    let span = fields.span().clone();
    let id = fields.require("id")?;
    let id = At { span: id.span.clone(), value: text(&id, "id")? };
    let iut = fields.require("iut")?;
    let iut = match text(&iut, "iut")?.as_str() {
        "any" => None,
        name => Some(Role::from_name(name).ok_or_else(|| {
            iut.span.error(format!("unknown role `{name}`, expected one of: cmd, maar, lma, mag, any"))
        })?),
    };
    let mut case = TestCase {
        span,
        id,
        title: fields.require_text("title")?,
        purpose: fields.text("purpose")?.unwrap_or_default(),
        requirements: at_texts(fields.list("requirements")?, "requirements")?,
        iut,
        applies_if: fields.take("applies_if").map(|node| Condition::parse(&node)).transpose()?,
        when: fields.take("when").map(|node| Condition::parse(&node)).transpose()?,
        tags: texts(&fields.list("tags")?, "tags")?,
        testers: Vec::new(),
        mobiles: at_texts(fields.list("mobiles")?, "mobiles")?,
        exclusive: fields.flag("exclusive")?,
        params: Vec::new(),
        rows: Vec::new(),
        runs: fields.take("runs").map(runs).transpose()?,
        unexpected: unexpected(&mut fields)?,
        variant: None,
        preamble: Vec::new(),
        stimulus: Vec::new(),
        steps: Vec::new(),
        postamble: Vec::new(),
        library: Library::default(),
        sources: Vec::new(),
    };
    case.sources.push(Arc::clone(&case.span.source));
    let include = at_texts(fields.list("include")?, "include")?;
    // From here on each part is read by itself, so that one run shows what is wrong in all of them.
    case.testers = errors.keep(testers(&mut fields)).unwrap_or_default();
    for (key, node) in fields.map("params")? {
        if let Some(values) = errors.keep(list(node, &key.name)) {
            case.params.push((At { span: key.span, value: key.name }, values));
        }
    }
    for node in fields.list("cases")? {
        case.rows.extend(errors.keep(row(node)));
    }
    for (name, into) in [
        ("preamble", &mut case.preamble),
        ("stimulus", &mut case.stimulus),
        ("steps", &mut case.steps),
        ("postamble", &mut case.postamble),
    ] {
        for node in fields.list(name)? {
            into.extend(errors.keep(steps(vec![node])).into_iter().flatten());
        }
    }
    errors.keep(fields.finish());
    errors.or(Parsed { case, include })
}

/// `{count: {quick: 5, full: 30}, accept: 90%, confidence: 95%}`.
fn runs(node: Node) -> Result<Runs, LoadError> {
    let mut fields = Fields::of(node, "`runs`")?;
    let span = fields.span().clone();
    let count = count(&mut fields)?;
    let mut percent = |name| -> Result<f64, LoadError> {
        let node = fields.require(name)?;
        let share = Value::literal(&node).percent().map_err(|why| node.span.error(why))?;
        let is_share = share > 0.0 && share < 1.0;
        if is_share {
            Ok(share)
        } else {
            Err(node.span.error(format!("`{name}` is more than 0% and less than 100%")))
        }
    };
    let (accept, confidence) = (percent("accept")?, percent("confidence")?);
    fields.finish()?;
    let most = count.0.max(count.1);
    if most > MOST_RUNS || count.0.min(count.1) == 0 {
        return Err(span.error(format!("`count` is from 1 to {MOST_RUNS}")));
    }
    if share(count.1, count.1, accept, confidence) != Share::Reached {
        let proves = |runs: &u32| share(*runs, *runs, accept, confidence) == Share::Reached;
        let needed = (1..=MOST_RUNS).find(proves).map_or_else(|| "more".to_string(), |runs| runs.to_string());
        let what = format!("L07: with {} runs, all of them good, the share is not proven", count.1);
        return Err(span.error(format!("{what}: that takes {needed}")));
    }
    Ok(Runs { span, count, accept, confidence })
}

/// `unexpected: fail`.
fn unexpected(fields: &mut Fields) -> Result<Verdict, LoadError> {
    let Some(node) = fields.take("unexpected") else { return Ok(Verdict::Info) };
    match node.text() {
        Some("note") => Ok(Verdict::Info),
        Some("inconclusive") => Ok(Verdict::Inconclusive),
        Some("fail") => Ok(Verdict::Fail),
        _ => Err(node.span.error("`unexpected` is one of: note, inconclusive, fail")),
    }
}

fn at_texts(items: Vec<Node>, what: &str) -> Result<Vec<At<String>>, LoadError> {
    items.into_iter().map(|node| Ok(At { value: text(&node, what)?, span: node.span })).collect()
}

fn testers(fields: &mut Fields) -> Result<Vec<Tester>, LoadError> {
    let mut testers = Vec::new();
    for (key, node) in fields.map("testers")? {
        let mut fields = Fields::of(node, "a role")?;
        let role = fields.require("role")?;
        let name = text(&role, "role")?;
        let role = Role::from_name(&name).ok_or_else(|| {
            role.span.error(format!("unknown role `{name}`, expected one of: cmd, maar, lma, mag"))
        })?;
        let count = fields.take("count");
        let auto = fields.take("auto").map(auto).transpose()?;
        fields.finish()?;
        testers.push(Tester { name: At { span: key.span, value: key.name }, role, count, auto });
    }
    Ok(testers)
}

/// `{answer: pbu, reply: pba_ok, delay: 2ms, drop_first: 1}`.
fn auto(node: Node) -> Result<Auto, LoadError> {
    let mut fields = Fields::of(node, "`auto`")?;
    let auto = Auto {
        span: fields.span().clone(),
        answer: message(&fields.require("answer")?)?.value,
        reply: fields.require_text("reply")?,
        delay: fields.take("delay"),
        drop_first: fields.take("drop_first").map_or(Ok(0), |node| number(&node, "drop_first"))?,
    };
    fields.finish()?;
    Ok(auto)
}

/// `{name: bad-checksum, level: must, wire: {...}, outcome: silent}`: keys of a message are for `apply: $case`, all
/// others are values for `$case.x`.
fn row(node: Node) -> Result<Row, LoadError> {
    let mut fields = Fields::of(node, "a row of `cases`")?;
    let span = fields.span().clone();
    let name = fields.require_text("name")?;
    let (level, req) = (level(&mut fields)?, requirement(&mut fields)?);
    let overlay = body(&mut fields)?;
    if let Some(template) = &overlay.template {
        return Err(template.span.error("a row changes a message, it does not choose its template"));
    }
    let mut values = vec![("name".to_string(), Node { span: span.clone(), kind: Kind::Text(name.clone()) })];
    for (key, value) in fields.rest() {
        if matches!(value.kind, Kind::Map(_)) {
            let what =
                format!("unknown key `{}`: the value of a `$case` key is one value or a list", key.name);
            return Err(key.span.error(what));
        }
        values.push((key.name, value));
    }
    Ok(Row { span, name, level, req, values, overlay })
}

/// Reads a `*.lib.yaml`.
pub(crate) fn library(node: Node) -> Result<Library, LoadErrors> {
    let mut errors = LoadErrors::default();
    let mut fields = file(node, "a library")?;
    let mut library = Library::default();
    for (key, node) in fields.map("templates")? {
        if let Some(body) = errors.keep(template(node)) {
            library.templates.push((key.name, body));
        }
    }
    for (key, node) in fields.map("procedures")? {
        if let Some((args, steps)) = errors.keep(procedure(node)) {
            library.procedures.push(Procedure { name: key.name, args, steps });
        }
    }
    errors.keep(fields.finish());
    errors.or(library)
}

fn template(node: Node) -> Result<super::model::Body, LoadError> {
    let mut fields = Fields::of(node, "a template")?;
    let body = body(&mut fields)?;
    fields.finish()?;
    match (&body.template, body.with.is_empty()) {
        (Some(template), false) => {
            Err(template.span.error("a template gives another no arguments: both have those of the step"))
        }
        _ => Ok(body),
    }
}

fn procedure(node: Node) -> Result<(Vec<String>, Vec<Step>), LoadError> {
    let mut fields = Fields::of(node, "a procedure")?;
    fields.text("doc")?;
    let args = texts(&fields.list("args")?, "args")?;
    let steps = steps(list(fields.require("steps")?, "steps")?)?;
    fields.finish()?;
    Ok((args, steps))
}
