//! The page, as GitHub shows it.

use dmm_codec::constant::CONSTANTS;
use dmm_codec::wire::{FlagSpec, Name};
use dmm_codec::{MESSAGES, OPTIONS};

use super::facts::{self, Line};
use super::rows::{Carrier, Shared, Tables};

const INTRODUCTION: &str = "\
# Reference

Every message, option, sub-option, flag, status code and constant that the codec knows, with its RFC section.

This page is made from the codec's tables; a test compares it with them. To change it, change a row and run
`cargo run -p dmm -- reference > docs/reference.md`. `dmm reference prev_maar`, `dmm reference 67` or `dmm reference status 156` shows one row at the
terminal, with `--json` for scripts.

";

const READING: &str = "\
Octets are counted from 0: in messages from the start of the Mobility Header, in options and sub-options from their Type. Numbers are in network byte order. Names in `this type`
are those of scripts, JSON and `dmm reference`. Filters that start with `mip6.` are stock Wireshark's, those that start with `dmm.` are the
[plugin](../README.md#someone-with-a-capture)'s.

";

/// The whole page.
pub(super) fn page(tables: &Tables) -> String {
    let mut page = INTRODUCTION.to_owned();
    let (statuses, others): (Vec<_>, Vec<_>) =
        tables.registries.iter().partition(|shared| shared.is_status());
    contents(&mut page, tables, &statuses, &others);
    page += READING;
    messages(&mut page, tables);
    options(&mut page, tables);
    page += "## Flags\n\n";
    for shared in &tables.flags {
        flags(&mut page, shared);
    }
    page += "## Status codes\n\n";
    for shared in statuses {
        registry(&mut page, shared);
    }
    page += "## Other registries\n\n";
    for shared in others {
        registry(&mut page, shared);
    }
    constants(&mut page);
    page.truncate(page.trim_end().len());
    page + "\n"
}

fn contents(page: &mut String, tables: &Tables, statuses: &[&Shared<Name>], others: &[&Shared<Name>]) {
    let carriers = |of: fn(Carrier) -> bool| {
        let links = Carrier::all().filter(|carrier| of(*carrier));
        links.map(|carrier| link(&carrier.number(), &carrier.heading())).collect::<Vec<_>>().join(" ")
    };
    let list = |titles: Vec<String>| {
        titles.iter().fold(String::new(), |list, title| list + "  - " + &link(title, title) + "\n")
    };
    *page += &format!(
        "- {}: {}\n",
        link("Messages", "Messages"),
        carriers(|it| matches!(it, Carrier::Message(_)))
    );
    *page +=
        &format!("- {}: {}\n", link("Options", "Options"), carriers(|it| matches!(it, Carrier::Option(_))));
    *page += &format!("- {}\n", link("Flags", "Flags"));
    *page += &list(tables.flags.iter().map(Shared::title).collect());
    *page += &format!("- {}\n", link("Status codes", "Status codes"));
    *page += &list(statuses.iter().map(|shared| shared.title()).collect());
    *page += &format!("- {}\n", link("Other registries", "Other registries"));
    *page += &list(others.iter().map(|shared| shared.title()).collect());
    *page += &format!("- {}\n\n", link("Constants", "Constants"));
}

fn messages(page: &mut String, tables: &Tables) {
    *page += "## Messages\n\n";
    let rows = MESSAGES.iter().map(|spec| {
        let title = link(spec.title, &Carrier::Message(spec).heading());
        [spec.mh_type.to_string(), title, code(spec.name), facts::extent(spec), spec.source.to_owned()]
    });
    table(page, ["MH Type", "message", "in scripts", "fields", "section"], rows);
    *page += "### Mobility Header\n\nIn front of every message (RFC 6275 §6.1.1).\n\n";
    lines(page, &facts::header_lines(tables));
    for spec in MESSAGES {
        carrier(page, Carrier::Message(spec), tables);
    }
}

fn options(page: &mut String, tables: &Tables) {
    *page += "## Options\n\n";
    let rows = OPTIONS.iter().map(|spec| {
        [
            spec.kind.to_string(),
            link(spec.title, &Carrier::Option(spec).heading()),
            code(spec.name),
            facts::length(Carrier::Option(spec)),
            facts::align(spec.align),
            facts::place(spec),
            facts::times(spec.repeats).to_owned(),
            spec.source.to_owned(),
        ]
    });
    let columns = ["Type", "option", "in scripts", "Length", "alignment", "in", "times", "section"];
    table(page, columns, rows);
    for spec in OPTIONS {
        carrier(page, Carrier::Option(spec), tables);
        for sub_option in Carrier::sub_options(spec) {
            carrier(page, sub_option, tables);
        }
    }
}

fn carrier(page: &mut String, carrier: Carrier, tables: &Tables) {
    let level = if matches!(carrier, Carrier::SubOption(..)) { "####" } else { "###" };
    *page += &format!("{level} {}\n\n{}\n\n", carrier.heading(), carrier.source());
    for (what, said) in facts::facts(carrier) {
        *page += &format!("- {what}: {said}\n");
    }
    *page += "\n";
    lines(page, &facts::lines(carrier, tables));
}

fn lines(page: &mut String, lines: &[Line]) {
    let rows = lines.iter().map(|line| {
        let meaning = match &line.see[..] {
            [] => line.meaning.clone(),
            [title] => link(&line.meaning, title),
            several => {
                let links: Vec<_> = several.iter().map(|title| link(title, title)).collect();
                format!("{}: {}", line.meaning, links.join("; "))
            }
        };
        [line.octets(), line.label.to_owned(), code(line.name), meaning, code(&line.filter)]
    });
    if lines.iter().all(|line| line.filter.is_empty()) {
        let rows = rows.map(|[octets, label, name, meaning, _]| [octets, label, name, meaning]);
        table(page, ["octets", "field", "in scripts", "meaning"], rows);
    } else {
        table(page, ["octets", "field", "in scripts", "meaning", "filter"], rows);
    }
}

fn flags(page: &mut String, shared: &Shared<FlagSpec>) {
    *page += &format!("### {}\n\n", shared.title());
    let digits = shared.digits();
    let rows = shared.rows.iter().map(|flag| {
        let mask = format!("`0x{:0digits$x}`", flag.mask);
        [flag.letter.to_owned(), mask, flag.label.to_owned(), flag.source.to_owned()]
    });
    table(page, ["flag", "mask", "stands for", "section"], rows);
}

fn registry(page: &mut String, shared: &Shared<Name>) {
    *page += &format!("### {}\n\n", shared.title());
    let rows = shared
        .rows
        .iter()
        .map(|name| [name.value.to_string(), code(name.name), name.label.to_owned(), name.source.to_owned()]);
    table(page, ["value", "in scripts", "stands for", "source"], rows);
}

fn constants(page: &mut String) {
    *page +=
        "## Constants\n\nConstants of the protocols, and the defaults of their configuration variables.\n\n";
    let rows = CONSTANTS
        .iter()
        .map(|row| [row.name.to_owned(), row.value.to_string(), row.label.to_owned(), row.source.to_owned()]);
    table(page, ["name", "value", "what it is", "section"], rows);
}

fn table<const N: usize>(page: &mut String, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    *page += &format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        *page += &format!("| {} |\n", cells.join(" | "));
    }
    *page += "\n";
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// A link to a heading of the page.
fn link(text: &str, heading: &str) -> String {
    format!("[{text}](#{})", anchor(heading))
}

/// What GitHub makes of a heading: small letters, blanks as dashes, nothing of other signs.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
