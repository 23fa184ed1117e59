//! A person who makes it happen, and says so by Enter. One is asked at a time.

use std::io::{self, BufRead as _, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use dmm_conformance::transport::Acted;

use super::{Order, failed, task, unsupported};

/// The lines that are typed, since the first question; a thread waits for them.
static LINES: Mutex<Option<Receiver<String>>> = Mutex::new(None);

pub(super) fn ask(prompt: Option<&str>, order: &Order, within: Duration) -> Acted {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lines) = &*lines {
        // What was typed before the question answers nothing.
        while lines.try_recv().is_ok() {}
    }
    let lines = lines.get_or_insert_with(listen);
    let task = prompt.map_or_else(|| task(order), |prompt| order.words(prompt));
    let question = format!(
        "\r\x1b[K\x07{task}\n  within {within:?}: Enter when it is done, u if the implementation cannot, n if it did not work: "
    );
    // A terminal that is gone does not answer either.
    let _ = io::stderr().write_all(question.as_bytes());
    answer(lines, &order.fact("action"), within)
}

fn answer(lines: &Receiver<String>, action: &str, within: Duration) -> Acted {
    match lines.recv_timeout(within) {
        Ok(line) => match line.trim() {
            "" | "y" | "yes" => Acted::Done,
            "u" => unsupported(action, "a person says that the implementation cannot do that"),
            said => failed(format!("a person says that it was not done: {said}")),
        },
        Err(RecvTimeoutError::Timeout) => failed(format!("nobody said within {within:?} that it was done")),
        Err(RecvTimeoutError::Disconnected) => failed("standard input has ended: nobody is there to do it"),
    }
}

fn listen() -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_says_what_became_of_it() {
        let asked = |said: Option<&str>| {
            let (sender, lines) = mpsc::channel();
            let answered = said.map(|said| sender.send(said.to_string()));
            assert!(answered.is_none_or(|sent| sent.is_ok()));
            answer(&lines, "attach", Duration::from_millis(1))
        };
        assert_eq!(asked(Some("")), Acted::Done);
        assert!(matches!(asked(Some("u")), Acted::Unsupported { .. }));
        assert!(matches!(asked(Some("n")), Acted::Failed { .. }));
        assert!(matches!(asked(None), Acted::Failed { why } if why.contains("nobody said within 1ms")));
        let (_, ended) = mpsc::channel();
        assert!(
            matches!(answer(&ended, "attach", Duration::from_secs(9)), Acted::Failed { why } if why.contains("ended"))
        );
    }
}
