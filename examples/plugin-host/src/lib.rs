//! A small HTTP endpoint that verifies webhooks in a plugin: postseal's WASI module, loaded from a
//! file at the start, as a proxy loads its plugins.
//!
//! It answers 204 to what is accepted, and the code's status to what is not. Where the module
//! fails, by a trap, a loop or a want of memory, it answers 503, and goes on.

mod plugin;
mod request;
mod timed;

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

pub use plugin::Plugin;
pub use request::Request;
pub use timed::Timed;

use postseal_host::{Error, UnixTime};

/// How long a client may take to send its request whole, and then to take the answer.
const CLIENT_DEADLINE: Duration = Duration::from_secs(10);

/// How long to wait after the system has refused a connection or a thread: there may be one soon.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves one request on each connection, each in a thread of its own, for ever: a peer that takes
/// all connections that there are must not end the program.
pub fn listen(listener: &TcpListener, plugin: &Arc<Plugin>) -> ! {
    loop {
        let plugin = Arc::clone(plugin);
        let served = listener.accept().and_then(|(stream, _)| {
            // A client that goes away is no concern of ours.
            let serve = move || drop(serve_connection(&stream, &plugin));
            thread::Builder::new().spawn(serve)
        });
        if let Err(why) = served {
            eprintln!("a connection is not served: {why}");
            thread::sleep(REFUSED_PAUSE);
        }
    }
}

/// Reads one request, answers it, and tells the log's line.
///
/// The answer is the same for every refusal but for its status: a peer learns no more.
///
/// # Errors
/// Those of the stream.
pub fn serve(
    stream: impl Read,
    mut answer: impl Write,
    plugin: &Plugin,
) -> std::io::Result<String> {
    let (status, line) = match Request::read(BufReader::new(stream), plugin.max_body_bytes()) {
        Ok(request) => match UnixTime::try_from(SystemTime::now()) {
            Ok(now) => verdict(plugin.open(&request, now)),
            Err(error) => verdict(Err(error)),
        },
        Err(status) => (status, "no request that can be read".to_owned()),
    };
    write!(answer, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    answer.flush()?;
    Ok(format!("{status} {line}"))
}

fn serve_connection(stream: &TcpStream, plugin: &Plugin) -> std::io::Result<()> {
    stream.set_write_timeout(Some(CLIENT_DEADLINE))?;
    let line = serve(Timed::new(stream, Instant::now() + CLIENT_DEADLINE), stream, plugin)?;
    eprintln!("{line}");
    Ok(())
}

fn verdict(outcome: Result<String, Error>) -> (u16, String) {
    match outcome {
        Ok(replay_key) => (204, format!("accepted {replay_key}")),
        // Our own mistakes are no fault of the peer's: it shall come again.
        Err(error) if error.status() == 500 => (503, error.to_string()),
        Err(error) => (error.status(), error.to_string()),
    }
}
