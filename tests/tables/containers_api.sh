#!/bin/bash
# The tables of Docker and LXD, asked of a socket that says what is told here.
. "$(dirname "$0")/../lib.sh"
need python3 unshare
need_root

# The sockets stand in a /run and /var/lib of our own.
within -m
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib || all_skipped "cannot mount"
docker=/var/run/docker.sock
lxd=/var/lib/lxd/unix.socket

rows() {
	run "$AGENTD" query -o tsv "$1"
	out=$(tail -n +2 <<<"$out")
}

rows "select (select count(*) from docker_containers), (select count(*) from docker_info), (select count(*) from lxd_instances)"
is api_absent "$out$err" "0	0	0"

cat >"$T/answers" <<'PY'
import os
A, B, IMAGE = "a" * 64, "b" * 64, "c" * 64
containers = [
    {"Id": A, "Names": ["/web", "/other"], "Image": "nginx:1", "ImageID": "sha256:" + IMAGE, "Command": "nginx -g", "Created": 1700000000,
     "State": "running", "Status": "Up 2 hours", "Labels": {"k": "v", "k2": ""},
     "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}, {"PrivatePort": 53, "Type": "udp"}],
     "Mounts": [{"Type": "bind", "Source": "/srv", "Destination": "/data", "Mode": "ro", "RW": False, "Propagation": "rprivate"}],
     "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "n1", "EndpointID": "e1", "Gateway": "172.17.0.1", "IPAddress": "172.17.0.2",
        "IPPrefixLen": 16, "GlobalIPv6Address": "fd00::2", "IPv6Gateway": "fd00::1", "GlobalIPv6PrefixLen": 64, "MacAddress": "02:42:ac:11:00:02"}}}},
    {"Id": B, "Names": ["/old"], "Image": "job", "State": "exited", "Labels": {}, "Ports": [], "Mounts": []}]
details = {"State": {"Pid": os.getpid(), "StartedAt": "2024-01-02T03:04:05Z", "FinishedAt": "0001-01-01T00:00:00Z"}, "Path": "nginx",
    "Config": {"Entrypoint": ["/entry", "-x"], "Env": ["PATH=/bin", "EMPTY=", "WITH=a=b"]},
    "HostConfig": {"Privileged": True, "SecurityOpt": ["seccomp=unconfined", "label=disable"], "ReadonlyRootfs": False}}
