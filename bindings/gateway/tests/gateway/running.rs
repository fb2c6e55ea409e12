//! A gateway that runs, and an application behind it.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::message::{DELIVERY_SECRET, SECRET, exchange, try_exchange};

/// Steps of 20 ms until something must have happened.
const STEPS: usize = 1500;

/// A folder for a test, with a configuration and a store in it.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) admin: SocketAddr,
    store: String,
}

/// A running gateway. It is killed where a test has forgotten it.
pub(crate) struct Gateway {
    child: Child,
    log: Arc<Mutex<String>>,
    reading: Option<thread::JoinHandle<()>>,
}

fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

/// Waits for something that must happen.
pub(crate) fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    for _ in 0..STEPS {
        if happened() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("this did not happen: {what}");
}

impl Place {
    /// An empty folder; `name` is the test's own.
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("gateway-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let store = format!("sqlite:{}", folder.join("events.db").display());
        Place { folder, listen: free_address(), admin: free_address(), store }
    }

    /// The same with its events elsewhere: `url` is what the configuration has as `store`.
    pub(crate) fn with_store(name: &str, url: &str) -> Self {
        Place { store: url.to_owned(), ..Place::new(name) }
    }

    /// A source `orders`, and what else the configuration has.
    pub(crate) fn configure(&self, general: &str, deliver_to: &str, source: &str) {
        let Place { listen, admin, store, .. } = self;
        let config = format!(
            "listen = \"{listen}\"\nadmin_listen = \"{admin}\"\nstore = \"{store}\"\n\
             delivery_secrets = [\"{DELIVERY_SECRET}\"]\n{general}\n\
             [[source]]\nname = \"orders\"\npath = \"/hooks/orders\"\nsecrets = [\"{SECRET}\"]\n\
             deliver_to = \"{deliver_to}\"\n{source}\n"
        );
        self.write(&config);
    }

    pub(crate) fn write(&self, config: &str) {
        fs::write(self.config(), config).unwrap();
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("postseal.toml")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("events.db")
    }

    /// Starts the gateway, and waits until it receives.
    pub(crate) fn start(&self) -> Gateway {
        self.start_in(&[])
    }

    /// The same, with these variables.
    pub(crate) fn start_in(&self, variables: &[(&str, PathBuf)]) -> Gateway {
        let variables = variables.iter().map(|(name, value)| (name, value));
        self.started(Command::new(env!("CARGO_BIN_EXE_postseal")).arg("serve").envs(variables))
    }

    /// The same, started by a shell after these commands, which set limits.
    pub(crate) fn start_under(&self, limits: &str) -> Gateway {
        self.started(under(limits).arg("serve"))
    }

    fn started(&self, command: &mut Command) -> Gateway {
        if command.get_envs().all(|(name, _)| name != "POSTSEAL_LOG") {
            command.env("POSTSEAL_LOG", "trace");
        }
        command.arg("--config").arg(self.config());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, written) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let reading = thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut gateway = Gateway { child, log, reading: Some(reading) };
        let ready = b"GET /readyz HTTP/1.1\r\nhost: test\r\n\r\n";
        eventually("the gateway is ready", || {
            assert!(gateway.child.try_wait().unwrap().is_none(), "{}", gateway.log());
            try_exchange(self.admin, ready).is_ok_and(|answer| answer.status == 200)
        });
        gateway
    }

    /// Runs another command of the program on this configuration.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_postseal"))
            .envs(variables.iter().copied())
            .args(arguments)
            .arg("--config")
            .arg(self.config())
            .output()
            .unwrap()
    }

    /// Runs a command to its end, started by a shell after these commands.
    pub(crate) fn output_under(&self, limits: &str, arguments: &[&str]) -> Output {
        under(limits).args(arguments).arg("--config").arg(self.config()).output().unwrap()
    }

    /// What a command writes as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        self.json_with(arguments, &[])
    }

    pub(crate) fn json_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> serde_json::Value {
        let output = self.run_with(&[arguments, &["--json"]].concat(), variables);
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub(crate) fn send(&self, request: &[u8]) -> u16 {
        exchange(self.listen, request).status
    }

    /// A metric's value, 0 where it is not there yet.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        value(&self.metrics(), name).unwrap_or(0.0)
    }

    /// How many events of `orders` are to be delivered; `None` where the store did not say. While
    /// it has none, it says nothing of a source.
    pub(crate) fn pending(&self) -> Option<f64> {
        let metrics = self.metrics();
        let answered = value(&metrics, "postseal_store_up").is_some_and(|up| up == 1.0);
        answered.then(|| value(&metrics, "postseal_pending{source=\"orders\"}").unwrap_or(0.0))
    }

    pub(crate) fn metrics(&self) -> String {
        exchange(self.admin, b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n").body
    }
}

/// The program, started by a shell after these commands.
fn under(limits: &str) -> Command {
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_postseal");
    shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), program]);
    shell
}

fn value(metrics: &str, name: &str) -> Option<f64> {
    let of = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    metrics.lines().find_map(of)
}

impl Gateway {
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Resident memory now and at its peak, in KiB; `None` if the system has no `/proc`.
    pub(crate) fn memory_kib(&self) -> Option<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some((value("VmRSS:")?, value("VmHWM:")?))
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Kills it in the middle of whatever it does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and gives its log.
    pub(crate) fn end(self) -> String {
        self.signal("TERM");
        self.ended()
    }

    /// The same, where it must not take long.
    pub(crate) fn end_within(mut self, longest: Duration) -> String {
        self.signal("TERM");
        let last = Instant::now() + longest;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < last, "it has not ended within {longest:?}");
            thread::sleep(Duration::from_millis(20));
        }
        self.ended()
    }

    fn ended(mut self) -> String {
        let status = self.child.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        self.log()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A delivery, as the application has it.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An application that writes down what it is given, until the test ends.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Delivered>>>,
    status: Arc<Mutex<String>>,
}

impl Application {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let application = Application {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            status: Arc::new(Mutex::new("204 No Content".to_owned())),
        };
        let serving = application.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        application
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    /// What it answers from now on, as `503 Service Unavailable`.
    pub(crate) fn answer(&self, status: &str) {
        *self.status.lock().unwrap() = status.to_owned();
    }

    pub(crate) fn seen(&self) -> Vec<Delivered> {
        self.seen.lock().unwrap().clone()
    }

    /// The senders' ids of what it was given.
    pub(crate) fn seen_ids(&self) -> BTreeSet<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter_map(|delivered| delivered.headers.get("postseal-id").cloned()).collect()
    }

    fn serve(&self, stream: std::net::TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some(delivered) = read_request(&mut reader) {
            self.seen.lock().unwrap().push(delivered);
            let status = self.status.lock().unwrap().clone();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Delivered> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Delivered { headers, body })
}

/// All bytes of all files of a folder.
pub(crate) fn bytes_of(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|file| fs::read(file).unwrap()).collect()
}
