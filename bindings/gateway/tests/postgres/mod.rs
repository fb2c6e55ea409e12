//! A PostgreSQL of its own for tests: a cluster that is made for it, on a free loopback port.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

/// Where Debian has its versions.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Steps of 50 ms until the server must have answered.
const STEPS: usize = 600;

/// A server. Whoever drops it last stops it.
pub(crate) struct PostgresServer {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    options: Vec<String>,
    running: Mutex<Option<Child>>,
    databases: AtomicU32,
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop("INT");
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl PostgresServer {
    /// The server that the tests of a process share while one of them has it. `None`, said aloud,
    /// where there is no PostgreSQL; in CI that is a failure.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start("shared", &[])?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// One of the test's own, which `name` is of, with settings as `ssl=on`.
    pub(crate) fn start(name: &str, settings: &[&str]) -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let started = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = format!("postseal-{name}-{}-{started}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let server = PostgresServer {
            options: settings.iter().flat_map(|&setting| ["-c", setting]).map(Into::into).collect(),
            binaries,
            folder,
            port,
            running: Mutex::new(None),
            databases: AtomicU32::new(0),
        };
        own(&server.folder);
        let made = server
            .command("initdb")
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"])
            .args(["--locale=C", "--pgdata"])
            .arg(server.cluster())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.resume();
        Some(server)
    }

    fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    /// Starts the server, and waits until it answers.
    pub(crate) fn resume(&self) {
        let child = self
            .command("postgres")
            .arg("-D")
            .arg(self.cluster())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .arg("-k")
            .arg(&self.folder)
            .args(&self.options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *self.running.lock().unwrap() = Some(child);
        let answers = || self.psql("postgres", "SELECT 1").is_some();
        for _ in 0..STEPS {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() && answers() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not answer");
    }

    /// Ends it, and cuts its connections: `INT` in order, `QUIT` without a last write, so that it
    /// recovers from its log when it is started again.
    pub(crate) fn stop(&self, signal: &str) {
        self.signal_each("CONT");
        let Some(mut child) = self.running.lock().unwrap().take() else { return };
        send_signal(signal, &[child.id().to_string()]);
        let _ = child.wait();
    }

    /// Signals it and each process that it has for others: `STOP` freezes them, so that whoever has
    /// a connection hears nothing, until `CONT` or the server's end.
    pub(crate) fn signal_each(&self, signal: &str) {
        let running = self.running.lock().unwrap();
        let Some(server) = running.as_ref().map(|child| child.id().to_string()) else { return };
        // It first: while it is frozen, it makes no more of them.
        send_signal(signal, std::slice::from_ref(&server));
        send_signal(signal, &children(&server));
    }

    /// The URL of a database that nobody has used.
    pub(crate) fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("place_{number}");
        self.psql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// What a query answers in the database of a URL, as text.
    pub(crate) fn ask(&self, url: &str, query: &str) -> String {
        self.psql(url.rsplit('/').next().unwrap(), query).unwrap()
    }

    fn psql(&self, database: &str, query: &str) -> Option<String> {
        let output = self
            .command("psql")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres"])
            .args(["-d", database, "-At", "-v", "ON_ERROR_STOP=1", "-c", query])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }

    /// PostgreSQL refuses to run as root: then Debian's user runs it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(&self.folder);
        if let Some((user, group)) = unprivileged() {
            command.uid(user).gid(group);
        }
        command
    }
}

fn send_signal(signal: &str, processes: &[String]) {
    // One of them may just have ended.
    let _ =
        Command::new("kill").args(["-s", signal]).args(processes).stderr(Stdio::null()).status();
}

/// Each is a process group of its own: they are known by their parent.
fn children(parent: &str) -> Vec<String> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let pairs = listed.lines().filter_map(|line| line.trim().split_once(' '));
    pairs.filter(|(_, of)| of.trim() == parent).map(|(id, _)| id.to_owned()).collect()
}

fn binaries() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?.map(|entry| entry.unwrap().path());
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.filter(|path| path.join("bin/initdb").exists()).max_by_key(number)?;
    Some(newest.join("bin"))
}

/// The user and group that the server runs as, where we are root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}

/// Gives a file or folder to the user that the server runs as.
pub(crate) fn own(path: &Path) {
    if let Some((user, group)) = unprivileged() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}
