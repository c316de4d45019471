#!/usr/bin/python3
"""PostgreSQL logical replication: two clusters, synced at every commit at both, plain TCP between them. The publisher
takes the records by COPY, 5,000 rows a transaction; the clock runs from the first COPY until the subscriber has confirmed
that it has flushed the last transaction."""

import time

import measure
import sql

ROWS = 5000  # a transaction


def main():
    args = measure.arguments(indexes=3)
    pieces_dir = measure.own_dir(args.dir / "pieces")
    pieces = sql.slices(args.records, pieces_dir, ROWS)
    with measure.Servers() as servers:
        publisher = sql.Cluster(servers, args.dir / "publisher", 1)
        subscriber = sql.Cluster(servers, args.dir / "subscriber", args.indexes)
        publisher.ask("CREATE PUBLICATION records FOR TABLE records")
        # binary: less work and fewer bytes for record and day. synchronous_commit: off is the default of a subscription.
        subscriber.ask(f"CREATE SUBSCRIPTION records CONNECTION 'host=127.0.0.1 port={publisher.port} user=bench "
                       f"password={sql.PASSWORD} dbname=postgres' PUBLICATION records "
                       "WITH (copy_data = false, binary = true, synchronous_commit = 'on')")
        confirmed = "SELECT flush_lsn >= '{}' FROM pg_stat_replication WHERE state = 'streaming'"
        servers.wait_for("the subscription", lambda: publisher.ask(confirmed.format("0/0")) == ["t"])

        wire, cpu = measure.wire_bytes(publisher.port), servers.cpu_s()
        start = time.monotonic()
        for piece in pieces:
            publisher.copy(piece)
        last = publisher.ask("SELECT pg_current_wal_flush_lsn()")[0]
        servers.wait_for("the last transaction", lambda: publisher.ask(confirmed.format(last)) == ["t"],
                         seconds=600, every=0.02)
        seconds = time.monotonic() - start
        cpu, wire = servers.cpu_s() - cpu, measure.wire_bytes(publisher.port) - wire
        there = subscriber.content()
        if there != publisher.content():
            raise SystemExit("the subscriber's rows are not the publisher's")
        measure.report(int(there.split("|")[0]), seconds, cpu, wire, subscriber.disk_bytes(), publisher.disk_bytes())


main()
