//! Making things happen at an implementation that are no packets: by an adaptor over HTTP, a program here or on another machine,
//! or a person. Whether it happened is a matter of whoever does it; what came of it is for the case to judge.

mod http;
mod person;
mod program;

use std::collections::BTreeMap;
use std::time::Duration;

use dmm_conformance::transport::Acted;
use dmm_conformance::trigger::{FACTS, Means, Trigger, expand};

/// Longest words of an adaptor that are worth a line in a report.
const LONGEST: usize = 500;

/// One thing that is to happen: its action, and what is known of it by the names of [`FACTS`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Order(BTreeMap<&'static str, String>);

impl Order {
    pub(crate) fn know(&mut self, name: &'static str, value: impl Into<String>) {
        debug_assert!(FACTS.contains(&name), "{name} is a fact that profiles can name");
        self.0.insert(name, value.into());
    }

    fn fact(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// Words with facts in the place of their names. What is not known of this order is nothing.
    fn words(&self, text: &str) -> String {
        // The profile was read by the same rule.
        expand(text, &|name| Some(self.fact(name))).unwrap_or_else(|_| text.to_string())
    }
}

/// Has something happen, and waits until it has.
pub(crate) fn pull(trigger: &Trigger, order: &Order, within: Duration) -> Acted {
    match &trigger.means {
        Means::Http { url } => http::post(url, order, within),
        Means::Exec { run } => program::exec(run, order, within),
        Means::Ssh { host, run } => program::ssh(host, run, order, within),
        // The bench is the mobile node itself.
        Means::Wire { interface } => failed(format!("{interface} is not open")),
        Means::Manual { prompt } => person::ask(prompt.as_deref(), order, within),
    }
}

fn failed(why: impl AsRef<str>) -> Acted {
    Acted::Failed { why: one_line(why.as_ref()) }
}

fn unsupported(action: &str, why: &str) -> Acted {
    let why = one_line(why);
    let why = if why.is_empty() { format!("the implementation's trigger cannot {action}") } else { why };
    Acted::Unsupported { why }
}

/// What others say, as one line that no terminal obeys.
fn one_line(text: &str) -> String {
    let plain = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST).collect()
}

/// What a person is asked for, in the same words for every implementation.
fn task(order: &Order) -> String {
    let at = match order.fact("at.name") {
        name if name.is_empty() => order.fact("iut.name"),
        name => format!("{name} ({})", order.fact("at.addr")),
    };
    let mn = format!("{} ({})", order.fact("mn.nai"), order.fact("mn.mac"));
    match order.fact("action").as_str() {
        "attach" => format!("attach {mn} to the access link of {at}"),
        "detach" => format!("take {mn} off the access link of {at}"),
        "handover" => format!("move {mn} to the access link of {at}"),
        "restart" => format!("restart {}, so that it loses what it did not store", order.fact("iut.name")),
        "set-config" => format!("configure {}: {}", order.fact("iut.name"), order.fact("config")),
        other => format!("{other} at {}", order.fact("iut.name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_is_known_and_obey_no_terminal() {
        let mut order = Order::default();
        order.know("action", "attach");
        order.know("mn.nai", "mn1@example.org");
        assert_eq!(order.words("{action} {mn.nai} at {at.name}!"), "attach mn1@example.org at !");
        assert_eq!(failed("a\x1b[2Jb\nc\n"), Acted::Failed { why: "a [2Jb c".to_string() });
        assert!(task(&order).starts_with("attach mn1@example.org"));
    }
}
