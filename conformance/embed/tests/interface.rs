//! Libraries in C, made by the system's compiler: the header says what the Rust side says, and what a library does against it
//! becomes an error with its name.

use std::collections::BTreeMap;
use std::mem::{offset_of, size_of};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_conformance::transport::{Acted, Address, Role, Setup};
use dmm_embed::abi::{self, CAction, CMobile, CPeer, CSetting, CSetup, Table};
use dmm_embed::{Deed, EmbedError, Instance, Library, Port, Start};

/// `odd.c`, compiled with these definitions.
fn library(name: &str, defined: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lib{name}.so"));
    let mut cc = Command::new("cc");
    cc.args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I"]).arg(folder.join("include"));
    cc.args(defined).arg("-o").arg(&made).arg(folder.join("tests/odd.c"));
    let status = cc.status().expect("a C compiler is what Rust links with");
    assert!(status.success(), "{cc:?}");
    made
}

fn start(does: &str) -> Start {
    let iut = Address { role: Role::Maar, addr: "2001:db8::1".parse().expect("an address") };
    let setup = Setup { iut, roles: Vec::new(), mobiles: Vec::new(), seed: 1 };
    let settings = BTreeMap::from([("does".to_owned(), does.to_owned())]);
    Start { now: Instant::from_secs(1000), mac: [2; 6], setup, settings }
}

fn odd(does: &str) -> Instance {
    // Each test has a file of its own: they run at the same time.
    let library = Library::open(&library(&format!("odd-{does}"), &[])).expect("it is in order");
    assert_eq!((library.name(), library.is_single()), ("odd", true));
    library.create(&start(does)).expect("it knows that")
}

