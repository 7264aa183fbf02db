#!/usr/bin/env bash
# Prints what is reserved now.
exec python3 "$(dirname "$0")/hot.py"
