//! The user's hand on the parameters: what it does the host is told as gestures, and the instance remembers it to be undone.

use nice_plug::{params::internals::ParamPtr, prelude::*};

use crate::{
    params::SongweaveParams,
    settings::{self, Loaded, Values, history::Step, memory::Memory},
    shared::locked,
};

/// Changes parameters for the user.
pub struct Hand<'a> {
    setter: ParamSetter<'a>,
    params: &'a SongweaveParams,
}

impl<'a> Hand<'a> {
    /// A hand on the parameters of an instance; `setter` tells its host.
    #[must_use]
    pub const fn new(setter: ParamSetter<'a>, params: &'a SongweaveParams) -> Self {
        Self { setter, params }
    }

    /// Begins a gesture.
    pub fn begin(&self, param: &impl Param) {
        self.setter.begin_set_parameter(param);
        if let Some(id) = self.id(param.as_ptr()) {
            let value = plain(param);
            locked(&self.params.state.memory).begun.insert(id, [value, value]);
        }
    }

    /// Moves a parameter to a normalised value within a gesture.
    pub fn set(&self, param: &impl Param, normalised: f32) {
        let value = param.preview_plain(normalised.clamp(0.0, 1.0));
        if value != param.unmodulated_plain_value() {
            self.setter.set_parameter(param, value);
        }
        let pointer = param.as_ptr();
        // SAFETY: `param` lives.
        let value = unsafe { pointer.preview_plain(normalised.clamp(0.0, 1.0)) };
        let mut memory = locked(&self.params.state.memory);
        if let Some(begun) = self.id(pointer).and_then(|id| memory.begun.get_mut(&id).map(|begun| &mut begun[1])) {
            *begun = value;
        }
    }

    /// Ends a gesture.
    pub fn end(&self, param: &impl Param) {
        self.setter.end_set_parameter(param);
        self.remember(param.as_ptr(), false);
    }

    /// A whole gesture at once.
    pub fn turn(&self, param: &impl Param, normalised: f32) {
        self.begin(param);
        self.set(param, normalised);
        self.end(param);
    }

    /// A small step, as of the wheel: such steps in a row are undone together.
    pub fn nudge(&self, param: &impl Param, normalised: f32) {
        self.begin(param);
        self.set(param, normalised);
        self.setter.end_set_parameter(param);
        self.remember(param.as_ptr(), true);
    }

    /// Takes all values of a preset.
    pub fn load(&self, preset: Loaded) {
        let before = self.covered(&preset.values);
        self.go_to(&preset.values);
        let mut memory = locked(&self.params.state.memory);
        let presets = [memory.preset.take(), Some(preset.clone())];
        memory.history().push(Step { before, after: preset.values.clone(), presets, small: false });
        memory.preset = Some(preset);
    }

    /// Notes that what is heard was saved as a preset.
    pub fn saved_as(&self, preset: Loaded) {
        locked(&self.params.state.memory).preset = Some(preset);
    }

    /// Whether the preset in use was changed.
    #[must_use]
    pub fn preset(&self) -> Option<(Loaded, bool)> {
        let preset = locked(&self.params.state.memory).preset.clone()?;
        let changed = !settings::differing(self.params, &preset.values).is_empty();
        Some((preset, changed))
    }

    /// Takes back what was done last.
    pub fn undo(&self) {
        self.go(|memory| memory.history().undo().map(|step| (step.before, step.presets.into_iter().next().flatten())));
    }

    /// Does again what was undone last.
    pub fn redo(&self) {
        self.go(|memory| memory.history().redo().map(|step| (step.after, step.presets.into_iter().nth(1).flatten())));
    }

    /// Whether anything can be undone, and whether anything can be done again.
    #[must_use]
    pub fn can(&self) -> (bool, bool) {
        locked(&self.params.state.memory).history().can()
    }

    /// Whether the second of the two sounds is heard.
    #[must_use]
    pub fn hears_second(&self) -> bool {
        locked(&self.params.state.memory).second
    }

    /// Changes between the two sounds.
    pub fn compare(&self) {
        let present = settings::present(self.params, |_| true);
        let values = locked(&self.params.state.memory).compare(present);
        self.go_to(&values);
    }

    fn go(&self, step: impl FnOnce(&mut Memory) -> Option<(Values, Option<Loaded>)>) {
        let mut memory = locked(&self.params.state.memory);
        let Some((values, preset)) = step(&mut memory) else { return };
        memory.preset = preset;
        drop(memory);
        self.go_to(&values);
    }

    /// Moves every parameter that stands elsewhere.
    fn go_to(&self, values: &Values) {
        for (known, value) in settings::differing(self.params, values) {
            // SAFETY: the pointers are those of `params`, which lives.
            unsafe {
                self.setter.raw_context.raw_begin_set_parameter(known.param);
                self.setter.raw_context.raw_set_parameter_normalized(known.param, value);
                self.setter.raw_context.raw_end_set_parameter(known.param);
            }
        }
    }

    /// Present values of the parameters that `values` has.
    fn covered(&self, values: &Values) -> Values {
        settings::present(self.params, |known| values.contains_key(&known.id))
    }

    /// Adds a gesture that has ended to what can be undone.
    fn remember(&self, param: ParamPtr, small: bool) {
        let Some(id) = self.id(param) else { return };
        let mut memory = locked(&self.params.state.memory);
        let Some([before, after]) = memory.begun.remove(&id) else { return };
        let [before, after] = [before, after].map(|value| Values::from([(id.clone(), value)]));
        let presets = [memory.preset.clone(), memory.preset.clone()];
        memory.history().push(Step { before, after, presets, small });
    }

    /// The id of a parameter.
    fn id(&self, param: ParamPtr) -> Option<String> {
        settings::known(self.params).into_iter().find(|known| known.param == param).map(|known| known.id)
    }
}

fn plain(param: &impl Param) -> f32 {
    // SAFETY: `param` lives.
    unsafe { param.as_ptr().unmodulated_plain_value() }
}
