//! Every state of a mobile node's binding at the CMD × every input, as a table: what leaves the CMD, to whom, and what it
//! says happened. The mobile node begins at MAAR1 and moves to MAAR2. A change of behaviour shows as a changed cell.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Lifetime, Message, MobilityOption, Pba, Pbu, PbuFlags, Status};
use dmm_proto::cmd::MaarPeer;
use dmm_proto::{Cmd, CmdConfig, Deregistration, Event, Plan};
use support::{Bench, CMD, accept, attach_pbu, maar, pool};

const SECOND: Duration = Duration::from_secs(1);

/// A CMD, the last PBU that it sent to MAAR1, and what has left it.
struct Subject {
    bench: Bench<Cmd>,
    to_maar1: Option<Pbu>,
    sent: Vec<(Ipv6Addr, Message)>,
}

type Step = fn(&mut Subject);

/// How each state is reached.
const STATES: &[(&str, &[Step])] = &[
    ("unknown", &[]),
    ("registered at MAAR1", &[attach1]),
    ("moved, MAAR1 silent", &[attach1, attach2]),
    ("moved, MAAR2 told that MAAR1 is silent", &[attach1, attach2, second]),
    ("moved, MAAR1 has answered", &[attach1, attach2, p_maar_accepts]),
    ("de-registered by MAAR2", &[attach1, attach2, p_maar_accepts, leave2]),
    ("de-registered, MAAR1 silent", &[attach1, attach2, leave2]),
];

const INPUTS: &[(&str, Step)] = &[
    ("PBU of MAAR1", attach1),
    ("PBU of MAAR2", attach2),
    ("PBU of MAAR3", |subject| subject.pbu(3, Lifetime(75), PbuFlags::D)),
    ("PBU of MAAR2 without D", |subject| subject.pbu(2, Lifetime(75), PbuFlags::default())),
    ("PBU of a stranger", |subject| subject.pbu(99, Lifetime(75), PbuFlags::D)),
    ("PBU of MAAR1, lifetime 0", |subject| subject.pbu(1, Lifetime::ZERO, PbuFlags::D)),
    ("PBU of MAAR2, lifetime 0", leave2),
    ("PBA of MAAR1", p_maar_accepts),
    ("PBA of MAAR1, rejecting", p_maar_rejects),
    ("a second passes", second),
    ("the lifetime passes", |subject| subject.pass(SECOND * 301)),
];

impl Subject {
    fn new(plan: Plan, deregistration: Deregistration) -> Self {
        let maars = (1..=3).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
        let config = CmdConfig { plan, deregistration, ..CmdConfig::new(CMD, maars) };
        Self { bench: Bench::new(Cmd::new(config)), to_maar1: None, sent: Vec::new() }
    }

    fn keep(&mut self, sent: Vec<(Ipv6Addr, Message)>) {
        for (to, message) in &sent {
            if let (true, Message::Pbu(pbu)) = (*to == maar(1), message) {
                self.to_maar1 = Some(pbu.clone());
            }
        }
        self.sent.extend(sent);
    }

    fn pbu(&mut self, n: u16, lifetime: Lifetime, dmm: PbuFlags) {
        self.bench.now = self.bench.now + SECOND / 10;
        let pbu = attach_pbu(n, 1, self.bench.now);
        let pbu = Message::Pbu(Pbu { lifetime, flags: PbuFlags::A | PbuFlags::P | dmm, ..pbu });
        let sent = self.bench.signal(maar(n), CMD, &pbu);
        self.keep(sent);
    }

    /// A PBA of MAAR1 to the last PBU; to one that was never sent, if there was none.
    fn pba(&mut self, status: Status) {
        let pbu = self.to_maar1.clone().unwrap_or_else(|| attach_pbu(1, 1, self.bench.now));
        let Message::Pba(pba) = accept(&pbu, &[]) else { unreachable!("`accept` makes a PBA") };
        let sent = self.bench.signal(maar(1), CMD, &Message::Pba(Pba { status, ..pba }));
        self.keep(sent);
    }

