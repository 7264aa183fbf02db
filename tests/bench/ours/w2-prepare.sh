#!/usr/bin/env bash
# Orders of three lines, authorized, picked and ready to leave: their fulfillments are what the workload draws from.
exec python3 "$(dirname "$0")/picked.py" "${W2_POOL:-3000}" > "$BENCH_DIR/ids/ours_w2.txt"
