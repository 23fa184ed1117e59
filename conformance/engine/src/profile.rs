//! What an implementation says about itself: `*.iut.yaml` with PICS (what it has), PIXIT (its numbers) and its address.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::access::{Access, Tester};
use crate::script::case::file;
use crate::script::fields::texts;
use crate::script::span::{LoadError, LoadErrors, Source};
use crate::script::value::Value;
use crate::script::yaml::{Kind, parse};
use crate::transport::Role;
use crate::trigger::Triggers;
use crate::waiver::Waiver;

/// One implementation.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its file.
    pub source: Arc<Source>,
    /// Its name in reports.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Which version of it.
    pub version: String,
    /// What it can be.
    pub roles: Vec<Role>,
    /// Its address in the domain.
    pub addr: Ipv6Addr,
    /// What it has: every question of the suite must be answered.
    pub pics: BTreeMap<String, bool>,
    /// Its numbers, as in `$pixit.response_time`.
    pub pixit: BTreeMap<String, Value>,
    /// The way to it on the wire.
    pub access: Option<Access>,
    /// The shared library that it is, where it embeds (`dmm_iut.h`).
    pub library: Option<PathBuf>,
    /// The part of its domain that is the tester's.
    pub tester: Tester,
    /// How things are made to happen at it.
    pub triggers: Triggers,
    /// Failures that are known.
    pub waivers: Vec<Waiver>,
}

impl Profile {
    /// Reads a profile. A library is looked for from the profile's folder.
    pub fn load(path: &Path) -> Result<Self, LoadErrors> {
        let mut profile = Self::parse(&crate::script::source::read(path)?)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        profile.library = profile.library.map(|library| folder.join(library));
        Ok(profile)
    }

    /// Reads a profile that is already in memory.
    pub fn parse(source: &Arc<Source>) -> Result<Self, LoadError> {
        let mut fields = file(parse(source)?, "a profile")?;
        let (name, vendor) = (fields.require_text("name")?, fields.text("vendor")?.unwrap_or_default());
        let version = fields.text("version")?.unwrap_or_default();
        let mut roles = Vec::new();
        let nodes = fields.list("roles")?;
        for (node, name) in nodes.iter().zip(texts(&nodes, "roles")?) {
            let unknown =
                || node.span.error(format!("unknown role `{name}`, expected one of: cmd, maar, lma, mag"));
            roles.push(Role::from_name(&name).ok_or_else(unknown)?);
        }
        let addr = fields.require("addr")?;
        let addr = Value::literal(&addr).addr().map_err(|why| addr.span.error(why))?;
        let mut pics = BTreeMap::new();
        for (key, node) in fields.map("pics")? {
            let Kind::Bool(answer) = node.kind else {
                let what = format!("`{}` is answered by true or false, not by {}", key.name, node.describe());
                return Err(node.span.error(what));
            };
            pics.insert(key.name, answer);
        }
        let mut pixit = BTreeMap::new();
        for (key, node) in fields.map("pixit")? {
            if matches!(node.kind, Kind::Map(_) | Kind::List(_) | Kind::Null) {
                return Err(node.span.error(format!("`{}` is one value, not {}", key.name, node.describe())));
            }
            pixit.insert(key.name, Value::literal(&node));
        }
        let mut waivers: Vec<Waiver> = Vec::new();
        for node in fields.list("waivers")? {
            let waiver = Waiver::parse(node)?;
            if waivers.iter().any(|other| other.test == waiver.test) {
                return Err(waiver.span.error(format!("`{}` is waived twice", waiver.test)));
            }
            waivers.push(waiver);
        }
        let access = fields.take("access").map(Access::parse).transpose()?;
        let library = fields.text("library")?.map(PathBuf::from);
        let tester = fields.take("tester").map(|node| Tester::parse(node, addr)).transpose()?;
        let tester = tester.unwrap_or_else(|| Tester::beside(addr));
        let triggers = fields.take("triggers").map(Triggers::parse).transpose()?.unwrap_or_default();
        fields.finish()?;
        let source = Arc::clone(source);
        Ok(Self {
            source,
            name,
            vendor,
            version,
            roles,
            addr,
            pics,
            pixit,
            access,
            library,
            tester,
            triggers,
            waivers,
        })
    }
}