    fn pass(&mut self, duration: Duration) {
        let sent = self.bench.pass(duration).into_iter().map(|(_, to, message)| (to, message)).collect();
        self.keep(sent);
    }

    /// What left and what happened since the last call, in few words.
    fn take_said(&mut self) -> String {
        let words: Vec<String> = std::mem::take(&mut self.sent).iter().map(words).collect();
        let mut said: Vec<String> = words
            .chunk_by(|one, next| one == next)
            .map(|same| if same.len() > 1 { format!("{} {}", same.len(), same[0]) } else { same[0].clone() })
            .collect();
        let events = std::mem::take(&mut self.bench.events);
        let others = events.iter().filter(|event| !matches!(event, Event::Retransmitted { .. }));
        said.extend(others.map(|event| format!("({event})")));
        if said.is_empty() { "-".to_owned() } else { said.join(", ") }
    }
}

fn words((to, message): &(Ipv6Addr, Message)) -> String {
    let to = format!("to ::{:x}", to.segments()[7]);
    match message {
        Message::Pbu(pbu) if pbu.lifetime == Lifetime::ZERO => format!("PBU lifetime 0 {to}"),
        Message::Pbu(_) => format!("PBU {to}"),
        Message::Pba(pba) => {
            let previous =
                pba.options.iter().filter(|o| matches!(o, MobilityOption::PreviousMaar(_))).count();
            let ends =
                if pba.lifetime == Lifetime::ZERO && pba.status.is_accepted() { " lifetime 0" } else { "" };
            format!("PBA {}{ends} with {previous} P-MAAR {to}", pba.status.0)
        }
        other => format!("{other:?}"),
    }
}

fn attach1(subject: &mut Subject) {
    subject.pbu(1, Lifetime(75), PbuFlags::D);
}

fn attach2(subject: &mut Subject) {
    subject.pbu(2, Lifetime(75), PbuFlags::D);
}

fn leave2(subject: &mut Subject) {
    subject.pbu(2, Lifetime::ZERO, PbuFlags::D);
}

fn p_maar_accepts(subject: &mut Subject) {
    subject.pba(Status::ACCEPTED);
}

fn p_maar_rejects(subject: &mut Subject) {
    subject.pba(Status::NOT_LMA_FOR_THIS_MOBILE_NODE);
}

fn second(subject: &mut Subject) {
    subject.pass(SECOND);
}

fn table(plan: Plan, deregistration: Deregistration) -> String {
    let mut table = String::new();
    for (state, steps) in STATES {
        table += &format!("{state}\n");
        for (input, step) in INPUTS {
            let mut subject = Subject::new(plan, deregistration);
            steps.iter().for_each(|step| step(&mut subject));
            subject.take_said();
            step(&mut subject);
            table += &format!("    {input:<25} {}\n", subject.take_said());
        }
    }
    table
}

#[test]
fn every_state_and_every_input() {
    insta::assert_snapshot!(table(Plan::RELAY, Deregistration::SMaarOnly));
}

#[test]
fn every_state_and_every_input_as_locator() {
    insta::assert_snapshot!(table(Plan::LOCATOR, Deregistration::SMaarOnly));
}

#[test]
fn every_state_and_every_input_as_proxy() {
    insta::assert_snapshot!(table(Plan::PROXY, Deregistration::SMaarOnly));
}

/// R3.5.7: the two solutions of §3.5 are alternatives; what differs is what a P-MAAR gets for its lifetime 0.
#[test]
fn the_second_solution_of_3_5_differs_where_a_p_maar_de_registers() {
    let [one, other] = [Deregistration::SMaarOnly, Deregistration::PMaarsToo].map(|d| table(Plan::RELAY, d));
    let mut state = "";
    let mut differences = String::new();
    for (one, other) in one.lines().zip(other.lines()) {
        if !one.starts_with(' ') {
            state = one;
        } else if one != other {
            differences += &format!("{state}\n{one}\n{other}\n");
        }
    }
    insta::assert_snapshot!(differences);
}
