//! Who is still on an access link, without the link: a mobile node that has not been heard of for a while is asked as Neighbor
//! Unreachability Detection asks (RFC 4861 §7.3.3), and who does not answer has left. RFC 8885 leaves open how a MAAR notices that.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::Mac;

/// MAX_UNICAST_SOLICIT (RFC 4861 §10).
const QUESTIONS: u32 = 3;
/// RETRANS_TIMER (RFC 4861 §10).
const BETWEEN: Duration = Duration::from_secs(1);

/// When each mobile node of a link was heard of.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    /// After how long a silence a mobile node is asked.
    patience: Option<Duration>,
    guests: BTreeMap<Mac, Guest>,
    /// When each is looked at. Who is heard of is not moved here, so that the look may come too soon and is then put off.
    looks: BTreeSet<(Instant, Mac)>,
}

#[derive(Clone, Debug)]
struct Guest {
    /// Its link-local address, once it has shown one.
    address: Option<Ipv6Addr>,
    heard: Instant,
    asked: u32,
    /// When it is looked at, where anybody is.
    look: Instant,
}

/// What is to be done about a mobile node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is asked at this address whether it is there.
    Ask(Mac, Ipv6Addr),
    /// It has left.
    Left(Mac),
}

impl Presence {
    /// Nobody is there yet.
    pub(crate) fn new(patience: Option<Duration>) -> Self {
        Self { patience, guests: BTreeMap::new(), looks: BTreeSet::new() }
    }

    /// A mobile node has come, or has come again.
    pub(crate) fn came(&mut self, now: Instant, mobile: Mac, src: Ipv6Addr) {
        if !self.guests.contains_key(&mobile) {
            let look = now + self.patience.unwrap_or_default();
            self.guests.insert(mobile, Guest { address: None, heard: now, asked: 0, look });
            self.looks.extend(self.patience.map(|_| (look, mobile)));
        }
        self.heard(now, mobile, src);
    }

    /// Something of a mobile node was heard, with this source.
    pub(crate) fn heard(&mut self, now: Instant, mobile: Mac, src: Ipv6Addr) {
        let Some(guest) = self.guests.get_mut(&mobile) else { return };
        (guest.heard, guest.asked) = (now, 0);
        if src.is_unicast_link_local() {
            guest.address = Some(src);
        }
    }

    /// A mobile node is no concern any more.
    pub(crate) fn forget(&mut self, mobile: Mac) {
        if let Some(guest) = self.guests.remove(&mobile) {
            self.looks.remove(&(guest.look, mobile));
        }
    }

    /// Who has come.
    pub(crate) fn guests(&self) -> impl Iterator<Item = Mac> {
        self.guests.keys().copied()
    }

    /// When somebody is to be looked at.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.looks.first().map(|(at, _)| *at)
    }

    /// What is to be done now, one after the other.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Step> {
        let patience = self.patience?;
        while let Some((at, mobile)) = self.looks.first().copied().filter(|(at, _)| *at <= now) {
            self.looks.remove(&(at, mobile));
            let Some(guest) = self.guests.get_mut(&mobile) else { continue };
            let silent_at = guest.heard + patience;
            let step = if guest.asked == 0 && silent_at > now {
                guest.look = silent_at;
                None
            } else if guest.asked == QUESTIONS {
                self.guests.remove(&mobile);
                return Some(Step::Left(mobile));
            } else if let Some(address) = guest.address {
                (guest.asked, guest.look) = (guest.asked + 1, now + BETWEEN);
                Some(Step::Ask(mobile, address))
            } else {
                // Nobody knows where to ask.
                guest.look = now + patience;
                None
            };
            self.looks.insert((guest.look, mobile));
            if step.is_some() {
                return step;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use dmm_codec::packet::link_local;

    use super::*;

    const MOBILE: Mac = [2, 0, 0x5e, 0x10, 0, 1];
    const OTHER: Mac = [2, 0, 0x5e, 0x10, 0, 2];
    const PATIENCE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Instant {
        Instant::from_secs(1000 + seconds)
    }

    fn steps(presence: &mut Presence, now: Instant) -> Vec<Step> {
        std::iter::from_fn(|| presence.poll(now)).collect()
    }

    #[test]
    fn who_is_silent_is_asked_three_times_a_second_apart_and_has_then_left() {
        let mut presence = Presence::new(Some(PATIENCE));
        presence.came(at(0), MOBILE, link_local(MOBILE));
        assert_eq!(presence.next_timeout(), Some(at(30)));
        assert_eq!(steps(&mut presence, at(29)), []);
        let ask = Step::Ask(MOBILE, link_local(MOBILE));
        for second in 30..33 {
            assert_eq!(steps(&mut presence, at(second)), [ask]);
            assert_eq!(presence.next_timeout(), Some(at(second + 1)));
        }
        assert_eq!(steps(&mut presence, at(33)), [Step::Left(MOBILE)]);
        assert_eq!(presence.next_timeout(), None);
    }

    #[test]
    fn who_answers_is_left_alone_for_as_long_again() {
        let mut presence = Presence::new(Some(PATIENCE));
        presence.came(at(0), MOBILE, link_local(MOBILE));
        presence.heard(at(20), MOBILE, link_local(MOBILE));
        assert_eq!(steps(&mut presence, at(30)), [], "it was heard of in between");
        assert_eq!(steps(&mut presence, at(50)), [Step::Ask(MOBILE, link_local(MOBILE))]);
        presence.heard(at(50), MOBILE, link_local(MOBILE));
        assert_eq!(steps(&mut presence, at(51)), []);
        assert_eq!(presence.next_timeout(), Some(at(80)));
    }

    #[test]
    fn nobody_is_asked_without_an_address_or_against_the_configuration() {
        let mut presence = Presence::new(Some(PATIENCE));
        presence.came(at(0), MOBILE, Ipv6Addr::UNSPECIFIED);
        presence.came(at(0), OTHER, link_local(OTHER));
        presence.forget(OTHER);
        assert_eq!(steps(&mut presence, at(30)), [], "one has no address, and one is gone");
        assert_eq!(presence.next_timeout(), Some(at(60)), "and it is not looked at in a loop");
        presence.heard(at(31), MOBILE, link_local(MOBILE));
        assert_eq!(steps(&mut presence, at(61)), [Step::Ask(MOBILE, link_local(MOBILE))]);

        let mut never = Presence::new(None);
        never.came(at(0), MOBILE, link_local(MOBILE));
        assert_eq!((never.next_timeout(), steps(&mut never, at(100_000))), (None, vec![]));
        assert_eq!(never.guests().collect::<Vec<_>>(), [MOBILE]);
    }

    #[test]
    fn who_comes_and_goes_is_looked_at_once() {
        let mut presence = Presence::new(Some(PATIENCE));
        for second in 0..10 {
            presence.came(at(second), MOBILE, link_local(MOBILE));
            presence.forget(MOBILE);
        }
        presence.came(at(10), MOBILE, link_local(MOBILE));
        assert_eq!(steps(&mut presence, at(39)), []);
        assert_eq!(steps(&mut presence, at(40)), [Step::Ask(MOBILE, link_local(MOBILE))]);
    }
}
