//! What a long step prints while it works: a line every ten seconds, with the last line that its
//! program printed.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Often enough to see that a step is alive, and seldom enough not to flood a log.
const INTERVAL: Duration = Duration::from_secs(10);
/// Keeps a line of progress within a terminal of 80 columns.
const STATUS_CHARS_MAX: usize = 58;

/// How cargo begins a line about a single crate.
const VERBS: [&str; 4] = ["Checking", "Compiling", "Downloaded", "Downloading"];

/// The last line that a program of the main thread printed.
static STATUS: Mutex<String> = Mutex::new(String::new());

/// Does `work`, and prints a line whenever another ten seconds have passed. Answers whether any was
/// printed.
pub(crate) fn watch<T>(began: Instant, work: impl FnOnce() -> T) -> (T, bool) {
    set_status("");
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let ticker = scope.spawn(move || {
            let mut printed = false;
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                print!("\n      {:>4.0} s  {}", began.elapsed().as_secs_f32(), status());
                // A closed pipe is noticed at the next line that is printed.
                let _ = io::stdout().flush();
                printed = true;
            }
            printed
        });
        let answer = work();
        drop(end);
        (answer, ticker.join().unwrap_or_default())
    })
}

/// Reads all that a program prints, without its progress. Where `shown`, the last line is what
/// the step prints as its progress.
pub(crate) fn read(mut stream: impl Read, shown: bool) -> io::Result<Vec<u8>> {
    let (mut kept, mut line, mut chunk) = (Vec::new(), Vec::new(), [0; 4096]);
    loop {
        let length = match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for &byte in chunk.iter().take(length) {
            line.push(byte);
            if byte == b'\n' || byte == b'\r' {
                let text = readable(&line);
                if shown && text.contains(char::is_alphabetic) {
                    set_status(&text);
                }
                if !is_progress(&line, &text) {
                    kept.append(&mut line);
                }
                line.clear();
            }
        }
    }
    kept.append(&mut line);
    Ok(kept)
}

/// What cargo prints for each crate that it compiles, and its bar, which returns to the start of
/// its line to be overwritten: of use while it happens, and in the way of an error afterwards.
fn is_progress(line: &[u8], text: &str) -> bool {
    let verb = text.split(' ').next().unwrap_or_default();
    line.ends_with(b"\r") || (line.starts_with(b"   ") && VERBS.contains(&verb))
}

/// A line without what controls a terminal, and a bar without its drawing:
/// `   Building [====>   ] 12/60: redis, toml` becomes `Building 12/60: redis, toml`.
fn readable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.replace("\u{1b}[K", "");
    let text = match (text.split_once('['), text.split_once("] ")) {
        (Some((verb, _)), Some((_, rest))) if verb.trim() == "Building" => format!("{verb}{rest}"),
        _ => text,
    };
    text.trim().chars().take(STATUS_CHARS_MAX).collect()
}

fn status() -> String {
    STATUS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn set_status(text: &str) {
    text.clone_into(&mut STATUS.lock().unwrap_or_else(PoisonError::into_inner));
}

#[cfg(test)]
mod tests {
    use super::{read, readable};

    #[test]
    fn progress_is_not_kept() {
        let printed = b"   Compiling a v1\n    Building [==>  ] 1/3: a, b\rerror: no\n   Compiling";
        let kept = read(printed.as_slice(), false).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&kept), "error: no\n   Compiling");
    }

    #[test]
    fn a_bar_is_shown_without_its_drawing() {
        assert_eq!(readable(b"    Building [==>  ] 1/3: a, b\r"), "Building 1/3: a, b");
        assert_eq!(readable(b"\x1b[K   Compiling a [b] c\n"), "Compiling a [b] c");
    }
}
