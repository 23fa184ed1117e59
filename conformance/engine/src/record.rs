//! What a case leaves for its report: who took part, every packet, the times that were judged, and the lines of the script
//! behind a finding. Plain data, so that a page can be made again from the JSON of a run.

use std::net::Ipv6Addr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::packet::Direction;

/// Someone in a case: a role of the tester, or the implementation under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Station {
    /// Its port for a role of the tester, its name for the implementation under test.
    pub name: String,
    /// What it is: `cmd`, `maar`, `lma`, `mag`.
    pub role: String,
    /// Its address.
    pub addr: Ipv6Addr,
    /// Whether it is the implementation under test.
    pub is_iut: bool,
}

/// One packet of a case. Its number is its place in the list, from 1, as in the capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketRecord {
    /// Nanoseconds since the case began.
    #[serde(rename = "at_ns", with = "nanos")]
    #[schemars(with = "u64")]
    pub at: Duration,
    /// The role of the tester that sent or received it.
    pub port: String,
    /// Which way, as the tester sees it.
    pub direction: Direction,
    /// The step that sent it, or that took it first: `expect ack`.
    pub step: Option<String>,
    /// What the case says about it, as in the capture.
    pub comments: Vec<String>,
    /// The Ethernet frame in hexadecimal.
    #[serde(with = "hex")]
    #[schemars(with = "String", regex(pattern = "^([0-9a-f]{2})*$"))]
    pub frame: Vec<u8>,
}

/// Times that were judged. They are those of the packets named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// Name in the script: `series`, or the message.
    pub label: String,
    /// The requirement that they were judged for.
    pub requirement: String,
    /// Numbers of the packets, in the order of time.
    pub packets: Vec<usize>,
    /// What they were judged against.
    pub rule: TimingRule,
}

/// What times are judged against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TimingRule {
    /// Each interval has a window.
    Intervals {
        /// One for each interval, and one more where a packet was waited for in vain.
        windows: Vec<Window>,
    },
    /// No more than so many within any time of this length.
    Rate {
        /// So many.
        max: usize,
        /// Nanoseconds of the sliding window.
        #[serde(rename = "per_ns", with = "nanos")]
        #[schemars(with = "u64")]
        per: Duration,
    },
    /// No more than a token bucket lets through.
    TokenBucket {
        /// Tokens per second.
        rate: f64,
        /// Tokens at most.
        burst: usize,
    },
}

/// When an interval is due, and between which limits it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Nanoseconds due.
    #[serde(rename = "due_ns", with = "nanos")]
    #[schemars(with = "u64")]
    pub due: Duration,
    /// Nanoseconds at least.
    #[serde(rename = "shortest_ns", with = "nanos")]
    #[schemars(with = "u64")]
    pub shortest: Duration,
    /// Nanoseconds at most.
    #[serde(rename = "longest_ns", with = "nanos")]
    #[schemars(with = "u64")]
    pub longest: Duration,
}

/// Lines of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snippet {
    /// The file.
    pub file: String,
    /// Number of the first line, from 1.
    pub line: usize,
    /// The lines.
    pub lines: Vec<String>,
}

/// Durations as whole nanoseconds: exact, and a number in every language.
pub(crate) mod nanos {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_nanos)
    }
}

/// A value as it is written for people.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Octets as hexadecimal text.
pub(crate) mod hex {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::script::fields::parse_hex;
    use crate::script::value::hex;

    pub(crate) fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(octets))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_hex(&text).ok_or_else(|| D::Error::custom("octets are pairs of hexadecimal digits"))
    }
}
