//! What an operator tells a node: one YAML file, whose every mistake is said with file, line and column before anything
//! is opened. It knows no socket; [`NodeConfig`] is what the state machines and the shell around them start from.

mod error;
mod nodes;
mod setting;
mod shared;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dmm_codec::MnIdentifier;
use dmm_codec::packet::Mac;
use dmm_proto::legacy::{LmaConfig, MagConfig};
use dmm_proto::{CmdConfig, MaarConfig};
use dmm_store::Owner;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location, Spanned};

pub use error::{ConfigError, ConfigErrors};
pub use setting::mac;

use error::Source;
use nodes::{CmdFile, LmaFile, MaarFile, MagFile};
use setting::{Setting as _, nearest};

/// A node, as its file describes it.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// What every node has.
    pub common: Common,
    /// What it is.
    pub kind: Kind,
}

/// What every node has.
#[derive(Clone, Debug)]
pub struct Common {
    /// Its address.
    pub address: Ipv6Addr,
    /// Where it is looked after.
    pub admin: Admin,
    /// Where its bindings are kept.
    pub store: Store,
    /// Who forwards.
    pub forwarding: Forwarding,
}

/// Where a node is looked after.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The Unix socket that takes requests.
    pub socket: PathBuf,
    /// Where Prometheus finds its numbers; nowhere unless the operator says so.
    pub metrics: Option<SocketAddr>,
}

/// What a node is, and what its state machine is told.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A CMD, and the LMA beside it where it serves MAGs too.
    Cmd {
        /// The CMD.
        cmd: CmdConfig,
        /// The LMA.
        lma: Option<LmaConfig>,
    },
    /// A MAAR.
    Maar {
        /// The MAAR.
        maar: MaarConfig,
        /// Its access link.
        access: Access,
    },
    /// An LMA.
    Lma {
        /// The LMA.
        lma: LmaConfig,
    },
    /// A MAG.
    Mag {
        /// The MAG.
        mag: MagConfig,
        /// Its access link.
        access: Access,
    },
}

/// An access link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The name of its network interface.
    pub interface: String,
    /// What shows that a mobile node is there.
    pub attach_on: AttachOn,
    /// After how long a silence a mobile node is asked whether it is still there; never where there is none.
    pub probe_after: Option<Duration>,
}

/// What shows that a mobile node is on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachOn {
    /// A Router Solicitation, or that it tests a link-local address for duplicates (RFC 4862 §5.4), which comes first, or that it
    /// reports its groups (RFC 3810 §5.2), which is all that some say when a carrier comes back.
    Solicitation,
    /// Any IPv6 packet of a subscriber that is not served.
    AnyFrame,
    /// Nothing but the admin socket, which alone tells of their leaving, too.
    Admin,
}

/// Where bindings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// In memory: gone with the process.
    Memory,
    /// In a file: what is promised is durable before it is promised.
    File(PathBuf),
}

impl Store {
    fn check(&self, role: Role) -> Result<(), String> {
        match self {
            Self::File(_) if role.keeps().is_none() => {
                Err("a MAG keeps bindings in memory only: after a restart it registers whoever shows up"
                    .to_owned())
            }
            Self::Memory | Self::File(_) => Ok(()),
        }
    }
}

/// Who forwards what the node's state machine orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// Nobody: orders are noted and acknowledged. Signalling and Router Advertisements are right, user traffic is lost.
    None,
}

/// What a node can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Central Mobility Database.
    Cmd,
    /// Mobility Anchor and Access Router.
    Maar,
    /// Local Mobility Anchor of RFC 5213.
    Lma,
    /// Mobile Access Gateway of RFC 5213.
    Mag,
}

