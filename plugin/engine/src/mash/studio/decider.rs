//! What decides windows: the plugin's own layers, or a device that has the same weights.

use std::{
    borrow::Cow,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use songweave_device::{Device, DeviceError, DeviceNetwork, Urgency};
use songweave_models::{
    layers::Planes,
    studio::{BINS, CHANNELS, FRAMES, StudioNetwork},
};

use crate::placement::Placement;

/// Answers in a row that may be late before the CPU goes on: about a second and a half.
const MOST_LATE: usize = 8;

/// How a device is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Together with what others ask, for an answer within this time.
    Within(Duration),
    /// Alone, so that the same window has the same bits.
    Alone,
}

/// The network, and where it runs. Clones share the device's memory.
#[derive(Debug, Clone)]
pub struct Decider {
    own: StudioNetwork,
    /// `None` on the CPU.
    device: Option<OnDevice>,
}

#[derive(Debug, Clone)]
struct OnDevice {
    network: Arc<DeviceNetwork>,
    asked: Asked,
    placement: Arc<Placement>,
    /// Answers in a row that were late.
    late: usize,
}

impl From<StudioNetwork> for Decider {
    /// On the CPU.
    fn from(own: StudioNetwork) -> Self {
        Self { own, device: None }
    }
}

impl Decider {
    /// The same network on a device, which it has to prove on a window; `weights` are its weight file. When the device fails
    /// later, or is late all the time, the CPU goes on. `placement` is told.
    ///
    /// # Errors
    /// When the device does not take the network, or decides something else than the CPU.
    pub fn with_device(
        self,
        device: &Arc<Device>,
        weights: Cow<'static, [u8]>,
        asked: Asked,
        placement: Arc<Placement>,
    ) -> Result<Self, DeviceError> {
        let mut own = self.own;
        let network = Arc::new(device.load("studio", weights)?);
        network.prove(0, proof().data, &own.decide(&proof(), 0..FRAMES).data)?;
        placement.on_device(network.device());
        Ok(Self { own, device: Some(OnDevice { network, asked, placement, late: 0 }) })
    }

    /// See [`StudioNetwork::begin`].
    pub(super) fn begin(&mut self, windows: &[&Planes], wanted: Range<usize>) {
        self.own.begin(windows, wanted);
    }

    /// Decides what was begun, on the device while there is one.
    pub(super) fn finish(&mut self) {
        match self.device.as_mut().map(|device| device.masks(&self.own)) {
            Some(Ok(masks)) => return self.own.take(&masks),
            Some(Err(reason)) => self.give_up(&reason),
            None => {}
        }
        self.own.finish();
    }

    fn give_up(&mut self, reason: &DeviceError) {
        if let Some(device) = self.device.take() {
            device.placement.failed(reason);
        }
    }

    /// See [`StudioNetwork::decided`].
    pub(super) const fn decided(&self, window: usize) -> (&Planes, &Planes) {
        self.own.decided(window)
    }
}

impl OnDevice {
    /// The masks `[window][channel][frame][bin]` of the windows that were begun.
    fn masks(&mut self, own: &StudioNetwork) -> Result<Vec<f32>, DeviceError> {
        if self.late >= MOST_LATE {
            return Err(DeviceError::Slow);
        }
        let windows: Vec<f32> = own.begun().flat_map(|window| window.data.iter().copied()).collect();
        let due = match self.asked {
            Asked::Within(time) => Some(Instant::now() + time),
            Asked::Alone => None,
        };
        let masks = self.network.forward(0, windows, due.map_or(Urgency::Alone, Urgency::By))?;
        self.late = if due.is_some_and(|due| Instant::now() > due) { self.late + 1 } else { 0 };
        Ok(masks)
    }
}

/// Tones that come and go: part of them is taken for a voice.
fn proof() -> Planes {
    let mut window = Planes::zeros(CHANNELS, FRAMES, BINS);
    for (index, magnitude) in window.data.iter_mut().enumerate() {
        let (frame, bin) = (index / BINS % FRAMES, index % BINS);
        *magnitude = if bin % 18 < 2 && bin < 300 && frame % 20 < 14 { 60.0 } else { 0.02 };
    }
    window
}
