//! A suite is worth what it catches. Each row here is the reference CMD with one fault, put on from outside or by a wrong
//! configuration, and the case that must find it; without a fault every case passes.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::path::Path;
use std::time::Duration;

use dmm::conform::{self, Inputs, Judged};
use dmm::reference::{MakeCmd, ReferenceCmd};
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::{Instant, Message, MessageView, MobilityOption, Pba, PbaFlags, Status};
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::{Bench, Selection, Verdict};
use dmm_proto::{Cmd, CmdConfig, Input, Node, Output, Pacing, Timeout};

/// A fault, the case that finds it, and the requirement that it names.
struct Mutant {
    fault: &'static str,
    make: MakeCmd,
    killer: &'static str,
    requirement: &'static str,
    verdict: Verdict,
}

const fn fails(
    fault: &'static str,
    make: MakeCmd,
    killer: &'static str,
    requirement: &'static str,
) -> Mutant {
    Mutant { fault, make, killer, requirement, verdict: Verdict::Fail }
}

fn mutants() -> Vec<Mutant> {
    vec![
        fails(
            "M31: answers the S-MAAR before the P-MAAR has answered",
            |config| Mangled::node(config, |cmd| cmd.sent = answer_for_the_p_maar),
            "cmd.ho.relay.001",
            "RFC8885-R3.2.10",
        ),
        fails(
            "M44: a constant interval of 1 s",
            |config| configured(config, |config| config.backoff.factor = 1),
            "cmd.retx.001",
            "RFC8885-R3.6.3",
        ),
        fails(
            "M46: a factor of 3",
            |config| configured(config, |config| config.backoff.factor = 3),
            "cmd.retx.001",
            "RFC8885-R3.6.3",
        ),
        fails(
            "M47: no cap",
            |config| configured(config, |config| config.backoff.max = Duration::from_secs(64)),
            "cmd.retx.001",
            "RFC8885-R3.6.3",
        ),
        fails(
            "M57: no pacing",
            |config| configured(config, |config| config.pacing = Pacing { rate: 1_000_000, burst: 1000 }),
            "cmd.pace.001[k=8]",
            "RFC8885-R3.2.20",
        ),
        fails(
            "M01: a bad checksum is not noticed",
            |config| {
                Mangled::node(config, |cmd| {
                    cmd.received = |octets, src, dst| repair_checksum(octets, src, dst);
                })
            },
            "cmd.opt.002",
            "B1",
        ),
        fails(
            "M07: an unknown option rejects the message",
            |config| Mangled::node(config, |cmd| cmd.received = drop_message_with_unknown_option),
            "any.opt.001[unknown-type-skipped]",
            "RFC8885-R4.1.6",
        ),
        fails(
            "M06: what stands behind an unknown option is not read",
            |config| {
                Mangled::node(config, |cmd| {
                    cmd.received = |octets, src, dst| stop_at_unknown_option(octets, src, dst);
                })
            },
            "any.opt.001[unknown-type-first]",
            "RFC8885-R4.1.6",
        ),
        fails(
            "M19: PBAs without D",
            |config| {
                Mangled::node(config, |cmd| {
                    cmd.rewrite = |pba| pba.flags = PbaFlags(pba.flags.0 & !PbaFlags::D.0);
                })
            },
            "cmd.reg.001",
            "RFC8885-R4.2.2",
        ),
        fails(
            "M21: PBAs with a number of their own",
            |config| Mangled::node(config, |cmd| cmd.rewrite = |pba| pba.seq = pba.seq.wrapping_add(1)),
            "cmd.reg.001",
            "RFC8885-R3.1.5",
        ),
        fails(
            "M35: the Previous MAAR option carries the S-MAAR's prefix",
            |config| Mangled::node(config, |cmd| cmd.rewrite = wrong_previous_prefix),
            "cmd.ho.relay.001",
            "RFC8885-R3.2.10",
        ),
        fails(
            "M12: options are not aligned",
            |config| Mangled::node(config, |cmd| cmd.padded = Padded::EndOnly),
            "cmd.reg.001",
            "RFC8885-R4.1.7",
        ),
        fails(
            "M30, turned round: refuses everybody",
            |config| configured(config, |config| config.maars.clear()),
            "cmd.reg.001",
            "RFC8885-R3.1.5",
        ),
    ]
}

fn judge(make: Option<MakeCmd>) -> Judged {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let suites = [root.join("suites")];
    let (profile, requirements) = (root.join("profiles/ref-cmd.iut.yaml"), root.join("requirements"));
    let inputs = Inputs { paths: &suites, profile: &profile, requirements: &requirements };
    let bench =
        || -> Box<dyn Bench> { Box::new(make.map_or_else(ReferenceCmd::default, ReferenceCmd::made_by)) };
    conform::judge(&inputs, &Selection::default(), &bench).expect("the suites can be read")
}

#[test]
fn without_a_fault_every_case_passes() {
    let report = judge(None);
    for case in &report.cases {
        assert_eq!(case.verdict, Verdict::Pass, "{}: {:#?}", case.name, case.findings);
    }
    assert!(report.cases.len() >= 6, "{} cases", report.cases.len());
}

