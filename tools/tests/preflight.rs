//! What is not as declared is said before a case runs: the preflight looks at CMD, LMA, MAAR and MAG as processes in network
//! namespaces.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

#[allow(dead_code, reason = "the other tests use the rest")]
mod iut;
mod namespaces;

use std::fs;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use dmm::lab::{Lab, Process};
use serde_json::Value;

use iut::{DMM, PATIENCE, adaptor, alone, dmm, in_a_lab, path, preflight, printed};

/// Another node under test.
const BOX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);

/// What a finding of the preflight about something says, and how bad it is.
fn finding(found: &Value, about: &str) -> (String, String) {
    let findings = found["findings"].as_array().unwrap();
    let it = findings.iter().find(|finding| finding["about"] == about);
    let it = it.unwrap_or_else(|| panic!("nothing about {about}: {found}"));
    (it["weight"].as_str().unwrap().to_owned(), it["says"].as_str().unwrap().to_owned())
}

#[test]
fn the_preflight_says_what_is_not_as_declared() {
    in_a_lab("the_preflight_says_what_is_not_as_declared", |bench| {
        let (code, found) = preflight(&bench.profile);
        let (weight, says) = finding(&found, "PBU");
        assert_eq!((code, weight.as_str()), (Some(3), "obstacle"), "{found}");
        assert!(says.contains("protocol 135"), "{says}");

        let mut cmd = bench.cmd("");
        let (code, found) = preflight(&bench.profile);
        assert_eq!(code, Some(0), "{found}");
        assert_eq!(found["result"], "ok");
        assert!(found["jitter_ns"].as_u64().unwrap() >= 2_000_000);
        assert!(finding(&found, "stations").1.starts_with("18 stations"), "{found}");
        cmd.stop().unwrap();

        for mode in ["proxy", "locator"] {
            let mut cmd = bench.cmd(&format!("mode: {mode}\n"));
            let (code, found) = preflight(&bench.profile);
            assert_eq!(code, Some(1), "{found}");
            let name = format!("cmd.mode.{mode}");
            for (about, declared) in [("cmd.mode.relay", "true"), (name.as_str(), "false")] {
                let (weight, says) = finding(&found, about);
                assert_eq!(weight, "warning", "{found}");
                assert!(says.starts_with(&format!("declared {declared}, but ")), "{says}");
            }
            cmd.stop().unwrap();
        }
    });
}

