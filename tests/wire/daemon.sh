#!/bin/bash
# The wire as session.sh has it, spoken by a worker of the daemon's. Left out is what differs: what hello tells,
# actions, words on standard error (they are the daemon's), what comes in by the environment.
. "$(dirname "$0")/../lib.sh"
need python3
need_root
# shellcheck disable=SC2119 # no options
start_daemon
cat >"$T/agentd" <<EOF
#!/bin/sh
exec "$AGENTD" "\$@" --run-dir "$T/run"
EOF
chmod 755 "$T/agentd"
python3 tests/wire/session.py "$T/agentd" -hello_comes -malformed_lines -over_long_line -full_disk -hangs_in_the_kernel \
	-quick_and_small
