#!/usr/bin/env python3
"""Opens every table of a results folder in polars, pandas (pyarrow) and DuckDB and compares it with docs/records.md.

Checked: names, order and types of the columns in each reader; that the readers agree on the rows and on the nulls; that
columns documented as never null have no null; that every number is finite; that keys are unique, sorted where they are
numbers, and join to `runs` or `observations`.

    python .ci/check_records.py results/sweep [docs/records.md]

Needs polars, pandas, pyarrow and duckdb. Prints one line per table; exit code 1 and a list of what is wrong otherwise.
"""

import re
import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet

POLARS = {
    "u32": lambda t: t == polars.UInt32,
    "f64": lambda t: t == polars.Float64,
    "string": lambda t: t == polars.String,
    "hex": lambda t: t == polars.String,
    "enum": lambda t: isinstance(t, polars.Enum),
    "list of f64": lambda t: t == polars.List(polars.Float64),
}
ARROW_TEXT = (pyarrow.string(), pyarrow.large_string(), pyarrow.string_view())
ARROW = {
    "u32": lambda t: t == pyarrow.uint32(),
    "f64": lambda t: t == pyarrow.float64(),
    "string": lambda t: t in ARROW_TEXT,
    "hex": lambda t: t in ARROW_TEXT,
    "enum": lambda t: pyarrow.types.is_dictionary(t) and t.value_type in ARROW_TEXT,
    "list of f64": lambda t: (pyarrow.types.is_list(t) or pyarrow.types.is_large_list(t))
    and t.value_type == pyarrow.float64(),
}
PANDAS = {
    "u32": lambda t: str(t) in ("uint32", "float64"),
    "f64": lambda t: str(t) in ("float64", "object"),  # object: nothing but nulls
    "string": lambda t: str(t) in ("object", "str", "string"),
    "hex": lambda t: str(t) in ("object", "str", "string"),
    "enum": lambda t: isinstance(t, pandas.CategoricalDtype),
    "list of f64": lambda t: str(t) == "object",
}
DUCKDB = {
    "u32": "UINTEGER",
    "f64": "DOUBLE",
    "string": "VARCHAR",
    "hex": "VARCHAR",
    "enum": "VARCHAR",
    "list of f64": "DOUBLE[]",
}

ROW = re.compile(r"^\| `(\w+)` \| ([\w ]+) \| (yes|no) \|")


def documented(path):
    """{table: (key, [(column, type, nullable)])} of the documentation."""
    tables, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:].strip()
            tables[name] = ([], [])
        elif name and line.startswith("Key: "):
            tables[name][0].extend(re.findall(r"`(\w+)`", line))
        elif name and (match := ROW.match(line)):
            tables[name][1].append((match[1], match[2], match[3] == "yes"))
    return tables


def check_types(path, columns, wrong):
    """Names, order and types in each reader. The pandas frame is dropped again: only its types matter."""
    names = [name for name, _, _ in columns]
    schema = polars.read_parquet_schema(path)
    arrow = pyarrow.parquet.read_schema(path)
    described = duckdb.sql(f"describe select * from '{path}'").fetchall()
    duck = {name: kind for name, kind, *_ in described}
    frame = pandas.read_parquet(path, engine="pyarrow")
    readers = [("polars", list(schema)), ("pyarrow", arrow.names), ("duckdb", list(duck)), ("pandas", list(frame.columns))]
    for reader, found in readers:
        if found != names:
            wrong(f"columns in {reader}: {found}, documented: {names}")
            return False
    for name, kind, _ in columns:
        found = [
            ("polars", schema[name], POLARS[kind](schema[name])),
            ("pyarrow", arrow.field(name).type, ARROW[kind](arrow.field(name).type)),
            ("pandas", frame[name].dtype, PANDAS[kind](frame[name].dtype)),
            ("duckdb", duck[name], duck[name] == DUCKDB[kind]),
        ]
        for reader, type_, good in found:
            if not good:
                wrong(f"{name}: type in {reader} is {type_}, documented: {kind}")
    metadata = pyarrow.parquet.read_metadata(path).metadata
    for fact in (b"em.schema_version", b"em.plan_hash", b"em.rng", b"em.rng_version"):
        if fact not in metadata:
            wrong(f"the metadata lack {fact.decode()}")
    return True


