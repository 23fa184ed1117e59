//! Every state of a mobile node at a MAAR × every input, as a table: what leaves the MAAR, and what it says happened. A
//! change of behaviour shows as a changed cell.

mod support;

use std::time::Duration;

use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{Lifetime, Message, MobilityOption, Pba, Pbu, PreviousMaar, Status};
use dmm_dataplane::{Op, OpFailure, OpId, Plane};
use dmm_proto::{Deregistration, Event, Input, LinkEvent, Maar, MaarConfig, MaarPeer, Output, Plan};
use support::{Bench, CMD, accept, attach_pbu, maar, mn1, pool, prefix, without};

const MOBILE: Mac = [2, 0, 0, 0, 0, 1];
const SECOND: Duration = Duration::from_secs(1);

/// A MAAR, and the last PBU that it sent to the CMD.
struct Subject {
    bench: Bench<Maar>,
    sent: Option<Pbu>,
    plane: Plane,
}

type Step = fn(&mut Subject);

/// How each state is reached.
const STATES: &[(&str, &[Step])] = &[
    ("unknown", &[]),
    ("registering", &[solicit]),
    ("serving", &[solicit, accepted]),
    ("serving, with a P-MAAR", &[solicit, accepted_with_p_maar]),
    ("away", &[solicit, accepted, detach]),
    ("anchoring", &[solicit, accepted, follow]),
    ("registering again", &[solicit, accepted, follow, solicit]),
    ("leaving", &[solicit, accepted, detach, lifetime_ends]),
    ("serving, started again", &[solicit, accepted, start_again]),
    ("anchoring, started again", &[solicit, accepted, follow, start_again]),
];

const INPUTS: &[(&str, Step)] = &[
    ("router solicitation", solicit),
    ("link lost", detach),
    ("PBA accepted", accepted),
    ("PBA with Previous MAAR", accepted_with_p_maar),
    ("PBA rejected", rejected),
    ("PBA rejected, overtaken", |subject| subject.refused(Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)),
    ("PBA rejected, its prefix", |subject| subject.refused(Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)),
    ("PBA of a P-MAAR", told_by_p_maar),
    ("PBU with Serving MAAR", follow),
    ("PBU with lifetime 0", forget),
    ("a second passes", second),
    ("the lifetime passes", lifetime_ends),
];

impl Subject {
    fn new(plan: Plan, deregistration: Deregistration) -> Self {
        let peers = vec![MaarPeer { address: maar(2), pools: vec![pool(2)] }];
        let mut config = MaarConfig { plan, deregistration, peers, ..MaarConfig::new(maar(1), CMD, pool(1)) };
        config.subscribers.insert(MOBILE, mn1());
        Self { bench: Bench::new(Maar::new(config)), sent: None, plane: Plane::new() }
    }

