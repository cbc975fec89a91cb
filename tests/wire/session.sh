#!/bin/bash
# tocsin-agentd session over pipes, sockets, files and a terminal: order, limits, cancelling,
# back-pressure, readers and writers that misbehave. The cases are in session.py.
. "$(dirname "$0")/../lib.sh"
need python3
python3 tests/wire/session.py "$AGENTD"
