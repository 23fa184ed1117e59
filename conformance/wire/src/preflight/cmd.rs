//! What is asked of a CMD alone: whether it serves MAGs, and how a handover goes.

use std::time::Duration;

use dmm_codec::{Instant, Lifetime, Message, PbaFlags, Pbu, PbuFlags};
use dmm_conformance::transport::{Role, RoleSetup, TransportError};

use super::probing::{LONG, PROXY, Probing, message, named};
use super::{Mode, Preflight, Weight, modes};

/// A proxy answers the S-MAAR at once, a relay after the P-MAAR, which is silent for this long (RFC 8885 §3.2, §3.4). Shorter
/// than a relay waits for its P-MAARs.
const SILENCE: Duration = Duration::from_millis(400);
/// How long a PBA of a relay may take once the P-MAAR has answered.
const COLLECTED: Duration = Duration::from_secs(2);

impl Probing<'_> {
    pub(super) fn serves_mags(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(()) };
        let answer = self.ask(&role, "mag", PROXY, LONG, None)?;
        let is_served = answer.as_ref().is_some_and(|answer| answer.status.is_accepted());
        if is_served {
            self.ask(&role, "mag", PROXY, Lifetime::ZERO, None)?;
        }
        let said = answer.map_or_else(|| "no answer".to_string(), |answer| named(answer.status));
        found.compare(
            self.profile,
            "cmd.serves_mag",
            is_served,
            &format!("a PBU without the D flag gets {said}"),
        );
        Ok(())
    }

    /// A handover with a P-MAAR that is silent at first.
    pub(super) fn mode(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let [first, second, ..] = &self.setup.roles[..] else {
            found.note(
                Weight::Warning,
                "mode",
                "with one station there is no handover, so the mode is not known",
            );
            return Ok(());
        };
        let (first, second) = (first.clone(), second.clone());
        let registered = self.ask(&first, "mode", PROXY | PbuFlags::D, LONG, None)?;
        if !registered.is_some_and(|answer| answer.status.is_accepted()) {
            found.note(Weight::Warning, "mode", "the mobile node of the probe was not registered");
            return Ok(());
        }
        self.seen.clear();
        let seq = self.pbu(&second, "mode", PROXY | PbuFlags::D, LONG, None)?;
        let at_once = self.pba(&second, seq, self.transport.now() + SILENCE)?;
        let told = self.told(&first);
        if let Some((asked, _)) = &told {
            self.accept(&first, asked, PbaFlags::P | PbaFlags::D)?;
        }
        let (mode, by) = if at_once.is_some() {
            (Mode::Proxy, "the S-MAAR was answered before the P-MAAR had answered")
        } else if told.is_none() {
            found.note(
                Weight::Warning,
                "mode",
                format!("no PBU came to the P-MAAR in {SILENCE:?} of a handover, nor a PBA to the S-MAAR: no mode of RFC 8885"),
            );
            return Ok(());
        } else if self.pba(&second, seq, self.transport.now() + COLLECTED)?.is_some() {
            (Mode::Relay, "the S-MAAR was answered after the P-MAAR had answered")
        } else {
            (Mode::Locator, "the S-MAAR was not answered by the implementation")
        };
        for (name, each) in modes(Role::Cmd) {
            found.compare(self.profile, name, each == mode, by);
        }
        if !modes(Role::Cmd).any(|(name, _)| self.profile.pics.contains_key(name)) {
            found.note(Weight::Good, "mode", format!("{mode:?}: {by}"));
        }
        self.ask(&second, "mode", PROXY | PbuFlags::D, Lifetime::ZERO, None)?;
        // A CMD may tell the P-MAAR that the mobile node is gone (RFC 8885 §3.5); whoever does not answer is told again.
        if let Some((asked, _)) = self.told(&first) {
            self.accept(&first, &asked, PbaFlags::P | PbaFlags::D)?;
        }
        Ok(())
    }

    /// The last PBU that came to a station.
    pub(super) fn told(&self, role: &RoleSetup) -> Option<(Pbu, Instant)> {
        self.seen.iter().rev().find_map(|received| match message(received)? {
            Message::Pbu(pbu) if received.port == role.port => Some((pbu, received.at)),
            _ => None,
        })
    }
}
