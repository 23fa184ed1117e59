//! The page of a run in a real browser: it opens without an error, its filters work, it fits a telephone, many cases open
//! at once, and what hostile scripts and packets say stays text.

mod browser;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use browser::Browser;
use dmm::conform::{self, Inputs, Judged};
use dmm::reference::{Reference, cmds};
use dmm_conformance::report::html::page;
use dmm_conformance::report::json::Document;
use dmm_conformance::{Bench, CaseResult, Profile, Selection, Verdict};
use dmm_proto::{Cmd, CmdConfig, Node, Pacing};
use serde_json::json;

/// A CMD with a constant interval and without pacing, so that the page has failures to show.
fn faulty(mut config: CmdConfig) -> Box<dyn Node> {
    config.backoff.factor = 1;
    config.pacing = Pacing { rate: 1_000_000, burst: 1000 };
    Box::new(Cmd::new(config))
}

fn judged() -> Judged {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let suites = [root.join("suites")];
    let profile = Profile::load(&root.join("profiles/ref-cmd.iut.yaml")).expect("a profile");
    let requirements = root.join("requirements");
    let inputs = Inputs { paths: &suites, profile: &profile, requirements: &requirements };
    let reference = Reference::of(&profile).made_by(cmds(faulty));
    let bench = || -> Box<dyn Bench> { Box::new(reference.clone()) };
    let mut judged = conform::judge(&inputs, &Selection::default(), &bench).expect("the suites can be read");
    // Where the checkout is, is nobody's business.
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    for case in &mut judged.cases {
        case.at = case.at.replace(here, "");
        for finding in &mut case.findings {
            finding.at = finding.at.replace(here, "");
            finding.script.iter_mut().for_each(|snippet| snippet.file = snippet.file.replace(here, ""));
        }
        for packet in &mut case.packets {
            packet.comments.iter_mut().for_each(|comment| *comment = comment.replace(here, ""));
        }
    }
    judged
}

/// The page is left where `tools/screenshots` finds it.
fn left_behind(page: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance.html");
    fs::write(&path, page).expect("cargo's folder for tests takes files");
    path
}

#[test]
fn the_page_opens_and_shows_failures_first() {
    let judged = judged();
    let page = page(&Document::of(&judged.report(false)));
    left_behind(&page);
    let Some(browser) = Browser::find() else { return };
    let told = browser.work(
        &page,
        1200,
        "const cases = [...document.querySelectorAll('details.case')];
         const first = cases[0];
         first.open = true;
         await new Promise((done) => setTimeout(done, 50));
         const retx = cases.find((it) => it.querySelector('.name').textContent === 'cmd.retx.001');
         retx.open = true;
         await new Promise((done) => setTimeout(done, 50));
         tell({
           cases: cases.length,
           verdicts: cases.slice(0, 4).map((it) => it.dataset.verdict),
           short: retx.querySelector('summary').textContent,
           quote: retx.querySelector('.finding.reason blockquote').textContent,
           snippet: retx.querySelector('.finding.reason .script').textContent,
           arrows: retx.querySelectorAll('.ladder g.packet').length,
           wrong: retx.querySelectorAll('.ladder g.wrong').length,
           plots: retx.querySelectorAll('svg.plot').length,
           bad: retx.querySelectorAll('.plot circle.bad').length,
           shown: retx.querySelector('.packet-shown').textContent,
           requirements: document.querySelectorAll('details.requirement').length,
           loads: performance.getEntriesByType('resource').length,
         });",
    );
    assert_eq!(told["cases"], judged.cases.len());
    let failures = judged.cases.iter().filter(|case| case.verdict == Verdict::Fail).count();
    assert!(failures >= 2, "{failures}");
    assert_eq!(told["verdicts"][0], "FAIL");
    assert_eq!(told["verdicts"][failures.min(3)], if failures > 3 { "FAIL" } else { "PASS" });
    let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
    assert!(text("short").contains("RFC8885-R3.6.3") && text("short").contains("seen 1s"), "{told}");
    assert!(text("quote").contains("exponential backoff"), "{told}");
    assert!(
        text("snippet").contains("retx-001-backoff.test.yaml:18") && text("snippet").contains("backoff:"),
        "{told}"
    );
    assert!(text("shown").contains("Packet 7: PBU seq") && text("shown").contains("Serving MAAR"), "{told}");
    assert!(
        told["arrows"].as_u64() >= Some(7) && told["wrong"] == 1 && told["plots"] == 1 && told["bad"] == 1,
        "{told}"
    );
    assert_eq!(told["requirements"], Document::of(&judged.report(false)).requirements.len());
    assert_eq!(told["loads"], 0, "the page needs no other file");
}

