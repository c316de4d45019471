#!/usr/bin/python3
"""The pairs that peers.sh measured, ours directly before each peer, as two tables of Markdown or as one JSON document."""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess

# What a system promises when it counts a record as arrived. PEERS.md has the settings behind each word.
PROMISES = {
    "ours": ("both ends", "records, end to end; link", "every batch", "record, subject, catalogue+date"),
    "nats": ("no: every 2 min", "link (TLS)", "no", "sequence number"),
    "postgres-1": ("both ends", "no", "no", "record"),
    "postgres-3": ("both ends", "no", "no", "record, subject, catalogue+date"),
    "sftp-5000": ("far end", "link (SSH)", "no", "record, subject, catalogue+date"),
    "sftp-whole": ("far end", "link (SSH)", "no", "record, subject, catalogue+date"),
}
NAMES = {
    "ours": "Xinwang hop, child → parent",
    "nats": "NATS JetStream, leaf → hub",
    "postgres-1": "PostgreSQL logical replication, 1 index",
    "postgres-3": "PostgreSQL logical replication, 3 indexes",
    "sftp-5000": "CSV by sftp and COPY, 5,000 rows a file",
    "sftp-whole": "CSV by sftp and COPY, one file",
}
# Figure, heading, decimals.
FIGURES = [
    ("records_per_s", "records/s", 0),
    ("cpu_s_per_million", "CPU-s / M", 1),
    ("wire_bytes_per_record", "wire B", 0),
    ("disk_bytes_per_record", "disk B, receiver", 0),
    ("child_disk_bytes_per_record", "disk B, sender", 0),
]


def first_line(command, **how):
    try:
        done = subprocess.run(command, capture_output=True, text=True, **how)
        return (done.stdout or done.stderr).splitlines()[0].strip()
    except (OSError, IndexError):
        return "?"


def machine():
    cpus = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")]
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 1e6
    version = lambda package: first_line(["dpkg-query", "-W", "-f=${Version}", package])
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "processors": f"{len(cpus)} × {cpus[0] if cpus else os.uname().machine}",
        "memory_gb": round(memory, 1),
        "kernel": os.uname().release,
        "load_after": round(os.getloadavg()[0], 1),
        "nats_server": version("nats-server"),
        "postgresql": version("postgresql-15"),
        "openssh": version("openssh-server"),
    }


def medians(runs):
    return {name: statistics.median(run[name] for run in runs) for name, _, _ in FIGURES}


def ratios(pair):
    return {name: pair["ours"][name] / pair["theirs"][name] for name, _, _ in FIGURES}


def row(cells):
    return "| " + " | ".join(cells) + " |"


def heading(cells, words):
    return [row(cells), row(["---" if i in words else "---:" for i in range(len(cells))])]


def figures_table(systems):
    out = heading(["system"] + [title for _, title, _ in FIGURES] + ["synced", "encrypted", "signed", "indexed by"],
                  words={0, 6, 7, 8, 9})
    for name, figures in systems.items():
        out.append(row([NAMES[name]] + [f"{figures[key]:,.{digits}f}" for key, _, digits in FIGURES]
                       + list(PROMISES[name])))
    return out


def ratios_table(pairs):
    out = heading(["ours / theirs"] + [title for _, title, _ in FIGURES], words={0})
    for pair in pairs:
        found = ratios(pair)
        out.append(row([NAMES[pair["system"]]] + [f"{found[key]:.2f}" for key, _, _ in FIGURES]))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=pathlib.Path, required=True)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("-o", dest="form", choices=["table", "json"], default="table")
    args = parser.parse_args()
    pairs = [json.loads(line) for line in args.pairs.read_text().splitlines()]
    for pair in pairs:
        for whose in ("ours", "theirs"):
            if pair[whose]["records"] != args.records:
                raise SystemExit(f"{pair['system']}, {whose}: {pair[whose]['records']} records arrived of {args.records}")

    systems = {"ours": medians([pair["ours"] for pair in pairs])}
    for name in dict.fromkeys(pair["system"] for pair in pairs):
        systems[name] = medians([pair["theirs"] for pair in pairs if pair["system"] == name])
    if args.form == "json":
        print(json.dumps({"schema": "xinwang.peers/1", "machine": machine(), "records": args.records,
                          "record_bytes": pairs[0]["ours"]["record_bytes"],
                          "pairs": [pair | {"ratio": ratios(pair)} for pair in pairs]}, ensure_ascii=False))
        return
    at = machine()
    print(f"{at['date']}, {at['processors']}, {at['memory_gb']:.0f} GB, Linux {at['kernel']}; nats-server "
          f"{at['nats_server']}, PostgreSQL {at['postgresql']}, OpenSSH {at['openssh']}.\n{args.records:,} records of "
          f"{pairs[0]['ours']['record_bytes']:.0f} bytes; ours is the median of {len(pairs)} runs.\n")
    print("\n".join(figures_table(systems) + [""] + ratios_table(pairs)))


main()
