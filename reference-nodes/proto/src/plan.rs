//! The three roles of the CMD (RFC 8885 §3, R3.0.8) as values: after a handover, who answers the S-MAAR, when, and who tells it
//! where its P-MAARs are. CMD and MAARs read the same plan; neither has a branch for a role.
//!
//! ```text
//!             handover   all P-MAARs    time is    a P-MAAR     who is named   P-MAARs tell
//!             starts     have answered  up         answers late in the answer  the S-MAAR
//!   relay     -          PBA            PBA        PBA          who answered   no
//!   locator   -          unless told    unless     -            who answered   yes
//!   proxy     PBA        -              -          -            all            no
//! ```

use std::fmt;

/// What becomes of a handover between the S-MAAR's PBU and the last P-MAAR's PBA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name in reports and configurations.
    pub name: &'static str,
    /// Whether the CMD answers the S-MAAR as soon as its PBU is there.
    pub started: Answer,
    /// Whether it does once all P-MAARs have answered.
    pub collected: Answer,
    /// Whether it does when time is up (RFC 8885 §3.2, R3.2.17).
    pub time_out: Answer,
    /// Whether it does for a P-MAAR that answers after that: "the remaining are sent later upon their arrival".
    pub late: Answer,
    /// Which P-MAARs its answer names.
    pub names: Names,
    /// A P-MAAR, "besides sending a PBA to the CMD, ... also sends a PBA to the S-MAAR" (RFC 8885 §3.3, R3.3.2).
    pub p_maars_tell: bool,
    /// The CMD's PBU to a P-MAAR begins with the number of the S-MAAR's, so that the S-MAAR knows the number in the PBA
    /// that it gets from the P-MAAR (stance A9).
    pub copies_sequence: bool,
    /// The S-MAAR's PBU says which local networks are behind it: nobody will have said so when it is first named as
    /// P-MAAR (stance A14; RFC 8885 §4.4 allows the option there).
    pub announces_local: bool,
}

/// Whether the CMD answers the S-MAAR at some point of a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It does where no P-MAAR has said that it told the S-MAAR itself.
    UnlessTold,
}

impl Answer {
    /// Whether the CMD answers, given whether a P-MAAR has told the S-MAAR.
    pub fn holds(self, told: bool) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::UnlessTold => !told,
        }
    }
}

/// Which P-MAARs an answer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Those that have answered for the present S-MAAR.
    Answered,
    /// All of them: the CMD "is already in possession of all the information that the new S-MAAR requires" (§3.4).
    All,
}

impl Plan {
    /// RFC 8885 §3.2, figure 2.
    pub const RELAY: Self = Self {
        name: "relay",
        started: Answer::No,
        collected: Answer::Yes,
        time_out: Answer::Yes,
        late: Answer::Yes,
        names: Names::Answered,
        p_maars_tell: false,
        copies_sequence: false,
        announces_local: false,
    };
    /// RFC 8885 §3.3, figure 3, which differs from figure 2 from the P-MAAR's PBA on (R3.3.1). No PBA of the CMD there: it "is released from forwarding the PBA" (R3.3.6, stance A10).
    /// Where no P-MAAR answers, the CMD must, or the mobile node would get no service at all.
    pub const LOCATOR: Self = Self {
        name: "locator",
        collected: Answer::UnlessTold,
        time_out: Answer::UnlessTold,
        late: Answer::No,
        p_maars_tell: true,
        copies_sequence: true,
        ..Self::RELAY
    };
    /// RFC 8885 §3.4, figure 4.
    pub const PROXY: Self = Self {
        name: "proxy",
        started: Answer::Yes,
        collected: Answer::No,
        time_out: Answer::No,
        late: Answer::No,
        names: Names::All,
        announces_local: true,
        ..Self::RELAY
    };
    /// All three.
    pub const ALL: [Self; 3] = [Self::RELAY, Self::LOCATOR, Self::PROXY];
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Who may end what when a binding's lifetime is over: the two solutions of RFC 8885 §3.5 (R3.5.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deregistration {
    /// "A P-MAAR stops the BCE timer upon receiving a PBU from the CMD containing a 'Serving MAAR' option" (R3.5.3).
    #[default]
    SMaarOnly,
    /// "P-MAARs can, upon BCE expiry, send de-registration messages to the CMD, which ... sends back a PBA with a
    /// non-zero lifetime" (R3.5.4).
    PMaarsToo,
}
