//! What the user did to the parameters, to be undone and done again.

use songweave_engine::band::take::learned::{Sheet, Take};

use super::{Loaded, Values};

/// Steps that are kept.
const MOST: usize = 200;

/// One thing that the user did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// The values before it.
    pub before: Values,
    /// The values after it.
    pub after: Values,
    /// The presets in use before and after it.
    pub presets: [Option<Loaded>; 2],
    /// Whether it is one of many small ones, of which those in a row are undone together.
    pub small: bool,
    /// What it changed of the learned song.
    pub song: Option<SongStep>,
}

/// What was done to a learned song, before and after it.
#[derive(Debug, Clone, PartialEq)]
pub enum SongStep {
    /// Something was put down on it.
    Sheet([Sheet; 2]),
    /// All of it was forgotten.
    Take(Box<[Take; 2]>),
}

/// What can be undone and done again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// Adds what was just done; what was undone before can then no longer be done again.
    pub fn push(&mut self, step: Step) {
        if step.before == step.after && step.presets[0] == step.presets[1] && step.song.is_none() {
            return;
        }
        self.undone.clear();
        let together = step.small && self.done.last().is_some_and(|last| last.small && same_keys(last, &step));
        match self.done.last_mut().filter(|_| together) {
            Some(last) => last.after = step.after,
            None => self.done.push(step),
        }
        if self.done.len() > MOST {
            self.done.remove(0);
        }
    }

    /// Takes back the last step, and returns it.
    pub fn undo(&mut self) -> Option<Step> {
        let step = self.done.pop()?;
        self.undone.push(step.clone());
        Some(step)
    }

    /// Does again what was undone last, and returns it.
    pub fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop()?;
        self.done.push(step.clone());
        Some(step)
    }

    /// Whether anything can be undone, and whether anything can be done again.
    #[must_use]
    pub const fn can(&self) -> (bool, bool) {
        (!self.done.is_empty(), !self.undone.is_empty())
    }
}

fn same_keys(one: &Step, other: &Step) -> bool {
    one.after.keys().eq(other.after.keys())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: &str, before: f32, after: f32, small: bool) -> Step {
        let values = |value| Values::from([(id.to_owned(), value)]);
        Step { before: values(before), after: values(after), presets: [None, None], small, song: None }
    }

    #[test]
    fn steps_are_undone_in_order_and_done_again_until_something_else_is_done() {
        let mut history = History::default();
        assert_eq!((history.undo(), history.redo(), history.can()), (None, None, (false, false)));
        history.push(step("vocals", 0.0, 0.5, false));
        history.push(step("vocals", 0.5, 0.5, false));
        history.push(step("drums", 1.0, 0.0, false));
        assert_eq!(history.undo(), Some(step("drums", 1.0, 0.0, false)));
        assert_eq!(history.undo(), Some(step("vocals", 0.0, 0.5, false)), "what changed nothing is no step");
        assert_eq!(history.redo(), Some(step("vocals", 0.0, 0.5, false)));
        history.push(step("bass", 1.0, 0.2, false));
        assert_eq!((history.redo(), history.can()), (None, (true, false)));
    }

    #[test]
    fn small_steps_of_one_parameter_are_undone_together_and_no_more_than_200_are_kept() {
        let mut history = History::default();
        for nudge in 0..10 {
            history.push(step("depth", nudge as f32, nudge as f32 + 1.0, true));
        }
        history.push(step("auto", 0.0, 1.0, true));
        assert_eq!(history.undo(), Some(step("auto", 0.0, 1.0, true)));
        assert_eq!(history.undo(), Some(step("depth", 0.0, 10.0, true)));
        for value in 0..300 {
            history.push(step("depth", value as f32, value as f32 + 1.0, false));
        }
        assert_eq!(std::iter::from_fn(|| history.undo()).count(), MOST);
    }
}
