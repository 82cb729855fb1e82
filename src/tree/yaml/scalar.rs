//! What an unquoted word means: as `kubectl` reads it, which is YAML 1.1 as go-yaml v2 understands it.
//!
//! Every branch here was compared with `sigs.k8s.io/yaml` 1.6. The surprises are its own: `on` and `y` are booleans,
//! `0644` and `0o644` are 420, `08` is 8, `1e3` is 1000, a number too large for a float is a string.

use super::error::Problem;
use crate::tree::Value;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use granit_parser::{ScalarStyle, Tag};
use std::borrow::Cow;

/// A scalar before it is put into a tree, where integers beyond 64 bits are floats.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Between the largest `i64` and the largest `u64`.
    Large(u64),
    Float(f64),
    Text,
}

/// What a scalar is, by its own look and by its tag.
pub(super) fn value(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value<'static>, Problem> {
    let plain = style == ScalarStyle::Plain;
    let name = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
    let scalar = match (tag, name.as_deref()) {
        (None, _) if plain => resolve(&text),
        (None, _) => Scalar::Text,
        (Some(_), Some("binary")) => return binary(&text),
        (Some(_), Some(wanted @ ("null" | "bool" | "int" | "float"))) => tagged(wanted, &text)?,
        // Also what nobody knows: `!Ref x` is a string.
        (Some(_), _) => Scalar::Text,
    };
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(number) => Value::Int(number),
        #[expect(clippy::cast_precision_loss, reason = "the tree reads JSON in the same way")]
        Scalar::Large(number) => Value::Float(number as f64),
        Scalar::Float(number) if number.is_finite() => whole(number).map_or(Value::Float(number), Value::Int),
        Scalar::Float(_) => return Err(Problem::NoJsonNumber),
        Scalar::Text => Value::Str(Cow::Owned(text.into_owned())),
    })
}

/// The text under which a map keeps a value: keys are strings in JSON, so `on:` becomes `true`.
pub(super) fn key(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<String, Problem> {
    if style != ScalarStyle::Plain || tag.is_some() {
        return match value(text, style, tag)? {
            Value::Str(text) => Ok(text.into_owned()),
            Value::Int(number) => Ok(number.to_string()),
            Value::Bool(value) => Ok(value.to_string()),
            _ => Err(Problem::NoTextKey),
        };
    }
    match resolve(&text) {
        Scalar::Text => Ok(text.into_owned()),
        Scalar::Bool(value) => Ok(value.to_string()),
        Scalar::Int(number) => Ok(number.to_string()),
        Scalar::Float(number) => Ok(float_key(number)),
        Scalar::Null | Scalar::Large(_) => Err(Problem::NoTextKey),
    }
}

/// A float is written to JSON without a point if it is whole, and read from there as an integer.
fn whole(number: f64) -> Option<i64> {
    if number.fract() != 0.0 || number.abs() >= 9e18 || (number == 0.0 && number.is_sign_negative()) {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

fn tagged(wanted: &str, text: &str) -> Result<Scalar, Problem> {
    let found = resolve(text);
    let fits = match found {
        Scalar::Null => wanted == "null",
        Scalar::Bool(_) => wanted == "bool",
        Scalar::Int(_) => matches!(wanted, "int" | "float"),
        Scalar::Large(_) => wanted == "int",
        Scalar::Float(_) => wanted == "float",
        Scalar::Text => false,
    };
    if fits { Ok(found) } else { Err(Problem::WrongTag) }
}

fn binary(text: &str) -> Result<Value<'static>, Problem> {
    let packed: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = STANDARD.decode(packed).map_err(|_| Problem::NoBase64)?;
    Ok(Value::Str(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())))
}

/// What a word means that is neither quoted nor tagged.
pub(super) fn resolve(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => named(text),
        Some(b'.') => match text {
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            _ => float(text),
        },
        Some(b'0'..=b'9' | b'+' | b'-') => match text {
            "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
            _ => number(text),
        },
        Some(_) => Scalar::Text,
    }
}