/// A node of this project as `dmm conform init --role` describes it, on a host of its own.
struct OtherRole {
    lab: Lab,
    role: &'static str,
    profile: PathBuf,
    /// What `init` printed.
    listed: String,
    /// By which it has another time than the tester.
    clock: Option<[(&'static str, String); 2]>,
}

impl OtherRole {
    fn new(role: &'static str) -> Self {
        let lab = Lab::new().unwrap();
        lab.host(role, BOX).unwrap();
        lab.tap("ct0").unwrap();
        let link = lab.access(role).unwrap();
        let profile = PathBuf::from("/run/box.iut.yaml");
        let init = ["conform", "init", path(&profile), "--role", role, "--addr", &BOX.to_string()];
        let output = dmm(&[&init[..], &["--interface", "ct0", "--access", &link]].concat());
        assert!(output.status.success(), "{}", printed(&output));
        let text = fs::read_to_string(&profile).unwrap();
        let detach = format!(
            "  detach: {{exec: {{run: [{}, /run/box.yaml, detach]}}}}\n#   detach:",
            path(&adaptor())
        );
        fs::write(&profile, text.replace("#   detach:", &detach)).unwrap();
        Self { lab, role, profile, listed: String::from_utf8(output.stdout).unwrap(), clock: None }
    }

    /// Starts a node of a role, which may be another than the profile's, with what it is configured with.
    fn start(&self, role: &str, own: &str, listed: &str) -> Process {
        let access = if ["maar", "mag"].contains(&role) { "access: {interface: eth1}\n" } else { "" };
        let common = format!("role: {role}\naddress: {BOX}\nadmin: {{socket: /run/box.sock}}\n");
        fs::write("/run/box.yaml", [&common, own, access, listed].concat()).unwrap();
        let mut command = self.lab.on(self.role, Path::new(DMM));
        command.args([role, "--config", "/run/box.yaml", "--log", "json"]).env_remove("RUST_LOG");
        command.envs(self.clock.iter().flatten().map(|(name, value)| (name, value)));
        let mut node = Process::start(&mut command).unwrap();
        node.said("\"ready\"", PATIENCE).unwrap();
        node
    }

    /// The preflight ends so, and says of each of these how bad it is and what it begins with.
    #[track_caller]
    fn finds(&self, code: i32, expected: &[(&str, &str, &str)]) {
        let (ended, found) = preflight(&self.profile);
        assert_eq!(ended, Some(code), "{found:#}");
        for (about, weight, begins) in expected {
            let (seen, says) = finding(&found, about);
            assert!(seen == *weight && says.contains(begins), "{about}: {weight}: {begins}: {found:#}");
        }
    }
}

#[test]
fn the_preflight_of_an_lma_says_whom_it_serves_and_what_it_refuses() {
    alone("the_preflight_of_an_lma_says_whom_it_serves_and_what_it_refuses", || {
        let bench = OtherRole::new("lma");
        let mut lma = bench.start("lma", "pool: 2001:db8:ff00::/48\n", &bench.listed);
        bench.finds(
            0,
            &[
                ("clock", "ok", "the implementation's clock is"),
                ("stations", "ok", "4 stations may register"),
                ("lma", "ok", "true, as declared: a PBU without the D flag is accepted"),
                ("pixit.pool", "ok", "2001:db8:ff00::/48, as declared"),
                ("lma.dmm", "ok", "false, as declared: a PBU with the D flag gets status 129"),
                ("lma.dmm_aware", "ok", "true, as declared"),
            ],
        );
        lma.stop().unwrap();
        let strangers = bench.listed.replace("2001:db8:c0::7e57:ca", "2001:db8:c0::7e57:ff");
        assert_ne!(strangers, bench.listed);
        let mut lma = bench.start("lma", "pool: 2001:db8:ee00::/48\n", &strangers);
        bench.finds(3, &[("stations", "obstacle", "1 of 4 stations (2001:db8:c0::7e57:ca) get status 154")]);
        lma.stop().unwrap();
        let _lma = bench.start("lma", "pool: 2001:db8:ee00::/48\n", &bench.listed);
        bench.finds(1, &[("pixit.pool", "warning", "declared 2001:db8:ff00::/48, but 2001:db8:ee00")]);
    });
}

#[test]
fn the_preflight_of_a_maar_says_what_it_does_for_a_mobile_node() {
    alone("the_preflight_of_a_maar_says_what_it_does_for_a_mobile_node", || {
        let bench = OtherRole::new("maar");
        let pool = "pool: 2001:db8:ff00::/48\n";
        let mut maar = bench.start("maar", &format!("mode: relay\n{pool}"), &bench.listed);
        bench.finds(
            0,
            &[
                ("trigger.attach", "ok", "true, as declared"),
                ("subscribers", "ok", "is registered when it comes"),
                ("maar", "ok", "true, as declared: its PBU has the D flag"),
                ("ordering.timestamp", "ok", "true, as declared"),
                ("clock", "ok", "the implementation's clock is"),
                ("pixit.pool", "ok", "2001:db8:ff00::/48, as declared"),
                ("access", "ok", "is advertised once its PBA has come"),
                ("maar.mode.relay", "ok", "as P-MAAR it answers the CMD alone"),
                ("maar.mode.locator", "ok", "false, as declared"),
            ],
        );
        maar.stop().unwrap();
        let mut maar = bench.start("maar", &format!("mode: locator\n{pool}"), &bench.listed);
        bench.finds(
            1,
            &[
                ("maar.mode.relay", "warning", "declared true, but as P-MAAR it answers the S-MAAR, too"),
                ("maar.mode.locator", "warning", "declared false, but"),
            ],
        );
        maar.stop().unwrap();
        // Others stand behind the MAC addresses of the mobile nodes.
        let others = bench.listed.replace("@conformance.example", "@elsewhere.example");
        let mut maar = bench.start("maar", &format!("mode: relay\n{pool}"), &others);
        bench.finds(3, &[("subscribers", "obstacle", "is not about mn")]);
        maar.stop().unwrap();
        // A MAG is no MAAR.
        let cmd = "lma: 2001:db8:c0::7e57:f0\n";
        let (_, subscribers) = bench.listed.split_once("subscribers:").unwrap();
        let _mag = bench.start("mag", cmd, &format!("subscribers:{subscribers}"));
        bench.finds(1, &[("maar", "warning", "declared true, but its PBU has no D flag")]);
    });
}

#[test]
fn the_preflight_of_a_mag_says_what_it_does_for_a_mobile_node() {
    alone("the_preflight_of_a_mag_says_what_it_does_for_a_mobile_node", || {
        let bench = OtherRole::new("mag");
        let mut mag = bench.start("mag", "", &bench.listed);
        bench.finds(
            0,
            &[
                ("subscribers", "ok", "is registered when it comes"),
                ("mag", "ok", "true, as declared: its PBU has no D flag"),
                ("clock", "ok", "the implementation's clock is"),
                ("access", "ok", "is advertised once its PBA has come"),
            ],
        );
        mag.stop().unwrap();
        let elsewhere = bench.listed.replace("lma: 2001:db8:c0::7e57:f8", "lma: 2001:db8:c0::7e57:f7");
        assert_ne!(elsewhere, bench.listed);
        let _mag = bench.start("mag", "", &elsewhere);
        bench.finds(3, &[("PBU", "obstacle", "no PBU came to the lma at 2001:db8:c0::7e57:f8")]);
    });
}

/// The library by which a process has another time; none where it is not installed.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let all = folders.map(|folder| folder.join("faketime/libfaketime.so.1"));
    all.chain([PathBuf::from("/usr/lib/faketime/libfaketime.so.1")]).find(|path| path.is_file())
}

/// A node whose system has another time than the tester's: how far apart they are is found, and by it the tester registers.
fn a_clock_that_is_off(test: &str, role: &'static str, own: &str, seconds: f64) {
    let Some(library) = faketime() else {
        eprintln!("passed over, since libfaketime is not installed");
        return;
    };
    alone(test, || {
        let mut bench = OtherRole::new(role);
        let library = path(&library).to_owned();
        bench.clock = Some([("LD_PRELOAD", library), ("FAKETIME", format!("{seconds:+}s"))]);
        let mut node = bench.start(role, own, &bench.listed);
        let (code, found) = preflight(&bench.profile);
        assert_eq!(code, Some(0), "{found:#}");
        let (weight, says) = finding(&found, "clock");
        let word = if seconds < 0.0 { "behind" } else { "ahead of" };
        let apart = says.strip_prefix("the implementation's clock is ").unwrap();
        let (apart, _) = apart.split_once(&format!("s {word} this machine's")).expect(apart);
        let error = (apart.parse::<f64>().unwrap() - seconds.abs()).abs();
        assert!(weight == "ok" && error < 0.1, "{says}");
        node.stop().unwrap();
    });
}

#[test]
fn the_clock_of_a_cmd_is_known_by_status_156() {
    a_clock_that_is_off("the_clock_of_a_cmd_is_known_by_status_156", "cmd", "", 7.0);
}

#[test]
fn the_clock_of_an_lma_is_known_by_status_156() {
    let pool = "pool: 2001:db8:ff00::/48\n";
    a_clock_that_is_off("the_clock_of_an_lma_is_known_by_status_156", "lma", pool, -7.0);
}

#[test]
fn the_clock_of_a_maar_is_known_by_its_pbu() {
    let own = "mode: relay\npool: 2001:db8:ff00::/48\n";
    a_clock_that_is_off("the_clock_of_a_maar_is_known_by_its_pbu", "maar", own, -7.0);
}

#[test]
fn the_clock_of_a_mag_is_known_by_its_pbu() {
    a_clock_that_is_off("the_clock_of_a_mag_is_known_by_its_pbu", "mag", "", 7.0);
}

#[test]
fn no_case_runs_where_the_implementation_does_not_know_the_tester() {
    in_a_lab("no_case_runs_where_the_implementation_does_not_know_the_tester", |bench| {
        // The last of the stations has another's pool.
        let wrong = bench.stations.replace("2001:db8:1200::/40", "2001:db8:ee00::/40");
        assert_ne!(wrong, bench.stations);
        let _cmd = bench.cmd_that_knows(&wrong, "");
        let iut = path(&bench.profile);
        let output = dmm(&["conform", "run", "conformance/suites", "--iut", iut, "--clock", "wire"]);
        assert_eq!(output.status.code(), Some(3), "{}", printed(&output));
        let said = printed(&output);
        for part in ["no case ran", "1 of 18 stations (2001:db8:c0::7e57:12) get status 155", "--list"] {
            assert!(said.contains(part), "{part}: {said}");
        }

        let init = ["conform", "init", iut];
        let output = dmm(&init);
        assert_eq!(output.status.code(), Some(2), "a profile is not written over: {}", printed(&output));
        let output = dmm(&[&init[..], &["--list"]].concat());
        assert!(
            printed(&output)
                .contains("  - address: 2001:db8:c0::7e57:12\n    pools: [\"2001:db8:1200::/40\"]")
        );
    });
}
