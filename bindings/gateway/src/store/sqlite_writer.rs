//! The only thread that writes to SQLite: it runs commands in groups, each in one transaction.

use postseal::Error;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::sqlite_files::Watch;
use super::sqlite_log::Log;
use super::unavailable;

/// Commands in one transaction: enough that a commit costs each of them next to nothing.
const GROUP_MAX: usize = 256;

type Run = dyn FnMut(&Connection) -> rusqlite::Result<()> + Send;

/// A command: it runs in the group's transaction, and is answered when that has ended.
pub(super) struct Command {
    /// It can run again: after a failure of its group, each command is tried alone.
    pub(super) run: Box<Run>,
    pub(super) answer: oneshot::Sender<Result<(), Error>>,
    pub(super) given_up: GivenUp,
    /// The writer ends after this command.
    pub(super) last: bool,
}

/// What becomes of a command that has not begun when its caller gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GivenUp {
    /// It is skipped, since only its caller has a use for it.
    Dropped,
    Run,
}

impl Command {
    fn is_dropped(&self) -> bool {
        self.given_up == GivenUp::Dropped && self.answer.is_closed()
    }
}

/// Writes until the last command, or until no caller is left. The connections are closed before the
/// files, since parameters are dropped from the last to the first.
pub(super) fn write(
    mut watch: Watch,
    mut connection: Connection,
    mut log: Log,
    mut queue: mpsc::Receiver<Command>,
) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = queue.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_MAX {
            let Ok(next) = queue.try_recv() else { break };
            group.push(next);
        }
        group.retain(|command| !command.is_dropped());
        if group.is_empty() {
            continue;
        }
        let ends = group.iter().any(|command| command.last);
        // The WAL of a store that was lost must not get into the database.
        if write_group(&mut watch, &mut connection, &mut group).is_ok() {
            log.keep_short(&connection);
        }
        if ends {
            return;
        }
    }
}

/// Commits a group, and answers it.
///
/// # Errors
/// `store_unavailable` where the store's files are not in order.
fn write_group(
    watch: &mut Watch,
    connection: &mut Connection,
    group: &mut Vec<Command>,
) -> Result<(), Error> {
    let mut outcomes = Vec::new();
    // Also before the commit, so that nothing more is written to lost files.
    let mut checked = watch.check(connection);
    if checked.is_ok() {
        outcomes = commit_each(connection, group);
        // INVARIANT: commit, check, answer: a commit to a lost file is never acknowledged.
        checked = watch.check(connection);
    }
    let outcomes = outcomes.into_iter().chain(std::iter::repeat(Ok(())));
    for (command, outcome) in group.drain(..).zip(outcomes) {
        // A caller that has given up does not wait for the answer.
        let _ = command.answer.send(checked.clone().and(outcome));
    }
    checked
}

/// Commits a group in one transaction. If that fails, commits each command alone, since a fault of
/// one command need not affect the others. An empty list means that all succeeded.
fn commit_each(connection: &mut Connection, group: &mut [Command]) -> Vec<Result<(), Error>> {
    let mut failed = match commit(connection, group) {
        Ok(()) => return Vec::new(),
        Err(failed) => failed,
    };
    let alone = group.len() == 1;
    let outcomes = group.iter_mut().map(|command| {
        // While another process has the write lock, no transaction can begin, and each attempt
        // would wait for the lock again.
        if !alone && let Failed::InCommands(_) = failed {
            match commit(connection, std::slice::from_mut(command)) {
                Err(Failed::InCommands(error)) => return Err(error),
                Err(not_begun) => failed = not_begun,
                Ok(()) => return Ok(()),
            }
        }
        let (Failed::NotBegun(error) | Failed::InCommands(error)) = &failed;
        Err(error.clone())
    });
    outcomes.collect()
}

/// The point at which a transaction failed.
enum Failed {
    NotBegun(Error),
    InCommands(Error),
}

/// One transaction for the whole group: if it fails, nothing of it is written.
fn commit(connection: &mut Connection, group: &mut [Command]) -> Result<(), Failed> {
    let commands = group.len();
    let told = |why: rusqlite::Error| {
        tracing::error!(%why, commands, "the store could not write");
        unavailable(format!("the store could not write: {why}"))
    };
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|why| Failed::NotBegun(told(why)))?;
    let run = || {
        for command in group.iter_mut().filter(|command| !command.is_dropped()) {
            (command.run)(&transaction)?;
        }
        transaction.commit()
    };
    run().map_err(|why| Failed::InCommands(told(why)))
}
