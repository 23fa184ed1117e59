//! What a script says, as values that cannot be wrong: names are names of the codec's tables, keys are known, places are
//! kept. What is left open until the run is a [`Node`] with references.

mod message;

use std::sync::Arc;

use dmm_codec::wire::FieldSpec;

pub use message::{
    Body, Checksum, Filter, Ip, Matcher, Mode, Op, OptionEntry, OptionKind, OptionMatch, Padding, Subject,
    Wire,
};

use super::condition::Condition;
use super::messages::{Msg, OptionRow};
use super::span::{Source, Span};
use super::yaml::Node;
use crate::transport::Role;
use crate::verdict::{Level, Verdict};

/// Something and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// Where.
    pub span: Span,
    /// What.
    pub value: T,
}

/// A `*.test.yaml`.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Where it stands.
    pub span: Span,
    /// Dotted, never reused: `cmd.reg.001`.
    pub id: At<String>,
    /// One line.
    pub title: String,
    /// Why it is there.
    pub purpose: String,
    /// Requirement ids; the first is that of steps that name none.
    pub requirements: Vec<At<String>>,
    /// Role under test; none for any.
    pub iut: Option<Role>,
    /// Over PICS answers.
    pub applies_if: Option<Condition>,
    /// Over PICS, PIXIT, parameters and rows.
    pub when: Option<Condition>,
    /// Words to select by.
    pub tags: Vec<String>,
    /// Roles that the tester plays.
    pub testers: Vec<Tester>,
    /// Mobile nodes that it speaks of.
    pub mobiles: Vec<At<String>>,
    /// Not to be run next to others.
    pub exclusive: bool,
    /// Parameters and their values; every combination is an instance.
    pub params: Vec<(At<String>, Vec<Node>)>,
    /// Rows of `cases`; each is an instance.
    pub rows: Vec<Row>,
    /// How often it is run for its verdict; none for once.
    pub runs: Option<Runs>,
    /// What a message that no step asked for makes of the case.
    pub unexpected: Verdict,
    /// Name of the variant that it is.
    pub variant: Option<String>,
    /// What must succeed before the case can be judged.
    pub preamble: Vec<Step>,
    /// What makes the implementation do what is judged; if it fails, nothing can be judged.
    pub stimulus: Vec<Step>,
    /// What is judged.
    pub steps: Vec<Step>,
    /// What leaves the implementation as it was.
    pub postamble: Vec<Step>,
    /// Templates and procedures that it includes.
    pub library: Library,
    /// Its file, and those that it includes.
    pub sources: Vec<Arc<Source>>,
}

/// `runs`: a verdict on the share of runs that are good.
#[derive(Clone, Debug)]
pub struct Runs {
    /// Where it stands.
    pub span: Span,
    /// How many: quick, full.
    pub count: (u32, u32),
    /// The share that must be good.
    pub accept: f64,
    /// How sure that must be.
    pub confidence: f64,
}

/// Templates and procedures of `*.lib.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Message bodies.
    pub templates: Vec<(String, Body)>,
    /// Named lists of steps.
    pub procedures: Vec<Procedure>,
}

impl Library {
    /// The template of this name.
    pub fn template(&self, name: &str) -> Option<&Body> {
        self.templates.iter().find(|(known, _)| known == name).map(|(_, body)| body)
    }

    /// The template of this name, and those that it uses, the undermost first; none if one is missing, or uses itself.
    pub fn layers(&self, name: &str) -> Option<Vec<&Body>> {
        let mut layers = vec![self.template(name)?];
        while let Some(below) = layers.last().and_then(|layer| layer.template.as_ref()) {
            if layers.len() > self.templates.len() {
                return None;
            }
            layers.push(self.template(&below.value)?);
        }
        layers.reverse();
        Some(layers)
    }

    /// The procedure of this name.
    pub fn procedure(&self, name: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.name == name)
    }
}

