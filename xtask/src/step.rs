//! Numbered steps that say what they do while they do it, and how long each one took.

use std::io::{self, Write};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::progress;

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

    /// A step whose work starts at once in the background. The step itself waits for its end.
    pub(crate) fn in_background(
        what: impl Into<String>,
        work: impl FnOnce() -> Result<String> + Send + 'static,
    ) -> Self {
        let began = Instant::now();
        let worker = thread::spawn(move || {
            let note = work()?;
            let seconds = began.elapsed().as_secs_f32();
            Ok(format!("{seconds:.1} s in the background {note}").trim_end().to_owned())
        });
        Step::new(what, || worker.join().map_err(|_| anyhow!("the step's thread panicked"))?)
    }
}

/// Does the steps in order, and stops at the first that fails.
pub(crate) fn run(steps: Vec<Step>) -> Result<()> {
    let total = steps.len();
    for (index, Step { what, work }) in steps.into_iter().enumerate() {
        announced(index + 1, total, &what, work, |done| match done {
            Ok(note) => note.clone(),
            Err(_) => "FAILED".to_owned(),
        })?;
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

/// Prints the name of the work, does it with lines of progress, and prints how long it took, with a
/// note.
pub(crate) fn announced<T>(
    number: usize,
    total: usize,
    what: &str,
    work: impl FnOnce() -> T,
    note: impl FnOnce(&T) -> String,
) -> T {
    print!("[{number}/{total}] {what} … ");
    // A closed pipe is noticed at the next line that is printed.
    let _ = io::stdout().flush();
    let began = Instant::now();
    let (answer, has_progress) = progress::watch(began, work);
    let indent = if has_progress { "\n      " } else { "" };
    println!("{indent}{}", outcome(began, &note(&answer)));
    answer
}

/// The time since `began`, then the note.
fn outcome(began: Instant, note: &str) -> String {
    let seconds = began.elapsed().as_secs_f32();
    match note {
        "" => format!("{seconds:.1} s"),
        note => format!("{seconds:.1} s, {note}"),
    }
}
