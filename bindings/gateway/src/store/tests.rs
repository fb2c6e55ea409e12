//! The inbox itself: leases that are lost, ends that hold, a disk that is full.

use std::path::PathBuf;
use std::time::Duration;

use super::{Acceptance, Event, Filter, Job, Needed, NewEvent, Settlement, State, Store, Take};

const LEASE: Duration = Duration::from_millis(1000);

async fn store(name: &str) -> (Store, PathBuf) {
    let path = std::env::temp_dir().join(format!("postseal-{name}-{}.db", std::process::id()));
    remove(&path);
    (Store::open(&format!("sqlite:{}", path.display())).await.unwrap(), path)
}

/// The file, and what SQLite keeps beside it.
fn remove(path: &std::path::Path) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}

fn event(id: &str, digest: Option<&str>) -> NewEvent {
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
    let take = Take { source: "orders", jobs_max: 10, now_ms, lease: LEASE };
    store.take(take).await.unwrap()
}

async fn state(store: &Store) -> State {
    store.list(Filter { rows_max: 1, ..Filter::default() }).await.unwrap().remove(0).state
}

#[tokio::test]
async fn a_key_is_accepted_once_and_another_payload_is_a_conflict() {
    let (store, path) = store("once").await;
    let accept = async |digest| store.accept(event("a", digest)).await.unwrap();
    assert_eq!(accept(Some("x")).await, Acceptance::Accepted);
    assert_eq!(accept(Some("x")).await, Acceptance::Duplicate);
    assert_eq!(accept(Some("y")).await, Acceptance::Conflict);
    assert_eq!(accept(None).await, Acceptance::Duplicate);
    store.close().await;
    remove(&path);
}

#[tokio::test]
async fn a_lease_that_has_run_out_is_lost_to_the_next() {
    let (store, path) = store("lease").await;
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
    remove(&path);
}

#[tokio::test]
async fn a_returned_attempt_does_not_count_and_cannot_be_settled_late() {
    let (store, path) = store("returned").await;
    store.accept(event("a", None)).await.unwrap();
    let first = take(&store, 1000).await.remove(0).lease;
    assert!(store.settle(first, Settlement::Returned, None, 1000).await.unwrap());
    let second = take(&store, 1000).await.remove(0).lease;
    assert_eq!((first.attempt, second.attempt), (1, 1));
    assert!(!store.settle(first, Settlement::Delivered, None, 1000).await.unwrap());
    assert!(store.settle(second, Settlement::Retry { due_ms: 5000 }, None, 1000).await.unwrap());
    assert!(take(&store, 4999).await.is_empty());
    assert_eq!(take(&store, 5000).await.remove(0).lease.attempt, 2);
    store.close().await;
    remove(&path);
}

#[tokio::test]
async fn only_what_has_ended_expires_and_it_can_be_accepted_anew() {
    let (store, path) = store("expire").await;
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
    remove(&path);
}

#[tokio::test]
async fn what_was_committed_is_there_after_the_end_and_needs_only_grow() {
    let (store, path) = store("reopened").await;
    store.accept(event("a", None)).await.unwrap();
    let needed = |at_ms| {
        vec![Needed { source: "orders".to_owned(), secret_id: "secret-1".to_owned(), at_ms }]
    };
    store.note_needed(needed(2000)).await.unwrap();
    store.note_needed(needed(1000)).await.unwrap();
    store.close().await;
    assert_eq!(store.ready().await.unwrap_err().code().as_str(), "store_unavailable");
    let again = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
    assert_eq!(again.accept(event("a", None)).await.unwrap(), Acceptance::Duplicate);
    assert_eq!(again.needed().await.unwrap(), needed(2000));
    again.close().await;
    remove(&path);
}
