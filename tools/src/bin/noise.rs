//! Writes octets at random where Mobility Headers stand to a capture file, for what reads them to survive:
//! `noise FILE PACKETS SEED`.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

use dmm::{Failure, noise};

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, exit }) => {
            eprintln!("noise: {message}");
            exit.into()
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let [path, packets, seed] = arguments else {
        return Err(Failure::usage("usage: noise FILE PACKETS SEED"));
    };
    let number = |text: &String| text.parse().map_err(|error| Failure::usage(format!("{text}: {error}")));
    let seed = seed.parse().map_err(|error| Failure::usage(format!("{seed}: {error}")))?;
    let path = Path::new(path);
    let file = File::create(path).map_err(|error| Failure::file(path, error))?;
    noise::write(BufWriter::new(file), number(packets)?, seed)?;
    Ok(())
}
