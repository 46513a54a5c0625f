//! What the shell, the saved state and the editor of one plugin instance share.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use atomic_float::AtomicF32;
use ringbuf::HeapCons;
use songweave_dsp::{
    exchange::{
        audition::Audition,
        sound::SoundReceiver,
        telemetry::{ColumnReceiver, Telemetry},
    },
    mash::frozen::FrozenMask,
    stream::layout::StreamLayout,
};
use songweave_engine::{
    band::take::shared::SharedTake,
    mash::studio::Studio,
    runtime::{slot::ModelSlot, status::Status},
};
use songweave_library::store::{default_place, own_folder};

use crate::{played::Note, presets::folder::Folder};

/// The weights of Studio quality, where they were there when the plugin was built.
const STUDIO: Option<&[u8]> = include!(concat!(env!("OUT_DIR"), "/studio.rs"));

/// Shared by the shell, the saved state and the editor of one instance. The audio thread uses nothing of it but the
/// telemetry, the frozen mask and the audition.
pub struct Shared {
    /// Meters and counters of the audio thread.
    pub telemetry: Arc<Telemetry>,
    /// What is listened to while the mouse button is held on the mask.
    pub audition: Arc<Audition>,
    /// The mask that Freeze holds.
    pub frozen: Arc<FrozenMask>,
    /// What was learned of the song.
    pub take: Arc<SharedTake>,
    /// What the inference thread tells.
    pub status: Arc<Status>,
    /// The network; `None` when the one in the binary is damaged.
    pub slot: Option<Arc<ModelSlot>>,
    /// Mask columns of the present activation.
    pub columns: Mutex<Option<ColumnReceiver>>,
    /// The songs of the present activation, for whoever listens.
    pub sound: Arc<Mutex<Option<SoundReceiver>>>,
    /// Notes that the band plays, of the present activation, while somebody watches.
    pub played: Mutex<Option<HeapCons<Note>>>,
    /// The folder that MIDI files go into; `None` where the system does not tell.
    pub midi: Option<PathBuf>,
    /// Where the user's library lies; `None` where the system does not tell.
    pub library: Option<PathBuf>,
    /// The folder with the user's presets; `None` where the system does not tell.
    pub presets: Option<Folder>,
    /// What a loaded state or weight file has to say, one sentence each.
    pub notices: Mutex<Vec<String>>,
    latency: AtomicU32,
    sample_rate: AtomicF32,
    hop: AtomicU32,
}

/// Latency and hop of the present activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Latency in samples.
    pub latency: u32,
    /// Hop in samples.
    pub hop: u32,
    /// Sample rate in Hz.
    pub sample_rate: f32,
}

impl Default for Shared {
    /// With the network in the binary.
    fn default() -> Self {
        let mut shared = Self::without_network();
        match ModelSlot::embedded() {
            Ok(slot) => {
                let places = songweave_device::places(own_folder().ok().as_deref());
                shared.slot = Some(Arc::new(slot.with_studio(STUDIO).with_device_places(places)));
            }
            Err(error) => shared
                .status
                .set_fault(Some(format!("The network in the plugin is damaged ({error}); install Songweave again."))),
        }
        shared
    }
}

impl Shared {
    /// Without a network.
    #[must_use]
    pub fn without_network() -> Self {
        Self {
            telemetry: Arc::default(),
            audition: Arc::default(),
            frozen: Arc::default(),
            take: Arc::default(),
            status: Arc::default(),
            slot: None,
            columns: Mutex::default(),
            played: Mutex::default(),
            midi: own_folder().ok().map(|folder| folder.join("midi")),
            sound: Arc::default(),
            presets: own_folder().ok().map(|folder| Folder::new(folder.join("presets"))),
            library: default_place().ok(),
            notices: Mutex::default(),
            latency: AtomicU32::new(0),
            sample_rate: AtomicF32::new(0.0),
            hop: AtomicU32::new(0),
        }
    }

    /// The layout for a sample rate in Hz, a look-ahead in seconds and the quality that is wanted and can be had.
    #[must_use]
    pub fn layout(&self, sample_rate: f32, look_ahead: f32, studio: bool) -> StreamLayout {
        let layout = StreamLayout::for_sample_rate(sample_rate).with_look_ahead(look_ahead);
        let can = self.slot.as_ref().is_some_and(|slot| slot.has_studio());
        if studio && can { layout.with_mask_delay(Studio::lag(&layout)) } else { layout }
    }

    /// Begins an activation: its layout is shown, its counters start at 0.
    pub fn begin(&self, layout: &StreamLayout, columns: ColumnReceiver, sound: SoundReceiver) {
        let telemetry = &self.telemetry;
        for counter in [&telemetry.hops, &telemetry.missed, &telemetry.repaired] {
            counter.store(0, Relaxed);
        }
        telemetry.panics.store(0, Relaxed);
        *locked(&self.columns) = Some(columns);
        *locked(&self.sound) = Some(sound);
        self.hop.store(layout.hop as u32, Relaxed);
        self.sample_rate.store(layout.sample_rate, Relaxed);
        self.latency.store(layout.latency() as u32, Relaxed);
    }

    /// Ends the activation.
    pub fn end(&self) {
        self.latency.store(0, Relaxed);
        *locked(&self.columns) = None;
        *locked(&self.played) = None;
        *locked(&self.sound) = None;
    }

    /// Latency and hop, while active.
    #[must_use]
    pub fn timing(&self) -> Option<Timing> {
        let latency = self.latency.load(Relaxed);
        let timing = Timing { latency, hop: self.hop.load(Relaxed), sample_rate: self.sample_rate.load(Relaxed) };
        (latency > 0).then_some(timing)
    }
}

/// The value in a mutex, whatever happened to the thread that held it before.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
