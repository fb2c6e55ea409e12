//! The module without the host: its exports as a foreign host calls them, and all of its memory.

use wasmtime::{
    Caller, Engine, Extern, Instance, Linker, Memory, Module, Store, Trap, TypedFunc, WasmParams,
};

use crate::loaded::{NOW, module};

/// A compiled module, of which any number of instances can be made.
pub(crate) struct Compiled {
    engine: Engine,
    module: Module,
}

/// An instance whose clock stands still, and whose random bytes count up.
pub(crate) struct Raw {
    store: Store<u8>,
    instance: Instance,
    memory: Memory,
}

/// An answer: its place in memory, its first string, and the rest.
pub(crate) struct Answer {
    pub(crate) pointer: u32,
    pub(crate) status: String,
    pub(crate) strings: Vec<Vec<u8>>,
}

impl Compiled {
    pub(crate) fn new(variable: &str) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module(variable)).expect("a module");
        Compiled { engine, module }
    }

    pub(crate) fn instantiate(&self) -> Raw {
        let (wasi, mut linker) = ("wasi_snapshot_preview1", Linker::new(&self.engine));
        linker.func_wrap(wasi, "random_get", random_get).expect("an import");
        linker.func_wrap(wasi, "clock_time_get", clock_time_get).expect("an import");
        let mut store = Store::new(&self.engine, 0);
        let instance = linker.instantiate(&mut store, &self.module).expect("an instance");
        let memory = instance.get_memory(&mut store, "memory").expect("a memory");
        Raw { store, instance, memory }
    }
}

impl Raw {
    /// Calls an export with places as they are, and reads its answer, which is not freed.
    ///
    /// # Panics
    /// Where the module traps, or its answer is no frame.
    pub(crate) fn call<P: WasmParams>(&mut self, export: &str, parameters: P) -> Answer {
        let answer = self.function::<P, u64>(export).call(&mut self.store, parameters);
        let answer = answer.unwrap_or_else(|why| {
            panic!("{export} trapped: {:?}", why.downcast_ref::<Trap>());
        });
        let [pointer, length] = [answer >> 32, answer & u64::from(u32::MAX)];
        let start = usize::try_from(pointer).expect("a pointer");
        let end = start + usize::try_from(length).expect("a length");
        let bytes = self.memory.data(&self.store).get(start..end).expect("an answer in memory");
        let mut strings = strings(bytes).expect("a frame");
        let status = String::from_utf8(strings.remove(0)).expect("a status");
        Answer { pointer: u32::try_from(pointer).expect("a pointer"), status, strings }
    }

    /// Calls an operation on a frame, and frees the frame and the answer.
    pub(crate) fn on_frame(&mut self, export: &str, frame: &[u8]) -> Answer {
        let place = self.write(frame);
        let answer = self.call(export, (place, length(frame)));
        self.free(place);
        self.free(answer.pointer);
        answer
    }

    /// Calls an operation of a handle on a frame and a body, and frees all.
    pub(crate) fn on_handle(
        &mut self,
        export: &str,
        handle: u64,
        frame: &[u8],
        body: &[u8],
    ) -> Answer {
        let (at, body_at) = (self.write(frame), self.write(body));
        let answer = self.call(export, (handle, at, length(frame), body_at, length(body)));
        self.free_all([at, body_at, answer.pointer]);
        answer
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> u32 {
        let alloc = self.function::<u32, u32>("postseal_alloc");
        let place = alloc.call(&mut self.store, length(bytes)).expect("memory");
        let at = usize::try_from(place).expect("a pointer");
        self.memory.write(&mut self.store, at, bytes).expect("memory of the module");
        place
    }

    pub(crate) fn free(&mut self, place: u32) -> u32 {
        let free = self.function::<u32, u32>("postseal_free");
        free.call(&mut self.store, place).expect("no trap")
    }

    /// Frees pieces that must be there.
    pub(crate) fn free_all(&mut self, places: [u32; 3]) {
        for place in places {
            assert_eq!(self.free(place), 1, "{place} is not there");
        }
    }

    /// All of its memory.
    pub(crate) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    fn function<P: WasmParams, R: wasmtime::WasmResults>(&mut self, name: &str) -> TypedFunc<P, R> {
        self.instance.get_typed_func(&mut self.store, name).expect(name)
    }
}

impl Answer {
    /// A fact, by its name.
    pub(crate) fn fact(&self, name: &str) -> Option<&[u8]> {
        let pairs = self.strings.chunks_exact(2).find(|pair| pair[0] == name.as_bytes());
        pairs.map(|pair| pair[1].as_slice())
    }

    /// The fact that is a handle.
    pub(crate) fn handle(&self) -> u64 {
        assert_eq!(self.status, "ok");
        let text = self.fact("handle").map(String::from_utf8_lossy).expect("a handle");
        text.parse().expect("digits")
    }
}

/// A frame of strings.
pub(crate) fn frame(strings: &[&[u8]]) -> Vec<u8> {
    strings.iter().flat_map(|string| [&length(string).to_le_bytes(), *string].concat()).collect()
}

/// A list of one key, as an option's value.
pub(crate) fn one_key(text: &str, id: &str) -> Vec<u8> {
    let entry = frame(&[b"secret", text.as_bytes(), b"id", id.as_bytes()]);
    frame(&[&entry])
}

pub(crate) fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a short string")
}

fn strings(mut frame: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    while !frame.is_empty() {
        let (length, rest) = frame.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (string, rest) = rest.split_at_checked(length)?;
        strings.push(string.to_vec());
        frame = rest;
    }
    Some(strings)
}

fn random_get(mut caller: Caller<'_, u8>, buffer: u32, length: u32) -> u32 {
    *caller.data_mut() = caller.data().wrapping_add(1).max(1);
    let bytes = vec![*caller.data(); usize::try_from(length).expect("a length")];
    fill(&mut caller, buffer, &bytes)
}

fn clock_time_get(mut caller: Caller<'_, u8>, _clock: u32, _precision: u64, time: u32) -> u32 {
    fill(&mut caller, time, &(NOW * 1_000_000_000).to_le_bytes())
}

fn fill(caller: &mut Caller<'_, u8>, at: u32, bytes: &[u8]) -> u32 {
    let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("a memory");
    memory.write(caller, usize::try_from(at).expect("a pointer"), bytes).expect("in memory");
    0
}
