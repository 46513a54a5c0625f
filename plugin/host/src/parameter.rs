//! How a plugin describes a parameter to its host.

/// A parameter as the host sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterInfo {
    /// The host's number for it.
    pub id: u32,
    /// Name shown to the user.
    pub name: String,
    /// Lowest value; always 0 in VST3.
    pub minimum: f64,
    /// Highest value; always 1 in VST3.
    pub maximum: f64,
    /// Value of a fresh instance.
    pub default: f64,
    /// Only whole steps from `minimum` on (VST3: `steps` + 1 values spread over 0..1).
    pub stepped: bool,
    /// The host may automate it.
    pub automatable: bool,
    /// Only the plugin writes it.
    pub read_only: bool,
    /// Not shown in the host's own list.
    pub hidden: bool,
    /// The plugin's own bypass.
    pub bypass: bool,
}

impl ParameterInfo {
    /// The host value of a normalised one (0..1), on a step where the parameter has steps.
    pub fn from_normalised(&self, normalised: f64) -> f64 {
        let value = self.minimum + normalised.clamp(0.0, 1.0) * (self.maximum - self.minimum);
        if self.stepped && self.maximum > 1.0 { value.round() } else { value }
    }

    /// The normalised value (0..1) of a host value.
    pub fn to_normalised(&self, value: f64) -> f64 {
        let range = self.maximum - self.minimum;
        if range > 0.0 { ((value - self.minimum) / range).clamp(0.0, 1.0) } else { 0.0 }
    }
}
