//! What a node has promised outlives it: killed as a process and started again, it goes on from its store; and what cannot be written is
//! not promised.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

#[allow(dead_code, reason = "the other tests use the rest")]
mod domain;
mod namespaces;

use std::fs;
use std::io;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use dmm::lab::Lab;
use dmm_node::Role;
use dmm_node::admin::{Request, Response};
use dmm_node::status::{SessionStatus, Status};

use domain::{DMM, MN, Node, address, in_a_lab, maar_address, session};

/// What a CMD has promised outlives it; a MAAR's forwarding comes back with it, and who is on its link shows anew.
#[test]
fn a_killed_node_goes_on_from_its_store() {
    in_a_lab("a_killed_node_goes_on_from_its_store", |lab| {
        let folder = PathBuf::from("/run/dmm-kept");
        fs::create_dir(&folder).unwrap();
        let start = |name: &str, role: Role, example: usize| {
            let store = folder.join(format!("{name}.redb"));
            Node::with_store(lab, &folder, name, role, role.examples()[example], &store)
        };
        lab.host("cmd", address(0xcd)).unwrap();
        for number in [1, 2] {
            let name = format!("maar{number}");
            lab.host(&name, maar_address(number)).unwrap();
            lab.access(&name).unwrap();
        }
        let mut cmd = start("cmd", Role::Cmd, 0);
        let (maar1, mut maar2) = (start("maar1", Role::Maar, 0), start("maar2", Role::Maar, 1));

        let attach = Request::Attach { mobile: MN.to_owned(), link_local: None };
        assert_eq!(maar1.ask(&attach), Response::Done {});
        cmd.until(|status| status.session_count == 1);
        assert_eq!(maar2.ask(&attach), Response::Done {});
        let is_quiet = |status: &Status| status.queue_length == 0 && status.writes_waiting == 0;
        let before = cmd.until(|status| {
            let session = session(status);
            session.serving == Some(maar_address(2)) && session.state == "registered" && is_quiet(status)
        });
        maar2.until(|status| session(status).state == "serving" && is_quiet(status));

        cmd.process.kill().unwrap();
        cmd = start("cmd", Role::Cmd, 0);
        let status = || {
            let output = Command::new(DMM).args(["status", "--json"]).arg(&cmd.config).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice::<Status>(&output.stdout).unwrap()
        };
        let what = |status: &Status| {
            let SessionStatus { mn, state, serving, prefixes, p_maars, .. } = session(status).clone();
            (mn, state, serving, prefixes, p_maars)
        };
        let after = status();
        assert_eq!(what(&after), what(&before));
        assert_eq!(session(&after).p_maars[0].address, maar_address(1));
        assert!(session(&after).expires_in < session(&before).expires_in, "its time goes on");
        assert_eq!(after.store, "/run/dmm-kept/cmd.redb");
        assert_eq!((after.writes_waiting, after.store_problem), (0, None));

        // The same without the end of the process.
        assert_eq!(cmd.ask(&Request::Restart {}), Response::Done {});
        assert_eq!(what(&status()), what(&before));

        // A MAAR does not know who is still there, until that shows.
        let entries = maar2.status().entries;
        maar2.process.kill().unwrap();
        maar2 = start("maar2", Role::Maar, 1);
        let restored = maar2.status();
        assert_eq!((session(&restored).state.as_str(), restored.entries), ("unseen", entries));
        assert_eq!(maar2.ask(&attach), Response::Done {});
        maar2.until(|status| session(status).state == "serving");

        maar1.stop();
        maar2.stop();
        // Its capture is that of its second life.
        let config = cmd.config.clone();
        cmd.stop();
        let foreign = folder.join("maar1.redb");
        for store in [&foreign, &folder.join("cmd.redb")] {
            assert!(Command::new(DMM).args(["store", "check"]).arg(store).status().unwrap().success());
        }
        let mut command = lab.on("cmd", Path::new(DMM));
        command.arg("cmd").arg("--config").arg(&config).arg("--store").arg(&foreign);
        let output = command.output().unwrap();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{why}");
        let sentence = "/run/dmm-kept/maar1.redb: is the store of the MAAR 2001:db8:c0::1, not of the CMD \
2001:db8:c0::cd; give each node a file of its own";
        assert!(why.contains(sentence), "{why}");
    });
}

