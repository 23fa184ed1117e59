//! A program that makes it happen, here or on another machine. It ends with 0 when it has, and with 69 when it cannot
//! (EX_UNAVAILABLE of sysexits.h); what it says on standard error is the reason for all else.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dmm_conformance::transport::Acted;

use super::{Order, failed, unsupported};

const UNAVAILABLE: i32 = 69;
/// How often is looked whether it has ended: what it started may hold its standard error open for longer.
const LOOK: Duration = Duration::from_millis(20);
/// More than this of what it says is not read.
const MOST_WORDS: u64 = 64 * 1024;

/// A program with its arguments, which no shell takes apart. Facts are in its environment, too: `DMM_MN_NAI`.
pub(super) fn exec(run: &[String], order: &Order, within: Duration) -> Acted {
    let words: Vec<String> = run.iter().map(|word| order.words(word)).collect();
    let Some((program, arguments)) = words.split_first() else { return failed("no program") };
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in &order.0 {
        command.env(format!("DMM_{}", name.replace('.', "_").to_uppercase()), value);
    }
    start(command, program, order, within)
}

/// A command that the other machine's shell reads; so what is put into it must be plain.
pub(super) fn ssh(host: &str, run: &str, order: &Order, within: Duration) -> Acted {
    for (name, value) in &order.0 {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:@/-".contains(c);
        if run.contains(&format!("{{{name}}}")) && !value.chars().all(plain) {
            return failed(format!("{{{name}}} is `{value}`, which a shell would not take for one word"));
        }
    }
    let mut command = Command::new("ssh");
    // Nobody is there to be asked for a password.
    command.args([
        "-o",
        "BatchMode=yes",
        "-o",
        &format!("ConnectTimeout={}", within.as_secs().max(1)),
        "--",
        host,
    ]);
    command.arg(order.words(run));
    start(command, &format!("ssh {host}"), order, within)
}

fn start(mut command: Command, name: &str, order: &Order, within: Duration) -> Acted {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    match command.spawn() {
        Ok(child) => wait(child, name, order, within),
        Err(error) => failed(format!("{name} cannot be started: {error}")),
    }
}

fn wait(mut child: Child, name: &str, order: &Order, within: Duration) -> Acted {
    let (sender, words) = mpsc::channel();
    let (_waiting, is_over) = mpsc::channel::<()>();
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || {
            let mut said = Vec::new();
            // What cannot be read was not said.
            let _ = stderr.take(MOST_WORDS).read_to_end(&mut said);
            let _ = sender.send(String::from_utf8_lossy(&said).into_owned());
            // Whoever waits for its end waits on this channel, also when nothing more can be said.
            let _ = is_over.recv();
        });
    }
    let (mut said, mut waited) = (None, Duration::ZERO);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if waited >= within => {
                let _ = child.kill();
                let _ = child.wait();
                return failed(format!("{name} had not ended after {within:?}"));
            }
            Ok(None) => {}
            Err(error) => return failed(format!("{name}: {error}")),
        }
        // Its last word comes when it ends, so that this seldom waits for the whole of a look.
        match words.recv_timeout(LOOK) {
            Ok(all) => said = Some(all),
            Err(_) => waited += LOOK,
        }
    };
    let said = said.or_else(|| words.recv_timeout(LOOK).ok()).unwrap_or_default();
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    match status.code() {
        Some(0) => Acted::Done,
        Some(UNAVAILABLE) => unsupported(&order.fact("action"), last),
        _ => failed(format!("{name}: {status}: {last}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Acted {
        let mut order = Order::default();
        order.know("action", "restart");
        order.know("mn.nai", "mn1@example.org; exit 1");
        let run = ["sh", "-c", script, "{mn.nai}"].map(ToString::to_string);
        exec(&run, &order, Duration::from_millis(500))
    }

    #[test]
    fn how_a_program_ends_says_what_became_of_it() {
        let failed = |why: &str| Acted::Failed { why: why.to_string() };
        let unsupported = |why: &str| Acted::Unsupported { why: why.to_string() };
        for (script, expected) in [
            ("exit 0", Acted::Done),
            ("test \"$0\" = \"$DMM_MN_NAI\" && test \"$DMM_ACTION\" = restart", Acted::Done),
            ("echo 'no link' >&2; exit 69", unsupported("no link")),
            ("exit 69", unsupported("the implementation's trigger cannot restart")),
            ("echo one >&2; echo two >&2; exit 3", failed("sh: exit status: 3: two")),
            // What goes on in the background keeps standard error open.
            ("sleep 5 & exit 0", Acted::Done),
            ("exec 2>&-; exec sleep 5", failed("sh had not ended after 500ms")),
            ("exec sleep 5", failed("sh had not ended after 500ms")),
        ] {
            assert_eq!(sh(script), expected, "{script}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_said_by_its_name() {
        let acted = exec(&["/no/such".to_string()], &Order::default(), Duration::from_secs(1));
        assert!(
            matches!(&acted, Acted::Failed { why } if why.starts_with("/no/such cannot be started")),
            "{acted:?}"
        );
    }

    #[test]
    fn what_another_machines_shell_would_read_otherwise_is_not_sent() {
        let mut order = Order::default();
        order.know("mn.nai", "mn1@example.org;reboot");
        let acted = ssh("dut", "attach {mn.nai}", &order, Duration::from_secs(1));
        assert!(matches!(&acted, Acted::Failed { why } if why.contains("one word")), "{acted:?}");
    }
}
