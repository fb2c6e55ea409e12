//! Numbered steps that say what they do while they do it, and how long each one took.

use std::io::{self, Write};
use std::time::Instant;

use anyhow::{Result, anyhow};

/// One thing to do: its name, and the work, which answers with a note of a few words, or with none.
pub(crate) struct Step {
    what: String,
    work: Box<dyn FnOnce() -> Result<String>>,
}

impl Step {
    /// A step that is still to be done.
    pub(crate) fn new(
        what: impl Into<String>,
        work: impl FnOnce() -> Result<String> + 'static,
    ) -> Self {
        Step { what: what.into(), work: Box::new(work) }
    }
}

/// Does the steps in order, and stops at the first that fails.
pub(crate) fn run(steps: Vec<Step>) -> Result<()> {
    let total = steps.len();
    for (index, step) in steps.into_iter().enumerate() {
        announce(index + 1, total, &step.what);
        let began = Instant::now();
        match (step.work)() {
            Ok(note) => println!("{}", outcome(began, &note)),
            Err(error) => {
                println!("{}", outcome(began, "FAILED"));
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Does the steps in order as parts of another, of which only a failure is told.
pub(crate) fn run_quietly(steps: Vec<Step>) -> Result<()> {
    for step in steps {
        (step.work)().map_err(|error| anyhow!("{} failed: {error:#}", step.what))?;
    }
    Ok(())
}

/// Says what begins. The outcome follows on the same line.
pub(crate) fn announce(number: usize, total: usize, what: &str) {
    print!("[{number}/{total}] {what} … ");
    // A closed pipe shows itself at the next line that is printed.
    let _ = io::stdout().flush();
}

/// The end of an announced line: the time since `began`, then the note.
pub(crate) fn outcome(began: Instant, note: &str) -> String {
    let seconds = began.elapsed().as_secs_f32();
    match note {
        "" => format!("{seconds:.1} s"),
        note => format!("{seconds:.1} s, {note}"),
    }
}
