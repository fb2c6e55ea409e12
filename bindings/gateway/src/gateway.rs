//! The gateway, whole: its parts put together, its reloads, and its end.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use postseal::{Code, Error};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::config::{Bounds, Config, Source};
use crate::housekeeping::Housekeeping;
use crate::operate::admin::Admin;
use crate::operate::alerts::Alerts;
use crate::operate::descriptors::{self, Descriptors};
use crate::operate::metrics::Metrics;
use crate::receive::accept::{REQUEST_BYTES_MAX, Receiving, Routes};
use crate::receive::connection_memory;
use crate::receive::limit::Limiter;
use crate::receive::listener::Listener;
use crate::receive::share::Shares;
use crate::receive::tls::Acceptor;
use crate::store::Store;
use crate::worker::{self, Delivering, Slots};

/// How often files are looked at for a change.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// File systems tell times apart that are so far apart.
const STAMP_AGE: Duration = Duration::from_secs(1);
/// After the time that the configuration gives: for leases to be given back, and for last words.
const LAST_TIME: Duration = Duration::from_secs(5);

/// A running gateway.
pub(crate) struct Gateway {
    path: PathBuf,
    files: Vec<PathBuf>,
    seen: Vec<Option<Stamp>>,
    bounds: Bounds,
    /// Senders' connections, shared among clients.
    connections: Arc<Shares>,
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    alerts: Arc<Alerts>,
    receiving: Arc<Receiving>,
    delivering: Arc<Delivering>,
    acceptor: Option<Acceptor>,
    housekeeping: Arc<Housekeeping>,
    workers: Workers,
    /// Workers that a reload has replaced, and that end what they hold.
    replaced: JoinSet<()>,
    /// The tasks of the sockets, and of the house.
    serving: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// The workers of the sources that hold, and what ends them.
struct Workers {
    running: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Gateway {
    /// Opens the store and the sockets, and begins. `read_at` is when the configuration was read.
    ///
    /// # Errors
    /// `invalid_config` for a socket or certificate that cannot be used; `store_unavailable`.
    pub(crate) async fn begin(
        path: PathBuf,
        config: Config,
        read_at: SystemTime,
    ) -> Result<Self, Error> {
        let Config { listen, admin, bounds, tls, files, redis, log_key, .. } = config;
        let metrics = Arc::new(Metrics::new());
        let acceptor = tls.as_ref().map(Acceptor::new).transpose()?;
        let limiter = Limiter::new(redis.as_ref())?;
        let connections = Shares::new(connections_max(bounds, config.sources.iter())?);
        let socket = bind(listen).await?;
        let store = open(&config.store, &config.warnings, &config.sources).await?;
        let alerts = Alerts::begin(config.alerts, Arc::clone(&metrics));
        let storage_keys = Arc::new(config.storage_keys);
        let delivering = Arc::new(Delivering {
            store: Arc::clone(&store),
            metrics: Arc::clone(&metrics),
            alerts: Arc::clone(&alerts),
            storage_keys: RwLock::new(Arc::clone(&storage_keys)),
            slots: Slots::default(),
        });
        let sources: Vec<_> = config.sources.into_iter().map(Arc::new).collect();
        let receiving = Arc::new(Receiving {
            store: Arc::clone(&store),
            limiter,
            metrics: Arc::clone(&metrics),
            alerts: Arc::clone(&alerts),
            log_key,
            body_timeout: bounds.body_timeout,
            memory: Shares::new(REQUEST_BYTES_MAX),
            routes: RwLock::new(Arc::new(Routes {
                sources: by_path(&sources),
                trusted_proxies: config.trusted_proxies,
                storage_keys,
            })),
            last_needed: Default::default(),
        });
        let housekeeping = Arc::new(Housekeeping {
            store: Arc::clone(&store),
            receiving: Arc::clone(&receiving),
            connections: Arc::clone(&connections),
            set_back_ms: AtomicU64::new(0),
        });
        let stop = watch::Sender::new(false);
        let mut gateway = Gateway {
            path,
            seen: stamps(&files, read_at),
            files,
            bounds,
            connections,
            workers: Workers::begin(&delivering, &sources, &stop, bounds),
            store,
            metrics,
            alerts,
            receiving,
            delivering,
            acceptor,
            housekeeping,
            replaced: JoinSet::new(),
            serving: JoinSet::new(),
            stop,
        };
        gateway.listen(socket);
        gateway.keep_house();
        if let Some(admin) = admin {
            gateway.listen_to_operators(bind(admin.listen).await?, admin.token);
        }
        Ok(gateway)
    }

    fn listen(&mut self, socket: TcpListener) {
        if let Ok(address) = socket.local_addr() {
            tracing::info!(%address, tls = self.acceptor.is_some(), "receiving");
        }
        let listener = Listener {
            socket,
            bounds: self.bounds,
            tls: self.acceptor.clone(),
            connections: Arc::clone(&self.connections),
            memory: Shares::new(connection_memory::bytes_max(self.bounds.connections_max)),
            is_proxy: {
                let receiving = Arc::clone(&self.receiving);
                Arc::new(move |address| receiving.routes().trusts(address))
            },
            metrics: Some(Arc::clone(&self.metrics)),
        };
        let receiving = Arc::clone(&self.receiving);
        let stop = self.stop.subscribe();
        self.serving.spawn(listener.serve(
            Arc::new(move |peer, request| {
                let answer = Arc::clone(&receiving).answer(peer, request);
                async move { answer.await.into_response() }
            }),
            stop,
        ));
    }

    fn listen_to_operators(
        &mut self,
        socket: TcpListener,
        token: Option<zeroize::Zeroizing<String>>,
    ) {
        if let Ok(address) = socket.local_addr() {
            tracing::info!(%address, "operators' port");
        }
        let listener = Listener {
            socket,
            bounds: self.bounds,
            tls: None,
            connections: Shares::new(descriptors::ADMIN),
            memory: Shares::new(connection_memory::bytes_max(descriptors::ADMIN)),
            is_proxy: Arc::new(|_| false),
            metrics: None,
        };
        let (store, metrics) = (Arc::clone(&self.store), Arc::clone(&self.metrics));
        let admin = Arc::new(Admin { store, metrics, token });
        let stop = self.stop.subscribe();
        self.serving.spawn(listener.serve(
            Arc::new(move |_, request| {
                let admin = Arc::clone(&admin);
                async move { admin.answer(request).await }
            }),
            stop,
        ));
    }

    /// Runs until the process is told to end, and ends then in order.
    ///
    /// # Errors
    /// `unsupported_runtime` where no signal can be heard.
    pub(crate) async fn run(mut self) -> Result<(), Error> {
        let hear = |kind| {
            signal(kind).map_err(|why| {
                Error::new(Code::UnsupportedRuntime, format!("signals cannot be heard: {why}"))
            })
        };
        let mut hangup = hear(SignalKind::hangup())?;
        let mut terminate = hear(SignalKind::terminate())?;
        let mut interrupt = hear(SignalKind::interrupt())?;
        let mut watching = interval(WATCH_INTERVAL);
        watching.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => self.reload(),
                _ = watching.tick() => if self.has_changed() { self.reload() },
            }
        }
        self.end().await;
        Ok(())
    }