    fn note(&mut self, messages: &[Message]) {
        for message in messages {
            if let Message::Pbu(pbu) = message {
                self.sent = Some(pbu.clone());
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let sent: Vec<Message> = self.bench.input(input).into_iter().map(|(_, message)| message).collect();
        self.note(&sent);
        self.bench.said.extend(sent);
        self.carry_out();
    }

    /// Forwarding does what it is told, at once.
    fn carry_out(&mut self) {
        let orders: Vec<(OpId, Op)> =
            self.bench.others[self.bench.carried..].iter().filter_map(order).collect();
        self.bench.carried = self.bench.others.len();
        for (id, op) in orders {
            match op {
                Op::Ensure(entry) => self.plane.insert(entry),
                Op::Remove(entry) => self.plane.remove(&entry),
            };
            let result: Result<(), OpFailure> = Ok(());
            self.input(Input::Forwarding { id, result });
        }
    }

    fn pass(&mut self, duration: Duration) {
        let sent: Vec<Message> =
            self.bench.pass(duration).into_iter().map(|(_, _, message)| message).collect();
        self.note(&sent);
        self.bench.said.extend(sent);
        self.carry_out();
    }

    fn refused(&mut self, status: Status) {
        let Message::Pba(pba) = self.pba(&[]) else { unreachable!("`accept` makes a PBA") };
        self.cmd_says(&Message::Pba(Pba { status, lifetime: Lifetime::ZERO, ..pba }));
    }

    fn cmd_says(&mut self, message: &Message) {
        let octets = message.encode(CMD, maar(1)).expect("short enough");
        self.input(Input::Signal { src: CMD, dst: maar(1), octets: &octets });
    }

    /// A PBA to the last PBU; to one that was never sent, if there was none.
    fn pba(&self, more: &[MobilityOption]) -> Message {
        accept(&self.sent.clone().unwrap_or_else(|| attach_pbu(1, 1, self.bench.now)), more)
    }

    /// What left and what happened since the last call, in few words.
    fn take_said(&mut self) -> String {
        let words: Vec<String> = std::mem::take(&mut self.bench.said).iter().map(words).collect();
        let mut said: Vec<String> = words
            .chunk_by(|one, next| one == next)
            .map(|same| if same.len() > 1 { format!("{} {}", same.len(), same[0]) } else { same[0].clone() })
            .collect();
        let others = std::mem::take(&mut self.bench.others);
        self.bench.carried = 0;
        let count = |is: fn(&Output) -> bool| others.iter().filter(|output| is(output)).count();
        let ensured = count(|output| matches!(output, Output::Forwarding { op: Op::Ensure(_), .. }));
        let removed = count(|output| matches!(output, Output::Forwarding { op: Op::Remove(_), .. }));
        let advertised = count(|output| matches!(output, Output::Advertise(_)));
        if ensured + removed > 0 {
            said.push(format!("forwarding +{ensured} -{removed}"));
        }
        if advertised > 0 {
            said.push(format!("{advertised} RA"));
        }
        let events = std::mem::take(&mut self.bench.events);
        let again = events.iter().filter(|event| matches!(event, Event::Retransmitted { .. })).count();
        if again > 0 {
            said.push(format!("{again} sent again"));
        }
        let others = events.iter().filter(|event| !matches!(event, Event::Retransmitted { .. }));
        said.extend(others.map(|event| format!("({event})")));
        if said.is_empty() { "-".to_owned() } else { said.join(", ") }
    }
}

fn order(output: &Output) -> Option<(OpId, Op)> {
    match output {
        Output::Forwarding { id, op } => Some((*id, *op)),
        _ => None,
    }
}

fn words(message: &Message) -> String {
    match message {
        Message::Pbu(pbu) if pbu.lifetime == Lifetime::ZERO => "PBU lifetime 0".to_owned(),
        Message::Pbu(_) => "PBU".to_owned(),
        Message::Pba(pba) => format!("PBA {}", pba.status.0),
        other => format!("{other:?}"),
    }
}

fn solicit(subject: &mut Subject) {
    subject.bench.now = subject.bench.now + SECOND;
    subject.input(Input::Link(LinkEvent::Solicited { mobile: MOBILE, src: link_local(MOBILE) }));
}

fn detach(subject: &mut Subject) {
    subject.input(Input::Link(LinkEvent::Detached { mobile: MOBILE }));
}

fn accepted(subject: &mut Subject) {
    let pba = subject.pba(&[]);
    subject.cmd_says(&pba);
}

fn accepted_with_p_maar(subject: &mut Subject) {
    let previous = PreviousMaar { address: maar(2), prefix: prefix(2) };
    let pba = subject.pba(&[MobilityOption::PreviousMaar(previous)]);
    subject.cmd_says(&pba);
}

fn rejected(subject: &mut Subject) {
    subject.refused(Status::ADMINISTRATIVELY_PROHIBITED);
}

fn told_by_p_maar(subject: &mut Subject) {
    let mut pbu = attach_pbu(2, 3, subject.bench.now);
    pbu.options.retain(|option| option.kind() != 24);
    let octets = accept(&pbu, &[]).encode(maar(2), maar(1)).expect("short enough");
    subject.input(Input::Signal { src: maar(2), dst: maar(1), octets: &octets });
}

fn follow(subject: &mut Subject) {
    subject.bench.now = subject.bench.now + SECOND / 10;
    let mut pbu = attach_pbu(1, 7, subject.bench.now);
    pbu.options.push(MobilityOption::ServingMaar(maar(2)));
    subject.cmd_says(&Message::Pbu(pbu));
}

fn forget(subject: &mut Subject) {
    subject.bench.now = subject.bench.now + SECOND / 10;
    let pbu = without(&attach_pbu(1, 8, subject.bench.now), 68);
    subject.cmd_says(&Message::Pbu(Pbu { lifetime: Lifetime::ZERO, ..pbu }));
}

fn second(subject: &mut Subject) {
    subject.pass(SECOND);
}

/// The lifetime asked for is 300 s.
fn lifetime_ends(subject: &mut Subject) {
    subject.pass(SECOND * 300);
}

/// With what it had written, and forwarding as it was.
fn start_again(subject: &mut Subject) {
    let node = &subject.bench.node;
    let (config, plane) = (node.config().clone(), subject.plane.clone());
    let records: Vec<_> = node.records().collect();
    subject.bench.node = Maar::restore(config, subject.bench.now, records, &plane);
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
            table += &format!("    {input:<24} {}\n", subject.take_said());
        }
    }
    table
}

/// The lines of `other` that differ from those of `one`, and the states that they belong to.
fn differences(one: &str, other: &str) -> String {
    let (mut state, mut said) = ("", String::new());
    for (one, other) in one.lines().zip(other.lines()) {
        if !one.starts_with(' ') {
            state = one;
        } else if one != other {
            said += &format!("{state}\n{one}\n{other}\n");
        }
    }
    said
}

#[test]
fn every_state_and_every_input() {
    insta::assert_snapshot!(table(Plan::RELAY, Deregistration::SMaarOnly));
}

#[test]
fn what_differs_where_the_cmd_is_a_locator() {
    let [relay, locator] = [Plan::RELAY, Plan::LOCATOR].map(|plan| table(plan, Deregistration::SMaarOnly));
    insta::assert_snapshot!(differences(&relay, &locator));
}

#[test]
fn r3_4_4_nothing_differs_where_the_cmd_is_a_proxy() {
    let [relay, proxy] = [Plan::RELAY, Plan::PROXY].map(|plan| table(plan, Deregistration::SMaarOnly));
    assert_eq!(differences(&relay, &proxy), "");
}

#[test]
fn what_differs_by_the_second_solution_of_3_5() {
    let [one, other] = [Deregistration::SMaarOnly, Deregistration::PMaarsToo].map(|d| table(Plan::RELAY, d));
    insta::assert_snapshot!(differences(&one, &other));
}
