//! A file of the SQLite store is removed, replaced or truncated while the gateway has it open: from
//! then on nothing is acknowledged, and events that were acknowledged before survive a kill
//! wherever that is possible.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::message::{Line, SECRET, exchange, request, sender};
use crate::running::{Application, Gateway, Place, eventually};

const EVENTS: usize = 5;

/// A store in a folder of its own, with a gateway that has accepted events.
struct Served {
    place: Place,
    folder: PathBuf,
    gateway: Option<Gateway>,
    accepted: BTreeSet<String>,
    _application: Application,
}

/// What a gateway must do after the files of its store were disturbed.
enum Expected<'a> {
    /// It acknowledges nothing, and logs the name of the file.
    Refusal { names: &'a str },
    /// The same, and the events that it had acknowledged survive a kill, once `mend` has run.
    RefusalWithoutLoss { names: &'a str, mend: fn(&Path) },
}

impl Served {
    fn start(name: &str) -> Self {
        let name = format!("lost-{name}");
        let folder = Place::new(&name).folder.join("store");
        let url = format!("sqlite:{}", folder.join("events.db").display());
        let (place, application) = (Place::with_store(&name, &url), Application::start());
        fs::create_dir_all(&folder).unwrap();
        place.configure("", &application.url(), "");
        let gateway = Some(place.start());
        let mut served =
            Served { place, folder, gateway, accepted: BTreeSet::new(), _application: application };
        served.send("before");
        assert_eq!(served.accepted.len(), EVENTS);
        served
    }

    /// Sends some events, and notes which of them are acknowledged.
    fn send(&mut self, name: &str) -> Vec<u16> {
        let sender = sender(SECRET, None);
        let ids = (0..EVENTS).map(|number| format!("evt_{name}_{number}"));
        ids.map(|id| {
            let status = self.place.send(&request(&sender, "/hooks/orders", &id, b"{}"));
            if status == 202 {
                self.accepted.insert(id);
            }
            status
        })
        .collect()
    }

    fn log(&self) -> String {
        self.gateway.as_ref().map(Gateway::log).unwrap_or_default()
    }

    fn ready(&self) -> u16 {
        exchange(self.place.admin, b"GET /readyz HTTP/1.1\r\nhost: test\r\n\r\n").status
    }

    /// The ids of all events in the store.
    fn kept(&self) -> BTreeSet<String> {
        let listed = self.place.json(&["events", "list", "--rows", "1000"]);
        let events = listed["events"].as_array().unwrap_or_else(|| panic!("{listed}"));
        events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn disturbed(name: &str, disturb: impl FnOnce(&Path), expected: Expected<'_>) {
    let mut served = Served::start(name);
    disturb(&served.folder);
    let statuses = served.send("after");
    assert_eq!(statuses, [503; EVENTS], "{name}: acknowledged what a kill loses");
    assert_eq!(served.ready(), 503, "{name}");
    let (names, mend) = match expected {
        Expected::Refusal { names } => (names, None),
        Expected::RefusalWithoutLoss { names, mend } => (names, Some(mend)),
    };
    eventually("the operator is told of the file, and what follows", || {
        let log = served.log();
        let mut errors = log.lines().filter(|line| line.contains("ERROR"));
        errors.any(|line| line.contains(names) && line.contains("until it is back"))
    });
    served.gateway.take().unwrap().kill();
    let Some(mend) = mend else { return };
    mend(&served.folder);
    served.gateway = Some(served.place.start());
    let kept = served.kept();
    assert!(served.accepted.is_subset(&kept), "{name}: {:?} of {kept:?}", served.accepted);
    served.gateway.unwrap().end();
}

fn nothing(_: &Path) {}

#[test]
fn a_removed_wal_is_noticed_and_its_events_are_saved() {
    disturbed(
        "log",
        |folder| fs::remove_file(folder.join("events.db-wal")).unwrap(),
        Expected::RefusalWithoutLoss { names: "events.db-wal", mend: nothing },
    );
    disturbed(
        "log-and-index",
        |folder| {
            fs::remove_file(folder.join("events.db-shm")).unwrap();
            fs::remove_file(folder.join("events.db-wal")).unwrap();
        },
        Expected::RefusalWithoutLoss { names: "events.db-", mend: nothing },
    );
}

/// The WAL is removed at any moment, also between a check and its answers.
#[test]
fn no_acknowledged_event_is_lost_when_the_wal_is_removed_under_load() {
    const ROUNDS: u64 = 4;
    const SENDERS: usize = 4;
    for round in 0..ROUNDS {
        let mut served = Served::start(&format!("load-{round}"));
        let (stop, listen) = (AtomicBool::new(false), served.place.listen);
        let accepted: BTreeSet<String> = thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS)
                .map(|sender| {
                    let stop = &stop;
                    scope.spawn(move || send_until(stop, listen, sender))
                })
                .collect();
            thread::sleep(Duration::from_millis(200 + round * 37));
            fs::remove_file(served.folder.join("events.db-wal")).unwrap();
            eventually("the events are saved", || served.log().contains("have been written"));
            stop.store(true, Ordering::Relaxed);
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
        });
        assert!(accepted.len() > SENDERS, "{accepted:?}");
        served.gateway.take().unwrap().kill();
        served.gateway = Some(served.place.start());
        let kept = served.kept();
        let lost: Vec<_> = accepted.difference(&kept).collect();
        assert!(lost.is_empty(), "{lost:?} of {}", accepted.len());
        served.gateway.unwrap().end();
    }
}

