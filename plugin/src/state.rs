//! What a host saves beside the parameter values, and the ladder from every released format to the present one.
//!
//! nice-plug writes `{"version": …, "params": {id: value}, "fields": {key: text}}` (CLAP: after eight bytes that hold
//! its length, little-endian). The text of each field is JSON of its own:
//!
//! | key | text | e.g. |
//! |---|---|---|
//! | `format` | number of the format | `3` |
//! | `models` | object from the name of each network in use to the SHA-256 of its weight file | `{"mash-1":"9f86…"}` |
//! | `weights` | object from a network's place to the user's weight file for it, absent places use the network in the binary | `{"mash":"/home/ada/mine.safetensors"}` |
//! | `device` | only where a GPU was asked: what the network of Studio ran on last, and why not on the GPU. Nothing reads it back; a render's receipt names it | `{"device":null,"problem":"no library for …"}` |
//! | `editor` | what the editor remembers: size of its window, the preset in use, the other sound of a comparison (see [`Memory`]) | `{"window":{"width":920.0,…}}` |
//! | `frozen` | the mask that `freeze` holds, as the bits of 32-bit numbers (see [`HeldMask::bits`]); absent when none is held | `[1048576000,…]` |
//! | `take` | what was learned of the song and put down on it, as base64 of its bytes (see [`Take::to_bytes`]); absent when nothing was | `"AQAAAA…"` |
//! | `unknown_params` | parameters that a newer version saved, kept for it | `{"drunk":{"i32":2}}` |
//!
//! Format 1 had a field `seed` that nothing read; the seed is a parameter. Format 2 had no field `editor`.
//!
//! Fields with other keys come from newer versions and are written back as they were. Bytes that are no JSON at all are
//! refused by nice-plug before anything here is asked; the present values then stay.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use nice_plug::{plugin::ParamValue, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use songweave_dsp::mash::frozen::{Busy, HeldMask};
use songweave_engine::{
    band::{
        self,
        take::{learned::Take, shared::SharedTake},
    },
    placement::Placed,
};

use crate::{
    settings::memory::Memory,
    shared::{Shared, locked},
};

/// The format written now.
pub const FORMAT: u32 = 3;

/// Takes the state of a format to that of the next.
type Rung = fn(&mut PluginState);
/// `LADDER[n]` leads from format `n + 1` to `n + 2`.
const LADDER: [Rung; FORMAT as usize - 1] = [forget_seed, remember_nothing];

const FORMAT_KEY: &str = "format";
const MODELS_KEY: &str = "models";
const WEIGHTS_KEY: &str = "weights";
const FROZEN_KEY: &str = "frozen";
const DEVICE_KEY: &str = "device";
const TAKE_KEY: &str = "take";
const EDITOR_KEY: &str = "editor";
const UNKNOWN_PARAMS_KEY: &str = "unknown_params";
/// Sentences from [`prepare`] to [`SavedState`], never saved.
const NOTICES_KEY: &str = "notices";
const OWN_KEYS: [&str; 8] =
    [FORMAT_KEY, MODELS_KEY, WEIGHTS_KEY, FROZEN_KEY, TAKE_KEY, DEVICE_KEY, EDITOR_KEY, NOTICES_KEY];

/// The place of the Mash network in `weights`.
const MASH: &str = "mash";

/// What is saved beside the parameter values. Loading it loads its networks on the loading thread.
pub struct SavedState {
    shared: Arc<Shared>,
    /// What the editor remembers.
    pub memory: Mutex<Memory>,
    /// The user's weight files by place, whether they could be loaded or not.
    weights: Mutex<BTreeMap<String, PathBuf>>,
    /// Fields that this version does not know.
    kept: Mutex<BTreeMap<String, String>>,
}

