//! A reference node as whoever runs it meets it: metrics, what is ignored, the units of systemd, rights.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

#[allow(dead_code, reason = "the other tests use the rest")]
mod domain;
mod namespaces;

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv6Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use dmm::lab::Process;
use dmm_codec::packet::MOBILITY_HEADER;
use dmm_codec::{Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags, Status as Code};
use dmm_node::{Role, signalling};

use domain::{DMM, MN, PATIENCE, address, in_a_lab, maar_address};

/// A CMD on this host itself, so that its metrics can be read and strangers can speak to it.
#[test]
fn a_node_counts_and_says_what_it_ignores() {
    in_a_lab("a_node_counts_and_says_what_it_ignores", |lab| {
        let cmd = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
        lab.own(cmd).unwrap();
        lab.own(maar_address(1)).unwrap();
        lab.own(address(0xbad)).unwrap();
        let config = Path::new("/run/cmd.yaml");
        let example = Role::Cmd.examples()[0].replace("/run/dmm/", "/run/");
        fs::write(config, example.replace("  # metrics: \"[::1]:9464\"", "  metrics: \"[::1]:9464\""))
            .unwrap();
        let mut command = Command::new(DMM);
        command
            .args(["cmd", "--log", "json", "--busy-poll", "200", "--config"])
            .arg(config)
            .env_remove("RUST_LOG");
        let mut process = Process::start(&mut command).unwrap();
        process.said("\"ready\"", PATIENCE).unwrap();

        // A second one on the same socket would take the first one's place.
        let second = Command::new(DMM).args(["cmd", "--config"]).arg(config).output().unwrap();
        let why = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(3), "{why}");
        assert!(why.contains("another node answers"), "{why}");

        let socket = signalling::open(MOBILITY_HEADER, maar_address(1)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let stranger = signalling::open(MOBILITY_HEADER, address(0xbad)).unwrap();
        stranger.set_read_timeout(Some(PATIENCE)).unwrap();
        let pbu = Message::Pbu(Pbu {
            seq: 7,
            flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
            lifetime: Lifetime(75),
            options: vec![MobilityOption::MnIdentifier(MnIdentifier::nai(MN))],
        });
        let mut answer = [0; 2048];
        for (socket, src, status) in [
            (&socket, maar_address(1), Code::MISSING_HOME_NETWORK_PREFIX_OPTION),
            (&stranger, address(0xbad), Code::MAG_NOT_AUTHORIZED_FOR_PROXY_REG),
        ] {
            socket.send_to(&pbu.encode(src, cmd).unwrap(), signalling::to(cmd)).unwrap();
            let len = socket.recv(&mut answer).unwrap();
            let Message::Pba(pba) = Message::decode(&answer[..len], cmd, src).unwrap().message else {
                panic!("a PBA")
            };
            assert_eq!((pba.status, pba.seq), (status, 7));
        }
        // Too short to be a Mobility Header of its type: ignored, and the node goes on.
        socket.send_to(&[59, 0, 5, 0, 0, 0, 0, 0], signalling::to(cmd)).unwrap();
        process.said("message ignored", PATIENCE).unwrap();

        let metrics = scrape("/metrics").unwrap();
        for line in [
            "dmm_refused_total{role=\"cmd\",address=\"2001:db8:c0::cd\",status=\"158\"} 1",
            "dmm_refused_total{role=\"cmd\",address=\"2001:db8:c0::cd\",status=\"154\"} 1",
            "dmm_ignored_total{role=\"cmd\",address=\"2001:db8:c0::cd\",why=\"malformed\"} 1",
            "dmm_sessions{role=\"cmd\",address=\"2001:db8:c0::cd\"} 0",
            "direction=\"sent\",kind=\"pba\"} 2",
            "# EOF",
        ] {
            assert!(metrics.contains(line), "no `{line}` in\n{metrics}");
        }
        assert!(scrape("/").unwrap().starts_with("HTTP/1.1 404"));
        assert!(process.stop().unwrap().success());
        let log = process.log.join("\n");
        assert!(
            log.contains("\"from\":\"unknown\"") && !log.contains("bad"),
            "a stranger is not named: {log}"
        );
    });
}

#[expect(clippy::disallowed_methods, reason = "Prometheus is not at hand, and any client will do")]
fn scrape(path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect("[::1]:9464")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn systemd_understands_the_units() {
    let folder = env::temp_dir().join(format!("dmm-units-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reference-nodes/node/systemd");
    let unit = fs::read_to_string(units.join("dmm@.service")).unwrap();
    for role in Role::ALL {
        let path = folder.join(format!("dmm@{role}.service"));
        fs::write(&path, unit.replace("/usr/bin/dmm", DMM)).unwrap();
        match Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success() && said.is_empty(), "{said}");
            }
            Err(error) => eprintln!("passed over: systemd-analyze: {error}"),
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn who_may_not_open_the_socket_is_told_what_to_do() {
    let config = env::temp_dir().join(format!("dmm-nodes-{}.yaml", std::process::id()));
    fs::write(&config, Role::Cmd.examples()[0]).unwrap();
    let is_root = fs::read_to_string("/proc/self/status").unwrap().contains("Uid:\t0\t");
    let mut command = Command::new(if is_root { "setpriv" } else { DMM });
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]).arg(DMM);
    }
    let output = command.args(["cmd", "--config"]).arg(&config).output().unwrap();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{why}");
    for part in ["protocol 135", "CAP_NET_RAW", "setcap", "systemd", "unshare -Urnm"] {
        assert!(why.contains(part), "no `{part}` in {why}");
    }
    fs::remove_file(&config).unwrap();
}
