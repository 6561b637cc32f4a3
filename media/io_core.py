"""When to wake up for datagrams. Pure: counts go in, the next waiting time comes out.

A process that wakes for each datagram spends most of its time on waking up. A short tick gathers datagrams and handles
them together, at the price of a millisecond or two; it is worth it only under load, because a tick wakes up whether or
not something came.
"""

from __future__ import annotations

#: two ticks' worth of wake-ups a second: below that the tick would save nothing
BUSY_WAKEUPS = 1_000.0
#: datagrams a second below which waiting for each is cheaper again
CALM_DATAGRAMS = 600.0
#: above it one tick of the longer kind would overflow a batch
DENSE_DATAGRAMS = 24_000.0
LONG_TICK_S, SHORT_TICK_S = 0.002, 0.001


def next_tick(current: float, wakeups: float, datagrams: float) -> float:
    """The tick to use from now on in seconds, 0 to wake up for each datagram.

    ``current`` is the tick in use, ``wakeups`` and ``datagrams`` were counted per second since the last question.
    """
    busy = datagrams >= CALM_DATAGRAMS if current else wakeups >= BUSY_WAKEUPS
    if not busy:
        return 0.0
    return SHORT_TICK_S if datagrams >= DENSE_DATAGRAMS else LONG_TICK_S