    /// Whether a file is another one than when it was read.
    fn has_changed(&mut self) -> bool {
        let now: Vec<_> = self.files.iter().map(|file| stamp(file)).collect();
        let changed = now != self.seen;
        self.seen = now;
        changed
    }

    /// Puts what the files say now in place of what they said. Where they cannot be read, all stays
    /// as it is.
    fn reload(&mut self) {
        let reloaded = self.try_reload();
        self.metrics.reloaded(reloaded.is_ok());
        match reloaded {
            Ok(()) => {
                tracing::info!("the configuration was read again");
                let (store, receiving) = (Arc::clone(&self.store), Arc::clone(&self.receiving));
                tokio::spawn(async move {
                    let routes = receiving.routes();
                    let known = names(routes.sources.values().map(Arc::as_ref));
                    warn_of_left_sources(&store, &known).await;
                });
            }
            Err(error) => {
                let (code, why) = (error.code().as_str(), error.message());
                tracing::error!(code, why, "the configuration stays as it was");
            }
        }
    }

    fn try_reload(&mut self) -> Result<(), Error> {
        let read_at = SystemTime::now();
        let config = Config::read(&self.path)?;
        if let (Some(acceptor), Some(tls)) = (&self.acceptor, &config.tls) {
            acceptor.reload(tls)?;
        }
        let sources: Vec<_> = config.sources.into_iter().map(Arc::new).collect();
        self.connections.set_total(connections_max(self.bounds, sources.iter().map(Arc::as_ref))?);
        let storage_keys = Arc::new(config.storage_keys);
        self.alerts.set(config.alerts);
        *self.delivering.storage_keys.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::clone(&storage_keys);
        let routes = Routes {
            sources: by_path(&sources),
            trusted_proxies: config.trusted_proxies,
            storage_keys,
        };
        *self.receiving.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        self.files = config.files;
        self.seen = stamps(&self.files, read_at);
        // The old workers end what they hold beside the new ones, which take the rest.
        let workers = Workers::begin(&self.delivering, &sources, &self.stop, self.bounds);
        let replaced = std::mem::replace(&mut self.workers, workers);
        while self.replaced.try_join_next().is_some() {}
        self.replaced.spawn(replaced.end());
        Ok(())
    }

