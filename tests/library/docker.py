# What a docker that is none answers (tests/tools/fakeapi.py): a privileged container, one into which the
# host is mounted, and one as it should be.
import os


def container(letter, name, mounts=()):
    return {"Id": letter * 64, "Names": ["/" + name], "Image": "demo", "ImageID": "sha256:" + "0" * 64, "Command": "demo",
            "Created": 1700000000, "State": "running", "Status": "Up", "Labels": {}, "Ports": [],
            "Mounts": [{"Type": "bind", "Source": s, "Destination": "/x", "Mode": "", "RW": True} for s in mounts]}


def details(privileged):
    return {"State": {"Pid": 0, "StartedAt": "2024-01-02T03:04:05Z", "FinishedAt": "0001-01-01T00:00:00Z"}, "Path": "demo",
            "Config": {"Entrypoint": None, "Env": []}, "HostConfig": {"Privileged": privileged, "SecurityOpt": None}}


containers = [container("a", "demo-privileged"), container("b", "demo-mounts", ["/etc", "/var/run/docker.sock"]),
              container("c", "demo-plain", ["/srv/demo"])]
answers = {"/containers/json": containers}
for c in containers:
    answers[f"/containers/{c['Id']}/json"] = details(c["Names"] == ["/demo-privileged"])
