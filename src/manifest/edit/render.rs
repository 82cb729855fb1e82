//! Values as text, in the style of what is around them.
use serde_json::{Map, Value};

/// How a document is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Columns from a key to the keys below it.
    pub(super) step: usize,
    /// Columns from a key to the dashes of its list.
    pub(super) dash: usize,
    /// Quotation marks around every text, as in JSON.
    pub(super) json: bool,
}

/// A key, or a text.
pub(super) fn text(text: &str, style: Style) -> String {
    if !style.json && is_plain(text) { text.to_owned() } else { Value::from(text).to_string() }
}

fn is_plain(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    let lower = text.to_ascii_lowercase();
    let is_typed = matches!(lower.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'/');
    let is_amount = ["m", "Ki", "Mi", "Gi", "Ti"].iter().any(|unit| {
        text.strip_suffix(unit).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    is_amount || (starts && !is_typed && text.bytes().all(word))
}

/// The name comes first, as people write it.
fn ordered(map: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let is_name = |key: &&str| matches!(*key, "name" | "type");
    map.iter().filter(move |(k, _)| is_name(&k.as_str())).chain(map.iter().filter(move |(k, _)| !is_name(&k.as_str())))
}

/// On one line.
pub(super) fn flow(value: &Value, style: Style) -> String {
    match value {
        Value::String(s) => text(s, style),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| flow(item, style)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let fields = ordered(map).map(|(key, value)| format!("{}: {}", text(key, style), flow(value, style)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// As JSON is usually printed; the first line stands where it is put, the others `indent` columns in.
pub(super) fn spread(value: &Value, indent: usize, style: Style) -> String {
    let inner = indent + style.step;
    let (open, close, fields): (_, _, Vec<String>) = match value {
        Value::Object(map) if !map.is_empty() => {
            ('{', '}', ordered(map).map(|(k, v)| format!("{}: {}", text(k, style), spread(v, inner, style))).collect())
        }
        Value::Array(items) if !items.is_empty() => {
            ('[', ']', items.iter().map(|item| spread(item, inner, style)).collect())
        }
        other => return flow(other, style),
    };
    let (pad, end) = (" ".repeat(inner), " ".repeat(indent));
    let lines: Vec<String> = fields.into_iter().map(|field| format!("{pad}{field}")).collect();
    format!("{open}\n{}\n{end}{close}", lines.join(",\n"))
}

/// What stands behind `key:`, whose key is `column` columns in: a blank and the value, or lines below it.
pub(super) fn behind_key(value: &Value, column: usize, style: Style) -> String {
    match value {
        Value::Object(map) if !map.is_empty() => {
            format!("\n{}{}", " ".repeat(column + style.step), fields(map, column + style.step, style))
        }
        Value::Array(items) if items.iter().any(|item| !is_scalar(item)) => {
            let column = column + style.dash;
            let pad = " ".repeat(column);
            items.iter().map(|item| format!("\n{pad}- {}", behind_dash(item, column + 2, style))).collect()
        }
        other => format!(" {}", flow(other, style)),
    }
}

/// What stands behind a dash, `column` columns in.
pub(super) fn behind_dash(value: &Value, column: usize, style: Style) -> String {
    match value {
        Value::Object(map) if !map.is_empty() => fields(map, column, style),
        other => flow(other, style),
    }
}

/// The fields of a map, each on its lines; the first one stands where it is put.
fn fields(map: &Map<String, Value>, column: usize, style: Style) -> String {
    let lines = ordered(map).map(|(k, v)| format!("{}:{}", text(k, style), behind_key(v, column, style)));
    lines.collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(column)))
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}