    fn keep_house(&mut self) {
        let (housekeeping, stop) = (Arc::clone(&self.housekeeping), self.stop.subscribe());
        self.serving.spawn(async move { housekeeping.run(stop).await });
    }

    /// Takes nothing more in, ends what is there, and closes the store. Whatever does not answer is
    /// left behind when the time is up.
    async fn end(self) {
        tracing::info!("ending");
        let Gateway { bounds, mut serving, workers, mut replaced, housekeeping, store, .. } = self;
        self.stop.send_replace(true);
        let ending = async {
            let serving = async { while serving.join_next().await.is_some() {} };
            let replaced = async { while replaced.join_next().await.is_some() {} };
            tokio::join!(serving, workers.end(), replaced);
        };
        if timeout(bounds.shutdown + LAST_TIME, ending).await.is_err() {
            tracing::warn!("not all has ended in time");
        }
        let last = async {
            if let Err(error) = housekeeping.end().await {
                tracing::warn!(why = error.message(), "the use of secrets was not written down");
            }
            store.close().await;
        };
        if timeout(LAST_TIME, last).await.is_err() {
            tracing::warn!("the store was not closed in time");
        }
        tracing::info!("ended");
    }
}

impl Workers {
    fn begin(
        delivering: &Arc<Delivering>,
        sources: &[Arc<Source>],
        ending: &watch::Sender<bool>,
        bounds: Bounds,
    ) -> Self {
        let stop = watch::Sender::new(false);
        let mut running = JoinSet::new();
        for source in sources {
            let (delivering, source) = (Arc::clone(delivering), Arc::clone(source));
            let (stop, ending) = (stop.subscribe(), ending.subscribe());
            running.spawn(worker::run(delivering, source, stop, ending, bounds.shutdown));
        }
        Workers { running, stop }
    }

    async fn end(mut self) {
        self.stop.send_replace(true);
        while self.running.join_next().await.is_some() {}
    }
}

/// Maximum number of senders' connections. Logs a warning if the limit of open files is too low for
/// what is configured.
fn connections_max<'a>(
    bounds: Bounds,
    sources: impl Iterator<Item = &'a Source>,
) -> Result<usize, Error> {
    let Descriptors { connections_max, warning } =
        Descriptors::divide(bounds.connections_max, sources)?;
    warning.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(connections_max)
}

/// Opens the store, and says what an operator should know of it.
async fn open(url: &str, known: &[String], sources: &[Source]) -> Result<Arc<Store>, Error> {
    let store = Store::open(url).await?;
    let durability = store.durability().await?;
    tracing::info!(store = durability.store, "the inbox is open");
    for warning in known.iter().chain(&durability.warnings) {
        tracing::warn!("{warning}");
    }
    store.hold()?;
    warn_of_left_sources(&store, &names(sources.iter())).await;
    Ok(Arc::new(store))
}

/// Says which sources have events and are not in the configuration. A store that is away is
/// everybody's trouble, and is told elsewhere.
async fn warn_of_left_sources(store: &Store, known: &[&str]) {
    for warning in store.left_behind(known).await.unwrap_or_default() {
        tracing::warn!("{warning}");
    }
}

fn names<'a>(sources: impl Iterator<Item = &'a Source>) -> Vec<&'a str> {
    sources.map(|source| source.name.as_str()).collect()
}

fn by_path(sources: &[Arc<Source>]) -> HashMap<String, Arc<Source>> {
    sources.iter().map(|source| (source.path.clone(), Arc::clone(source))).collect()
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|why| {
        Error::new(Code::InvalidConfig, format!("{address} cannot be listened on: {why}"))
    })
}

/// What a file is known by.
type Stamp = (SystemTime, u64, u64);

/// None of a file that may have changed since it was read: it is read once more.
fn stamps(files: &[PathBuf], read_at: SystemTime) -> Vec<Option<Stamp>> {
    let settled = read_at - STAMP_AGE;
    files.iter().map(|file| stamp(file).filter(|(changed_at, ..)| *changed_at < settled)).collect()
}

fn stamp(file: &Path) -> Option<Stamp> {
    let facts = file.metadata().ok()?;
    Some((facts.modified().ok()?, facts.len(), facts.ino()))
}
