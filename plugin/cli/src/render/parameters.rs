//! Parameters by the ids that projects and command lines use.

use anyhow::{Context, Result, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use serde::Deserialize;
use serde_json::{Map, Value};
use songweave_engine::band::take::learned::Take;
use songweave_host::{ClapPlugin, ParameterInfo};

/// Values that a stepped parameter may have for all of them to be named in an error.
const FEW: f64 = 32.0;

/// The plugin's parameters. Their ids stand in the plugin's saved state only; CLAP has numbers and names.
#[derive(Clone)]
pub(crate) struct Parameters {
    /// Id and description, in the order of the ids.
    known: Vec<(String, ParameterInfo)>,
    /// The state of the fresh plugin.
    state: Map<String, Value>,
}

/// A parameter set to a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Assignment {
    /// The host's number of the parameter.
    pub(crate) id: u32,
    /// In the host's range.
    pub(crate) value: f64,
}

impl Parameters {
    /// Asks the plugin for all of them.
    pub(crate) fn of(plugin: &mut ClapPlugin) -> Result<Self> {
        let state = read_state(&plugin.save_state()?)?;
        let described = plugin.parameters();
        let saved = state.get("params").and_then(Value::as_object).context("the plugin's state has no params")?;
        let known = saved
            .keys()
            .filter_map(|id| Some((id.clone(), described.iter().find(|info| info.id == number(id))?.clone())))
            .collect();
        Ok(Self { known, state })
    }

    /// The parameter `id`.
    pub(crate) fn find(&self, id: &str) -> Result<&ParameterInfo> {
        if let Some((_, info)) = self.known.iter().find(|(known, _)| known == id) {
            return Ok(info);
        }
        let mut near: Vec<_> = self.known.iter().map(|(known, _)| (distance(known, id), known.as_str())).collect();
        near.sort_unstable();
        let near: Vec<_> = near.into_iter().take(4).map(|(_, known)| known).collect();
        bail!("the plugin has no parameter \"{id}\"; near it are {}", near.join(", "))
    }

    /// Reads `ID=VALUE` with the plugin's help.
    pub(crate) fn assignment(&self, plugin: &mut ClapPlugin, text: &str) -> Result<Assignment> {
        let (id, value) = text.split_once('=').with_context(|| format!("\"{text}\" does not look like ID=VALUE"))?;
        let info = self.find(id.trim())?;
        Ok(Assignment { id: info.id, value: value_of(plugin, id.trim(), info, value.trim())? })
    }

    /// Version of the plugin and digest of each of its models, as it saves them.
    pub(crate) fn origin(&self) -> Result<(String, Map<String, Value>)> {
        let version = self.state.get("version").and_then(Value::as_str).context("the plugin's state has no version")?;
        let models = self.state.get("fields").and_then(|fields| fields.get("models")).and_then(Value::as_str);
        let models = models.map_or_else(|| Ok(Map::new()), serde_json::from_str);
        Ok((version.to_owned(), models.context("the plugin's state does not name its models")?))
    }
}

/// What the network of Studio runs on, or ran on last.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Placed {
    /// The name of a device; without one it is the CPU.
    pub device: Option<String>,
    /// Why it is not the device that was asked.
    pub problem: Option<String>,
}

/// What the plugin says of it.
///
/// # Errors
/// Its state cannot be read.
pub fn placed(plugin: &mut ClapPlugin) -> Result<Placed> {
    let state = read_state(&plugin.save_state()?)?;
    let told = state.get("fields").and_then(|fields| fields.get("device")).and_then(Value::as_str);
    let told = told.map_or_else(|| Ok(Placed::default()), serde_json::from_str);
    told.context("the plugin's state does not name its device")
}

/// What the plugin has learned of the song.
pub(crate) fn learned(plugin: &mut ClapPlugin) -> Result<Take> {
    let state = read_state(&plugin.save_state()?)?;
    let Some(told) = state.get("fields").and_then(|fields| fields.get("take")).and_then(Value::as_str) else {
        return Ok(Take::default());
    };
    let text: String = serde_json::from_str(told).context("the plugin's state does not hold what was learned")?;
    let bytes = BASE64.decode(text).context("what the plugin has learned cannot be read")?;
    Take::from_bytes(&bytes).context("what the plugin has learned cannot be read")
}

/// Values of all parameters as the plugin saves them: in its own units, each in an object that names its kind.
pub(crate) fn plain_values(plugin: &mut ClapPlugin) -> Result<Map<String, Value>> {
    match read_state(&plugin.save_state()?)?.remove("params") {
        Some(Value::Object(values)) => Ok(values),
        _ => bail!("the plugin's state has no params"),
    }
}

/// The value that `text` means for a parameter: in the plugin's own words, letter case aside.
pub(crate) fn value_of(plugin: &mut ClapPlugin, id: &str, info: &ParameterInfo, text: &str) -> Result<f64> {
    if info.read_only {
        bail!("{id} can only be read");
    }
    let choices = choices(plugin, info);
    let chosen = choices.iter().find(|(_, choice)| same(choice, text)).map(|(value, _)| *value);
    match chosen.or_else(|| plugin.parse(info.id, text)) {
        Some(value) if value.is_finite() => Ok(value),
        _ if !choices.is_empty() => {
            let choices: Vec<_> = choices.into_iter().map(|(_, choice)| choice.to_lowercase()).collect();
            bail!("{id} cannot be \"{text}\"; it is one of {}", choices.join(", "))
        }
        _ => {
            let [from, to] = [info.minimum, info.maximum].map(|value| plugin.text(info.id, value).unwrap_or_default());
            bail!("{id} cannot be \"{text}\"; it goes from {from} to {to}")
        }
    }
}

/// All values of a parameter with few of them, and how they are shown.
fn choices(plugin: &mut ClapPlugin, info: &ParameterInfo) -> Vec<(f64, String)> {
    if !info.stepped || info.maximum - info.minimum > FEW {
        return Vec::new();
    }
    let steps = (info.maximum - info.minimum) as u32;
    let values = (0..=steps).map(|step| info.minimum + f64::from(step));
    values.filter_map(|value| Some((value, plugin.text(info.id, value)?))).collect()
}

fn same(shown: &str, given: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], " ");
    plain(shown) == plain(given)
}

/// The plugin framework's number of an id.
fn number(id: &str) -> u32 {
    let hash = id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    hash & 0x7FFF_FFFF
}

/// Bytes of the length that stands before the state in CLAP.
const LENGTH: usize = 8;

/// The state that the framework writes: JSON, in CLAP behind its length.
fn read_state(bytes: &[u8]) -> Result<Map<String, Value>> {
    // The length may have any byte in it, a brace too.
    let text = bytes.get(LENGTH..).context("the plugin's state is shorter than its length")?;
    serde_json::from_slice(text).context("the plugin's state is not JSON")
}

/// Letters to be changed, added or left out to get from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_edits() {
        assert_eq!(distance("vocals", "vocals"), 0);
        assert_eq!(distance("vocals", "vocal"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn numbers_are_the_frameworks() {
        // As a CLAP host sees them (read from a plugin with these ids).
        assert_eq!([number("mode"), number("missed_hops")], [3_357_091, 1_800_025_198]);
    }
}