/// Sends one event after another, and returns those that were acknowledged.
fn send_until(stop: &AtomicBool, listen: SocketAddr, number: usize) -> Vec<String> {
    let (sender, mut accepted) = (sender(SECRET, None), Vec::new());
    let mut line = Line::open(listen);
    for event in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("evt_{number}_{event}");
        if line.exchange(&request(&sender, "/hooks/orders", &id, b"{}")).status == 202 {
            accepted.push(id);
        }
    }
    accepted
}

#[test]
fn a_replaced_wal_is_noticed_and_its_events_are_saved() {
    disturbed(
        "log-replaced",
        |folder| {
            fs::write(folder.join("empty"), "").unwrap();
            fs::rename(folder.join("empty"), folder.join("events.db-wal")).unwrap();
        },
        Expected::RefusalWithoutLoss { names: "events.db-wal", mend: nothing },
    );
}

#[test]
fn a_copy_in_place_of_the_wal_is_noticed_and_its_events_are_saved() {
    disturbed(
        "log-copied",
        |folder| {
            let log = folder.join("events.db-wal");
            fs::copy(&log, folder.join("copy")).unwrap();
            fs::rename(folder.join("copy"), log).unwrap();
        },
        Expected::RefusalWithoutLoss { names: "events.db-wal", mend: nothing },
    );
}

fn truncate(folder: &Path, bytes: u64) {
    let log = fs::OpenOptions::new().write(true).open(folder.join("events.db-wal")).unwrap();
    log.set_len(bytes).unwrap();
}

/// Another process holds the write lock when the writer begins, and the file is lost before the
/// writer gets it: the commit succeeds, and must not be acknowledged.
#[test]
fn a_file_that_is_lost_during_a_commit_is_noticed() {
    type Lose = fn(&Path);
    let lose: [(&str, Lose); 4] = [
        ("database", |folder| fs::remove_file(folder.join("events.db")).unwrap()),
        ("log", |folder| fs::remove_file(folder.join("events.db-wal")).unwrap()),
        ("log-emptied", |folder| truncate(folder, 0)),
        ("log-cut", |folder| truncate(folder, 4096)),
    ];
    for (name, lose) in lose {
        let mut served = Served::start(&format!("during-{name}"));
        eventually("all is delivered", || served.place.pending() == Some(0.0));
        let other = Connection::open(served.folder.join("events.db")).unwrap();
        other.busy_timeout(Duration::from_secs(5)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let folder = served.folder.clone();
        let losing = thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            lose(&folder);
            other.execute_batch("ROLLBACK").unwrap();
        });
        assert_eq!(served.send("during"), [503; EVENTS], "{name}: acknowledged");
        losing.join().unwrap();
        assert_eq!(served.ready(), 503, "{name}");
    }
}

#[test]
fn a_truncated_wal_is_noticed() {
    let expected = || Expected::Refusal { names: "events.db-wal" };
    disturbed("log-emptied", |folder| truncate(folder, 0), expected());
    disturbed("log-cut", |folder| truncate(folder, 4096), expected());
}

