//! The inbox itself, in each database: leases that are lost, and ends that hold.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Acceptance, Event, Filter, Job, Needed, NewEvent, SetBack, Settlement, State, Store, Take,
};
use crate::postgres_server::{PostgresServer, own};

const LEASE: Duration = Duration::from_millis(1000);

/// An empty database, which goes with it.
struct Place {
    url: String,
    kept: Kept,
}

enum Kept {
    File(PathBuf),
    Server(Arc<PostgresServer>),
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Kept::File(path) = &self.kept {
            remove(path);
        }
    }
}

impl Place {
    async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

/// One of each kind, as far as they are installed.
fn places(name: &str) -> Vec<Place> {
    let path = std::env::temp_dir().join(format!("postseal-{name}-{}.db", std::process::id()));
    remove(&path);
    let file = Place { url: format!("sqlite:{}", path.display()), kept: Kept::File(path) };
    [Some(file), postgres()].into_iter().flatten().collect()
}

fn postgres() -> Option<Place> {
    let server = PostgresServer::shared()?;
    Some(Place { url: server.database(), kept: Kept::Server(server) })
}

/// The file, and what SQLite keeps beside it.
fn remove(path: &std::path::Path) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}

pub(super) fn event(id: &str, digest: Option<&str>) -> NewEvent {
    NewEvent {
        event: Event {
            key: format!("key-{id}"),
            source: "orders".to_owned(),
            message_id: Some(id.to_owned()),
            signed_at: None,
            secret_id: "secret-1".to_owned(),
            encrypted: false,
            content_type: None,
            passed_on: "{}".to_owned(),
            payload: b"{}".to_vec(),
            storage_key_id: None,
            received_ms: 1000,
        },
        digest: digest.map(str::to_owned),
    }
}

async fn take(store: &Store, now_ms: u64) -> Vec<Job> {
    let take = Take { source: "orders".to_owned(), jobs_max: 10, now_ms, lease: LEASE };
    store.take(take).await.unwrap().jobs
}

async fn state(store: &Store) -> State {
    store.list(Filter { rows_max: 1, ..Filter::default() }).await.unwrap().remove(0).state
}