/// Who has which prefix outlives an LMA. A MAG that is killed has nothing, and its mobile node the same prefix as before.
fn goes_on(lab: &Lab, name: &str, role: Role, lma: Ipv6Addr, config: &str) {
    let folder = PathBuf::from("/run/dmm-lma");
    fs::create_dir(&folder).unwrap();
    let store = folder.join(format!("{name}.redb"));
    let start = || Node::with_store(lab, &folder, name, role, config, &store);
    let of_mag = Role::Mag.examples()[0].replace("2001:db8:c0::1a", &lma.to_string());
    lab.host(name, lma).unwrap();
    lab.host("mag", address(0xa)).unwrap();
    lab.access("mag").unwrap();
    let mut lma = start();
    let mut mag = Node::start(lab, &folder, "mag", Role::Mag, &of_mag);
    let attach = Request::Attach { mobile: MN.to_owned(), link_local: None };
    assert_eq!(mag.ask(&attach), Response::Done {});
    let is_served = |status: &Status| status.sessions.iter().any(|session| session.state == "serving");
    let before = session(&mag.until(is_served)).prefixes.clone();

    lma.process.kill().unwrap();
    lma = start();
    let after = lma.status();
    let SessionStatus { state, serving, prefixes, .. } = session(&after);
    assert_eq!((state.as_str(), *serving), ("registered", Some(address(0xa))));
    assert_eq!(*prefixes, before);
    assert_eq!(after.entries, 2, "its tunnel and the route into it");

    mag.process.kill().unwrap();
    mag = Node::start(lab, &folder, "mag", Role::Mag, &of_mag);
    assert_eq!(mag.status().session_count, 0);
    assert_eq!(mag.ask(&attach), Response::Done {});
    assert_eq!(session(&mag.until(is_served)).prefixes, before);
    mag.stop();
    lma.stop();
    assert!(Command::new(DMM).args(["store", "check"]).arg(&store).status().unwrap().success());
}

#[test]
fn a_killed_lma_goes_on_from_its_store() {
    in_a_lab("a_killed_lma_goes_on_from_its_store", |lab| {
        goes_on(lab, "lma", Role::Lma, address(0x1a), Role::Lma.examples()[0]);
    });
}

#[test]
fn a_killed_cmd_goes_on_with_its_mags_from_its_store() {
    in_a_lab("a_killed_cmd_goes_on_with_its_mags_from_its_store", |lab| {
        let mags = "legacy: {mags: [\"2001:db8:c0::a\"], pool: \"2001:db8:e000::/48\"}";
        let config = format!("{}\n{mags}\n", Role::Cmd.examples()[0]);
        goes_on(lab, "cmd", Role::Cmd, address(0xcd), &config);
    });
}

/// Nothing is promised that cannot be kept, and the node says why, once.
#[test]
fn a_full_device_is_said_and_promises_nothing() {
    in_a_lab("a_full_device_is_said_and_promises_nothing", |lab| {
        let (folder, device) = (PathBuf::from("/run/dmm-full"), PathBuf::from("/run/dmm-full/device"));
        fs::create_dir_all(&device).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8M", "tmpfs"]).arg(&device);
        assert!(mount.status().unwrap().success());
        lab.host("cmd", address(0xcd)).unwrap();
        lab.host("maar1", maar_address(1)).unwrap();
        lab.access("maar1").unwrap();
        let store = device.join("cmd.redb");
        let cmd = Node::with_store(lab, &folder, "cmd", Role::Cmd, Role::Cmd.examples()[0], &store);
        // It asks again soon.
        let config =
            format!("{}\nsending: {{backoff: {{initial: 1s, max: 1s}}}}\n", Role::Maar.examples()[0]);
        let maar = Node::start(lab, &folder, "maar1", Role::Maar, &config);

        let ballast = device.join("ballast");
        let full = fs::write(&ballast, vec![1; 16 << 20]).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        let attach = |mobile: &str| {
            let request = Request::Attach { mobile: mobile.to_owned(), link_local: None };
            assert_eq!(maar.ask(&request), Response::Done {});
        };
        attach(MN);
        let problem = "/run/dmm-full/device/cmd.redb: the device is full, and nothing is promised that cannot be written; \
make room";
        let status = cmd.until(|status| status.store_problem.is_some());
        assert_eq!(status.store_problem.as_deref(), Some(problem));
        assert!(status.text().contains(problem));
        attach("mn2@example.org");
        for mobile in [MN, "mn2@example.org"] {
            maar.until(|_| {
                let Response::Dump(dump) = maar.ask(&Request::Dump {}) else { panic!("a dump") };
                let refused = format!("{mobile}: 2001:db8:c0::cd rejected the PBU: status 130");
                dump.events.iter().any(|event| event.text.starts_with(&refused))
            });
        }
        assert!(maar.status().sessions.iter().all(|session| session.state != "serving"));

        fs::remove_file(&ballast).unwrap();
        maar.until(|status| status.sessions.iter().all(|session| session.state == "serving"));
        assert_eq!(cmd.until(|status| status.store_problem.is_none()).session_count, 2);
        maar.stop();
        let (_, log) = cmd.stop();
        let said = |text: &str| log.iter().filter(|line| line.contains(text)).count();
        assert_eq!((said("the device is full"), said("is written again")), (1, 1), "{log:?}");
    });
}
