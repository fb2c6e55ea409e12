//! The compiled module, ready to be instantiated: what is done once for a host.

use postseal::{Code, Error};
use wasmtime::{
    Config, Engine, InstancePre, Linker, Module, OptLevel, Store, StoreLimitsBuilder, Strategy,
};

use crate::imports::{self, Surroundings};
use crate::options::HostOptions;
use crate::ticker::{Ticker, ticks};

/// The longest module that is compiled, in bytes: more than ten times the published one.
const MODULE_BYTES_MAX: usize = 4 << 20;
/// Entries of the module's tables: functions that are called by pointer, of which it has some
/// hundred.
const TABLE_ELEMENTS_MAX: usize = 16_384;

/// A compiled module and what each of its instances is given.
pub(crate) struct Compiled {
    template: InstancePre<Surroundings>,
    options: HostOptions,
    _ticker: Ticker,
}

impl Compiled {
    /// Checks and compiles a module.
    ///
    /// # Errors
    /// `unsupported_runtime` for another module than the expected one, or one that this host cannot
    /// compile or link.
    pub(crate) fn new(module: &[u8], options: HostOptions) -> Result<Self, Error> {
        options.trust.check(module)?;
        if module.len() > MODULE_BYTES_MAX {
            return Err(unsupported("the module is longer than 4 MiB"));
        }
        let cannot = |_| unsupported("wasmtime cannot compile the module: is it whole?");
        let engine = Engine::new(&configuration()).map_err(cannot)?;
        let compiled = Module::from_binary(&engine, module).map_err(cannot)?;
        let mut linker = Linker::new(&engine);
        let template = imports::add_to(&mut linker)
            .and_then(|()| linker.instantiate_pre(&compiled))
            .map_err(|_| unsupported("the module imports what this host does not give"))?;
        let ticker = Ticker::start(engine)
            .map_err(|_| unsupported("the operating system gives no thread for deadlines"))?;
        Ok(Compiled { template, options, _ticker: ticker })
    }

    /// An instance, whose start has a deadline as well.
    pub(crate) fn instantiate(
        &self,
    ) -> wasmtime::Result<(Store<Surroundings>, wasmtime::Instance)> {
        let limits = StoreLimitsBuilder::new()
            .instances(1)
            .memories(1)
            .tables(1)
            .memory_size(self.options.memory_bytes_max)
            .table_elements(TABLE_ELEMENTS_MAX)
            .build();
        let surroundings = Surroundings {
            limits,
            clock: self.options.clock.clone(),
            entropy: self.options.entropy.clone(),
        };
        let mut store = Store::new(self.template.module().engine(), surroundings);
        store.limiter(|surroundings| &mut surroundings.limits);
        store.set_epoch_deadline(self.deadline_ticks());
        let instance = self.template.instantiate(&mut store)?;
        Ok((store, instance))
    }

    /// The options of the host.
    pub(crate) fn options(&self) -> &HostOptions {
        &self.options
    }

    /// The deadline of a call, in ticks of the epoch.
    pub(crate) fn deadline_ticks(&self) -> u64 {
        ticks(self.options.deadline)
    }
}

fn configuration() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        // A trap is a trap: where in the module it came from is of no use to an operator.
        .wasm_backtrace_max_frames(None);
    config
}

/// The refusal of a module that this host cannot run.
pub(crate) fn unsupported(why: &'static str) -> Error {
    Error::new(Code::UnsupportedRuntime, why)
}
