"""The host with scripted imports, and what the cases expect of it, with messages that say more."""

from host import Host, PostsealError


class Scripted(Host):
    """Gives `entropy` first, in order, and notes in `asked` what the module asked its host for."""

    def __init__(self, path):
        self.entropy, self.asked = [], []
        super().__init__(path)
        # With the first handle the instance draws its own number.
        self.free(self.new("receiver_new", []))
        expect_equal("what the first handle asks for", self.asked, [("random_get", 3)])
        self.asked.clear()

    def random_get(self, caller, pointer, length):
        self.asked.append(("random_get", length))
        if not self.entropy:
            return super().random_get(caller, pointer, length)
        given = self.entropy.pop(0)
        if len(given) != length:
            raise AssertionError(f"asked for {length} random bytes, not for {len(given)}")
        caller["memory"].write(caller, given, pointer)
        return 0

    def clock_time_get(self, caller, clock, precision, pointer):
        self.asked.append(("clock_time_get", clock))
        return super().clock_time_get(caller, clock, precision, pointer)

    def new(self, name, options):
        facts, headers = self.call(name, options=options)
        expect_equal(f"headers of {name}", headers, [])
        return int(dict(facts)[b"handle"])

    def free(self, *handles):
        for handle in handles:
            expect_equal("handle_free", self.call("handle_free", handle), [[], []])


def flat(pairs):
    return [part for pair in pairs for part in pair]


def grouped(facts):
    """Facts by name, each a list, for those that stand several times."""
    found = {}
    for name, value in facts:
        found.setdefault(name.decode(), []).append(value)
    return found


def expect_equal(what, got, wanted):
    if got != wanted or type(got) is not type(wanted):
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def expect_members(what, members, required, optional=()):
    """Fails on a member that a runner would overlook."""
    missing, unknown = set(required) - set(members), set(members) - set(required) - set(optional)
    if missing or unknown:
        raise AssertionError(f"{what}: missing {sorted(missing)}, unknown {sorted(unknown)}")


def expect_code(code, call, *arguments, **options):
    got = code_of(call, *arguments, **options)
    if got != code:
        raise AssertionError(f"got {got or 'no refusal'}, wanted {code}")


def code_of(call, *arguments, **options):
    """The code of a refusal, or None. A refusal brings a message."""
    try:
        call(*arguments, **options)
    except PostsealError as refused:
        expect_equal("message of a refusal", bool(refused.args[1]), True)
        return refused.code
    return None
