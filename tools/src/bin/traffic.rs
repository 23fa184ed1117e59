//! Writes the signalling of a large domain to a capture file, for measuring what reads it:
//! `traffic FILE MESSAGES MOBILES`.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

use dmm::{Failure, traffic};

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, exit }) => {
            eprintln!("traffic: {message}");
            exit.into()
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let [path, messages, mobiles] = arguments else {
        return Err(Failure::usage("usage: traffic FILE MESSAGES MOBILES"));
    };
    let number = |text: &String| text.parse().map_err(|error| Failure::usage(format!("{text}: {error}")));
    let path = Path::new(path);
    let file = File::create(path).map_err(|error| Failure::file(path, error))?;
    traffic::write(BufWriter::new(file), number(messages)?, number(mobiles)?)?;
    Ok(())
}