/// A named list of steps.
#[derive(Clone, Debug)]
pub struct Procedure {
    /// Its name.
    pub name: String,
    /// Names of its arguments.
    pub args: Vec<String>,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A role that the tester plays.
#[derive(Clone, Debug)]
pub struct Tester {
    /// Its name, which is also its port unless it is counted.
    pub name: At<String>,
    /// What it plays.
    pub role: Role,
    /// How many of it there are; none for one that is not counted.
    pub count: Option<Node>,
    /// What it answers by itself.
    pub auto: Option<Auto>,
}

/// What a role answers by itself.
#[derive(Clone, Debug)]
pub struct Auto {
    /// Where it stands.
    pub span: Span,
    /// The message that is answered.
    pub answer: Msg,
    /// The template of the answer.
    pub reply: String,
    /// How long it takes.
    pub delay: Option<Node>,
    /// How many messages go unanswered first.
    pub drop_first: u32,
}

/// A row of `cases`.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands.
    pub span: Span,
    /// Its name, unique in the table.
    pub name: String,
    /// Level of steps that name none.
    pub level: Option<Level>,
    /// Requirement of steps that name none.
    pub req: Option<At<String>>,
    /// What `$case.x` gives.
    pub values: Vec<(String, Node)>,
    /// What `apply: $case` changes.
    pub overlay: Body,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub verb: Verb,
    /// How a failure counts.
    pub level: Option<Level>,
    /// What it judges.
    pub req: Option<At<String>>,
    /// Whether it is done at all.
    pub when: Option<Condition>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Builds and sends a message.
    Send(Box<Send>),
    /// One message at a role within a time.
    Expect(Box<Expect>),
    /// No such message for a time.
    ExpectNone(Box<Expect>),
    /// One message at each of several roles, in any order.
    ExpectAll(Box<Expect>),
    /// Retransmissions.
    Series(Box<Series>),
    /// A named outcome of a message that was sent.
    Outcome(Outcome),
    /// A judgement on what was captured.
    Check(Box<Check>),
    /// A procedure.
    Call(Call),
    /// The same steps for each of several roles or mobile nodes.
    ForEach(ForEach),
    /// A time in which nothing is sent.
    Wait(Node),
    /// Text for the report.
    Note(String),
    /// Something other than a frame.
    Trigger(Trigger),
}

impl Verb {
    /// Whether it says of the implementation under test that it is right or wrong.
    pub fn judges(&self) -> bool {
        match self {
            Self::Expect(_)
            | Self::ExpectNone(_)
            | Self::ExpectAll(_)
            | Self::Series(_)
            | Self::Outcome(_)
            | Self::Check(_) => true,
            Self::Send(_)
            | Self::Call(_)
            | Self::ForEach(_)
            | Self::Wait(_)
            | Self::Note(_)
            | Self::Trigger(_) => false,
        }
    }

    /// Its key in the script.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::Expect(_) => "expect",
            Self::ExpectNone(_) => "expect_none",
            Self::ExpectAll(_) => "expect_all",
            Self::Series(_) => "expect_series",
            Self::Outcome(_) => "expect_outcome",
            Self::Check(_) => "check",
            Self::Call(_) => "call",
            Self::ForEach(_) => "for_each",
            Self::Wait(_) => "wait",
            Self::Note(_) => "note",
            Self::Trigger(_) => "trigger",
        }
    }
}

/// `send`.
#[derive(Clone, Debug)]
pub struct Send {
    /// Name of the packet in later steps.
    pub label: Option<String>,
    /// The role that sends.
    pub from: Node,
    /// What it sends.
    pub body: Body,
    /// Whether the row of the case changes it.
    pub apply_case: bool,
}

/// `expect`, `expect_none`, `expect_all`.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Name of the packet, or packets, in later steps.
    pub label: Option<String>,
    /// Where it arrives.
    pub to: Node,
    /// What arrives.
    pub filter: Filter,
    /// How long to wait: `within`, or `for`.
    pub time: Node,
    /// Not before this.
    pub after: Option<Node>,
    /// Several answers that are allowed, each with a verdict of its own.
    pub one_of: Vec<Branch>,
}

/// One of several answers.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where it stands.
    pub span: Span,
    /// Its name in reports.
    pub name: String,
    /// What the message is, besides what holds for all branches.
    pub filter: Filter,
    /// What it makes of the case.
    pub verdict: Verdict,
    /// Whether it is allowed at all.
    pub when: Option<Condition>,
    /// Why.
    pub note: String,
}

