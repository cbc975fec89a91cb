"""Asks the saved queries and compares: ask.py AGENTD QUERIES EXPECTED

EXPECTED has the records that tests/library/given.sh writes. One agent for each root answers all that is
asked of it. Prints one "ok" or "not ok" line for each query met.
"""
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys


# Together with the indent and what is between them: the 80 columns of a terminal.
NAME_MAX, TITLE_MAX = 22, 54


class Query:
    """A file of queries/: the header as tocsin(1) tells, then SQL."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-4]
        self.pack = os.path.basename(os.path.dirname(path))
        self.headers = collections.defaultdict(list)
        lines = open(path, encoding="utf-8").read().split("\n")
        key = None
        while lines and (lines[0].startswith("--") or not lines[0].strip()):
            line = lines.pop(0)
            new = re.match(r"-- ([a-z-]+): ?(.*)", line)
            if new:
                key = new[1]
                self.headers[key].append(new[2])
            elif line.startswith("--   ") and key:
                self.headers[key][-1] += " " + line[5:]
        self.sql = "\n".join(lines)
        self.params = {}
        for text in self.headers["param"]:
            head = text.split("  ")[0]
            name, has, value = head.partition("=")
            self.params[name] = value if has else None

    def list_of(self, key):
        return [w for text in self.headers[key] for w in re.split(r"[, ]+", text) if w]

    def title_width(self):
        """As listed, with the parameters that must be given behind it."""
        needed = " ".join(name + "=…" for name, value in self.params.items() if value is None)
        return len("".join(self.headers["title"])) + (len(f"  ({needed})") if needed else 0)

    def wrong(self):
        """What the header lacks."""
        for key in ("name", "title", "tags", "about", "key"):
            if not self.headers[key] or not self.headers[key][0].strip():
                yield f"no `-- {key}:`"
        if self.headers["name"] != [self.name]:
            yield "its name is not that of its file"
        if len(self.name) > NAME_MAX:
            yield f"the name has more than {NAME_MAX} letters"
        if self.title_width() > TITLE_MAX:
            yield f"the title is {self.title_width() - TITLE_MAX} columns longer than a line of `tocsin queries` has"
        if self.headers["attack"] and not re.fullmatch(
                r"T\d{4}(\.\d{3})?(, T\d{4}(\.\d{3})?)*", self.headers["attack"][0]):
            yield "`-- attack:` is no list of techniques"
        if self.pack not in ("sweep", "lookup") and None in self.params.values():
            yield "a parameter without a default, so its pack cannot be asked as a whole"


class Agent:
    def __init__(self, program, root):
        if root.startswith("exec:"):
            command = [root[5:]]
        elif root == "/":
            command = [program, "session"]
        else:
            command = [program, "session", "--root", root]
        self.process = subprocess.Popen(command,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.receive()
        self.id = 0

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise EOFError("the agent has ended")
        return json.loads(line)

    def ask(self, sql, params):
        """(columns, rows as dicts of strings), or the error as text."""
        self.id += 1
        request = {"op": "query", "id": self.id, "sql": sql, "params": params}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        columns, rows = [], []
        while True:
            reply = self.receive()
            if reply["op"] == "columns":
                columns = [c["name"] for c in reply["columns"]]
            elif reply["op"] == "rows":
                rows += [dict(zip(columns, map(text_of, r))) for r in reply["rows"]]
            elif reply["op"] == "done":
                return columns, rows
            elif reply["op"] == "error":
                return reply["message"]

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def text_of(cell):
    return "" if cell is None else json.dumps(cell) if isinstance(cell, dict) else str(cell)


def is_like(row, words):
    for word in words:
        column, _, pattern = word.partition("=")
        if not fnmatch.fnmatchcase(row.get(column, "\0"), pattern):
            return False
    return True


def columns_wrong(query, columns):
    for key in ("key", "diff-ignore"):
        for column in query.list_of(key):
            if column not in columns:
                yield f"`-- {key}:` names {column}, which is no column of it"
    if "pid" in columns and "start_time" not in columns:
        yield "has pid without start_time, so no action can be sure of the process"
    if "host" in columns:
        yield "a column called host, which is the console's own"
    if len(set(columns)) < len(columns):
        yield "two columns of one name"


def answer_wrong(answer, kind, words):
    rows = [r for r in answer[1] if is_like(r, words)]
    if kind == "shows" and not rows:
        return f"does not show {' '.join(words)}: {json.dumps(answer[1][:3])}"
    if kind == "hides" and rows:
        return f"shows {json.dumps(rows[0])}"
    return None


def asked(query, params):
    values = dict(query.params)
    for word in params:
        name, _, value = word.partition("=")
        if name not in values:
            return None
        values[name] = value
    return values


def check(agents, program, query, expectations):
    """What is wrong with a query, line by line."""
    yield from query.wrong()
    answers = {}
    for root, params, kind, words in expectations:
        values = asked(query, params)
        if values is None or None in values.values():
            yield f"the parameters are not its own, or not all: {params}"
            continue
        if root not in agents:
            agents[root] = Agent(program, root)
        if (root, params) not in answers:
            answer = answers[root, params] = agents[root].ask(query.sql, values)
            yield from [answer] if isinstance(answer, str) else columns_wrong(query, answer[0])
        answer = answers[root, params]
        if not isinstance(answer, str) and (wrong := answer_wrong(answer, kind, words)):
            yield wrong


def main(program, queries, expected):
    found = {}
    for folder, _, files in os.walk(queries):
        for f in files:
            if f.endswith(".sql"):
                query = Query(os.path.join(folder, f))
                found[query.name] = query
    cases = collections.defaultdict(list)
    for record in open(expected, encoding="utf-8").read().split("\n")[:-1]:
        name, root, params, kind, words = record.split("\x1f")
        cases[name].append((root, tuple(params.split("\x1e")[:-1]), kind, words.split("\x1e")[:-1]))
    agents = {}
    for name, expectations in cases.items():
        if name not in found:
            print(f"not ok {name}: there is no such query")
            continue
        wrong = list(check(agents, program, found[name], expectations))
        kinds = {kind for _, _, kind, _ in expectations}
        if kinds == {"shows"} or kinds == {"hides"} and "quiet" not in sys.argv:
            wrong.append("its case must have both, what shows and what does not")
        print(f"not ok {name}: {'; '.join(wrong)}" if wrong else f"ok {name}")
    for agent in agents.values():
        agent.end()


main(*sys.argv[1:4])
