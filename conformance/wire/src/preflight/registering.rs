//! Whether those who register mobile nodes at the implementation may: the tester's MAARs at a CMD, its MAGs at an LMA.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use dmm_codec::{Lifetime, PbaFlags, PbuFlags};
use dmm_conformance::report::counted;
use dmm_conformance::script::value::Value;
use dmm_conformance::transport::{Role, TransportError};

use super::probing::{LONG, PROXY, Probing, named};
use super::{Preflight, Weight};

impl Probing<'_> {
    /// Whether each station may register a mobile node: with a prefix of its pool at a CMD, with one of the LMA's there.
    pub(super) fn authorised(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let flags = self.flags();
        let (with, name) = if flags.contains(PbuFlags::D) { ("with", "cmd") } else { ("without", "lma") };
        let mut refused: BTreeMap<String, Vec<Ipv6Addr>> = BTreeMap::new();
        let roles = self.setup.roles.clone();
        for role in &roles {
            let mobile = format!("at-{}", role.port);
            let said = match self.ask(role, &mobile, flags, LONG, None)? {
                Some(answer) if answer.status.is_accepted() => {
                    self.ask(role, &mobile, flags, Lifetime::ZERO, None)?;
                    continue;
                }
                Some(answer) => named(answer.status),
                None => "no answer".to_string(),
            };
            refused.entry(said).or_default().push(role.addr);
        }
        if refused.is_empty() {
            let says = format!(
                "{} may register mobile nodes; nothing protects PBUs (RFC 5213 §4 wants IPsec)",
                counted(roles.len(), "station")
            );
            found.note(Weight::Good, "stations", says);
            found.compare(self.profile, name, true, &format!("a PBU {with} the D flag is accepted"));
            return Ok(());
        }
        let all_refused = refused.values().map(Vec::len).sum::<usize>() == roles.len();
        let theirs = if self.role == Role::Cmd {
            "configure them with their prefix pools"
        } else {
            "configure them as MAGs"
        };
        for (said, addresses) in refused {
            let (count, first) = (addresses.len(), addresses[0]);
            let says = format!(
                "{count} of {} stations ({first}{}) get {said} for a fresh registration {with} the D flag: {theirs}, as \
`dmm conform init --list` prints them",
                roles.len(),
                if count > 1 { ", …" } else { "" }
            );
            found.note(Weight::Obstacle, "stations", says);
        }
        if all_refused {
            found.compare(self.profile, name, false, &format!("no PBU {with} the D flag is accepted"));
        }
        Ok(())
    }

    /// RFC 5213 §5.3.2: who asks for `::/0` is assigned a prefix of the LMA's.
    pub(super) fn assigns(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(()) };
        let answer = self.ask(&role, "pool", PROXY, LONG, None)?;
        let Some(answer) = answer.filter(|answer| answer.status.is_accepted()) else { return Ok(()) };
        self.ask(&role, "pool", PROXY, Lifetime::ZERO, None)?;
        if let Some(prefix) = answer.prefix {
            self.is_of_pool(prefix, "was assigned to who asked for ::/0", found);
        } else {
            let says = "a registration with ::/0 is accepted without a prefix, which RFC 5213 §5.3.6 wants";
            found.note(Weight::Warning, "pixit.pool", says);
        }
        Ok(())
    }

    /// Whether a prefix of the implementation's is of those that the profile says it has.
    pub(super) fn is_of_pool(&self, prefix: ipnet::Ipv6Net, what: &str, found: &mut Preflight) {
        let Some(Ok(pool)) = self.profile.pixit.get("pool").map(Value::net) else { return };
        if pool.contains(&prefix) {
            return found.note(Weight::Good, "pixit.pool", format!("{pool}, as declared: {prefix} {what}"));
        }
        let says = format!("declared {pool}, but {prefix} {what}: mend the profile, or the implementation");
        found.note(Weight::Warning, "pixit.pool", says);
    }

    /// RFC 8885 §4.1: an LMA that does not serve MAARs refuses the D flag; one that is older than the RFC does not see it.
    pub(super) fn refuses_d(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(()) };
        let flags = PROXY | PbuFlags::D;
        let Some(answer) = self.ask(&role, "dmm", flags, LONG, None)? else {
            let says = "a PBU with the D flag gets no answer: RFC 8885 §4.1 wants an error";
            found.note(Weight::Warning, "lma.dmm_aware", says);
            found.compare(self.profile, "lma.dmm", false, "a PBU with the D flag gets no answer");
            return Ok(());
        };
        let is_served = answer.status.is_accepted() && answer.flags.contains(PbaFlags::D);
        let by = if answer.status.is_accepted() {
            self.ask(&role, "dmm", flags, Lifetime::ZERO, None)?;
            let of = if is_served { "with" } else { "without" };
            format!("a PBU with the D flag is accepted by a PBA {of} it")
        } else {
            format!("a PBU with the D flag gets {}", named(answer.status))
        };
        found.compare(self.profile, "lma.dmm", is_served, &by);
        found.compare(self.profile, "lma.dmm_aware", is_served || !answer.status.is_accepted(), &by);
        Ok(())
    }
}