impl SavedState {
    /// The state of a fresh instance.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, memory: Mutex::default(), weights: Mutex::default(), kept: Mutex::default() }
    }

    /// Loads the user's weight file, or with `None` goes back to the network in the binary. What goes wrong becomes a
    /// notice, and the present network stays.
    pub fn choose_weights(&self, file: Option<PathBuf>) {
        let outcome = self.load_weights(file.as_ref());
        let mut notices = locked(&self.shared.notices);
        notices.clear();
        match outcome {
            Err(reason) => notices.push(reason),
            Ok(()) => {
                let mut weights = locked(&self.weights);
                weights.remove(MASH);
                weights.extend(file.map(|file| (MASH.to_owned(), file)));
            }
        }
    }

    fn load_weights(&self, file: Option<&PathBuf>) -> Result<(), String> {
        let Some(slot) = &self.shared.slot else { return Ok(()) };
        match file {
            // Reading a pipe or a device would never end.
            Some(file) if file.exists() && !file.is_file() => {
                Err(format!("{} is no file; the present model stays.", file.display()))
            }
            Some(file) => slot.load(file).map_err(|error| error.to_string()),
            None if slot.info().file.is_none() => Ok(()),
            None => slot.load_embedded().map_err(|error| error.to_string()),
        }
    }

    /// Names and digests of the networks in use.
    fn models(&self) -> BTreeMap<String, String> {
        let mash = self.shared.slot.iter().map(|slot| slot.info()).map(|info| (info.name, info.digest));
        mash.chain(band::networks().iter().cloned()).collect()
    }

    /// The mask that is held, if one is.
    fn frozen(&self) -> Option<HeldMask> {
        retried(|| self.shared.frozen.read()).flatten()
    }

    fn restore_frozen(&self, fields: &mut Fields<'_>) {
        let bits: Option<Vec<u32>> = fields.read(FROZEN_KEY);
        let mask = bits.as_deref().and_then(HeldMask::from_bits);
        if bits.is_some() && mask.is_none() {
            fields
                .notices
                .push("The saved frozen mask is damaged; switch Freeze off and on to hold another one.".to_owned());
        }
        retried(|| self.shared.frozen.load(mask.as_ref()));
    }

    fn restore_take(&self, fields: &mut Fields<'_>) {
        let text: Option<String> = fields.read(TAKE_KEY);
        let take = text.as_ref().and_then(|text| Take::from_bytes(&BASE64.decode(text).ok()?));
        if text.is_some() && take.is_none() {
            fields
                .notices
                .push("What was learned of the song is damaged; switch Learn on and play it once more.".to_owned());
        }
        self.shared.take.replace(take.unwrap_or_default());
    }

    /// What was learned of the song.
    #[must_use]
    pub fn take(&self) -> &SharedTake {
        &self.shared.take
    }

    fn restore_models(&self, fields: &mut Fields<'_>) {
        let weights: BTreeMap<String, PathBuf> = fields.read(WEIGHTS_KEY).unwrap_or_default();
        let saved: BTreeMap<String, String> = fields.read(MODELS_KEY).unwrap_or_default();
        if let Err(reason) = self.load_weights(weights.get(MASH)) {
            fields.notices.push(reason);
        }
        *locked(&self.weights) = weights;
        let present = self.models();
        if saved.iter().any(|(name, digest)| present.get(name) != Some(digest)) {
            let names = |models: &BTreeMap<String, String>| {
                let names = models.iter().map(|(name, digest)| format!("{name} ({})", short_digest(digest)));
                names.collect::<Vec<_>>().join(", ")
            };
            let (saved, present) = (names(&saved), names(&present));
            fields.notices.push(format!(
                "This project was saved with {saved}, now {present} is in use: it may sound different. Load the weight \
                 file of then to hear what was heard."
            ));
        }
    }
}

