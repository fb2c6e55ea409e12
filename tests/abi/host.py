"""A host of the WASI module, from docs/abi.md alone. Throw it away after `module_failed`."""

import secrets
import time

from wasmtime import Engine, Linker, Module, Store, Trap, WasmtimeError


class PostsealError(Exception):
    code = property(lambda self: self.args[0])


def packed(value):
    if isinstance(value, list):
        return b"".join(len(part).to_bytes(4, "little") + part for part in map(packed, value))
    return value if isinstance(value, bytes) else str(value).encode()


class Host:
    def __init__(self, path, engine=Engine()):
        self.store, linker = self.new_store(engine), Linker(engine)
        module = Module.from_file(engine, path)
        for one in module.imports:
            linker.define_func(one.module, one.name, one.type, getattr(self, one.name), True)
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.exports["_initialize"](self.store)

    def new_store(self, engine):
        return Store(engine)

    def random_get(self, caller, pointer, length):
        caller["memory"].write(caller, secrets.token_bytes(length), pointer)
        return 0

    def clock_time_get(self, caller, clock, precision, pointer):
        caller["memory"].write(caller, time.time_ns().to_bytes(8, "little"), pointer)
        return 0

    def call(self, name, *handles, options=None, body=None):
        """Facts and headers, as pairs. What an operation does not take is None, not empty."""
        memory, sent, strings = self.exports["memory"], [], []
        try:
            for part in [packed(one) for one in (options, body) if one is not None]:
                sent += [self.exports["postseal_alloc"](self.store, len(part)), len(part)]
                if not sent[-2]:
                    raise WasmtimeError("no memory is left")
                memory.write(self.store, part, sent[-2])
            answer = self.exports[f"postseal_{name}"](self.store, *handles, *sent)
            pointer, length = answer >> 32 & 0xffffffff, answer & 0xffffffff
            frame = bytes(memory.read(self.store, pointer, pointer + length))
            for memory_to_free in [pointer, *sent[::2]]:
                self.exports["postseal_free"](self.store, memory_to_free)
        except (Trap, WasmtimeError) as error:
            raise PostsealError("module_failed", str(error)) from error
        while frame:
            end = 4 + int.from_bytes(frame[:4], "little")
            strings.append(frame[4:end])
            frame = frame[end:]
        if strings[0] != b"ok":
            raise PostsealError(*[string.decode() for string in strings])
        end = 1 + 2 * [*strings[1::2], b""].index(b"")  # where an empty name ends the facts
        both = strings[1:end], strings[end + 1:]
        return [list(zip(pairs[::2], pairs[1::2], strict=True)) for pairs in both]