fn broken(instance: &Instance) -> String {
    instance.broken().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn the_header_says_what_the_rust_side_says() {
    macro_rules! layout {
        ($($type:ident: $($part:ident)+;)+) => { [$(size_of::<$type>(), $(offset_of!($type, $part),)+)+] };
    }
    let ours = layout! {
        CSetting: name value;
        CPeer: role pool_length addr pool;
        CMobile: nai mac;
        CSetup: role addr mac now seed peers peer_count mobiles mobile_count settings setting_count;
        CAction: kind mac settings setting_count;
        Table: abi flags name create destroy receive timeout next_timeout transmit act;
    };
    let numbers = [
        abi::ABI.into(),
        abi::SINGLE.into(),
        1,
        2,
        3,
        4,
        0,
        1,
        abi::LONGEST_FRAME as u64,
        abi::NEVER,
        abi::DETACH.into(),
        abi::RESTART.into(),
        abi::SET.into(),
        abi::DUMP.into(),
        abi::DONE as u64,
        abi::UNSUPPORTED as u64,
        abi::FAILED as u64,
    ];
    let path = library("layout", &[]);
    // SAFETY: it initialises nothing.
    let code = unsafe { libloading::Library::new(&path) }.expect("it was just made");
    // SAFETY: `odd.c` has arrays of so many of these under these names.
    unsafe {
        let layout = code.get::<*const [usize; 39]>(b"dmm_layout\0").expect("it is in odd.c");
        assert_eq!(**layout, ours);
        let theirs = code.get::<*const [u64; 17]>(b"dmm_numbers\0").expect("it is in odd.c");
        assert_eq!(**theirs, numbers);
    }
}

#[test]
fn what_is_no_stack_is_refused_with_the_reason() {
    let refused = |path: &Path| match Library::open(path) {
        Err(error) => error.to_string().replace(env!("CARGO_TARGET_TMPDIR"), ""),
        Ok(library) => panic!("{} was loaded", library.name()),
    };
    let none = refused(Path::new("no-such-library.so"));
    assert!(none.starts_with("no-such-library.so: cannot be loaded: "), "{none}");
    let cases = [
        ("no-entry", "-DNO_ENTRY", "exports no function `dmm_iut`: is it a stack with dmm_iut.h?"),
        ("no-table", "-DNO_TABLE", "`dmm_iut` returned NULL"),
        ("other-abi", "-DABI=2", "is made for version 2 of dmm_iut.h, and this is version 1"),
        ("flags", "-DFLAGS=6", "has flags that nobody knows: 0x6"),
        ("lacks", "-DRECEIVE=NULL", "its table lacks `receive`"),
    ];
    for (name, defined, says) in cases {
        // What stands in the place of a function is used nowhere then.
        let path = library(name, &[defined, "-Wno-unused-function"]);
        assert_eq!(refused(&path), format!("/lib{name}.so: {says}"));
    }
}

#[test]
fn a_stack_that_cannot_be_made_is_none() {
    let library = Library::open(&library("unknown", &[])).expect("it is in order");
    let error = library.create(&start("what nobody knows")).expect_err("it returns NULL");
    assert!(matches!(error, EmbedError::NotCreated(_)));
    let error = library.create(&start("no\0thing")).expect_err("C cannot have that");
    assert_eq!(error.to_string(), "`no\\0thing` has a zero in it, and cannot be handed to a library");
}

#[test]
fn a_stack_says_when_it_wants_its_turn() {
    let mut late = odd("late");
    let begin = start("late").now;
    assert_eq!(late.next_timeout(), Some(begin));
    late.timeout(begin);
    assert_eq!(late.next_timeout(), Some(begin + Duration::from_secs(1)));
    assert_eq!(odd("nothing").next_timeout(), None);
}

#[test]
fn a_stack_that_never_comes_to_rest_is_broken() {
    let mut again = odd("again");
    let now = start("again").now;
    while let Some(at) = again.next_timeout() {
        assert_eq!(at, now);
        again.timeout(now);
    }
    assert_eq!(broken(&again), "odd: `next_timeout` had its turn 100000 times at one time, and wants more");

    let mut flood = odd("flood");
    flood.receive(now, Port::Core, &[0x60]);
    while let Some((port, frame)) = flood.transmit() {
        assert_eq!((port, frame), (Port::Access, vec![0x60]));
    }
    assert_eq!(broken(&flood), "odd: `transmit` had its turn 100000 times at one time, and wants more");
}

#[test]
fn a_frame_against_the_interface_breaks_the_bench() {
    let now = start("").now;
    for (does, says) in [
        ("long", "`transmit` says that it wrote 65576 octets where 65575 have room"),
        ("port", "`transmit` names the port 7: 0 is the core, 1 the access link"),
    ] {
        let mut instance = odd(does);
        instance.receive(now, Port::Access, &[0; 14]);
        assert_eq!(instance.transmit(), None);
        assert_eq!(broken(&instance), format!("odd: {says}"));
        // From then on nothing is asked of it.
        instance.receive(now, Port::Access, &[0; 14]);
        assert_eq!((instance.transmit(), instance.next_timeout()), (None, None));
    }
}

#[test]
fn answers_to_actions_are_what_they_are_to_any_bench() {
    let now = start("").now;
    let ask = |does: &str, deed| odd(does).act(now, deed);
    assert_eq!(ask("nothing", Deed::Detach([2; 6])), Acted::Done);
    assert_eq!(ask("tells", Deed::Dump), Acted::Told("all is well".to_owned()));
    assert_eq!(ask("chat", Deed::Dump), Acted::Told("x".repeat(65_536)));
    let why = "odd: it does not say why".to_owned();
    assert_eq!(ask("declines", Deed::Restart), Acted::Unsupported { why });
    let why = "no room".to_owned();
    assert_eq!(ask("fails", Deed::Set(&[("mode".to_owned(), "proxy".to_owned())])), Acted::Failed { why });
    let mut answer = odd("answer");
    assert!(matches!(answer.act(now, Deed::Restart), Acted::Failed { .. }));
    assert_eq!(broken(&answer), "odd: `act` returned 77: 0 is done, 1 unsupported, 2 failed");
}
