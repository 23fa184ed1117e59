//! A stack of a library, for one case. What it does against the interface ends the case as a broken bench, not the tester.

use std::ffi::{c_char, c_void};
use std::ptr::NonNull;

use dmm_codec::Instant;
use dmm_conformance::transport::Acted;

use crate::abi::{CAction, DETACH, DONE, DUMP, FAILED, LONGEST_FRAME, NEVER, RESTART, SET, UNSUPPORTED};
use crate::library::Calls;
use crate::start::Settings;
use crate::{Deed, EmbedError, Library, Port, Start};

/// A text that a stack says is cut there.
const LONGEST_TEXT: usize = 65_536;
/// A stack that wants its turn so often at one time, or has so many frames to send then, would go on for ever.
const TURNS_AT_ONE_TIME: u32 = 100_000;

/// A stack.
#[derive(Debug)]
pub struct Instance {
    library: Library,
    stack: NonNull<c_void>,
    frame: Vec<u8>,
    /// The time, and how many turns it had then.
    turns: (Instant, u32),
    broken: Option<EmbedError>,
}

impl Instance {
    pub(crate) fn new(library: Library, start: &Start) -> Result<Self, EmbedError> {
        let create = library.0.calls.create;
        // SAFETY: the setup and all that it points to live until `create` has returned.
        let stack = start.with(|setup| unsafe { create(setup) })?;
        let stack = NonNull::new(stack).ok_or_else(|| EmbedError::NotCreated(library.name().to_owned()))?;
        let frame = vec![0; LONGEST_FRAME];
        Ok(Self { library, stack, frame, turns: (start.now, 0), broken: None })
    }

    fn calls(&self) -> Calls {
        self.library.0.calls
    }

    fn is_broken(&mut self, function: &'static str, what: String) {
        let name = self.library.name().to_owned();
        self.broken.get_or_insert(EmbedError::Broken { name, function, what });
    }

    /// What it has done against the interface first. Nothing it says after that counts.
    pub fn broken(&self) -> Option<&EmbedError> {
        self.broken.as_ref()
    }

    /// It is this time.
    fn at(&mut self, now: Instant) {
        if self.turns.0 != now {
            self.turns = (now, 0);
        }
    }

    /// Counts a turn; false where there were too many.
    fn turn(&mut self, function: &'static str) -> bool {
        self.turns.1 += 1;
        if self.turns.1 > TURNS_AT_ONE_TIME {
            let what = format!("had its turn {TURNS_AT_ONE_TIME} times at one time, and wants more");
            self.is_broken(function, what);
        }
        self.broken.is_none()
    }

    /// A frame has arrived.
    pub fn receive(&mut self, now: Instant, port: Port, frame: &[u8]) {
        self.at(now);
        if self.broken.is_none() {
            let (at, length) = (frame.as_ptr(), frame.len());
            // SAFETY: the stack is alive until it is dropped, and the frame until this returns.
            unsafe { (self.calls().receive)(self.stack.as_ptr(), now.as_nanos(), port.number(), at, length) }
        }
    }

    /// Time has come.
    pub fn timeout(&mut self, now: Instant) {
        self.at(now);
        if self.turn("next_timeout") {
            // SAFETY: the stack is alive until it is dropped.
            unsafe { (self.calls().timeout)(self.stack.as_ptr(), now.as_nanos()) }
        }
    }

    /// When to come back.
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.broken.is_some() {
            return None;
        }
        // SAFETY: the stack is alive until it is dropped.
        let at = unsafe { (self.calls().next_timeout)(self.stack.as_ptr()) };
        (at != NEVER).then(|| Instant::from_nanos(at))
    }

    /// The next frame to send.
    pub fn transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        if self.broken.is_some() {
            return None;
        }
        let (mut port, room) = (u32::MAX, self.frame.len());
        // SAFETY: the stack is alive until it is dropped; port and frame are this side's, of the size that is said.
        let length = unsafe {
            (self.calls().transmit)(self.stack.as_ptr(), &raw mut port, self.frame.as_mut_ptr(), room)
        };
        if length == 0 || !self.turn("transmit") {
            return None;
        }
        let frame = self.frame.get(..length).map(<[u8]>::to_vec);
        if frame.is_none() {
            self.is_broken("transmit", format!("says that it wrote {length} octets where {room} have room"));
        }
        let known = Port::of(port);
        if known.is_none() {
            self.is_broken("transmit", format!("names the port {port}: 0 is the core, 1 the access link"));
        }
        known.zip(frame)
    }

    /// Does what is no frame.
    pub fn act(&mut self, now: Instant, deed: Deed<'_>) -> Acted {
        self.at(now);
        let name = self.library.name().to_owned();
        let unsupported = |why: &str| Acted::Unsupported { why: format!("{name}: {why}") };
        let Some(act) = self.calls().act else { return unsupported("its table has no `act`") };
        let (kind, mac, pairs) = match deed {
            Deed::Detach(mac) => (DETACH, mac, &[][..]),
            Deed::Restart => (RESTART, [0; 6], &[][..]),
            Deed::Set(settings) => (SET, [0; 6], settings),
            Deed::Dump => (DUMP, [0; 6], &[][..]),
        };
        let settings = match Settings::of(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
            Ok(settings) => settings,
            Err(error) => return Acted::Failed { why: error.to_string() },
        };
        let settings = settings.as_c();
        let (at, setting_count) = (settings.as_ptr(), settings.len());
        let action = CAction { kind, mac, settings: at, setting_count };
        let mut said = vec![0_u8; LONGEST_TEXT];
        let (text, room) = (said.as_mut_ptr().cast::<c_char>(), said.len());
        // SAFETY: the stack is alive until it is dropped; action, settings and text until this returns.
        let answer = unsafe { act(self.stack.as_ptr(), now.as_nanos(), &raw const action, text, room) };
        // One that has not ended its text has written to the end of it.
        let end = said.iter().position(|octet| *octet == 0).unwrap_or(said.len());
        let said = String::from_utf8_lossy(&said[..end]).into_owned();
        let why = || if said.is_empty() { "it does not say why".to_owned() } else { said.clone() };
        match answer {
            DONE if said.is_empty() => Acted::Done,
            DONE => Acted::Told(said),
            UNSUPPORTED => unsupported(&why()),
            FAILED => Acted::Failed { why: why() },
            other => {
                self.is_broken("act", format!("returned {other}: 0 is done, 1 unsupported, 2 failed"));
                Acted::Failed { why: format!("`act` returned {other}") }
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: nobody uses the stack after this.
        unsafe { (self.calls().destroy)(self.stack.as_ptr()) }
    }
}
