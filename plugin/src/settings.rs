//! Values of parameters by id: taken, compared, and what the editor remembers of them.

use std::collections::BTreeMap;

use nice_plug::{params::internals::ParamPtr, prelude::*};
use serde::{Deserialize, Serialize};

pub mod history;
pub mod memory;

/// Plain values by the id of their parameter: choices count from 0, switches are 0 or 1.
pub type Values = BTreeMap<String, f32>;

/// A preset as it was loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Its name.
    pub name: String,
    /// Whether it is the user's own.
    #[serde(default)]
    pub own: bool,
    /// Its values.
    pub values: Values,
}

/// Parameters that are no part of a sound: the host's bypass, what changes the latency, the machine's device, and learning.
const APART: [&str; 5] = ["bypass", "device", "learn", "lookahead", "quality"];
/// What only the plugin writes.
const OUTPUT: &str = "missed_hops";
/// How far two normalised values may lie apart and still be the same, by rounding in the host.
const SAME: f32 = 1e-4;

/// A parameter with its id and its group.
#[derive(Debug, Clone)]
pub struct Known {
    /// The id.
    pub id: String,
    /// The parameter.
    pub param: ParamPtr,
    /// The group, empty for those of both modes.
    pub group: String,
}

impl Known {
    /// Whether it is part of a sound, which a preset keeps.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !APART.contains(&self.id.as_str())
    }
}

/// All parameters that a user can change.
#[must_use]
pub fn known(params: &impl Params) -> Vec<Known> {
    let all = params.param_map().into_iter().map(|(id, param, group)| Known { id, param, group });
    all.filter(|known| known.id != OUTPUT).collect()
}

/// The present values of the parameters of a sound that `wanted` names.
#[must_use]
pub fn present(params: &impl Params, wanted: impl Fn(&Known) -> bool) -> Values {
    // SAFETY: `params` lives.
    let value = |known: &Known| unsafe { known.param.unmodulated_plain_value() };
    taken(params, wanted, value)
}

/// The default values of the parameters of a sound that `wanted` names.
#[must_use]
pub fn defaults(params: &impl Params, wanted: impl Fn(&Known) -> bool) -> Values {
    // SAFETY: `params` lives.
    let value = |known: &Known| unsafe { known.param.default_plain_value() };
    taken(params, wanted, value)
}

fn taken(params: &impl Params, wanted: impl Fn(&Known) -> bool, value: impl Fn(&Known) -> f32) -> Values {
    let wanted = known(params).into_iter().filter(|known| known.is_sound() && wanted(known));
    wanted.map(|known| (known.id.clone(), value(&known))).filter(|(_, value)| value.is_finite()).collect()
}

/// The parameters whose present value is another than the one in `values`, each with its normalised value there.
#[must_use]
pub fn differing(params: &impl Params, values: &Values) -> Vec<(Known, f32)> {
    let wanted = known(params).into_iter().filter_map(|known| {
        let plain = *values.get(&known.id)?;
        // SAFETY: `params` lives.
        let (wanted, present) =
            unsafe { (known.param.preview_normalized(plain), known.param.unmodulated_normalized_value()) };
        let differs = wanted.is_finite() && (!present.is_finite() || (wanted - present).abs() > SAME);
        differs.then_some((known, wanted))
    });
    wanted.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{params::SongweaveParams, shared::Shared};

    #[test]
    fn what_is_taken_is_everything_but_what_changes_the_latency() {
        let params = SongweaveParams::new(Arc::new(Shared::without_network()));
        let values = present(&params, |_| true);
        assert_eq!(values.len() + APART.len() + 1, params.param_map().len());
        assert!(APART.iter().all(|id| !values.contains_key(*id)), "{values:?}");
        assert_eq!((values["vocals"], values["drums"], values["style"]), (0.0, 1.0, 1.0));
        assert!(differing(&params, &values).is_empty());
        let other = Values::from([("vocals".to_owned(), 0.5), ("style".to_owned(), 3.0), ("drums".to_owned(), 1.0)]);
        let found: Vec<_> = differing(&params, &other).into_iter().map(|(known, value)| (known.id, value)).collect();
        assert_eq!(found, [("vocals".to_owned(), 0.5), ("style".to_owned(), 0.6)]);
    }
}
