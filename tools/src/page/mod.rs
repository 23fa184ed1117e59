//! `dmm reference`: the tables of the codec as a page, and row by row. It has no list of its own: what a row of a table
//! says or points to is here.

mod entry;
mod facts;
mod markdown;
mod rows;

use clap::Args;

use self::rows::{Carrier, Entry, Tables};
use crate::{Exit, Failure};

/// What `dmm reference --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm reference                      the whole page, as in docs/reference.md
  dmm reference prev_maar            an option or a message, by its name in scripts or in its RFC
  dmm reference 67                   the option or the message of this type
  dmm reference 45.2                 the sub-option of this type of an option
  dmm reference D                    a flag, wherever it is
  dmm reference status 156           a status code, wherever there is one of this number
  dmm reference timestamp_mismatch   the same by its name
  dmm reference handoff              an option, or all values of a registry
  dmm reference MAX_UPDATE_RATE      a constant
  dmm reference options              all in a line each: messages, options, sub-options, flags, constants
  dmm reference --json | jq '.[] | select(.needs_dmm)'";

/// `dmm reference`.
#[derive(Args)]
pub struct ReferenceArgs {
    /// A name or a number, with the sort of thing in front where that tells more: message, option, sub-option, flag, constant, or the
    /// field that a value belongs to.
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
    /// A JSON array of objects, a row each.
    #[arg(long)]
    json: bool,
}

/// The page of `docs/reference.md`.
pub fn page() -> String {
    markdown::page(&Tables::new())
}

/// Prints the page, or what was asked for.
pub fn run(args: &ReferenceArgs) -> Result<Exit, Failure> {
    let said = if args.what.is_empty() && !args.json { page() } else { look_up(&args.what, args.json)? };
    crate::print(&said)
}

/// What the tables say about something, as text or as JSON; of everything where nothing is asked for.
pub fn look_up(what: &[String], as_json: bool) -> Result<String, Failure> {
    let tables = Tables::new();
    let asked = what.join(" ").trim().to_lowercase();
    let all: Vec<_> = tables.entries().collect();
    let found = if asked.is_empty() { all } else { find(&asked, &all)? };
    if as_json {
        let said: serde_json::Value = found.iter().map(|found| entry::json(*found, &tables)).collect();
        return Ok(format!("{said:#}\n"));
    }
    if found.len() > MOST_IN_FULL {
        return Ok(entry::list(&found));
    }
    Ok(found.iter().map(|found| entry::text(*found, &tables)).collect::<Vec<_>>().join("\n"))
}

/// More than these are shown in a line each.
const MOST_IN_FULL: usize = 6;

fn find<'a>(asked: &str, all: &[Entry<'a>]) -> Result<Vec<Entry<'a>>, Failure> {
    let matching = |is: &dyn Fn(&Entry<'a>) -> bool| all.iter().copied().filter(is).collect::<Vec<_>>();
    // `option Previous MAAR`, `R. Trigger or Status 1`: either part may have several words.
    let parts = [asked.split_once(' '), asked.rsplit_once(' ')].into_iter().flatten().collect::<Vec<_>>();
    for found in [
        matching(&|entry| is_called(entry, asked)),
        // A number alone is a type where there is one; then values of registries and masks need a word in front.
        matching(&|entry| matches!(entry, Entry::Carrier(_)) && is_number(entry, asked)),
        matching(&|entry| {
            let mut parts = parts.iter();
            parts.any(|(sort, rest)| {
                is_sort(entry, sort) && (is_called(entry, rest) || is_number(entry, rest))
            })
        }),
        matching(&|entry| is_sort(entry, asked)),
        matching(&|entry| is_number(entry, asked)),
    ] {
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(Failure::usage(format!("nothing here is called `{asked}`{}", near(asked, all))))
}

/// All that something is called.
fn names(entry: &Entry<'_>) -> Vec<String> {
    match entry {
        Entry::Carrier(carrier) => {
            let mut names = vec![carrier.name().to_owned(), carrier.title().to_owned()];
            if !matches!(carrier, Carrier::SubOption(..)) {
                names.push(facts::filter(*carrier));
            }
            if let Carrier::Option(spec) = carrier
                && spec.needs_dmm
            {
                names.extend(spec.fields.iter().map(|field| format!("dmm.{}{}", spec.filter, field.filter)));
            }
            names
        }
        Entry::Flag(_, flag) => vec![flag.letter.to_owned(), flag.label.to_owned()],
        Entry::Name(_, name) => vec![name.name.to_owned(), name.label.to_owned()],
        Entry::Constant(row) => vec![row.name.to_owned()],
    }
}

fn is_called(entry: &Entry<'_>, asked: &str) -> bool {
    names(entry).iter().any(|name| name.to_lowercase() == asked)
}

fn is_number(entry: &Entry<'_>, asked: &str) -> bool {
    let number = match entry {
        Entry::Carrier(carrier) => return carrier.number() == asked,
        Entry::Flag(_, flag) => flag.mask,
        Entry::Name(_, name) => name.value,
        Entry::Constant(_) => return false,
    };
    asked.parse() == Ok(number)
}

/// Whether something is of this sort: what it is, or of a value the field that holds it.
fn is_sort(entry: &Entry<'_>, sort: &str) -> bool {
    let is = |name: &str| sort == name || sort.strip_suffix('s') == Some(name);
    match entry {
        Entry::Carrier(Carrier::Message(_)) => is("message"),
        Entry::Carrier(Carrier::Option(_)) => is("option"),
        Entry::Carrier(Carrier::SubOption(option, _)) => is("sub-option") || is(option.name),
        Entry::Flag(..) => is("flag"),
        Entry::Constant(_) => is("constant"),
        Entry::Name(shared, _) => shared.users.iter().any(|user| {
            let label = user.field.label.to_lowercase();
            is(&label) || label.split(' ').any(is) || user.carrier.title().to_lowercase() == sort
        }),
    }
}

/// What may have been meant.
fn near(asked: &str, all: &[Entry<'_>]) -> String {
    const LIKE_ENOUGH: f64 = 0.75;
    let mut near: Vec<_> = all
        .iter()
        .flat_map(names)
        .map(|name| {
            let lower = name.to_lowercase();
            let part = if asked.len() > 2 && lower.contains(asked) { 0.9 } else { 0.0 };
            (strsim::jaro_winkler(&lower, asked).max(part), name)
        })
        .filter(|(likeness, _)| *likeness > LIKE_ENOUGH)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    let near: Vec<_> = near.into_iter().take(5).map(|(_, name)| format!("`{name}`")).collect();
    if near.is_empty() {
        "; `dmm reference options` lists the options, so for messages, flags and constants".to_owned()
    } else {
        format!(", but {}", near.join(", "))
    }
}
