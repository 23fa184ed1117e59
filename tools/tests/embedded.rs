//! Stacks in shared libraries: the reference nodes behind the C interface are judged as they are without it, and the stack in C
//! that people are to copy comes to its verdicts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use dmm::conform::{self, Inputs, Lasting};
use dmm::embedded::Embedded;
use dmm::reference::{REFERENCES, Reference, Router};
use dmm::virtual_wire::Subject as _;
use dmm_codec::Instant;
use dmm_codec::packet::Ethernet;
use dmm_conformance::script::span::Source;
use dmm_conformance::script::value::Value;
use dmm_conformance::transport::Acted;
use dmm_conformance::{Profile, Selection, Verdict};
use dmm_embed::{Deed, Port, Stack, Start};
use dmm_sim::{Host as _, Routes};
use pretty_assertions::assert_eq;

/// A reference node as a stack of somebody else's. It learns all that it is from what crosses the interface.
struct Foreign {
    router: Router,
    mac: [u8; 6],
}

impl Stack for Foreign {
    fn create(start: Start) -> Option<Self> {
        let text = "dmm: 1\nname: foreign\naddr: \"::1\"\n".to_owned();
        let mut profile = Profile::parse(&Arc::new(Source { name: "foreign".to_owned(), text })).ok()?;
        profile.roles = vec![start.setup.iut.role];
        for (name, value) in start.settings {
            match value.parse() {
                Ok(answer) => drop(profile.pics.insert(name, answer)),
                Err(_) => drop(profile.pixit.insert(name, Value::Text(value))),
            }
        }
        // The core's routes are the tester's.
        let mut routes = Routes::default();
        routes.add("::/0".parse().ok()?, [0; 6]);
        let router = Reference::of(&profile).host(&start.setup, routes).ok()?;
        Some(Self { router, mac: start.mac })
    }

    fn receive(&mut self, now: Instant, port: Port, frame: &[u8]) {
        match port {
            Port::Core => {
                self.router.receive(now, dmm_sim::Port::Core, &Ethernet::frame([0; 6], self.mac, frame));
            }
            Port::Access => self.router.receive(now, dmm_sim::Port::Access, frame),
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.router.timeout(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.router.next_timeout()
    }

    fn transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        let (port, frame) = self.router.poll_transmit()?;
        match port {
            dmm_sim::Port::Core => Some((Port::Core, Ethernet::parse(&frame)?.payload.to_vec())),
            dmm_sim::Port::Access => Some((Port::Access, frame)),
        }
    }

    fn act(&mut self, now: Instant, deed: Deed<'_>) -> Acted {
        match deed {
            Deed::Detach(mac) => {
                self.router.neighbour_left(now, dmm_sim::Port::Access, mac);
                Acted::Done
            }
            Deed::Restart => self.router.restart(now),
            Deed::Set(settings) => self.router.set_config(now, settings),
            Deed::Dump => self.router.dump(now),
        }
    }
}

fn conform_run(iut: &Path, more: &[&str]) -> Output {
    let mut dmm = Command::new(env!("CARGO_BIN_EXE_dmm"));
    let dmm = dmm.current_dir(root()).args(["conform", "run", "conformance/suites", "--iut"]).arg(iut);
    dmm.args(more).output().expect("dmm runs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn behind_the_c_interface_every_reference_is_judged_as_it_is_without_it() {
    let library = dmm_embed::library::<Foreign>(c"foreign").expect("it is in order");
    let (paths, requirements) =
        ([root().join("conformance/suites")], root().join("conformance/requirements"));
    for name in REFERENCES {
        let path = root().join(format!("conformance/profiles/{name}.iut.yaml"));
        let profile = Profile::load(&path).expect("it is one of the project's");
        let inputs = Inputs { paths: &paths, profile: &profile, requirements: &requirements };
        let embedded = Embedded::of(library.clone(), &profile);
        let behind = conform::judge_embedded(&inputs, &Selection::default(), &embedded, &Lasting::default());
        let behind = behind.expect("it runs");
        let reference = Reference::of(&profile);
        let without = conform::judge(&inputs, &Selection::default(), &|| Box::new(reference.clone()));
        let without = without.expect("it runs");
        let verdicts = |judged: &conform::Judged| -> Vec<(String, Verdict)> {
            judged.cases.iter().map(|case| (case.name.clone(), case.verdict)).collect()
        };
        assert_eq!(verdicts(&behind), verdicts(&without), "{name}");
    }
}

/// `docs/embed.md` goes from a stack in C to a verdict; its commands are run here as they stand, and say what it shows.
#[test]
fn the_page_goes_from_a_stack_to_its_verdicts() {
    let page = std::fs::read_to_string(root().join("docs/embed.md")).expect("it is there");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embed-page");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder is this test's");
    let conformance = root().join("conformance").canonicalize().expect("it is there");
    std::os::unix::fs::symlink(conformance, folder.join("conformance")).expect("the folder was empty");
    let commands: String = page.split("```sh\n").skip(1).filter_map(|it| it.split("```").next()).collect();
    let mut path =
        std::ffi::OsString::from(Path::new(env!("CARGO_BIN_EXE_dmm")).parent().expect("it is in one"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut sh = Command::new("sh");
    let output =
        sh.current_dir(&folder).env("PATH", path).args(["-euc", &commands]).output().expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let line = page.split('`').find(|it| it.ends_with("inconclusive")).expect("the page says how it ends");
    assert!(said.contains(line), "{said}");
    assert!(folder.join("out/stack/index.html").exists());
}

#[test]
fn a_profile_without_a_library_is_for_the_wire() {
    let run = |iut: &Path| {
        let output = conform_run(iut, &[]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&root().join("conformance/profiles/example-cmd.iut.yaml"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("stacks that embed (`library` in a profile"), "{said}");
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lost.iut.yaml");
    let text = "dmm: 1\nname: lost\nroles: [lma]\naddr: \"2001:db8::1\"\nlibrary: not-there.so\n";
    std::fs::write(&profile, text).expect("the folder is this test's");
    let (code, said) = run(&profile);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("not-there.so: cannot be loaded"), "{said}");
}
