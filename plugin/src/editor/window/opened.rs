//! What an open window and the host share.

use std::sync::Mutex;

use crate::editor::view::View;
use crate::shared::locked;

/// What a window and its host share.
#[derive(Default)]
pub struct Opened {
    /// What the open window remembers, `None` while closed.
    pub view: Mutex<Option<View>>,
}

impl Opened {
    /// Called before the first picture.
    pub fn begin(&self) {
        *locked(&self.view) = Some(View::default());
    }

    /// Called by the host's thread after it closed the window.
    pub fn end(&self) {
        // A thread that hangs in a picture holds the view; the host must not hang with it.
        if let Ok(mut view) = self.view.try_lock() {
            *view = None;
        }
    }
}
