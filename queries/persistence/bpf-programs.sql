-- name: bpf-programs
-- title: BPF programs that watch calls, functions or packets
-- tags: persistence, kernel, rootkit
-- attack: T1014, T1205.002
-- about: Tracing programs can read passwords and hide processes; socket filters wait for a magic packet.
--   systemd (cgroup types, left out), Cilium, Falco, Tetragon, Datadog and other agents load some: compare
--   with hosts of one kind. The tag is a hash of the program.
-- key: type, name, tag
-- diff-ignore: id, load_time, uid, map_ids
select id, type, name, tag, uid, load_time, xlated_size, map_ids
from bpf_programs
where type not like 'cgroup%' and type not in ('lirc_mode2', 'flow_dissector')
