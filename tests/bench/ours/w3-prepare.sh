#!/usr/bin/env bash
# Fifty units can be sold; prints what is reserved before.
exec python3 "$(dirname "$0")/hot.py" 50
