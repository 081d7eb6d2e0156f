"""Runs a coroutine to its end from code that is not asynchronous."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what a coroutine returns, also where a loop runs already, as in a notebook.

    A running loop is not used, since it is blocked meanwhile; the coroutine gets one of its own, in a
    thread of its own. Whatever interrupts the wait cancels the coroutine.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    return _in_thread(coroutine)


def _in_thread(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    answer: Future[Answer] = Future()
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Answer]]] = Future()

    async def whole() -> Answer:
        task = asyncio.ensure_future(coroutine)
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    def work() -> None:
        try:
            answer.set_result(asyncio.run(whole()))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(error)

    thread = threading.Thread(target=work, name="rustybt-fetch")
    thread.start()
    try:
        return answer.result()
    except BaseException:
        if not answer.done():
            loop, task = begun.result()
            loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join()
