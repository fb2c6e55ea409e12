"""What a case expects, with a message that says what came instead. No payload or key enters one."""

from program import Failed


def expect_equal(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def expect_code(code, call, *arguments, **options):
    """Expects our side to refuse with a code, and the exit status of a refusal."""
    try:
        call(*arguments, **options)
    except Failed as failed:
        expect_equal("code", failed.code, code)
        expect_equal("exit status", failed.status, 1)
        return
    raise AssertionError(f"accepted, wanted {code}")


def expect_refusal(kind, call, *arguments, **options):
    """Expects the other side to raise this kind of exception."""
    try:
        call(*arguments, **options)
    except kind:
        return
    raise AssertionError(f"accepted, wanted {kind.__name__}")