def check_values(path, key, columns, wrong):
    """Counts, nulls and finiteness, by two readers independently; the key. Returns the polars frame."""
    frame = polars.read_parquet(path)
    rows, *nulls = duckdb.sql(
        "select count(*)" + "".join(f', count(*) - count("{name}")' for name, _, _ in columns) + f" from '{path}'"
    ).fetchall()[0]
    if rows != frame.height:
        wrong(f"{frame.height} rows in polars, {rows} in duckdb")
    for (name, kind, nullable), duck_nulls in zip(columns, nulls):
        column = frame[name]
        if column.null_count() != duck_nulls:
            wrong(f"{name}: {column.null_count()} nulls in polars, {duck_nulls} in duckdb")
        if column.null_count() and not nullable:
            wrong(f"{name}: {column.null_count()} nulls, documented as never null")
        numbers = column.drop_nulls().explode() if kind == "list of f64" else column
        if kind in ("f64", "list of f64"):
            if kind == "list of f64" and (numbers.null_count() or numbers.len() == 0 < column.drop_nulls().len()):
                wrong(f"{name}: empty lists or nulls in lists")
            if not numbers.drop_nulls().is_finite().all():
                wrong(f"{name}: NaN or infinite numbers")
            inner = f'unnest("{name}")' if kind == "list of f64" else f'"{name}"'
            bad = duckdb.sql(f"select count(*) from (select {inner} as v from '{path}') where not isfinite(v)").fetchall()[0][0]
            if bad:
                wrong(f"{name}: {bad} NaN or infinite numbers in duckdb")
        if kind == "hex" and not column.str.contains("^[0-9a-f]{16}$").all():
            wrong(f"{name}: not 16 hexadecimal digits")
    codes = frame.select(polars.col(name).to_physical() for name in key)
    if codes.is_duplicated().any():
        wrong(f"the key {key} is not unique")
    if not codes.equals(codes.sort(key)):
        wrong(f"the rows are not sorted by {key}")
    return frame


def check_joins(frames, wrong):
    runs = frames["runs"]
    for name, frame in frames.items():
        if name in ("runs", "observations"):
            continue
        foreign = frame.join(runs, on="run", how="anti").height
        if foreign:
            wrong(name, f"{foreign} rows of runs that table runs does not have")
    untimed = runs.join(frames["timings"], on="run", how="anti").height
    if untimed:
        wrong("timings", f"{untimed} runs have no timing")
    told = frames["observations"].group_by("dataset", "draw").agg(
        polars.len().alias("rows"), polars.col("x").list.len().max().alias("features")
    )
    cells = runs.select("dataset", "draw", "n", "d").unique().join(told, on=["dataset", "draw"], how="left")
    for dataset, draw, n, d, rows, features in cells.iter_rows():
        if (rows, features) != (n, d):
            wrong("observations", f"{dataset}, draw {draw}: {rows} × {features}, in runs {n} × {d}")
    labels = frames["assignments"].group_by("run").agg(polars.len().alias("rows")).join(runs, on="run")
    for run, n, rows in labels.filter(polars.col("rows") != polars.col("n")).select("run", "n", "rows").iter_rows():
        wrong("assignments", f"run {run}: {rows} rows assigned of {n}")
    wide = frames["parameters"].join(runs.select("run", "d"), on="run")
    if wide.filter(polars.col("mean").list.len() != polars.col("d")).height:
        wrong("parameters", "means of another dimension than in runs")
    if wide.filter(polars.col("covariance").list.len() != polars.col("d") * polars.col("d")).height:
        wrong("parameters", "covariances of another dimension than in runs")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    default = Path(__file__).resolve().parent.parent / "docs" / "records.md"
    tables = documented(Path(sys.argv[2]) if len(sys.argv) == 3 else default)
    if len(tables) != 7 or not all(key and columns for key, columns in tables.values()):
        sys.exit("the documentation does not describe seven tables with key and columns")
    problems, frames = [], {}

    def wrong(table, what):
        problems.append(f"{table}: {what}")

    for table, (key, columns) in tables.items():
        path = folder / f"{table}.parquet"
        if not path.exists():
            wrong(table, f"{path} is missing")
            continue
        if check_types(path, columns, lambda what: wrong(table, what)):
            frames[table] = check_values(path, key, columns, lambda what: wrong(table, what))
            print(f"{table:13} {frames[table].height:>9} rows × {len(columns):>2} columns")
    if len(frames) == len(tables):
        check_joins(frames, wrong)
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
