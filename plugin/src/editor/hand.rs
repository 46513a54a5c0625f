//! The user's hand on the parameters: what it does the host is told as gestures, and the instance remembers it to be undone.

use nice_plug::{params::internals::ParamPtr, prelude::*};
use songweave_engine::band::take::learned::{Sheet, Take};

use crate::{
    params::SongweaveParams,
    settings::{
        self, Loaded, Values,
        history::{SongStep, Step},
        memory::Memory,
    },
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
        memory.history().push(Step { before, after: preset.values.clone(), presets, ..Step::default() });
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
        self.go(0, |memory| memory.history().undo());
    }

    /// Does again what was undone last.
    pub fn redo(&self) {
        self.go(1, |memory| memory.history().redo());
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

    /// Changes what is put down on the song.
    pub fn put_down(&self, change: impl FnOnce(&mut Sheet)) {
        let take = self.params.state.take();
        let before = take.take().sheet;
        take.edit(change);
        self.remember_song(SongStep::Sheet([before, take.take().sheet]));
    }

    /// Forgets what was learned of the song.
    pub fn forget(&self) {
        let take = self.params.state.take();
        let before = take.take();
        take.replace(Take::default());
        if before != Take::default() {
            self.remember_song(SongStep::Take(Box::new([before, Take::default()])));
        }
    }

    fn remember_song(&self, step: SongStep) {
        let mut memory = locked(&self.params.state.memory);
        let presets = [memory.preset.clone(), memory.preset.clone()];
        memory.history().push(Step { presets, song: Some(step), ..Step::default() });
    }

    /// Goes to one side of a step, 0 = before it, 1 = after it.
    fn go(&self, side: usize, step: impl FnOnce(&mut Memory) -> Option<Step>) {
        let mut memory = locked(&self.params.state.memory);
        let Some(step) = step(&mut memory) else { return };
        memory.preset = step.presets.into_iter().nth(side).flatten();
        drop(memory);
        let take = self.params.state.take();
        match step.song {
            Some(SongStep::Sheet([before, after])) => {
                take.edit(|sheet| *sheet = if side == 0 { before } else { after });
            }
            Some(SongStep::Take(takes)) => take.replace((*takes).into_iter().nth(side).unwrap_or_default()),
            None => {}
        }
        self.go_to(if side == 0 { &step.before } else { &step.after });
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
        memory.history().push(Step { before, after, presets, small, song: None });
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
