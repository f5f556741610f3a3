//! SARIF 2.1.0: a result for each failure, a rule for each recognised bug or else for each class of verdict.
//!
//! A waived failure is a suppressed result. Passes, skips and what was not selected are only counted, in the
//! properties of the run.

use std::{collections::BTreeMap, io};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Entry, Report, json as kat, write_json};
use crate::{Class, Mark};

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<R>; 1],
}

#[derive(Serialize)]
struct Run<R> {
    tool: Value,
    invocations: [Value; 1],
    results: R,
    properties: Value,
}

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: impl io::Write) -> io::Result<()> {
    let rules = rules(report);
    let order: BTreeMap<_, _> = rules.keys().zip(0_usize..).collect();
    let results = super::Each(|| report.entries().filter_map(|entry| result(report, &order, &entry)));
    let driver = json!({
        "name": "twinlock-kat",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules.values().collect::<Vec<_>>(),
    });
    let notes = report.doubt().map(str::to_owned).into_iter().chain(report.waiver_notes());
    let notes: Vec<_> = notes.map(|text| json!({ "level": "warning", "message": { "text": text } })).collect();
    let invocation = json!({
        "executionSuccessful": report.doubt().is_none(),
        "exitCode": report.exit_code(),
        "toolExecutionNotifications": notes,
    });
    let about = &report.about;
    let properties = json!({
        "implementation": { "name": about.name, "version": about.version, "build": about.build },
        "policy": report.policy.name(),
        "counts": kat::Totals::from(&report.counts()),
        "probes": report.probes,
    });
    let run = Run { tool: json!({ "driver": driver }), invocations: [invocation], results, properties };
    let log = Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
    write_json(&log, out)
}

/// The class of a failure, waived or not.
const fn failed(mark: Mark) -> Option<Class> {
    match mark {
        Mark::Judged(class) if class.is_failure() => Some(class),
        Mark::Waived { class, .. } => Some(class),
        _ => None,
    }
}

fn rule_id<'a>(entry: &Entry<'a>, class: Class) -> &'a str {
    let diagnosis = entry.failure.and_then(|failure| failure.diagnosis.as_ref());
    diagnosis.map_or(class.name(), |diagnosis| diagnosis.name)
}

fn rules(report: &Report) -> BTreeMap<&str, Value> {
    let mut rules = BTreeMap::new();
    for entry in report.entries() {
        let Some(class) = failed(entry.record.mark) else { continue };
        rules.entry(rule_id(&entry, class)).or_insert_with_key(|id| {
            let diagnosis = entry.failure.and_then(|failure| failure.diagnosis.as_ref());
            let (text, help) = match diagnosis {
                Some(diagnosis) => (diagnosis.text.as_str(), diagnosis.standard),
                None => (describe(class), "The standard of the algorithm of each result."),
            };
            json!({ "id": id, "shortDescription": { "text": text }, "help": { "text": help } })
        });
    }
    rules
}

const fn describe(class: Class) -> &'static str {
    match class {
        Class::FailMismatch => "An output is not the expected one.",
        Class::FailAccepted => "Accepted, and must be refused.",
        Class::FailRejected => "Refused, and must be accepted.",
        Class::Crash => "The implementation died, panicked, or answered with an error.",
        Class::Timeout => "The implementation said nothing in time.",
        _ => "The implementation said what is not in the protocol.",
    }
}

fn result(report: &Report, order: &BTreeMap<&&str, usize>, entry: &Entry<'_>) -> Option<Value> {
    let Entry { set, record, failure } = entry;
    let class = failed(record.mark)?;
    let rule = rule_id(entry, class);
    let details: BTreeMap<_, _> = match failure {
        Some(failure) => report.details(failure).into_iter().collect(),
        None => [("algorithm", record.alg.to_string()), ("operation", record.op.to_string())].into(),
    };
    let suppression = |remark| json!({ "kind": "external", "status": "accepted", "justification": remark });
    let mut result = json!({
        "ruleId": rule,
        "ruleIndex": order.get(&rule),
        "level": "error",
        "message": { "text": format!("{}: {}: {}", set.name, record.id, entry.message(class)) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": uri(&set.name) } },
            "logicalLocations": [{ "name": record.id, "fullyQualifiedName": format!("{}: {}", set.name, record.id) }],
        }],
        "partialFingerprints": { "case/v1": format!("{}: {}", set.name, record.id) },
        "properties": details,
    });
    if let (Some(remark), Some(result)) = (report.remark(record.mark), result.as_object_mut()) {
        result.insert("suppressions".into(), json!([suppression(remark)]));
    }
    Some(result)
}

/// The name of a set as a relative reference (RFC 3986 §4.2).
fn uri(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    let encode = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.trim_start_matches('/').bytes().map(encode).collect()
}
