//! The power is lost: what was acknowledged is on the disk, whatever else is.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::disk::Disk;
use crate::message::{SECRET, request, sender, try_exchange};
use crate::random::Random;
use crate::running::{Application, Place, eventually};
use crate::world::World;

/// How often the power is lost; `POSTSEAL_POWER_LOSSES` has more for a soak.
const LOSSES: u64 = 8;
const PRODUCERS: u64 = 4;
/// Of every second event: the log is moved into the database and begun anew within a few losses.
const LONG_BODY_BYTES: usize = 256 << 10;

#[test]
fn nothing_acknowledged_is_lost_with_the_power() {
    let losses =
        std::env::var("POSTSEAL_POWER_LOSSES").map_or(LOSSES, |text| text.parse().unwrap());
    let (place, application) = (Place::new("power"), Application::start());
    let Some(world) = World::around(&place) else { return };
    place.configure("", &application.url(), "timeout_seconds = 1");
    let mut random = Random(1);
    let mut acknowledged = BTreeSet::new();
    let mut syncs = 0;
    for loss in 0..losses {
        let mut disk = Disk::read(&place.store());
        let gateway = world.start_noted(&place);
        let load = Load::begin(loss, place.listen);
        load.wait_for(5);
        thread::sleep(Duration::from_millis(random.below(400)));
        gateway.kill();
        acknowledged.extend(load.end());
        disk.replay(&world.notes());
        syncs += disk.syncs;
        disk.lose_power(&mut random, &place.store());
        let lost = lost(&place, &acknowledged).unwrap_or_else(|why| panic!("loss {loss}: {why}"));
        assert!(lost.is_empty(), "loss {loss}: {lost:?} were acknowledged");
    }
    assert!(syncs > 50, "only {syncs} syncs were noted");
    let gateway = place.start();
    let sender = sender(SECRET, None);
    for id in &acknowledged {
        assert_eq!(place.send(&request(&sender, "/hooks/orders", id, &body(id))), 200, "{id}");
    }
    eventually("all that was acknowledged is delivered", || {
        acknowledged.is_subset(&application.seen_ids())
    });
    println!("{losses} losses of power, {syncs} syncs, {} acknowledged", acknowledged.len());
    gateway.end();
}

/// The control: on a disk that only says that it has synced, events are lost, and that is seen.
#[test]
fn a_disk_that_lies_is_found_out() {
    let application = Application::start();
    for seed in 0..5 {
        let place = Place::new(&format!("lying-{seed}"));
        let Some(world) = World::around(&place) else { return };
        place.configure("", &application.url(), "timeout_seconds = 1");
        let mut disk = Disk::read(&place.store());
        let gateway = world.start_noted(&place);
        world.lie();
        let load = Load::begin(seed, place.listen);
        load.wait_for(20);
        gateway.kill();
        let acknowledged = load.end();
        disk.replay(&world.notes());
        disk.lose_power(&mut Random(seed), &place.store());
        // What is not even a database any more does not show that events are looked for.
        if lost(&place, &acknowledged).is_ok_and(|lost| !lost.is_empty()) {
            return;
        }
    }
    panic!("nothing was lost");
}

/// Which of the events are not in the store; an error where it is none any more. It looks at a
/// copy, since SQLite mends what it opens.
fn lost(place: &Place, events: &BTreeSet<String>) -> Result<Vec<String>, String> {
    let copy = place.folder.join("copy");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy).unwrap();
    for end in ["", "-wal", "-journal"] {
        let file = format!("events.db{end}");
        let _ = fs::copy(place.folder.join(&file), copy.join(&file));
    }
    there(&copy.join("events.db"))
        .map(|there| events.difference(&there).cloned().collect())
        .map_err(|why| why.to_string())
}

/// The events of a store that is sound, each with its job.
fn there(store: &Path) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let store = Connection::open(store)?;
    let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(sound.into());
    }
    let mut events = store.prepare("SELECT message_id FROM events JOIN jobs USING (number)")?;
    let events = events.query_map([], |row| row.get(0))?;
    Ok(events.collect::<Result<_, _>>()?)
}

/// Producers that send until the gateway is gone.
struct Load {
    producers: Vec<thread::JoinHandle<()>>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
}

impl Load {
    fn begin(loss: u64, listen: SocketAddr) -> Self {
        let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let producers = (0..PRODUCERS).map(|producer| {
            let acknowledged = Arc::clone(&acknowledged);
            thread::spawn(move || {
                let sender = sender(SECRET, None);
                for number in 0.. {
                    let id = format!("evt_{loss}_{producer}_{number}");
                    let request = request(&sender, "/hooks/orders", &id, &body(&id));
                    let Ok(answer) = try_exchange(listen, &request) else { return };
                    assert_eq!(answer.status, 202, "{id}");
                    acknowledged.lock().unwrap().insert(id);
                }
            })
        });
        Load { producers: producers.collect(), acknowledged }
    }

    /// Waits until so many are acknowledged.
    fn wait_for(&self, events: usize) {
        let acknowledged = || self.acknowledged.lock().unwrap().len();
        eventually("events are acknowledged", || acknowledged() >= events);
    }

    /// What was acknowledged in an answer that has come whole.
    fn end(self) -> BTreeSet<String> {
        self.producers.into_iter().for_each(|producer| producer.join().unwrap());
        std::mem::take(&mut *self.acknowledged.lock().unwrap())
    }
}

/// The payload of an event, the same in every repeat.
fn body(id: &str) -> Vec<u8> {
    let long = id.bytes().last().is_some_and(|last| last % 2 == 0);
    let mut body = id.as_bytes().to_vec();
    body.resize(if long { LONG_BODY_BYTES } else { body.len() }, b' ');
    body
}