// SAFETY: there are no parameters here, so no pointer can outlive anything.
unsafe impl Params for SavedState {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        Vec::new()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        let mut fields = locked(&self.kept).clone();
        insert(&mut fields, FORMAT_KEY, &FORMAT);
        insert(&mut fields, MODELS_KEY, &self.models());
        insert(&mut fields, WEIGHTS_KEY, &*locked(&self.weights));
        insert(&mut fields, EDITOR_KEY, &*locked(&self.memory));
        let Placed { asked, device, problem } = self.shared.status.placement.placed();
        if asked {
            insert(&mut fields, DEVICE_KEY, &serde_json::json!({ "device": device, "problem": problem }));
        }
        let take = self.shared.take.take();
        if take != Take::default() {
            insert(&mut fields, TAKE_KEY, &BASE64.encode(take.to_bytes()));
        }
        if let Some(mask) = self.frozen() {
            insert(&mut fields, FROZEN_KEY, &mask.bits().collect::<Vec<_>>());
        }
        fields
    }

    fn deserialize_fields(&self, serialized: &BTreeMap<String, String>) {
        let mut fields = Fields { texts: serialized, notices: Vec::new() };
        fields.notices = fields.read(NOTICES_KEY).unwrap_or_default();
        self.restore_models(&mut fields);
        self.restore_frozen(&mut fields);
        self.restore_take(&mut fields);
        locked(&self.memory).replaced_by(fields.read(EDITOR_KEY).unwrap_or_default());
        let unknown = serialized.iter().filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()));
        *locked(&self.kept) = unknown.map(|(key, text)| (key.clone(), text.clone())).collect();
        *locked(&self.shared.notices) = fields.notices;
    }
}

/// What `attempt` gives once the audio thread is not at the same place, which it is for microseconds.
fn retried<T>(attempt: impl Fn() -> Result<T, Busy>) -> Option<T> {
    (0..1000).find_map(|_| attempt().map_err(|_| std::thread::yield_now()).ok())
}

/// Fields that are being read, and what has to be said about them.
struct Fields<'a> {
    texts: &'a BTreeMap<String, String>,
    notices: Vec<String>,
}

impl Fields<'_> {
    /// The value of a field; `None` when it is missing, and with a notice when it is damaged.
    fn read<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = serde_json::from_str(self.texts.get(key)?);
        if value.is_err() {
            self.notices.push(format!("The saved field \"{key}\" is damaged; its default is used."));
        }
        value.ok()
    }
}

/// The first eight digits of a digest, enough to tell two files apart.
#[must_use]
pub fn short_digest(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}

/// Takes a state of any format to the present one, before nice-plug reads it: upgrades it, puts defaults where values
/// are missing, damaged or beyond their ranges, and lays aside what newer versions saved. `defaults` are all parameters of this
/// version, at their defaults.
pub fn prepare(state: &mut PluginState, defaults: &impl Params) {
    let mut notices = Vec::new();
    match state.fields.get(FORMAT_KEY).map(|text| text.parse::<u32>()) {
        Some(Ok(format @ 1..=FORMAT)) => LADDER[format as usize - 1..].iter().for_each(|rung| rung(state)),
        Some(Ok(format)) if format > FORMAT => notices.push(format!(
            "This project was saved by a newer Songweave ({}); what this version knows of it is used.",
            state.version
        )),
        _ => notices.push("The saved state is damaged; what can be read of it is used.".to_owned()),
    }
    let refused = complete_params(state, defaults);
    if !refused.damaged.is_empty() {
        notices.push(format!("The saved value of {} is damaged; the default is used.", refused.damaged.join(", ")));
    }
    notices.extend(refused.beyond);
    if !matches!(state.params.get("freeze"), Some(ParamValue::Bool(true))) {
        state.fields.remove(FROZEN_KEY);
    }
    insert(&mut state.fields, NOTICES_KEY, &notices);
}

/// Format 1 saved a seed that nothing read.
fn forget_seed(state: &mut PluginState) {
    state.fields.remove("seed");
}

/// Format 2 had no field for the editor, which remembers nothing then.
const fn remember_nothing(_: &mut PluginState) {}

/// Saved values that were not taken.
#[derive(Default)]
struct Refused {
    /// Ids of values that are no values of their parameters.
    damaged: Vec<String>,
    /// A sentence for each value beyond the range of its parameter.
    beyond: Vec<String>,
}