def titles(*rows): return {"Titles": [], "Processes": [list(r) for r in rows]}
answers = {
    "/version": {"Version": "24.0", "ApiVersion": "1.43", "MinAPIVersion": "1.12", "GitCommit": "abc", "GoVersion": "go1", "Os": "linux", "Arch": "amd64",
        "KernelVersion": "6.1", "BuildTime": "2023"},
    "/info": {"ID": "id-1", "Containers": 2, "ContainersRunning": 1, "Images": 3, "Driver": "overlay2", "MemoryLimit": True, "NCPU": 4, "MemTotal": 8589934592,
        "Name": "box", "DockerRootDir": "/var/lib/docker", "CgroupDriver": None, "ContainersPaused": 5, "ContainersStopped": 6, "SwapLimit": False, "KernelMemory": True,
        "CpuCfsPeriod": True, "CpuCfsQuota": False, "CPUShares": True, "CPUSet": False, "IPv4Forwarding": True, "BridgeNfIptables": False, "BridgeNfIp6tables": True,
        "OomKillDisable": False, "LoggingDriver": "journald", "KernelVersion": "6.1.0", "OperatingSystem": "Debian", "OSType": "linux", "Architecture": "x86_64",
        "HttpProxy": "http://p", "HttpsProxy": "http://s", "NoProxy": "local", "ServerVersion": "24.0.5"},
    "/containers/json": containers,
    '/containers/json?all=1&filters=%7B%22id%22%3A%7B%22aaaaaaaaaaaa%22%3Atrue%7D%7D': containers[:1],
    f"/containers/{A}/json": details,
    f"/containers/{B}/json": {"State": {"Pid": 0, "FinishedAt": "2024-02-03T00:00:00Z"}, "Config": {"Entrypoint": None, "Env": None}, "HostConfig": {}},
    f"/containers/aaaaaaaaaaaa/json": details,
    f"/containers/{A}/top": titles(["17", "S", "0", "1", "2", "3", "4", "5", "100", "200", "60", "1", "17", "3", "-5", "root", "1-00:00:09", "0.5", "1.5", "nginx",
        "nginx: master process"], ["short"]),
    f"/containers/{A}/changes": [{"Path": "/etc/x", "Kind": 1}, {"Path": "/y", "Kind": 0}, {"Path": "/z", "Kind": 2}],
    f"/containers/{A}/stats": {"name": "/web", "read": "2024-01-02T03:04:06.5Z", "preread": "2024-01-02T03:04:05.25Z", "pids_stats": {"current": 7},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 5}, {"op": "Write", "value": 6}, {"op": "Read", "value": 7}]},
        "cpu_stats": {"cpu_usage": {"total_usage": 99, "usage_in_kernelmode": 40}, "system_cpu_usage": 1234, "online_cpus": 2}, "num_procs": 8,
        "precpu_stats": {"cpu_usage": {"total_usage": 98, "usage_in_kernelmode": 39, "usage_in_usermode": 38}, "system_cpu_usage": 1233, "online_cpus": 1},
        "memory_stats": {"usage": 1000, "max_usage": 1500, "stats": {"cache": 10, "inactive_file": 11, "total_inactive_file": 12}, "limit": 2000},
        "networks": {"eth0": {"rx_bytes": 100, "tx_bytes": 10}, "eth1": {"rx_bytes": 1, "tx_bytes": 2}}},
    "/images/json": [{"Id": "sha256:" + IMAGE, "Created": 1600000000, "Size": 123, "RepoTags": ["nginx:1", "nginx:latest"], "Labels": {"l": "w"}},
        {"Id": "sha256:" + "d" * 64, "RepoTags": None, "Labels": None}],
    f"/images/{IMAGE}/json": {"RootFS": {"Layers": ["sha256:l1", "sha256:l2"]}},
    f"/images/{IMAGE}/history": [{"Created": 5, "Size": 6, "CreatedBy": "RUN x", "Tags": ["a", "b"], "Comment": "c"}, {"Tags": None}],
    "/networks": [{"Id": "e" * 64, "Name": "bridge", "Driver": "bridge", "Created": "2024-01-02T03:04:05.6+01:00", "EnableIPv6": True,
        "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]}, "Labels": {"n": "1"}}],
    "/volumes": {"Volumes": [{"Name": "data", "Driver": "local", "Mountpoint": "/m", "Options": {"type": "nfs"}, "Labels": {"q": "r"}}, {"Name": "abc", "Labels": None}]},
    # LXD
    "/1.0/instances": {"metadata": ["/1.0/instances/c1", "/1.0/instances/gone"]},
    "/1.0/instances/c1": {"metadata": {"name": "c1", "status": "Running", "stateful": False, "ephemeral": True, "created_at": "2024", "architecture": "x86_64",
        "config": {"volatile.base_image": "f00", "image.os": "Debian", "image.description": "A Debian", "k": "v"},
        "expanded_devices": {"root": {"type": "disk", "path": "/", "pool": "default"}}}},
    "/1.0/instances/c1/state": {"metadata": {"pid": 4711, "processes": 12}},
    "/1.0/certificates": {"metadata": ["/1.0/certificates/f1"]},
    "/1.0/certificates/f1": {"metadata": {"name": "me", "type": "client", "fingerprint": "f1", "certificate": "PEM"}},
    "/1.0/cluster": {"metadata": {"server_name": "box", "enabled": True, "member_config": [{"entity": "storage-pool", "name": "p", "key": "source", "value": "", "description": "d"}]}},
    "/1.0/cluster/members": {"metadata": ["/1.0/cluster/members/box"]},
    "/1.0/cluster/members/box": {"metadata": {"server_name": "box", "url": "https://x", "database": True, "status": "Online", "message": "fine"}},
    "/1.0/images": {"metadata": ["/1.0/images/f00"]},
    "/1.0/images/f00": {"metadata": {"fingerprint": "f00", "architecture": "x86_64", "properties": {"os": "Debian", "release": "bookworm", "description": "x"},
        "aliases": [{"name": "a1"}, {"name": "a2"}], "filename": "f", "size": 5, "auto_update": True, "cached": False, "public": False, "created_at": "2024-01-01", "expires_at": "2025", "uploaded_at": "2024-02",
        "last_used_at": "2024-03", "update_source": {"server": "https://s", "protocol": "simplestreams", "certificate": "PEM", "alias": "debian/12"}}},
    "/1.0/networks": {"metadata": ["/1.0/networks/lxdbr0"]},
    "/1.0/networks/lxdbr0": {"metadata": {"name": "lxdbr0", "type": "bridge", "managed": True, "config": {"ipv4.address": "10.0.0.1/24", "ipv6.address": "none"},
        "used_by": ["/1.0/instances/c1", "/1.0/containers/c2", "/1.0/profiles/default"]}},
    "/1.0/networks/lxdbr0/state": {"metadata": {"hwaddr": "00:16", "state": "up", "mtu": 1500, "counters": {"bytes_received": 1, "bytes_sent": 2, "packets_received": 3, "packets_sent": 4}}},
    "/1.0/storage-pools": {"metadata": ["/1.0/storage-pools/default"]},
    "/1.0/storage-pools/default": {"metadata": {"name": "default", "driver": "zfs", "config": {"source": "tank", "size": "10GB"}}},
    "/1.0/storage-pools/default/resources": {"metadata": {"space": {"used": 1, "total": 2}, "inodes": {"used": 3, "total": 4}}},
}
PY
background tests/tools/fakeapi.py "$T/answers" $docker $lxd
wait_for 10 test -S $docker -a -S $lxd || fail api_server "does not start"

A=$(printf 'a%.0s' {1..64})
C=$(printf 'c%.0s' {1..64})
rows "select version, api_version, min_api_version, git_commit, go_version, os, arch, kernel_version, build_time from docker_version"
is docker_version "$out$err" "24.0	1.43	1.12	abc	go1	linux	amd64	6.1	2023"
rows "select * from docker_info"
is docker_info "$out$err" "id-1	2	1	5	6	3	overlay2	1	0	1	1	0	1	0	1	0	1	0	journald		6.1.0	Debian	linux	x86_64	4	8589934592	http://p	http://s	local	box	24.0.5	/var/lib/docker"
rows "select name, image, image_id = '$C', command, created, state, status, pid = $pid, path, config_entrypoint, started_at, finished_at, privileged, security_options,
	env_variables, readonly_rootfs, cgroup_namespace || ' ' || ipc_namespace || ' ' || mnt_namespace || ' ' || net_namespace || ' ' || pid_namespace || ' ' ||
	user_namespace || ' ' || uts_namespace from docker_containers"
namespaces=$(for n in cgroup ipc mnt net pid user uts; do readlink /proc/$pid/ns/$n | tr -dc '0-9\n'; done | xargs)
is docker_containers "$out$err" "$(printf '%s\n' \
	'/web	nginx:1	1	nginx -g	1700000000	running	Up 2 hours	1	nginx	/entry, -x	2024-01-02T03:04:05Z		1	seccomp=unconfined, label=disable	PATH=/bin, EMPTY=, WITH=a=b	0	'"$namespaces" \
	'/old	job	0		0	exited		0				2024-02-03T00:00:00Z	0			0	')"
: >"$T/answers.log"
rows "select id, name from docker_containers where id = 'aaaaaaaaaaaa'"
is docker_container_by_prefix "$out" "aaaaaaaaaaaa	/web"
is docker_container_one_question "$(cat "$T/answers.log")" '/containers/json?all=1&filters=%7B%22id%22%3A%7B%22aaaaaaaaaaaa%22%3Atrue%7D%7D'
rows "select id = '$A', key, value from docker_container_labels"
is docker_container_labels "$out" "$(printf '1\tk\tv\n1\tk2\t')"
rows "select id = '$A', key, value from docker_container_envs"
is docker_container_envs "$out" "$(printf '1\tPATH\t/bin\n1\tEMPTY\t\n1\tWITH\ta=b')"
rows "select type, port, host_ip, host_port from docker_container_ports"
is docker_container_ports "$out" "$(printf 'tcp\t80\t0.0.0.0\t8080\nudp\t53\t\t0')"
rows "select type, name, source, destination, driver, mode, rw, propagation from docker_container_mounts"
is docker_container_mounts "$out" "bind		/srv	/data		ro	0	rprivate"
rows "select name, network_id, endpoint_id, gateway, ip_address, ip_prefix_len, ipv6_gateway, ipv6_address, ipv6_prefix_len, mac_address from docker_container_networks"
is docker_container_networks "$out" "bridge	n1	e1	172.17.0.1	172.17.0.2	16	fd00::1	fd00::2	64	02:42:ac:11:00:02"
rows "select pid, name, cmdline, state, uid, gid, euid, egid, suid, sgid, resident_size, total_size, abs(start_time - strftime('%s') + 60) < 60, parent, pgroup, threads, nice,
	user, time, cpu, mem from docker_container_processes where id = '$A' and pid is not null"
is docker_container_processes "$out" "17	nginx	nginx: master process	S	0	1	2	3	4	5	102400	204800	1	1	17	3	-5	root	1-00:00:09	0.5	1.5"
rows "select path, change_type from docker_container_fs_changes where id = '$A'"
is docker_container_fs_changes "$out" "$(printf '/etc/x\tA\n/y\tC\n/z\tD')"
rows "select * from docker_container_stats where id = '$A'"
is docker_container_stats "$out" "$A	/web	7	1704164646	1704164645	1250000000	12	6	8	99	40	0	1234	2	98	39	38	1233	1	1000	10	11	12	1500	2000	101	12"
rows "select count(*) from docker_container_stats where id in ('../../x', 'zz', '')"
is docker_id_that_is_none "$out$err" 0
rows "select id = '$C', created, size_bytes, tags from docker_images"
is docker_images "$out" "$(printf '1\t1600000000\t123\tnginx:1,nginx:latest\n0\t0\t0\t')"
rows "select key, value from docker_image_labels"
is docker_image_labels "$out" "l	w"
rows "select id = '$C', layer_id, layer_order from docker_image_layers"
is docker_image_layers "$out" "$(printf '1\tl1\t1\n1\tl2\t2')"
rows "select created, size, created_by, tags, comment from docker_image_history where id = '$C'"
is docker_image_history "$out" "$(printf '5\t6\tRUN x\ta,b\tc\n0\t0\t\t\t')"
rows "select name, driver, created, enable_ipv6, subnet, gateway from docker_networks"
is docker_networks "$out" "bridge	bridge	1704161045	1	172.17.0.0/16	172.17.0.1"
rows "select key, value from docker_network_labels"
is docker_network_labels "$out" "n	1"
rows "select * from docker_volumes"
is docker_volumes "$out" "$(printf 'data\tlocal\t/m\tnfs\nabc\t\t\t')"
rows "select * from docker_volume_labels where name = 'data'"
is docker_volume_labels "$out" "data	q	r"
rows "select count(*) from docker_volumes where name = 'a'"
is docker_volume_no_prefix "$out" 0

rows "select * from lxd_instances"
is lxd_instances "$out" "c1	Running	0	1	2024	f00	x86_64	Debian	A Debian	4711	12"
rows "select name, pid from lxd_instances where name = 'c1'"
is lxd_instance_by_name "$out" "c1	4711"
rows "select * from lxd_instance_config where name = 'c1' and key in ('k', 'image.os') order by key"
is lxd_instance_config "$out" "$(printf 'c1\timage.os\tDebian\nc1\tk\tv')"
rows "select * from lxd_instance_devices where name = 'c1' order by key"
is lxd_instance_devices "$out" "$(printf 'c1\troot\tdisk\tpath\t/\nc1\troot\tdisk\tpool\tdefault')"
rows "select * from lxd_certificates"
is lxd_certificates "$out" "me	client	f1	PEM"
rows "select * from lxd_cluster"
is lxd_cluster "$out" "box	1	storage-pool	p	source		d"
rows "select * from lxd_cluster_members"
is lxd_cluster_members "$out" "box	https://x	1	Online	fine"
rows "select * from lxd_images"
is lxd_images "$out" "f00	x86_64	Debian	bookworm	x	a1,a2	f	5	1	0	0	2024-01-01	2025	2024-02	2024-03	https://s	simplestreams	PEM	debian/12"
rows "select * from lxd_networks"
is lxd_networks "$out" "lxdbr0	bridge	1	10.0.0.1/24	none	c1,c2,/1.0/profiles/default	1	2	3	4	00:16	up	1500"
rows "select * from lxd_storage_pools"
is lxd_storage_pools "$out" "default	zfs	tank	10GB	1	2	3	4"
rows "select count(*) from lxd_instance_config where name = '../../1.0/x y'"
is lxd_odd_name "$out" 0

# ---- Hostile answers ----

hostile() {
	kill "$pid"
	wait "$pid" 2>/dev/null
	rm -f $docker $lxd
	printf '%s\n' "$1" >"$T/answers"
	background tests/tools/fakeapi.py "$T/answers" $docker
	wait_for 10 test -S $docker
}
hostile 'chunked = True
answers = {"/version": {"Version": "chunked"}}'
rows "select version from docker_version"
is api_chunked "$out$err" chunked
hostile 'answers = {"/version": "endless", "/info": b"SSH-2.0-x\r\n\r\n", "/networks": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "/images/json": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n", "/volumes": b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100000,
    "/containers/json": b"HTTP/1.1 500 No\r\n\r\n"}'
for t in version info networks images volumes containers; do
	rows "select count(*) from docker_$t"
	is "api_hostile_$t" "$status $(tail -n 1 <<<"$out" | grep -cx '[01]')" "0 1"
	has "api_hostile_${t}_says" "$err" "docker_$t: /var/run/docker.sock: |docker_$t: .* not JSON"
done
hostile 'answers = {"/version": [1, [2], {"Version": {}}, "x", None], "/info": {"ID": [1], "Containers": "x", "NCPU": 1e300}, "/containers/json": {"Id": 5, "Labels": [1], "Mounts": {"a": 1}}}'
rows "select (select count(*) from docker_version), (select count(*) from docker_info where containers = 0), (select count(*) from docker_containers),
	(select count(*) from docker_container_labels), (select count(*) from docker_container_mounts)"
is api_other_shapes "$status $out" "0 5	1	1	1	1"
