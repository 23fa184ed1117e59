//! What a profile says about making things happen that are no packets of the tester's: a mobile node comes, a node restarts. The
//! engine only reads it; a bench on the wire carries it out.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::script::fields::{Fields, list, text, texts};
use crate::script::span::LoadError;
use crate::script::value::Value;
use crate::script::yaml::{Kind, Node};

/// Actions that a trigger can be for.
pub const ACTIONS: [&str; 6] = ["attach", "detach", "handover", "restart", "set-config", "dump-state"];
/// The trigger of those actions that have none of their own.
pub const ALL: &str = "all";
/// What stands in braces in words for programs and people.
pub const FACTS: [&str; 9] =
    ["action", "mn.name", "mn.nai", "mn.mac", "at.name", "at.addr", "iut.name", "iut.addr", "config"];

/// How long a program may take where the profile does not say.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a person may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// The triggers of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Triggers(BTreeMap<String, Trigger>);

/// How one action is made to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// By what.
    pub means: Means,
    /// How long that may take.
    pub timeout: Duration,
}

/// By what an action is made to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// `POST url/do/ACTION` to an adaptor.
    Http {
        /// Where the adaptor is.
        url: String,
    },
    /// A program of this machine, with its arguments.
    Exec {
        /// Program and arguments; facts in braces.
        run: Vec<String>,
    },
    /// A command on another machine, by the `ssh` of this one.
    Ssh {
        /// As `ssh` takes it.
        host: String,
        /// The command; facts in braces.
        run: String,
    },
    /// The tester is the mobile node, on an access link of the implementation.
    Wire {
        /// This machine's interface on that link.
        interface: String,
    },
    /// A person.
    Manual {
        /// What the person is to do; facts in braces. None: the same words for every implementation.
        prompt: Option<String>,
    },
}

impl Triggers {
    /// The trigger for an action.
    pub fn of(&self, action: &str) -> Option<&Trigger> {
        self.0.get(action).or_else(|| self.0.get(ALL))
    }

    /// The access links on which the tester is a mobile node.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|trigger| match &trigger.means {
            Means::Wire { interface } => Some(interface.as_str()),
            _ => None,
        })
    }

    /// `{restart: {ssh: {host: dut, run: "systemctl restart cmdd"}}, all: {manual: {deadline: 60s}}}`.
    pub(crate) fn parse(node: Node) -> Result<Self, LoadError> {
        let mut triggers = BTreeMap::new();
        for (key, node) in Fields::of(node, "`triggers`")?.rest() {
            if key.name != ALL && !ACTIONS.contains(&key.name.as_str()) {
                let known = ACTIONS.join(", ");
                let what = format!("unknown action `{}`, expected one of: {known}, {ALL}", key.name);
                return Err(key.span.error(what));
            }
            triggers.insert(key.name, Trigger::parse(node)?);
        }
        Ok(Self(triggers))
    }
}

impl Trigger {
    fn parse(node: Node) -> Result<Self, LoadError> {
        let span = node.span.clone();
        let mut means = Fields::of(node, "a trigger")?.rest();
        let (Some((key, node)), true) = (means.pop(), means.is_empty()) else {
            return Err(span.error("a trigger is one of: http, exec, ssh, wire, manual"));
        };
        let mut fields = Fields::of(node, &format!("`{}`", key.name))?;
        let (means, limit, default) = match key.name.as_str() {
            "http" => (Means::Http { url: url(&fields.require("url")?)? }, "timeout", TIMEOUT),
            "exec" => (Means::Exec { run: command(fields.require("run")?)? }, "timeout", TIMEOUT),
            "ssh" => {
                let host = fields.require("host")?;
                let name = text(&host, "host")?;
                // What begins with a dash would be an option of ssh.
                if name.is_empty() || name.starts_with('-') {
                    return Err(host.span.error(format!("`host` is a host of ssh, not `{name}`")));
                }
                let run = worded(&fields.require("run")?, "run")?;
                (Means::Ssh { host: name, run }, "timeout", TIMEOUT)
            }
            "wire" => (Means::Wire { interface: fields.require_text("interface")? }, "", TIMEOUT),
            "manual" => {
                let prompt = fields.take("prompt").map(|node| worded(&node, "prompt")).transpose()?;
                (Means::Manual { prompt }, "deadline", DEADLINE)
            }
            other => {
                let what = format!("unknown means `{other}`, expected one of: http, exec, ssh, wire, manual");
                return Err(key.span.error(what));
            }
        };
        let limit = if limit.is_empty() { None } else { fields.take(limit) };
        let timeout = match limit {
            Some(node) => Value::literal(&node).duration().map_err(|why| node.span.error(why))?,
            None => default,
        };
        fields.finish()?;
        Ok(Self { means, timeout })
    }
}

fn url(node: &Node) -> Result<String, LoadError> {
    let url = text(node, "url")?;
    if url.starts_with("http://") {
        return Ok(url.trim_end_matches('/').to_string());
    }
    Err(node.span.error(format!("`url` is that of an adaptor, as in \"http://[::1]:8080\", not `{url}`")))
}

/// Program and arguments; no shell takes them apart.
fn command(node: Node) -> Result<Vec<String>, LoadError> {
    if !matches!(node.kind, Kind::List(_)) {
        let what = "`run` is a list of a program and its arguments, as in [\"./adaptor.sh\", \"{action}\", \"{mn.nai}\"]";
        return Err(node.span.error(what));
    }
    let span = node.span.clone();
    let items = list(node, "run")?;
    for item in &items {
        worded(item, "run")?;
    }
    let words = texts(&items, "run")?;
    if words.is_empty() { Err(span.error("`run` names no program")) } else { Ok(words) }
}

/// A text in which only facts stand in braces.
fn worded(node: &Node, what: &str) -> Result<String, LoadError> {
    let words = text(node, what)?;
    match expand(&words, &|fact| FACTS.contains(&fact).then(String::new)) {
        Ok(_) => Ok(words),
        Err(unknown) => {
            let known = FACTS.join("}, {");
            Err(node.span.error(format!("`{{{unknown}}}` is not known here, expected one of: {{{known}}}")))
        }
    }
}

/// The text with facts in the place of their names in braces; the name of one that is not known is the error.
pub fn expand(text: &str, fact: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').ok_or_else(|| behind.to_string())?;
        said += before;
        said += &fact(name).ok_or_else(|| name.to_string())?;
        rest = after;
    }
    Ok(said + rest)
}
