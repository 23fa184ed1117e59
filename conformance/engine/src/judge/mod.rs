//! Judgement without packets in flight: values against matchers, times against schedules, octets against the tables.

pub mod matcher;
pub mod passive;
pub mod statistics;
pub mod stream;
pub mod timing;