/// Leaves exactly the known parameters in the state, each with a usable value, and returns what was refused.
fn complete_params(state: &mut PluginState, defaults: &impl Params) -> Refused {
    let set_aside = state.fields.remove(UNKNOWN_PARAMS_KEY);
    let mut unknown: BTreeMap<String, ParamValue> =
        set_aside.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    unknown.append(&mut state.params);
    let mut refused = Refused::default();
    for (id, param, _) in defaults.param_map() {
        let saved = unknown.remove(&id);
        // SAFETY: `defaults` lives.
        let (usable, default) = unsafe { (saved.as_ref().map(|saved| usable(param, saved)), default_value(param)) };
        match &usable {
            Some(Err(Unusable::Damaged)) => refused.damaged.push(id.clone()),
            Some(Err(Unusable::Beyond(range))) if !param_is_output(&id) => {
                refused
                    .beyond
                    .push(format!("The saved value of {id} is out of its range, {range}; the default is used."));
            }
            _ => {}
        }
        if !param_is_output(&id) {
            state.params.insert(id, usable.and_then(Result::ok).unwrap_or(default));
        }
    }
    if !unknown.is_empty() {
        insert(&mut state.fields, UNKNOWN_PARAMS_KEY, &unknown);
    }
    refused
}

/// Why a saved value cannot be taken.
enum Unusable {
    /// It is no value of this parameter.
    Damaged,
    /// It lies beyond the range that is told.
    Beyond(String),
}

/// How far a saved value may lie beyond the range by rounding, as a share of the range.
const ROUNDING: f32 = 1e-4;

/// A saved value within the parameter's range.
///
/// # Safety
/// The parameter must live.
unsafe fn usable(param: ParamPtr, saved: &ParamValue) -> Result<ParamValue, Unusable> {
    // SAFETY: promised by the caller.
    let (low, high) = unsafe { (param.preview_plain(0.0), param.preview_plain(1.0)) };
    let beyond = || {
        // SAFETY: promised by the caller.
        let [low, high] = [0.0, 1.0].map(|end| unsafe { param.normalized_value_to_string(end, true) });
        Unusable::Beyond(format!("{low} to {high}"))
    };
    let room = ROUNDING * (high - low);
    match (param, saved) {
        (ParamPtr::FloatParam(_), ParamValue::F32(value)) if value.is_finite() => {
            let inside = (low - room..=high + room).contains(value);
            if inside { Ok(ParamValue::F32(value.clamp(low, high))) } else { Err(beyond()) }
        }
        (ParamPtr::IntParam(_) | ParamPtr::EnumParam(_), ParamValue::I32(value)) => {
            let inside = (low as i32..=high as i32).contains(value);
            if inside { Ok(ParamValue::I32(*value)) } else { Err(beyond()) }
        }
        (ParamPtr::BoolParam(_), ParamValue::Bool(value)) => Ok(ParamValue::Bool(*value)),
        _ => Err(Unusable::Damaged),
    }
}

/// Whether only the plugin writes this parameter, so that a saved value means nothing.
fn param_is_output(id: &str) -> bool {
    id == "missed_hops"
}

/// # Safety
/// The parameter must live.
unsafe fn default_value(param: ParamPtr) -> ParamValue {
    // SAFETY: promised by the caller.
    unsafe {
        match param {
            ParamPtr::FloatParam(param) => ParamValue::F32((*param).default_plain_value()),
            ParamPtr::IntParam(param) => ParamValue::I32((*param).default_plain_value()),
            ParamPtr::BoolParam(param) => ParamValue::Bool((*param).default_plain_value()),
            ParamPtr::EnumParam(param) => ParamValue::I32((*param).default_plain_value()),
        }
    }
}

fn insert(fields: &mut BTreeMap<String, String>, key: &str, value: &impl Serialize) {
    // Maps of text and plain numbers always have a JSON form.
    if let Ok(text) = serde_json::to_string(value) {
        fields.insert(key.to_owned(), text);
    }
}

#[cfg(test)]
mod tests;
