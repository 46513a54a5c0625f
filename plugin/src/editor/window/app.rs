//! The app that draws the picture in an open window.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use egui::{Context, Ui};
use nice_plug::context::gui::GuiContext;
use nice_plug_egui::{Frame, NiceEguiApp, baseview::HandlerError};

use super::opened::Opened;
use crate::{
    editor::{hand::Hand, scene::Scene, theme},
    params::SongweaveParams,
    settings::memory::WindowSize,
    shared::{Shared, locked},
};

/// Time between two pictures while the audio thread runs, and while it stands and nothing moves by itself.
const PICTURE: Duration = Duration::from_millis(33);
const STILL: Duration = Duration::from_millis(200);

/// The editor of one instance, whether its window is open or not.
pub struct App {
    /// The plugin's name.
    pub title: &'static str,
    /// The parameters.
    pub params: Arc<SongweaveParams>,
    /// What the plugin tells about itself.
    pub shared: Arc<Shared>,
    /// Where the open window remembers things.
    pub opened: Arc<Opened>,
    /// The host, once a window was opened.
    pub host: Option<GuiContext>,
    /// Hops of the audio thread at the last picture.
    pub hops: u64,
}

impl NiceEguiApp for App {
    fn build(&mut self, context: Context, host: GuiContext, _frame: &mut Frame) -> Result<(), HandlerError> {
        theme::apply(&context);
        self.host = Some(host);
        self.opened.begin();
        self.shared.telemetry.watched.store(true, Relaxed);
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        if let (Some(host), Some(view)) = (&self.host, &mut *locked(&self.opened.view)) {
            let (params, shared) = (&*self.params, &*self.shared);
            let hand = Hand::new(host.param_setter(), params);
            view.show(ui, &Scene { title: self.title, params, shared, hand });
            let (size, zoom) = (ui.ctx().viewport_rect().size(), ui.ctx().zoom_factor());
            let window = WindowSize { width: size.x, height: size.y, zoom };
            locked(&params.state.memory).window = Some(window);
        }
        let hops = self.shared.telemetry.hops.load(Relaxed);
        let stands = std::mem::replace(&mut self.hops, hops) == hops;
        ui.ctx().request_repaint_after(if stands { STILL } else { PICTURE });
    }
}
