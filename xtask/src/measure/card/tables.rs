//! Markdown tables and numbers as cards show them.

use serde_json::Value;
use songweave_measure::statistics::Estimate;

/// A table of a heading row and others.
pub(super) fn table(heading: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(heading.len()));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{rule}{rows}", line(heading))
}

/// Cells of some texts.
pub(super) fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// A level in dB.
pub(super) fn decibels(level: f64) -> String {
    format!("{level:.2}")
}

/// A level with its intervals.
pub(super) fn estimate(estimate: &Estimate) -> String {
    format!("{:.2}{}", estimate.mean, estimate.brackets(1.0, 2))
}

/// A share in percent with its intervals.
pub(super) fn percent(estimate: &Estimate) -> String {
    format!("{:.0} %{}", 100.0 * estimate.mean, estimate.brackets(100.0, 0))
}

/// A count with its thousands parted.
pub(super) fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    out.replace("-,", "-")
}

/// A number as it is: whole, or with two digits behind the point.
pub(super) fn number(number: f64) -> String {
    if number.fract() == 0.0 { count(number) } else { format!("{number:.2}") }
}

/// Every number, word and truth value of some JSON by its path: `inference_us.p50`.
pub(super) fn leaves(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| leaves(value, &below(name), out)),
        Value::Array(values) if values.iter().any(|value| value.is_object() || value.is_array()) => {
            values.iter().enumerate().for_each(|(index, value)| leaves(value, &below(&index.to_string()), out));
        }
        Value::Null => {}
        single => out.push((path.to_owned(), text(single))),
    }
}

/// A single value, or a list of them, in words.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Number(figure) => figure.as_f64().map_or_else(String::new, number),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(_) | Value::Null => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!([count(1_170_432.0), count(12.0), count(-123_456.0)], ["1,170,432", "12", "-123,456"]);
        assert_eq!([number(3_600.0), number(0.5478)], ["3,600", "0.55"]);
        let mut found = Vec::new();
        leaves(&serde_json::json!({"a": {"b": 1.5, "c": [1, 2]}, "d": [{"e": true}]}), "", &mut found);
        let found: Vec<String> = found.into_iter().map(|(path, text)| format!("{path}={text}")).collect();
        assert_eq!(found, ["a.b=1.50", "a.c=1, 2", "d.0.e=yes"]);
    }
}
