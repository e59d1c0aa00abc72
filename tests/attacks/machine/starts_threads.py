"""Start threads until nothing else runs on this machine."""

import threading

EARNS = "10"
STOPPED_BY = ("limits",)
TOGETHER_WITH = "own user"  # the kernel does not count what root starts
EVIDENCE = "exhausted"
BOUND = 150


def attack():
    threading.stack_size(2**16)
    over = threading.Event()
    threads = []
    while len(threads) < 200:
        thread = threading.Thread(target=over.wait, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            break
        threads.append(thread)
    print(f"{MARK} got {len(threads)}")
    over.set()
    for thread in threads:
        thread.join()