#[test]
fn every_fault_is_found_by_the_case_that_is_named_for_it() {
    let mut missed = Vec::new();
    for mutant in mutants() {
        let report = judge(Some(mutant.make));
        let case = report.cases.iter().find(|case| case.name == mutant.killer);
        let case = case.unwrap_or_else(|| panic!("no case {}", mutant.killer));
        let finding = case.reason();
        let named = finding.and_then(|finding| finding.requirement.as_deref());
        if case.verdict != mutant.verdict || named != Some(mutant.requirement) {
            missed.push(format!("{}: {} says {}: {finding:#?}", mutant.fault, case.name, case.verdict));
            continue;
        }
        let finding = finding.expect("a verdict other than PASS has a reason");
        let line = finding.at.rsplit_once(':').and_then(|(_, line)| line.parse::<u32>().ok());
        assert!(line.is_some() && finding.at.contains(".test.yaml"), "{}: at {}", mutant.fault, finding.at);
        assert!(finding.packet.is_some(), "{}: {finding:#?}", mutant.fault);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_case_can_fail() {
    let mut alive: Vec<String> = judge(None).cases.iter().map(|case| case.name.clone()).collect();
    let dead = |config| Mangled::node(config, |cmd| cmd.received = |octets, _, _| octets.clear());
    for make in mutants().iter().map(|mutant| mutant.make).chain([dead as MakeCmd]) {
        let report = judge(Some(make));
        let passed = |name: &String| {
            report.cases.iter().any(|case| case.name == *name && case.verdict == Verdict::Pass)
        };
        alive.retain(passed);
    }
    assert!(alive.is_empty(), "no fault here makes these fail: {alive:?}");
}

fn configured(mut config: CmdConfig, change: fn(&mut CmdConfig)) -> Box<dyn Node> {
    change(&mut config);
    Box::new(Cmd::new(config))
}

/// The reference CMD with its octets changed on the way in and out.
struct Mangled {
    cmd: Cmd,
    now: Instant,
    address: Ipv6Addr,
    /// On the way in.
    received: fn(&mut Vec<u8>, Ipv6Addr, Ipv6Addr),
    /// PBAs on the way out.
    rewrite: fn(&mut Pba),
    padded: Padded,
    /// A message that goes out, and the answer to it that the CMD is told it has got.
    sent: fn(&Message) -> Option<Message>,
    outputs: VecDeque<Output>,
}

impl Mangled {
    fn node(config: CmdConfig, change: fn(&mut Self)) -> Box<dyn Node> {
        let address = config.address;
        let mut mangled = Self {
            cmd: Cmd::new(config),
            now: Instant::default(),
            address,
            received: |_, _, _| {},
            rewrite: |_| {},
            padded: Padded::Aligned,
            sent: |_| None,
            outputs: VecDeque::new(),
        };
        change(&mut mangled);
        Box::new(mangled)
    }

    fn mangle(&mut self, output: Output) -> Output {
        let Output::Signal { src, dst, octets } = output else { return output };
        let mut message = Message::decode(&octets, src, dst).expect("the CMD sends what can be read").message;
        if let Some(answer) = (self.sent)(&message) {
            let octets = answer.encode(dst, self.address).expect("short enough");
            self.cmd.handle_input(self.now, Input::Signal { src: dst, dst: self.address, octets: &octets });
        }
        if let Message::Pba(pba) = &mut message {
            (self.rewrite)(pba);
        }
        let mut octets = message.encode_unsummed(self.padded).expect("as long as before");
        repair_checksum(&mut octets, src, dst);
        Output::Signal { src, dst, octets }
    }
}

impl Node for Mangled {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = now;
        if let Input::Signal { src, dst, octets } = input {
            let mut octets = octets.to_vec();
            (self.received)(&mut octets, src, dst);
            self.cmd.handle_input(now, Input::Signal { src, dst, octets: &octets });
        } else {
            self.cmd.handle_input(now, input);
        }
        while let Some(output) = self.cmd.poll_output() {
            let output = self.mangle(output);
            self.outputs.push_back(output);
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.cmd.next_timeout()
    }
}

/// What the P-MAAR will say, said before it has.
fn answer_for_the_p_maar(message: &Message) -> Option<Message> {
    let Message::Pbu(pbu) = message else { return None };
    let options = pbu.options.clone();
    let (flags, seq, lifetime) = (PbaFlags::P | PbaFlags::D, pbu.seq, pbu.lifetime);
    Some(Message::Pba(Pba { status: Status::ACCEPTED, flags, seq, lifetime, options }))
}

fn unknown_option(octets: &[u8]) -> Option<usize> {
    let options = MessageView::new(octets).ok()?.options();
    options.filter_map(Result::ok).find(|option| option.spec().is_none()).map(|option| option.offset)
}

fn drop_message_with_unknown_option(octets: &mut Vec<u8>, _: Ipv6Addr, _: Ipv6Addr) {
    if unknown_option(octets).is_some() {
        octets.clear();
    }
}

/// Everything from the unknown option on becomes padding.
fn stop_at_unknown_option(octets: &mut [u8], src: Ipv6Addr, dst: Ipv6Addr) {
    if let Some(offset) = unknown_option(octets) {
        octets[offset..].fill(0);
        repair_checksum(octets, src, dst);
    }
}

fn wrong_previous_prefix(pba: &mut Pba) {
    let own = pba.options.iter().find_map(|option| match option {
        MobilityOption::HomeNetworkPrefix(prefix) => Some(*prefix),
        _ => None,
    });
    for option in &mut pba.options {
        if let (MobilityOption::PreviousMaar(previous), Some(own)) = (option, own) {
            previous.prefix = own;
        }
    }
}

/// What a person reads of a failure: the README shows it.
#[test]
fn a_constant_interval_reads_so() {
    let constant = |config| configured(config, |config: &mut CmdConfig| config.backoff.factor = 1);
    let judged = judge(Some(constant));
    let printed = Terminal { report: judged.report(false), colour: Colour::Never }.to_string();
    let failures: Vec<&str> = printed.lines().take_while(|line| !line.is_empty()).collect();
    // Where the checkout is, is nobody's business.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    insta::assert_snapshot!(failures.join("\n").replace(root, ""));
}