impl Role {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Cmd, Self::Maar, Self::Lma, Self::Mag];

    /// Its name in configurations and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cmd => "cmd",
            Self::Maar => "maar",
            Self::Lma => "lma",
            Self::Mag => "mag",
        }
    }

    /// What it is to a store; a MAG's bindings are the LMA's to keep.
    pub const fn keeps(self) -> Option<dmm_store::Role> {
        match self {
            Self::Cmd => Some(dmm_store::Role::Cmd),
            Self::Maar => Some(dmm_store::Role::Maar),
            Self::Lma => Some(dmm_store::Role::Lma),
            Self::Mag => None,
        }
    }

    /// A configuration with a comment on every key. MAARs have two, so that there is a domain to start.
    pub const fn examples(self) -> &'static [&'static str] {
        match self {
            Self::Cmd => &[include_str!("../../examples/cmd.yaml")],
            Self::Maar => {
                &[include_str!("../../examples/maar1.yaml"), include_str!("../../examples/maar2.yaml")]
            }
            Self::Lma => &[include_str!("../../examples/lma.yaml")],
            Self::Mag => &[include_str!("../../examples/mag.yaml")],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl NodeConfig {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, &text),
            Err(error) => {
                let source = Arc::new(Source { name, text: String::new() });
                Err(ConfigErrors(vec![ConfigError::file(&source, format!("cannot be read: {error}"))]))
            }
        }
    }

    /// Reads a configuration that is in memory, under the name that mistakes are reported with.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigErrors> {
        let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
        let mut reader = Reader { source, errors: Vec::new() };
        match reader.node() {
            Some(config) if reader.errors.is_empty() => Ok(config),
            _ => Err(ConfigErrors(reader.errors)),
        }
    }

    /// What it is.
    pub fn role(&self) -> Role {
        match self.kind {
            Kind::Cmd { .. } => Role::Cmd,
            Kind::Maar { .. } => Role::Maar,
            Kind::Lma { .. } => Role::Lma,
            Kind::Mag { .. } => Role::Mag,
        }
    }

    /// Its store's file, and whose that is to be, if it keeps bindings in one.
    pub fn store(&self) -> Option<(&Path, Owner)> {
        match (&self.common.store, self.role().keeps()) {
            (Store::File(path), Some(role)) => Some((path, Owner { role, address: self.common.address })),
            _ => None,
        }
    }

    /// Has it keep bindings there instead, or says why it cannot.
    pub fn keep_in(&mut self, store: Store) -> Result<(), String> {
        store.check(self.role())?;
        self.common.store = store;
        Ok(())
    }

    /// Its access link, if it has one.
    pub fn access(&self) -> Option<&Access> {
        match &self.kind {
            Kind::Maar { access, .. } | Kind::Mag { access, .. } => Some(access),
            Kind::Cmd { .. } | Kind::Lma { .. } => None,
        }
    }

    /// Who is behind which MAC address, where it has an access link.
    pub fn subscribers(&self) -> Option<&BTreeMap<Mac, MnIdentifier>> {
        match &self.kind {
            Kind::Maar { maar, .. } => Some(&maar.subscribers),
            Kind::Mag { mag, .. } => Some(&mag.subscribers),
            Kind::Cmd { .. } | Kind::Lma { .. } => None,
        }
    }

    /// The nodes that it works with, and what each is to it.
    pub fn peers(&self) -> Vec<(Ipv6Addr, Role)> {
        match &self.kind {
            Kind::Cmd { cmd, lma } => {
                let maars = cmd.maars.iter().map(|maar| (maar.address, Role::Maar));
                let mags = lma.iter().flat_map(|lma| lma.mags.iter().map(|mag| (*mag, Role::Mag)));
                maars.chain(mags).collect()
            }
            Kind::Maar { maar, .. } => {
                let peers = maar.peers.iter().map(|peer| (peer.address, Role::Maar));
                [(maar.cmd, Role::Cmd)].into_iter().chain(peers).collect()
            }
            Kind::Lma { lma } => lma.mags.iter().map(|mag| (*mag, Role::Mag)).collect(),
            Kind::Mag { mag, .. } => vec![(mag.lma, Role::Lma)],
        }
    }

    /// The role of the CMD (RFC 8885 §3), where there is one.
    pub fn mode(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Cmd { cmd, .. } => Some(cmd.plan.name),
            Kind::Maar { maar, .. } => Some(maar.plan.name),
            Kind::Lma { .. } | Kind::Mag { .. } => None,
        }
    }
}

/// A configuration that is being read, and what was found wrong with it.
struct Reader {
    source: Arc<Source>,
    errors: Vec<ConfigError>,
}

/// All of a file that says what kind of file it is.
#[derive(Deserialize)]
struct RoleOnly {
    role: Option<Spanned<String>>,
}

impl Reader {
    fn error(&mut self, at: Location, what: String) {
        self.errors.push(ConfigError::new(&self.source, at, what));
    }

    fn node(&mut self) -> Option<NodeConfig> {
        match self.role()? {
            Role::Cmd => self.file::<CmdFile>().map(|file| file.read(self)),
            Role::Maar => self.file::<MaarFile>().map(|file| file.read(self)),
            Role::Lma => self.file::<LmaFile>().map(|file| file.read(self)),
            Role::Mag => self.file::<MagFile>().map(|file| file.read(self)),
        }
    }

    fn role(&mut self) -> Option<Role> {
        let Some(role) = self.file::<RoleOnly>()?.role else {
            let what = "no `role`: it says what this file is for, as cmd, maar, lma or mag".to_owned();
            self.errors.push(ConfigError::file(&self.source, what));
            return None;
        };
        Role::parse(&role.value).map_err(|what| self.error(role.referenced, what)).ok()
    }

    fn file<T: DeserializeOwned>(&mut self) -> Option<T> {
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        match serde_saphyr::from_str_with_options(&self.source.text, options) {
            Ok(file) => Some(file),
            Err(error) => {
                let what = said(&error);
                match error.location() {
                    Some(at) => self.error(at, what),
                    None => self.errors.push(ConfigError::file(&self.source, what)),
                }
                None
            }
        }
    }
}

/// What is wrong, without the position, which stands beside it anyway.
fn said(error: &Error) -> String {
    match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, .. } => match nearest(field, expected.iter().copied()) {
            Some(name) => format!("unknown key `{field}`; is `{name}` meant?"),
            None => format!("unknown key `{field}`; here stand {}", expected.join(", ")),
        },
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        other => {
            let said = other.to_string();
            let line = said.lines().next().unwrap_or(&said);
            let line = line.rsplit_once(" at line ").map_or(line, |(what, _)| what);
            line.split_once(", set DuplicateKeyPolicy").map_or(line, |(what, _)| what).to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