fn named(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

/// Underscores are nothing; a leading 0 means octal, unless that makes no sense.
fn number(text: &str) -> Scalar {
    let digits: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let (sign, body) = match digits.strip_prefix('-') {
        Some(body) => ("-", body),
        None => ("", digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let (radix, body) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, body.get(2..)),
        [b'0', b'o' | b'O', ..] => (8, body.get(2..)),
        [b'0', b'b' | b'B', ..] => (2, body.get(2..)),
        [b'0', _, ..] => (8, body.get(1..)),
        _ => (10, Some(body)),
    };
    let body = body.unwrap_or_default();
    if body.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        if let Ok(number) = i64::from_str_radix(&format!("{sign}{body}"), radix) {
            return Scalar::Int(number);
        }
        // A plus sign stops the larger type.
        if !digits.starts_with(['-', '+'])
            && let Ok(number) = u64::from_str_radix(body, radix)
        {
            return Scalar::Large(number);
        }
    }
    float(&digits)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, or a string.
fn float(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let valid = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    match text.parse::<f64>() {
        // Go refuses what is too large for a float, and it stays text.
        Ok(number) if valid && digits(exponent) && number.is_finite() => Scalar::Float(number),
        _ => Scalar::Text,
    }
}

/// As Go's `strconv.FormatFloat(f, 'g', -1, 32)`.
#[expect(clippy::cast_possible_truncation, reason = "the library that kubectl uses writes keys in single precision")]
fn float_key(number: f64) -> String {
    let single = number as f32;
    if single.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{single:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    single.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn json(text: &str) -> String {
        match value(text.into(), ScalarStyle::Plain, None) {
            Ok(Value::Null) => "null".to_owned(),
            Ok(Value::Bool(value)) => value.to_string(),
            Ok(Value::Int(number)) => number.to_string(),
            Ok(Value::Float(number)) => format!("{number:e}"),
            Ok(Value::Str(text)) => format!("{text:?}"),
            Ok(_) => unreachable!("a scalar"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn words_mean_what_kubectl_takes_them_for() {
        // Right column: printed by sigs.k8s.io/yaml 1.6, floats in another notation.
        let cases = [
            ("on", "true"),
            ("yes", "true"),
            ("y", "true"),
            ("N", "false"),
            ("Off", "false"),
            ("tRUE", "\"tRUE\""),
            ("", "null"),
            ("~", "null"),
            ("Null", "null"),
            ("nULL", "\"nULL\""),
            ("0644", "420"),
            ("0o644", "420"),
            ("0O17", "15"),
            ("-0x1F", "-31"),
            ("+0x1F", "31"),
            ("0b1", "1"),
            ("0_b1", "1"),
            ("0x", "\"0x\""),
            ("08", "8"),
            ("00", "0"),
            ("-0", "0"),
            ("+1", "1"),
            ("--1", "\"--1\""),
            ("1_000", "1000"),
            ("1__0_", "10"),
            ("_1", "\"_1\""),
            ("1,000", "\"1,000\""),
            ("1:30", "\"1:30\""),
            ("1e3", "1000"),
            ("1.5e3", "1500"),
            ("1.", "1"),
            (".5", "5e-1"),
            ("+.5", "5e-1"),
            (".", "\".\""),
            ("1e", "\"1e\""),
            ("1e+", "\"1e+\""),
            ("1e-400", "0"),
            ("1e400", "\"1e400\""),
            ("1e20", "1e20"),
            ("1e18", "1000000000000000000"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e18"),
            ("-9223372036854775809", "-9.223372036854776e18"),
            ("99999999999999999999", "1e20"),
            ("0777777777777777777777777", "7.777777777777778e23"),
            ("2001-01-01", "\"2001-01-01\""),
            ("2001-01-01T00:00:00Z", "\"2001-01-01T00:00:00Z\""),
            ("8.0.36", "\"8.0.36\""),
            ("16.4", "1.64e1"),
            ("nan", "\"nan\""),
            ("infinity", "\"infinity\""),
            (".inf", "no JSON number"),
            ("<<", "\"<<\""),
        ];
        for (text, expected) in cases {
            let found = json(text);
            assert!(
                found == expected || (expected == "no JSON number" && found.contains("infinite")),
                "{text}: {found}"
            );
        }
    }

    #[test]
    fn keys_are_strings() {
        let cases = [
            ("on", Some("true")),
            ("n", Some("false")),
            ("0644", Some("420")),
            ("1.5", Some("1.5")),
            ("1e6", Some("1e+06")),
            ("1234567.0", Some("1.234567e+06")),
            ("123456.5", Some("123456.5")),
            ("0.0001", Some("0.0001")),
            ("1.1e-7", Some("1.1e-07")),
            (".inf", Some(".inf")),
            ("2024-01-01", Some("2024-01-01")),
            ("name", Some("name")),
            ("~", None),
            ("18446744073709551615", None),
        ];
        for (text, expected) in cases {
            assert_eq!(key(text.into(), ScalarStyle::Plain, None).ok().as_deref(), expected, "{text}");
        }
        assert_eq!(key("on".into(), ScalarStyle::DoubleQuoted, None).ok().as_deref(), Some("on"));
    }
}