/// `expect_series`.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name in later steps.
    pub label: Option<String>,
    /// Where the messages arrive.
    pub to: Node,
    /// What arrives.
    pub filter: Filter,
    /// How long until the first.
    pub first_within: Node,
    /// When the others are due.
    pub schedule: Schedule,
    /// How early an interval may be, as a share.
    pub early: Node,
    /// How late an interval may be, as a share.
    pub late: Node,
    /// What is allowed on top of either.
    pub abs: Node,
    /// How many messages: quick, full.
    pub count: (u32, u32),
    /// Whether the sender may stop once the period has reached its greatest value (RFC 8885 §3.6).
    pub may_stop: bool,
    /// What must hold from each message to the next.
    pub each: Vec<Each>,
    /// What each message is answered with; none for silence.
    pub reply: Option<Body>,
}

/// When the messages of a series are due.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// Each interval is the one before times a factor, up to a greatest.
    Backoff {
        /// First interval.
        initial: Node,
        /// From one to the next.
        factor: Node,
        /// Greatest interval.
        max: Node,
    },
    /// These intervals.
    List(Vec<Node>),
}

/// What must hold from each message of a series to the next.
#[derive(Clone, Debug)]
pub struct Each {
    /// Where it stands.
    pub span: Span,
    /// The field of the message, or the main field of this option.
    pub field: EachField,
    /// The rule.
    pub rule: Rule,
    /// Whether it is judged at all.
    pub when: Option<Condition>,
}

/// What a rule of a series looks at.
#[derive(Clone, Copy, Debug)]
pub enum EachField {
    /// A field between header and options.
    Field(&'static FieldSpec),
    /// The main field of the first option of this type.
    Option(OptionRow),
}

/// A rule from one message to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Greater, in the circle of 16-bit numbers (RFC 6275 §9.5.1).
    IncreasingMod65536,
    /// Greater.
    Increasing,
    /// The same.
    Same,
}

/// `expect_outcome`.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Label of the message that was sent.
    pub of: At<String>,
    /// Name of the outcome, or a reference to one.
    pub is: Node,
    /// How long to wait.
    pub within: Node,
}

/// `check`.
#[derive(Clone, Debug)]
pub enum Check {
    /// The packets were captured in this order.
    Order(Vec<At<String>>),
    /// A value matches.
    Value(Node, At<Matcher>),
    /// No more than `max` messages in any time of this length.
    Rate {
        /// Where they arrive.
        to: Node,
        /// Which.
        msg: Msg,
        /// How many.
        max: Node,
        /// In which time.
        per: Node,
        /// Whether each role counts alone.
        per_node: bool,
    },
    /// The messages fit a token bucket.
    TokenBucket {
        /// Label of the messages.
        of: At<String>,
        /// Tokens per second.
        rate: Node,
        /// Tokens at most.
        burst: Node,
        /// What is allowed for the way.
        slack: Node,
    },
    /// The implementation answers a fresh registration.
    Alive,
}

/// `call`.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the procedure.
    pub procedure: At<String>,
    /// Its arguments.
    pub with: Vec<(At<String>, Node)>,
}

/// `for_each`.
#[derive(Clone, Debug)]
pub struct ForEach {
    /// A list, or a counted role.
    pub list: Node,
    /// Name of the one in turn.
    pub name: String,
    /// What to do.
    pub steps: Vec<Step>,
}

/// `trigger`.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// What.
    pub action: TriggerAction,
    /// Which mobile node.
    pub mobile: Option<Node>,
    /// At which role.
    pub at: Option<Node>,
    /// Settings of `set-config`, by their names.
    pub config: Vec<(String, Node)>,
    /// How long it may take; none for as long as the bench gives it.
    pub timeout: Option<Node>,
    /// Where it was written.
    pub span: Span,
}

/// What a trigger makes happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerAction {
    /// A mobile node appears.
    Attach,
    /// A mobile node leaves.
    Detach,
    /// A mobile node goes from one access link to another.
    Handover,
    /// The implementation under test starts anew.
    Restart,
    /// The implementation under test is configured otherwise.
    SetConfig,
    /// The implementation under test says what it holds, for the report.
    DumpState,
}

impl TriggerAction {
    /// Every trigger with its name in scripts.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("attach", Self::Attach),
        ("detach", Self::Detach),
        ("handover", Self::Handover),
        ("restart", Self::Restart),
        ("set-config", Self::SetConfig),
        ("dump-state", Self::DumpState),
    ];

    /// Whether it is about a mobile node.
    pub fn is_of_mobile(self) -> bool {
        matches!(self, Self::Attach | Self::Detach | Self::Handover)
    }
}
