#!/usr/bin/env python3
"""Says how many nanoseconds PyPCAPKit takes for one Mobility Header, given in hexadecimal: the least of many.

    out/oracle/bin/python tools/oracle/pace.py 3b01050000000007...
"""

import io
import sys
import time
import warnings

from pcapkit.protocols.internet.mh import MH

RUNS = 2000


def main(header):
    least = None
    for _ in range(RUNS):
        start = time.perf_counter_ns()
        MH(io.BytesIO(header), len(header), extension=False).info
        taken = time.perf_counter_ns() - start
        least = taken if least is None else min(least, taken)
    print(least)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pace.py HEX")
    warnings.simplefilter("ignore")
    main(bytes.fromhex(sys.argv[1]))