#[tokio::test]
async fn a_key_is_accepted_once_and_another_payload_is_a_conflict() {
    for place in places("once") {
        let store = place.open().await;
        let accept = async |digest| store.accept(event("a", digest)).await.unwrap();
        assert_eq!(accept(Some("x")).await, Acceptance::Accepted);
        assert_eq!(accept(Some("x")).await, Acceptance::Duplicate);
        assert_eq!(accept(Some("y")).await, Acceptance::Conflict);
        assert_eq!(accept(None).await, Acceptance::Duplicate);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_accepted_whoever_else_writes() {
    for place in places("storm") {
        let stores = [Arc::new(place.open().await), Arc::new(place.open().await)];
        let mut running = tokio::task::JoinSet::new();
        for repeat in 0..2000 {
            let store = Arc::clone(&stores[repeat % 2]);
            // Neighbours differ, so that groups and batches have repeats in them, in every order.
            let id = format!("{}", repeat * 7919 % 50);
            let digest = if repeat % 40 == 39 { "y" } else { "x" };
            running.spawn(async move {
                let acceptance = store.accept(event(&id, Some(digest))).await.unwrap();
                (id, digest, acceptance)
            });
        }
        let outcomes = running.join_all().await;
        for id in (0..50).map(|id| id.to_string()) {
            let of_id = outcomes.iter().filter(|(of, ..)| *of == id);
            let accepted: Vec<_> =
                of_id.clone().filter(|(.., how)| *how == Acceptance::Accepted).collect();
            assert_eq!(accepted.len(), 1, "{}: {id}", place.url);
            for (_, digest, how) in of_id {
                let same = *digest == accepted[0].1;
                assert_ne!(*how == Acceptance::Conflict, same, "{}: {id}", place.url);
            }
        }
        for store in stores {
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_lease_that_has_run_out_is_lost_to_the_next() {
    for place in places("lease") {
        let store = place.open().await;
        store.accept(event("a", None)).await.unwrap();
        let first = take(&store, 1000).await.remove(0).lease;
        assert!(take(&store, 1999).await.is_empty());
        let second = take(&store, 2000).await.remove(0).lease;
        assert_eq!((first.attempt, second.attempt), (1, 2));
        assert!(!store.settle(first, Settlement::Delivered, None, 2000).await.unwrap());
        assert_eq!(state(&store).await, State::Pending);
        assert!(store.settle(second, Settlement::Delivered, None, 2000).await.unwrap());
        assert!(!store.settle(second, Settlement::Dead, None, 2000).await.unwrap());
        assert_eq!(state(&store).await, State::Delivered);
        store.close().await;
    }
}

#[tokio::test]
async fn no_job_is_taken_by_two_at_once() {
    for place in places("taken") {
        let stores = [place.open().await, place.open().await];
        for id in 0..40 {
            stores[0].accept(event(&id.to_string(), None)).await.unwrap();
        }
        let mut taken = Vec::new();
        while taken.len() < 40 {
            let (one, other) = tokio::join!(take(&stores[0], 1000), take(&stores[1], 1000));
            assert!(!one.is_empty() || !other.is_empty(), "{}", place.url);
            taken.extend(one.iter().chain(&other).map(|job| job.lease.number));
        }
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), 40, "{}", place.url);
        for store in stores {
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_returned_attempt_does_not_count_and_cannot_be_settled_late() {
    for place in places("returned") {
        let store = place.open().await;
        store.accept(event("a", None)).await.unwrap();
        let first = take(&store, 1000).await.remove(0).lease;
        assert!(store.settle(first, Settlement::Returned, None, 1000).await.unwrap());
        let second = take(&store, 1000).await.remove(0).lease;
        assert_eq!((first.attempt, second.attempt), (1, 1));
        assert!(!store.settle(first, Settlement::Delivered, None, 1000).await.unwrap());
        let retry = Settlement::Retry { due_ms: 5000 };
        assert!(store.settle(second, retry, Some("503"), 1000).await.unwrap());
        assert!(take(&store, 4999).await.is_empty());
        assert_eq!(take(&store, 5000).await.remove(0).lease.attempt, 2);
        store.close().await;
    }
}

#[tokio::test]
async fn a_lease_that_was_given_back_cannot_be_settled() {
    for place in places("given-back") {
        let store = place.open().await;
        store.accept(event("a", None)).await.unwrap();
        let lease = take(&store, 1000).await.remove(0).lease;
        assert!(store.settle(lease, Settlement::Returned, None, 1000).await.unwrap());
        for settlement in [Settlement::Returned, Settlement::Delivered, Settlement::Dead] {
            assert!(!store.settle(lease, settlement, None, 1000).await.unwrap(), "{}", place.url);
        }
        store.close().await;
    }
}

#[tokio::test]
async fn due_times_follow_a_clock_that_is_set_back_and_no_wait_is_too_long() {
    for place in places("clock") {
        let store = place.open().await;
        let reschedule =
            async |now_ms, set_back| store.reschedule("orders", now_ms, set_back).await.unwrap();
        let retry = async |lease, due_ms| {
            let settled = store.settle(lease, Settlement::Retry { due_ms }, None, 100).await;
            assert!(settled.unwrap());
        };
        store.accept(event("a", None)).await.unwrap();
        assert!(take(&store, 100).await.is_empty());
        assert_eq!(reschedule(100, SetBack::No).await, 0);
        assert_eq!(reschedule(100, SetBack::Perhaps).await, 1, "what was never tried is due");
        retry(take(&store, 100).await.remove(0).lease, 10_000).await;
        assert_eq!(reschedule(200, SetBack::Perhaps).await, 0);
        // Over PostgreSQL there are the clocks of others.
        let follows = place.url.starts_with("sqlite:");
        assert_eq!(reschedule(200, SetBack::By { back_ms: 5000 }).await, u64::from(follows));
        let due_ms = if follows { 5000 } else { 10_000 };
        assert!(take(&store, due_ms - 1).await.is_empty());
        retry(take(&store, due_ms).await.remove(0).lease, 100_000_000).await;
        assert_eq!(reschedule(300, SetBack::No).await, 1, "an hour is the longest wait");
        assert!(take(&store, 3_600_299).await.is_empty());
        assert_eq!(take(&store, 3_600_300).await.len(), 1);
        store.close().await;
    }
}

#[tokio::test]
async fn only_what_has_ended_expires_and_it_can_be_accepted_anew() {
    for place in places("expire") {
        let store = place.open().await;
        for id in ["a", "b", "c"] {
            store.accept(event(id, None)).await.unwrap();
        }
        for job in take(&store, 1000).await.into_iter().take(2) {
            store.settle(job.lease, Settlement::Delivered, None, 1000).await.unwrap();
        }
        assert_eq!(store.expire("orders", 1000, 10).await.unwrap(), 0);
        assert_eq!(store.expire("others", 1001, 10).await.unwrap(), 0);
        assert_eq!(store.expire("orders", 1001, 1).await.unwrap(), 1);
        assert_eq!(store.expire("orders", 1001, 10).await.unwrap(), 1);
        assert_eq!(store.accept(event("a", None)).await.unwrap(), Acceptance::Accepted);
        assert_eq!(store.accept(event("c", None)).await.unwrap(), Acceptance::Duplicate);
        store.close().await;
    }
}

#[tokio::test]
async fn a_source_is_forgotten_with_all_that_it_has_and_no_other_one() {
    for place in places("forget") {
        let store = place.open().await;
        for id in ["a", "b", "c", "d"] {
            store.accept(event(id, None)).await.unwrap();
        }
        let mut other = event("e", None);
        other.event.source = "others".to_owned();
        store.accept(other).await.unwrap();
        let ends = [Settlement::Delivered, Settlement::Dead];
        let mut jobs = take(&store, 1000).await.into_iter();
        for (job, end) in jobs.by_ref().zip(ends) {
            store.settle(job.lease, end, None, 1000).await.unwrap();
        }
        let needed = ["orders", "others"].map(|source| Needed {
            source: source.to_owned(),
            secret_id: "secret-1".to_owned(),
            at_ms: 1000,
        });
        store.note_needed(needed.to_vec()).await.unwrap();
        let last = store.last("orders").await.unwrap().unwrap();
        let forget = async |last| store.forget("orders", last).await.unwrap();
        assert_eq!((forget(last - 1).await, forget(last).await, forget(last).await), (3, 1, 0));
        assert_eq!(store.last("orders").await.unwrap(), None);
        let held = jobs.next().unwrap().lease;
        assert!(!store.settle(held, Settlement::Delivered, None, 1000).await.unwrap());
        let backlog = store.backlog().await.unwrap();
        assert_eq!((backlog.len(), backlog[0].source.as_str()), (1, "others"), "{}", place.url);
        assert_eq!(store.needed().await.unwrap(), needed[1..]);
        assert_eq!(store.accept(event("a", None)).await.unwrap(), Acceptance::Accepted);
        store.close().await;
    }
}

/// The bytes of the file are changed where the payload continues on pages of its own.
#[tokio::test]
async fn an_event_that_cannot_be_read_holds_up_no_other_one() {
    const PAGE_BYTES: usize = 4096;
    let place = places("damaged").remove(0);
    let Kept::File(path) = &place.kept else { panic!("SQLite is the first") };
    let store = place.open().await;
    let mut damaged = event("a", None);
    damaged.event.payload = b"canary-payload ".repeat(2000);
    store.accept(damaged).await.unwrap();
    store.accept(event("b", None)).await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(path).unwrap();
    let found =
        |page: &&mut [u8]| page.windows(7).filter(|&bytes| bytes == b"canary-").count() > 100;
    let pages: Vec<_> = bytes.chunks_mut(PAGE_BYTES).filter(found).collect();
    assert!(pages.len() > 3);
    for page in pages {
        // The number of the next page.
        page[..4].fill(0xff);
    }
    std::fs::write(path, bytes).unwrap();
    let store = place.open().await;
    let all = Take { source: "orders".to_owned(), jobs_max: 10, now_ms: 1000, lease: LEASE };
    let super::Taken { jobs: taken, unreadable, .. } = store.take(all).await.unwrap();
    assert_eq!(unreadable, [1]);
    let ids: Vec<_> = taken.iter().map(|job| job.event.message_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["b"]);
    assert!(store.settle(taken[0].lease, Settlement::Delivered, None, 1000).await.unwrap());
    assert!(take(&store, 2000).await.is_empty());
    let listed = store.list(Filter { rows_max: 10, ..Filter::default() }).await.unwrap();
    assert_eq!((listed.len(), listed[1].last_result.as_deref()), (2, Some("unreadable")));
    assert_eq!(store.expire("orders", 3000, 10).await.unwrap(), 1, "the other one");
    assert_eq!(store.forget("orders", 2).await.unwrap(), 0);
    store.close().await;
}

#[tokio::test]
async fn dead_letters_are_listed_replayed_and_purged() {
    for place in places("dead") {
        let store = place.open().await;
        for id in ["a", "b"] {
            store.accept(event(id, None)).await.unwrap();
        }
        for job in take(&store, 1000).await {
            let settled = store.settle(job.lease, Settlement::Dead, Some("410"), 1500).await;
            assert!(settled.unwrap());
        }
        let dead = Filter { state: Some(State::Dead), rows_max: 10, ..Filter::default() };
        let listed = store.list(dead.clone()).await.unwrap();
        assert_eq!(listed.len(), 2);
        let (newest, oldest) = (&listed[0], &listed[1]);
        assert!(newest.number > oldest.number);
        assert_eq!((newest.last_result.as_deref(), newest.ended_ms), (Some("410"), Some(1500)));
        assert_eq!(store.backlog().await.unwrap()[0].dead, 2);
        assert!(store.purge(newest.number).await.unwrap());
        assert!(!store.purge(newest.number).await.unwrap());
        assert!(store.event(newest.number).await.unwrap().is_none());
        assert!(store.replay(oldest.number, 3000).await.unwrap());
        assert!(!store.replay(oldest.number, 3000).await.unwrap());
        let again = take(&store, 3000).await.remove(0);
        assert_eq!((again.lease.attempt, again.event.payload.as_slice()), (1, &b"{}"[..]));
        assert_eq!(store.backlog().await.unwrap()[0].oldest_ms, Some(1000));
        store.close().await;
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_the_end_and_needs_only_grow() {
    for place in places("reopened") {
        let store = place.open().await;
        store.accept(event("a", None)).await.unwrap();
        let needed = |at_ms| {
            vec![Needed { source: "orders".to_owned(), secret_id: "secret-1".to_owned(), at_ms }]
        };
        store.note_needed(needed(2000)).await.unwrap();
        store.note_needed(needed(1000)).await.unwrap();
        store.close().await;
        assert_eq!(store.ready().await.unwrap_err().code().as_str(), "store_unavailable");
        let again = place.open().await;
        again.ready().await.unwrap();
        assert_eq!(again.accept(event("a", None)).await.unwrap(), Acceptance::Duplicate);
        assert_eq!(again.needed().await.unwrap(), needed(2000));
        again.close().await;
    }
}

#[tokio::test]
async fn what_would_lose_a_commit_is_named() {
    let Some(server) = PostgresServer::start("durability", &["fsync=off"]) else { return };
    let url = server.database();
    server.ask(&url, "ALTER ROLE postgres SET synchronous_commit = off");
    let store = Store::open(&url).await.unwrap();
    let durability = store.durability().await.unwrap();
    assert!(durability.store.ends_with("synchronous_commit = on"), "{}", durability.store);
    assert_eq!(durability.warnings.len(), 2, "{:?}", durability.warnings);
    store.close().await;
}

#[tokio::test]
async fn gateways_that_start_together_make_the_tables_once() {
    let Some(place) = postgres() else { return };
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = place.url.clone();
        starting.spawn(async move { Store::open(&url).await.map(drop) });
    }
    for outcome in starting.join_all().await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let Some(place) = postgres() else { return };
    place.open().await.close().await;
    let Kept::Server(server) = &place.kept else { return };
    server.ask(&place.url, "UPDATE postseal_schema SET version = 99");
    let error = Store::open(&place.url).await.map(drop).unwrap_err();
    assert!(error.message().contains("newer version"), "{error:?}");
}

#[tokio::test]
async fn a_server_is_spoken_to_over_tls_where_its_certificate_is_right() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    let authority = || {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
    };
    let ((trusted, issuer), (other, _)) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let file = |name: &str, text: String| {
        let path = std::env::temp_dir().join(format!("postseal-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        own(&path);
        path
    };
    let certificate = file("server.pem", certificate.pem());
    let key = file("key.pem", key.serialize_pem());
    let (trusted, other) = (file("ca.pem", trusted), file("other.pem", other));
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", certificate.display()),
        format!("ssl_key_file={}", key.display()),
    ];
    let server = PostgresServer::start("tls", &settings.each_ref().map(String::as_str));
    if let Some(server) = server {
        let url = server.database().replace("127.0.0.1", "localhost");
        let with = |ca: &PathBuf| format!("{url}?sslmode=verify-full&sslrootcert={}", ca.display());
        let store = Store::open(&with(&trusted)).await.unwrap();
        store.ready().await.unwrap();
        let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                           WHERE application_name = 'postseal'";
        assert_eq!(server.ask(&url, encrypted), "t");
        store.close().await;
        let wrong = [with(&other), with(&trusted).replace("localhost", "127.0.0.1")];
        for url in wrong {
            let error = Store::open(&url).await.map(drop).unwrap_err();
            assert_eq!(error.code().as_str(), "store_unavailable");
        }
        let plain = Store::open(&format!("{url}?sslmode=disable")).await.unwrap();
        plain.close().await;
    }
    for file in [certificate, key, trusted, other] {
        std::fs::remove_file(file).unwrap();
    }
}
