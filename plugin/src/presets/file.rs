//! A preset as a file: JSON with the name, the version that wrote it, and plain values by parameter id.

use std::collections::BTreeMap;

use nice_plug::prelude::*;
use serde_json::{Map, Value, json};

use crate::settings::{self, Values};

/// The number of the format, under the key that says what the file is.
const FORMAT: u64 = 1;
const FORMAT_KEY: &str = "songweave_preset";
const NAME_KEY: &str = "name";
const VERSION_KEY: &str = "version";
const VALUES_KEY: &str = "values";

/// A preset that was read, and what has to be said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Its name.
    pub name: String,
    /// Its values, each within the range of its parameter.
    pub values: Values,
    /// A sentence on what was not taken.
    pub notice: Option<String>,
}

/// The text of a file.
#[must_use]
pub fn write(name: &str, values: &Values) -> String {
    let file = json!({
        FORMAT_KEY: FORMAT,
        VERSION_KEY: env!("CARGO_PKG_VERSION"),
        NAME_KEY: name,
        VALUES_KEY: values,
    });
    format!("{file:#}\n")
}

/// The text of a file with another name; whatever else is in it stays.
///
/// # Errors
/// The text is that of no preset.
pub fn rename(text: &str, name: &str) -> Result<String, String> {
    let mut file = parse(text)?;
    file.insert(NAME_KEY.to_owned(), name.into());
    Ok(format!("{:#}\n", Value::Object(file)))
}

/// The name in a file.
///
/// # Errors
/// The text is that of no preset.
pub fn name(text: &str) -> Result<String, String> {
    let file = parse(text)?;
    let name = file.get(NAME_KEY).and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| "it has no name".to_owned())
}

/// Reads a file for the parameters of this version.
///
/// # Errors
/// The text is that of no preset, or nothing in it is known to this version.
pub fn read(text: &str, params: &impl Params) -> Result<Read, String> {
    let file = parse(text)?;
    let name = name(text)?;
    let empty = Map::new();
    let saved = file.get(VALUES_KEY).and_then(Value::as_object).unwrap_or(&empty);
    let mut saved: BTreeMap<&str, Option<f64>> =
        saved.iter().map(|(id, value)| (id.as_str(), value.as_f64())).collect();
    let (mut values, mut refused) = (Values::new(), Vec::new());
    for known in settings::known(params) {
        match saved.remove(known.id.as_str()).map(|value| value.map(|value| value as f32)) {
            Some(_) if !known.is_sound() => {}
            None => {}
            // SAFETY: `params` lives.
            Some(Some(value))
                if unsafe { (known.param.preview_plain(0.0), known.param.preview_plain(1.0)) }.holds(value) =>
            {
                values.insert(known.id, value);
            }
            Some(_) => refused.push(known.id),
        }
    }
    if values.is_empty() {
        return Err("nothing in it is known to this version".to_owned());
    }
    let newer = file.get(FORMAT_KEY).and_then(Value::as_u64).is_none_or(|format| format > FORMAT) || !saved.is_empty();
    let notice = match (newer, refused.is_empty()) {
        (true, _) => {
            Some(format!("The preset {name} was saved by a newer Songweave: what this version knows of it is used."))
        }
        (_, false) => {
            Some(format!("The preset {name} has no usable value for {}: they stay as they are.", refused.join(", ")))
        }
        _ => None,
    };
    Ok(Read { name, values, notice })
}

fn parse(text: &str) -> Result<Map<String, Value>, String> {
    let file: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    file.filter(|file| file.contains_key(FORMAT_KEY)).ok_or_else(|| "it is no preset of Songweave's".to_owned())
}

trait Holds {
    /// Whether a value is within the range, both ends included.
    fn holds(self, value: f32) -> bool;
}

impl Holds for (f32, f32) {
    fn holds(self, value: f32) -> bool {
        let rounding = 1e-4 * (self.1 - self.0);
        (self.0 - rounding..=self.1 + rounding).contains(&value)
    }
}