#[test]
fn a_truncated_database_is_noticed() {
    let shorten = |folder: &Path, bytes: u64| {
        let database = fs::OpenOptions::new().write(true).open(folder.join("events.db")).unwrap();
        let length = database.metadata().unwrap().len();
        database.set_len(length.saturating_sub(bytes)).unwrap();
    };
    let expected = || Expected::Refusal { names: "events.db" };
    disturbed("database-emptied", |folder| shorten(folder, u64::MAX), expected());

    let mut served = Served::start("database-cut");
    let other = Connection::open(served.folder.join("events.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
    assert_eq!(served.send("long"), [202; EVENTS]);
    shorten(&served.folder, 1);
    assert_eq!(served.send("cut"), [503; EVENTS]);
    served.gateway.take().unwrap().kill();
}

/// `VACUUM` shortens the database too.
#[test]
fn a_database_that_another_process_shortens_in_order_is_served() {
    let mut served = Served::start("vacuum");
    let other = Connection::open(served.folder.join("events.db")).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other
        .execute_batch("CREATE TABLE large (x); INSERT INTO large VALUES (zeroblob(8 << 20))")
        .unwrap();
    let checkpoint = || other.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
    checkpoint();
    assert_eq!(served.send("long"), [202; EVENTS]);
    other.execute_batch("DROP TABLE large; VACUUM").unwrap();
    checkpoint();
    assert_eq!(served.send("short"), [202; EVENTS]);
}

#[test]
fn a_removed_wal_index_is_noticed() {
    disturbed(
        "index",
        |folder| fs::remove_file(folder.join("events.db-shm")).unwrap(),
        Expected::RefusalWithoutLoss { names: "events.db-shm", mend: nothing },
    );
}

#[test]
fn a_removed_database_is_noticed() {
    disturbed(
        "database",
        |folder| fs::remove_file(folder.join("events.db")).unwrap(),
        Expected::Refusal { names: "events.db" },
    );
    disturbed(
        "all",
        |folder| {
            for name in ["events.db-wal", "events.db-shm", "events.db"] {
                fs::remove_file(folder.join(name)).unwrap();
            }
        },
        Expected::Refusal { names: "events.db" },
    );
}

#[test]
fn a_replaced_database_is_noticed() {
    disturbed(
        "database-replaced",
        |folder| {
            fs::copy(folder.join("events.db"), folder.join("backup.db")).unwrap();
            fs::rename(folder.join("events.db"), folder.join("old.db")).unwrap();
            fs::rename(folder.join("backup.db"), folder.join("events.db")).unwrap();
        },
        Expected::RefusalWithoutLoss {
            names: "events.db",
            mend: |folder| fs::rename(folder.join("old.db"), folder.join("events.db")).unwrap(),
        },
    );
}

#[test]
fn a_folder_that_was_moved_is_noticed() {
    disturbed(
        "folder",
        |folder| fs::rename(folder, folder.with_extension("old")).unwrap(),
        Expected::RefusalWithoutLoss {
            names: "events.db",
            mend: |folder| fs::rename(folder.with_extension("old"), folder).unwrap(),
        },
    );
}

#[test]
fn a_file_that_was_put_back_is_served_again() {
    let mut served = Served::start("put-back");
    let refuses = |served: &Served| served.log().contains("nothing taken");
    for (number, name) in ["events.db", "events.db-wal", "events.db-shm"].iter().enumerate() {
        let (there, away) = (served.folder.join(name), served.folder.join("away"));
        fs::rename(&there, &away).unwrap();
        assert_eq!(served.send(&format!("without_{number}")), [503; EVENTS], "{name}");
        eventually("no delivery is begun either", || refuses(&served));
        fs::rename(&away, &there).unwrap();
        assert_eq!(served.send(&format!("with_{number}")), [202; EVENTS], "{name}");
        assert_eq!(served.ready(), 200, "{name}");
    }
    served.gateway.take().unwrap().kill();
    served.gateway = Some(served.place.start());
    let kept = served.kept();
    assert!(served.accepted.is_subset(&kept), "{:?} of {kept:?}", served.accepted);
    served.gateway.unwrap().end();
}
