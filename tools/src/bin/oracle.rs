//! Compares what dmm-codec reads in a capture with what another decoder says: PyPCAPKit by one JSON object per Mobility
//! Header on standard input, as `tools/oracle/pypcapkit.py` prints them; a Wireshark by its PDML. It also writes the
//! capture of generated messages that they are compared over, and the page of differences.

use std::io::BufRead as _;
use std::process::ExitCode;

use dmm::decode::json;
use dmm::decode::layers::{Carried, through_link};
use dmm::oracle::{differences, generate, pypcapkit, wireshark};
use dmm::{Exit, Failure};
use dmm_captures::{CaptureReader, Packet};
use dmm_codec::{Drafts, MessageView};
use serde_json::{Value, json};

const USAGE: &str = "usage: pypcapkit.py CAPTURE.pcapng | oracle [--generated] CAPTURE.pcapng
       oracle --generate CAPTURE.pcapng
       oracle --differences
       tshark -r CAPTURE.pcapng -T pdml > PDML; tshark -G fields > FIELDS; oracle --wireshark PDML FIELDS";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["--generate", path] => generate(path),
        ["--differences"] => {
            print!("{}", differences::page());
            Ok(0)
        }
        ["--wireshark", pdml, fields] => wireshark(pdml, fields),
        ["--generated", path] => pypcapkit(path, true),
        [path] => pypcapkit(path, false),
        _ => Err(Failure::usage(USAGE)),
    };
    match result {
        Ok(0) => Exit::OK.into(),
        Ok(_) => Exit::FELL_SHORT.into(),
        Err(Failure { message, exit }) => {
            eprintln!("oracle: {message}");
            exit.into()
        }
    }
}

/// Writes the generated messages as a capture.
fn generate(path: &str) -> Result<usize, Failure> {
    let octets = generate::capture(&generate::messages(generate::SEED))?;
    std::fs::write(path, octets).map_err(|error| Failure::file(path.as_ref(), error))?;
    Ok(0)
}

/// Compares what a Wireshark, this machine's or another's, says about them.
fn wireshark(pdml: &str, fields: &str) -> Result<usize, Failure> {
    let read = |path: &str| {
        std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{path}: {error}")))
    };
    let found = wireshark::compare(&read(pdml)?, &read(fields)?, &generate::messages(generate::SEED))?;
    for (wireshark::Difference { field, place, kind }, (frame, said)) in &found.differences {
        println!("{field} | {place} | {kind:?} | frame {frame}: {said}");
    }
    let wrong = differences::judge(differences::WIRESHARK, &found.differences);
    for wrong in &wrong {
        eprintln!("{wrong}");
    }
    let (fields, known) = (found.fields.len(), found.differences.len());
    println!(
        "{} fields agreed, {} names; {fields} kinds of field, {known} differences",
        found.agreed, found.names
    );
    Ok(wrong.len())
}

/// Compares what PyPCAPKit says about a capture, on standard input. That a listed difference still shows can be asked of
/// the generated messages only.
fn pypcapkit(path: &str, is_generated: bool) -> Result<usize, Failure> {
    let octets = std::fs::read(path).map_err(|error| Failure::file(path.as_ref(), error))?;
    let mut ours = Vec::new();
    for packet in CaptureReader::from_octets(octets).map_err(Failure::usage)? {
        ours.extend(said(&packet.map_err(Failure::usage)?));
    }
    let mut theirs = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(Failure::bench)?;
        theirs.push(serde_json::from_str::<Value>(&line).map_err(Failure::usage)?);
    }
    let found = pypcapkit::compare(&ours, &theirs);
    let mut wrong = differences::judge(differences::PYPCAPKIT, &found.differences);
    wrong.retain(|wrong| is_generated || wrong.starts_with("not listed"));
    for wrong in &wrong {
        eprintln!("{path}: {wrong}");
    }
    let (messages, listed) = (ours.len(), found.differences.len());
    println!(
        "{path}: {messages} messages, {} values agreed, {listed} kinds of difference, {} not as listed",
        found.agreed,
        wrong.len()
    );
    Ok(wrong.len())
}

/// What the tables say about a packet's Mobility Header.
fn said(packet: &Packet) -> Option<Value> {
    let way = through_link(packet.linktype, &packet.octets)?;
    let Carried::Message { octets, summed, .. } = way.carried else { return None };
    let (src, dst) = way.ends?;
    let view = MessageView::new(octets).ok()?;
    let right = summed.is_some_and(|(src, dst)| MessageView::received(octets, src, dst).is_ok());
    let mut message = json::message(&view, Drafts::default());
    message.insert("frame".to_owned(), json!(packet.number));
    message.insert("src".to_owned(), json!(src));
    message.insert("dst".to_owned(), json!(dst));
    message.insert("checksum_right".to_owned(), json!(right));
    let options = json::options(&view).map(|option| Value::Object(json::option(&option)));
    message.insert("options".to_owned(), options.collect());
    Some(Value::Object(message))
}
