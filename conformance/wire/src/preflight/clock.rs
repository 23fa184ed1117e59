//! What time the implementation has, and the tester from then on.

use std::time::Duration;

use dmm_codec::{Instant, Lifetime, Status, Timestamp};
use dmm_conformance::transport::TransportError;

use super::probing::{LONG, Probing, named};
use super::{Preflight, Weight};

/// A time that no clock has that is set: one second after 1970.
const ABSURD: Timestamp = Timestamp(1 << 16);

impl Probing<'_> {
    /// RFC 5213 §5.5: who rejects a time stamp with status 156 says its own time. Whether it is worth asking more.
    pub(super) fn time(&mut self, found: &mut Preflight) -> Result<bool, TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(false) };
        let before = self.transport.now();
        let Some(answer) = self.ask(&role, "clock", self.flags(), LONG, Some(ABSURD))? else {
            let says = format!(
                "no answer to a PBU from {}: is the Mobility Header (protocol 135) let through, does the implementation run, \
does it want IPsec (RFC 5213 §4)?",
                role.addr
            );
            found.note(Weight::Obstacle, "PBU", says);
            return Ok(false);
        };
        let declared = self.profile.pics.get("ordering.timestamp").copied();
        match (answer.status, answer.timestamp) {
            (Status::TIMESTAMP_MISMATCH, Some(theirs)) => {
                // Its clock was read between the PBU and the PBA.
                let way = answer.at.since(before) / 2;
                let ours = before + way;
                self.follow(theirs, ours, &format!("within {way:?}"), found);
                found.compare(self.profile, "ordering.timestamp", true, "a PBU of 1970 gets status 156");
            }
            (Status::TIMESTAMP_MISMATCH, None) => {
                let says = "status 156 came without a Timestamp option, which RFC 5213 §5.5 wants: both clocks must be set by NTP";
                found.note(Weight::Warning, "clock", says);
            }
            (status, _) if status.is_accepted() => {
                self.ask(&role, "clock", self.flags(), Lifetime::ZERO, None)?;
                let by = "a PBU of 1970 is accepted";
                found.compare(self.profile, "ordering.timestamp", false, by);
                if declared.is_none() {
                    found.note(Weight::Warning, "clock", format!("{by}: its time is not known"));
                }
            }
            (status, _) => {
                found.note(
                    Weight::Warning,
                    "clock",
                    format!("a PBU of 1970 gets {}, so its time is not known", named(status)),
                );
            }
        }
        Ok(true)
    }

    /// From now on the tester's clock goes as the implementation's, which said `theirs` when the tester's was `ours`.
    pub(super) fn follow(&mut self, theirs: Timestamp, ours: Instant, how: &str, found: &mut Preflight) {
        let (ahead, is_behind) = apart(theirs, ours);
        let word = if is_behind { "behind" } else { "ahead of" };
        self.domain.clock.follow(ahead, is_behind);
        self.stamp = 0;
        let says = format!(
            "the implementation's clock is {ahead:?} {word} this machine's, {how}; the tester goes by the implementation's"
        );
        found.note(Weight::Good, "clock", says);
    }
}

/// How far apart a time stamp and a time are, and whether the time stamp is the earlier.
fn apart(theirs: Timestamp, ours: Instant) -> (Duration, bool) {
    (theirs.distance(ours.timestamp()), theirs.0 < ours.timestamp().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_either_way() {
        let ours = Instant::from_secs(1000);
        let ahead = (ours + Duration::from_secs(5)).timestamp();
        assert_eq!(apart(ahead, ours), (Duration::from_secs(5), false));
        assert_eq!(apart(ours.timestamp(), ours + Duration::from_secs(5)), (Duration::from_secs(5), true));
    }
}
