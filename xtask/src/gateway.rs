//! The demo's gateway: killed in the middle and started again, and every event arrives.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context, Result, anyhow, bail};

use crate::sealed::PAYLOAD;
use crate::{program, runtime, tool, workspace};

const EVENTS: usize = 40;
/// It is killed when so many have arrived.
const KILLED_AFTER: usize = 10;
const PATIENCE: Duration = Duration::from_secs(60);
const PATH: &str = "/hooks/orders";
const SECRET: &str = "ORDERS_SECRET";
const KEY: &str = "ORDERS_KEY";
const DELIVERY_SECRET: &str = "DELIVERY_SECRET";

/// Events by their id, and how often each has arrived.
type Arrived = Arc<Mutex<BTreeMap<String, usize>>>;

/// A gateway and its keys. It is killed when the demo has ended, however that was.
struct Gateway {
    program: Child,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Where it has ended by itself, there is nothing to end.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Sends events through a gateway that is killed, and says what has become of them.
///
/// # Errors
/// An event that has not arrived, and whatever else goes wrong.
pub(crate) fn show() -> Result<String> {
    let keys = [
        (SECRET, runtime::keygen("signing", "whsec_")?),
        (DELIVERY_SECRET, runtime::keygen("signing", "whsec_")?),
        (KEY, runtime::keygen("encryption", "whenc_")?),
    ];
    let arrived = Arrived::default();
    let application = TcpListener::bind(("127.0.0.1", 0))?;
    let listen = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    configure(listen, application.local_addr()?)?;
    let taking = Arc::clone(&arrived);
    thread::spawn(move || take(&application, &taking));

    let gateway = start(&keys, listen)?;
    let url = format!("http://{listen}{PATH}");
    let sending = {
        let keys = keys.clone();
        thread::spawn(move || (0..EVENTS).try_for_each(|number| send(&url, number, &keys)))
    };
    wait_for(&arrived, KILLED_AFTER)?;
    drop(gateway);
    thread::sleep(Duration::from_millis(200));
    let gateway = start(&keys, listen)?;
    sending.join().map_err(|_| anyhow!("the sender's thread ended early"))??;
    wait_for(&arrived, EVENTS)?;
    drop(gateway);
    let arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
    let repeated = arrived.values().filter(|&&times| times > 1).count();
    Ok(format!(
        "Gateway: {EVENTS} encrypted events sent through `postseal serve`, which was killed after \
         {KILLED_AFTER} had\narrived, and started again: all {} arrived, {repeated} of them twice.",
        arrived.len()
    ))
}

fn configure(listen: SocketAddr, application: SocketAddr) -> Result<()> {
    let folder = workspace::target("demo/gateway");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let config = format!(
        "listen = \"{listen}\"\ndelivery_secrets = [\"env:{DELIVERY_SECRET}\"]\n\n\
         [[source]]\nname = \"orders\"\npath = \"{PATH}\"\nsecrets = [\"env:{SECRET}\"]\n\
         encryption_keys = [\"env:{KEY}\"]\ndeliver_to = \"http://{application}/events\"\n"
    );
    tool::write(&folder.join("postseal.toml"), config)
}

/// Starts the gateway, and waits until somebody listens.
fn start(keys: &[(&str, String)], listen: SocketAddr) -> Result<Gateway> {
    let folder = workspace::target("demo/gateway");
    let log = fs::File::options().create(true).append(true).open(folder.join("log"))?;
    let program = Command::new(program::path())
        .arg("serve")
        .envs(keys.iter().map(|(name, key)| (name, key)))
        .current_dir(&folder)
        .stderr(log)
        .spawn()
        .context("the gateway cannot be started")?;
    let gateway = Gateway { program };
    let began = Instant::now();
    while TcpStream::connect(listen).is_err() {
        if began.elapsed() > PATIENCE {
            bail!("the gateway does not listen: see {}", folder.join("log").display());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(gateway)
}

/// Sends one event, as a user does. While nobody listens, it tries again.
fn send(url: &str, number: usize, keys: &[(&str, String)]) -> Result<()> {
    let mut sending = Command::new(program::path())
        .args(["send", url, "--id", &format!("evt_{number}"), "--max-attempts", "20"])
        .args(["--secret", &format!("env:{SECRET}"), "--encryption-key", &format!("env:{KEY}")])
        .envs(keys.iter().map(|(name, key)| (name, key)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    sending.stdin.take().context("no standard input")?.write_all(PAYLOAD.as_bytes())?;
    match sending.wait()?.success() {
        true => Ok(()),
        false => bail!("evt_{number} was not accepted"),
    }
}

fn wait_for(arrived: &Arrived, events: usize) -> Result<()> {
    let began = Instant::now();
    loop {
        let now = arrived.lock().unwrap_or_else(PoisonError::into_inner).len();
        if now >= events {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("{now} of {events} events have arrived");
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The application: it takes what it is given.
fn take(listener: &TcpListener, arrived: &Arrived) {
    for stream in listener.incoming().map_while(io::Result::ok) {
        let arrived = Arc::clone(arrived);
        // A connection that breaks is the gateway's, which has been killed.
        thread::spawn(move || take_all(stream, &arrived).ok());
    }
}

fn take_all(mut stream: TcpStream, arrived: &Arrived) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut id, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                } else {
                    continue;
                };
            };
            match name.to_ascii_lowercase().as_str() {
                "postseal-id" => value.clone_into(&mut id),
                "content-length" => length = value.parse()?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if body == PAYLOAD.as_bytes() {
            *arrived.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}
