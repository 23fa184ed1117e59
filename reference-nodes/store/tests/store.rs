//! Stores in files: what is written is read, and what is wrong is said and never used.

use std::fs;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use dmm_codec::{MnIdSubtype, MnIdentifier};
use dmm_proto::record::{
    AnchorRecord, BceRecord, BindingRecord, Detail, EchoRecord, FarewellRecord, MixedRecord, MobileRecord,
    PMaarRecord, PlaceRecord, Record, RemoteAnchorRecord, SessionRecord,
};
use dmm_proto::{Write, WriteId};
use dmm_store::{Done, FileStore, Owner, Problem, Role, Store, StoreError, Writer, bces, export, import};
use ipnet::Ipv6Net;
use redb::StorageBackend;

const CMD: Owner = Owner { role: Role::Cmd, address: maar(0xcd) };
const MAAR: Owner = Owner { role: Role::Maar, address: maar(1) };

const fn maar(n: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, n)
}

/// A file of this test's own that is not there.
fn fresh(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("dmm-store-{}-{name}.redb", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

fn net(text: &str) -> Ipv6Net {
    text.parse().expect("it is a prefix")
}

fn address(text: &str) -> Ipv6Addr {
    text.parse().expect("it is an address")
}

fn mn(n: u64) -> MnIdentifier {
    MnIdentifier::nai(&format!("mn{n}@example.org"))
}

fn anchor(n: u16) -> AnchorRecord {
    AnchorRecord {
        maar: maar(n),
        prefixes: vec![net(&format!("2001:db8:a00{n}::/64"))],
        details: vec![
            Detail::LocalPrefix(net(&format!("2001:db8:b00{n}::/48"))),
            Detail::DlifLinkLocal(address("fe80::1")),
            Detail::DlifLinkLayer(vec![2, 0, 0, 0, 0, n as u8]),
        ],
    }
}

/// With a value in every field.
fn session(seq: u16) -> Record {
    let echo = EchoRecord {
        seq,
        timestamp: Some(0x0001_0203_0405_0607),
        handoff: Some(4),
        technology: Some(4),
        link_layer: Some(vec![2, 0, 0x5e, 0x10, 0, 1]),
        link_local: Some(address("fe80::5eff:fe10:1")),
    };
    let p_maars = vec![PMaarRecord { anchor: anchor(1), answered: true }];
    let (serving, expires) = (anchor(2), 1_767_225_900_000_000_000);
    let binding = BindingRecord { serving, p_maars, echo, expires, deregistered: false };
    let farewells = vec![FarewellRecord { maar: maar(3), prefixes: anchor(3).prefixes }];
    Record::Session(SessionRecord { binding: Some(binding), farewells })
}

fn mobile() -> Record {
    let anchor = RemoteAnchorRecord {
        maar: maar(2),
        prefixes: vec![net("2001:db8:a002::/64")],
        local_prefixes: vec![net("2001:db8:b002::/48")],
        link_local: address("fe80::2"),
        mac: [2, 0, 0, 0, 0, 2],
    };
    Record::Mobile(MobileRecord {
        mac: [2, 0, 0x5e, 0x10, 0, 1],
        address: address("fe80::5eff:fe10:1"),
        prefixes: vec![net("2001:db8:a001::/64")],
        place: PlaceRecord::Serving { expires: 1_767_225_900_000_000_000, anchors: vec![anchor] },
        seen: 1_767_225_600_000_000_000,
        confirmed: 1_767_225_600_000_000_001,
        last_pbu: Some((7, Some(0x0001_0203_0405_0607))),
    })
}

fn bce() -> BceRecord {
    BceRecord {
        p_coa: maar(0xa),
        prefix: net("2001:db8:e000::/64"),
        expires: 1_767_225_900_000_000_000,
        last_pbu: (7, Some(0x0001_0203_0405_0607)),
        deregistered: true,
    }
}

/// Of a CMD that serves MAGs too.
fn mixed() -> Record {
    let Record::Session(session) = session(7) else { panic!("it is a session") };
    Record::Mixed(MixedRecord { session: Some(session), bce: Some(bce()) })
}

fn writes(records: impl IntoIterator<Item = (MnIdentifier, Option<Record>)>) -> Vec<Write> {
    (0..).zip(records).map(|(id, (mn, record))| Write { id: WriteId(id), mn, record }).collect()
}

/// A CMD's store with so many mobile nodes.
fn filled(name: &str, mobiles: u64) -> PathBuf {
    let path = fresh(name);
    fill(&path, mobiles);
    path
}

/// The same while it is open: four transactions were done.
fn fill(path: &Path, mobiles: u64) -> FileStore {
    let mut store = FileStore::open(path, CMD).expect("it can be made");
    for quarter in 0..4 {
        let some = (1..=mobiles).filter(|n| n % 4 == quarter).map(|n| (mn(n), Some(session(n as u16))));
        store.write(&writes(some)).expect("there is room");
    }
    store
}

fn problem<T>(result: Result<T, StoreError>) -> Problem {
    result.err().expect("something is wrong").problem
}

#[test]
fn what_was_written_last_is_read_by_who_opens_it_next() {
    let path = fresh("last");
    let mut store = Store::open(&path, CMD).unwrap();
    assert_eq!(store.records().unwrap(), []);
    store.write(&writes([(mn(1), Some(session(1))), (mn(2), Some(session(1)))])).unwrap();
    store.write(&writes([(mn(1), Some(session(2))), (mn(2), None)])).unwrap();
    drop(store);
    assert_eq!(Store::open(&path, CMD).unwrap().records().unwrap(), [(mn(1), session(2))]);
}

#[test]
fn a_store_is_one_nodes_and_one_process_has_it() {
    let path = fresh("owner");
    let store = FileStore::open(&path, CMD).unwrap();
    assert!(matches!(problem(FileStore::open(&path, CMD)), Problem::InUse));
    drop(store);
    let error = FileStore::open(&path, MAAR).err().unwrap().to_string();
    let expected = "is the store of the CMD 2001:db8:c0::cd, not of the MAAR 2001:db8:c0::1; give each node a file of its own";
    assert_eq!(error, format!("{}: {expected}", path.display()));
    assert_eq!(FileStore::owner_of(&path).unwrap(), CMD);
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let path = fresh("text");
    fs::write(&path, "binding cache: none\n".repeat(1000)).unwrap();
    assert!(matches!(problem(FileStore::open(&path, CMD)), Problem::NotAStore));
    let other = fresh("other");
    let database = redb::Database::create(&other).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<u64, u64>::new("somebody else's")).unwrap();
    write.commit().unwrap();
    drop(database);
    assert!(matches!(problem(FileStore::open(&other, CMD)), Problem::NotAStore));
    assert!(matches!(problem(FileStore::owner_of(&fresh("none"))), Problem::Unreadable(_)));
}

#[test]
fn a_later_version_is_not_guessed_at() {
    let path = filled("later", 1);
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    let meta = redb::TableDefinition::<&str, &str>::new("dmm store");
    write.open_table(meta).unwrap().insert("version", "2").unwrap();
    write.commit().unwrap();
    drop(database);
    assert!(matches!(problem(FileStore::open(&path, CMD)), Problem::Newer { found: 2, known: 1 }));
}

/// Wherever an octet is wrong, the store has all that was written, or is refused; whether it was closed or its process killed.
#[test]
fn a_damaged_store_is_refused_or_whole() {
    let path = fresh("whole");
    let store = fill(&path, 40);
    let (expected, killed) = (store.records().unwrap(), fs::read(&path).unwrap());
    drop(store);
    let closed = fs::read(&path).unwrap();
    let damaged = fresh("damaged");
    for (how, octets) in [("closed", closed), ("killed", killed)] {
        let mut refused = 0;
        // Much of the header, and a part of whatever else is there.
        let used = (0..octets.len()).filter(|place| *place >= 320 && octets[*place] != 0);
        for place in (0..320).step_by(3).chain(used.step_by(499)) {
            let mut octets = octets.clone();
            octets[place] ^= 0x10;
            fs::write(&damaged, octets).unwrap();
            match FileStore::open(&damaged, CMD) {
                Ok(store) => assert_eq!(store.records().unwrap(), expected, "{how}, octet {place}"),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 10, "{how}: {refused} were refused");
    }
}

#[test]
fn a_store_that_was_cut_off_is_refused() {
    let path = filled("cut", 400);
    let octets = fs::read(&path).unwrap();
    for left in [octets.len() / 2, 4096, 100] {
        fs::write(&path, &octets[..left]).unwrap();
        let problem = problem(FileStore::open(&path, CMD));
        assert!(matches!(problem, Problem::Damaged(_) | Problem::NotAStore), "{left}: {problem}");
    }
}

/// A device with room for so many octets.
#[derive(Debug)]
struct Device {
    file: redb::backends::FileBackend,
    room: Arc<AtomicU64>,
}

impl StorageBackend for Device {
    fn len(&self) -> std::io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        if len > self.room.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.file.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        if offset + data.len() as u64 > self.room.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.file.write(offset, data)
    }
}

#[test]
fn a_full_device_is_said_and_takes_writes_again_when_there_is_room() {
    let path = filled("full", 10);
    let room = Arc::new(AtomicU64::new(fs::metadata(&path).unwrap().len()));
    let in_device = Arc::clone(&room);
    let open = move |builder: &redb::Builder, path: &std::path::Path| {
        let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
        let file = redb::backends::FileBackend::new(file)?;
        builder.create_with_backend(Device { file, room: Arc::clone(&in_device) })
    };
    let mut store = FileStore::open_by(&path, CMD, Box::new(open)).unwrap();
    let before = store.records().unwrap();
    let many = || writes((1..=20_000).map(|n| (mn(n), Some(session(9)))));
    for _ in 0..2 {
        assert!(matches!(problem(store.write(&many())), Problem::Full));
    }
    room.store(u64::MAX, Ordering::Relaxed);
    store.write(&writes([(mn(11), Some(session(11)))])).unwrap();
    drop(store);
    let after = FileStore::open(&path, CMD).unwrap().records().unwrap();
    assert_eq!(after.len(), before.len() + 1, "all of a transaction or nothing");
}

#[test]
fn what_gathers_during_a_transaction_is_one_transaction() {
    let path = fresh("writer");
    let (said, done) = mpsc::channel();
    let store = Store::open(&path, CMD).unwrap();
    let writer = Writer::start(store, move |done| said.send(done).unwrap()).unwrap();
    for write in writes((1..=2000).map(|n| (mn(n), Some(session(n as u16))))) {
        writer.order(write);
    }
    let store = writer.stop().expect("it ended well");
    assert_eq!(store.records().unwrap().len(), 2000);
    let done: Vec<_> = done.into_iter().collect();
    assert!(done.iter().all(|done| done.result.is_ok()));
    assert!(done.is_sorted_by_key(Done::through));
    assert_eq!(done.last().unwrap().through(), WriteId(1999));
    assert!(done.len() < 200, "{} transactions for 2000 records", done.len());
}

#[test]
fn an_export_is_imported_as_it_was() {
    let path = fresh("export");
    let mut store = FileStore::open(&path, CMD).unwrap();
    let imsi = MnIdentifier { subtype: MnIdSubtype::IMSI, identifier: vec![0x62, 0xf2, 0x10] };
    store.write(&writes([(mn(1), Some(session(1))), (imsi, Some(session(2)))])).unwrap();
    let records = store.records().unwrap();
    drop(store);
    let json = export(&path).unwrap();
    insta::assert_snapshot!(json);
    let other = fresh("import");
    assert_eq!(import(&other, "export.json".as_ref(), &json).unwrap(), (CMD, 2));
    assert_eq!(FileStore::open(&other, CMD).unwrap().records().unwrap(), records);
    assert_eq!(export(&other).unwrap(), json);
    assert!(matches!(problem(import(&other, "export.json".as_ref(), &json)), Problem::Exists));
}

#[test]
fn what_an_lma_keeps_and_what_a_cmd_keeps_of_mags_is_exported_too() {
    let lma = Owner { role: Role::Lma, address: maar(0x1a) };
    let json = [(lma, Record::Bce(bce())), (CMD, mixed())].map(|(owner, record)| {
        let path = fresh(&owner.to_string().replace(' ', "-"));
        let mut store = FileStore::open(&path, owner).unwrap();
        store.write(&writes([(mn(1), Some(record.clone()))])).unwrap();
        drop(store);
        let json = export(&path).unwrap();
        let other = fresh(&format!("{}-again", owner.role));
        assert_eq!(import(&other, "export.json".as_ref(), &json).unwrap(), (owner, 1));
        let records = FileStore::open(&other, owner).unwrap().records().unwrap();
        assert_eq!(records, [(mn(1), record)]);
        assert_eq!(bces(records).collect::<Vec<_>>(), [(mn(1), bce())]);
        json
    });
    insta::assert_snapshot!(json[0]);
    assert!(json[1].contains("\"mixed\""));
}

#[test]
fn what_is_no_export_is_said_to_be_none() {
    let path = fresh("none-such");
    let maars = r#"{"format": "dmm-store", "version": 1, "node": {"role": "maar", "address": "2001:db8:c0::1"},
        "records": [{"mn": {"nai": "mn1"}, "session": {"binding": null, "farewells": []}}]}"#;
    let cases = [
        ("{", "is no export that can be imported: EOF while parsing an object at line 1 column 1"),
        (maars, "is no export that can be imported: the record of mn1 is not one of a MAAR"),
        (
            &maars.replace("dmm-store", "else"),
            "is no export that can be imported: its format is \"else\", not \"dmm-store\"",
        ),
        (
            &maars.replace(": 1,", ": 2,"),
            "has version 2, and this dmm reads version 1; use the dmm that wrote it",
        ),
    ];
    for (json, expected) in cases {
        let error = import(&path, "some.json".as_ref(), json).err().unwrap().to_string();
        assert_eq!(error, format!("some.json: {expected}"));
    }
    assert!(!path.exists());
}

/// A record that changes its form is another version of the store: see `VERSION`.
#[test]
fn the_octets_of_records_stay_what_they_are() {
    let octets = [session(7), mobile(), Record::Bce(bce()), mixed()]
        .map(|record| postcard::to_allocvec(&record).unwrap());
    let rows = octets
        .iter()
        .flat_map(|octets| octets.chunks(16).map(|row| format!("{row:02x?}")).chain([String::new()]));
    let octets: Vec<String> = rows.collect();
    insta::assert_snapshot!(octets.join("\n"));
}