#[test]
fn filter_and_search_show_what_was_asked_for() {
    let Some(browser) = Browser::find() else { return };
    let judged = judged();
    let told = browser.work(
        &page(&Document::of(&judged.report(false))),
        1200,
        "const shown = () => [...document.querySelectorAll('details.case')].filter((it) => !it.hidden).length;
         const type = (text) => { const it = document.getElementById('search'); it.value = text; it.dispatchEvent(new Event('input')); };
         const button = (verdict) => document.querySelector(`button.filter[data-verdict='${verdict}']`);
         const all = shown();
         button('FAIL').click(); const failed = shown();
         button('FAIL').click(); const again = shown();
         type('cmd.ho.relay'); const relay = shown();
         type('CHECKSUM'); const word = shown();
         type('slow'); const tag = shown();
         type('no such thing'); const none = shown();
         const message = !document.querySelector('#cases > .unmatched').hidden;
         type('');
         location.hash = '#req-RFC8885-R3.6.3';
         await new Promise((done) => setTimeout(done, 50));
         const requirement = document.getElementById('req-RFC8885-R3.6.3');
         tell({ all, failed, again, relay, word, tag, none, message,
           open: requirement.open, standing: requirement.dataset.standing,
           uses: requirement.querySelectorAll('.uses li').length });",
    );
    let count = |wanted: fn(&CaseResult) -> bool| judged.cases.iter().filter(|case| wanted(case)).count();
    assert_eq!(told["all"], judged.cases.len());
    assert_eq!(told["failed"], count(|case| case.verdict == Verdict::Fail));
    assert_eq!(told["again"], judged.cases.len());
    assert_eq!(told["relay"], count(|case| case.name.starts_with("cmd.ho.relay")));
    assert_eq!(told["tag"], count(|case| case.tags.iter().any(|tag| tag == "slow")));
    assert!(told["word"].as_u64() >= Some(1) && told["none"] == 0 && told["message"] == true, "{told}");
    assert!(told["open"] == true && told["standing"] == "fail" && told["uses"].as_u64() >= Some(1), "{told}");
}

#[test]
fn nothing_is_wider_than_a_telephone() {
    let Some(browser) = Browser::find() else { return };
    let judged = judged();
    let told = browser.work(
        &page(&Document::of(&judged.report(false))),
        400,
        "for (const it of document.querySelectorAll('details')) it.open = true;
         await new Promise((done) => setTimeout(done, 300));
         const root = document.documentElement;
         tell({ inner: window.innerWidth, wide: Math.max(root.scrollWidth, document.body.scrollWidth) });",
    );
    assert_eq!(told["inner"], 400);
    assert!(told["wide"].as_u64() <= Some(400), "{told}");
}

#[test]
fn five_hundred_cases_open_within_a_second() {
    let Some(browser) = Browser::find() else { return };
    let mut judged = judged();
    let few = judged.cases.clone();
    while judged.cases.len() < 500 {
        let number = judged.cases.len();
        judged.cases.extend(few.iter().cloned().map(|mut case| {
            case.name = format!("{}-{number}", case.name);
            case
        }));
    }
    judged.cases.truncate(500);
    let page = page(&Document::of(&judged.report(false)));
    let script = "const [ready] = performance.getEntriesByName('ready');
         const [entry] = performance.getEntriesByType('navigation');
         tell({ ready: ready.startTime, load: entry.loadEventEnd, cases: document.querySelectorAll('details.case').length });";
    // The least of three: the machine has other work.
    let all = [(); 3].map(|()| browser.work(&page, 1200, script));
    let least = |key: &str| all.iter().filter_map(|told| told[key].as_f64()).fold(f64::INFINITY, f64::min);
    let (ready, load) = (least("ready"), least("load"));
    eprintln!(
        "{} MB: ready for work after {ready:.0} ms, all of it there after {load:.0} ms",
        page.len() / 1_000_000
    );
    assert_eq!(all[0]["cases"], 500);
    assert!(ready < 1000.0, "{all:?}");
}

#[test]
fn what_is_hostile_stays_text() {
    let Some(browser) = Browser::find() else { return };
    let mut judged = judged();
    let evil = "</template></script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>\"'><b>";
    judged.cases.truncate(2);
    let case = &mut judged.cases[0];
    case.verdict = Verdict::Fail;
    for text in [&mut case.name, &mut case.title, &mut case.purpose, &mut case.at] {
        evil.clone_into(text);
    }
    case.duration = Duration::from_secs(1);
    case.tags = vec![evil.to_owned()];
    case.measured = vec![evil.to_owned()];
    case.requirements = vec![evil.to_owned()];
    case.stations.iter_mut().for_each(|station| evil.clone_into(&mut station.name));
    for packet in &mut case.packets {
        packet.comments = vec![evil.to_owned()];
        evil.clone_into(&mut packet.port);
        packet.step = Some(evil.to_owned());
        packet.frame.extend(evil.as_bytes());
    }
    let document = Document::of(&judged.report(false));
    let page = page(&document);
    let told = browser.work(
        &page,
        1200,
        "for (const it of document.querySelectorAll('details')) it.open = true;
         await new Promise((done) => setTimeout(done, 200));
         for (const it of document.querySelectorAll('g.packet')) it.dispatchEvent(new MouseEvent('click', { bubbles: true }));
         await new Promise((done) => setTimeout(done, 100));
         tell({ hacked: window.hacked ?? null, images: document.images.length, bold: document.querySelectorAll('.name b').length,
           scripts: document.querySelectorAll('script:not([type])').length,
           name: document.querySelector('details.case .name').textContent,
           comment: document.querySelector('.packet-shown .remarks').textContent });",
    );
    assert_eq!(told["hacked"], json!(null));
    assert_eq!((&told["images"], &told["bold"]), (&json!(0), &json!(0)));
    // The page's own, and the two of this test.
    assert_eq!(told["scripts"], 3);
    assert_eq!((told["name"].as_str(), told["comment"].as_str()), (Some(evil), Some(evil)));
}
