//! The thread that listens while somebody wants to know.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use songweave_dsp::stream::layout::{SONGS, StreamLayout};

use crate::scheduling;

use super::{
    GENRES,
    songs::{SongSound, SongsListener},
};

/// Pause between two looks at the sound; half a second of it may wait.
const POLL: Duration = Duration::from_millis(50);

/// A running listener; it ends when this is dropped.
pub struct ListenerThread {
    stop: Arc<AtomicBool>,
    heard: Arc<Mutex<[Option<SongSound>; SONGS]>>,
    places: [[f32; 2]; GENRES.len()],
    handle: Option<JoinHandle<()>>,
}

impl ListenerThread {
    /// Starts to listen at the lowest priority. `pull` hands every hop that has come to the listener it is given. `tell` is called on
    /// the same thread whenever the songs sound different, `[song]`, and once before anything is heard.
    ///
    /// # Errors
    /// One sentence when the network or the thread cannot be had.
    pub fn start(
        layout: &StreamLayout,
        mut pull: impl FnMut(&mut SongsListener) + Send + 'static,
        mut tell: impl FnMut(&[Option<SongSound>; SONGS]) + Send + 'static,
    ) -> Result<Self, String> {
        let mut listener =
            SongsListener::new(layout).map_err(|error| format!("The listener cannot be started: {error}"))?;
        let (stop, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
        let (stopped, told): (_, Arc<Mutex<[Option<SongSound>; SONGS]>>) = (stop.clone(), heard.clone());
        let places = *listener.places();
        let work = move || {
            scheduling::lower();
            tell(&[const { None }; SONGS]);
            while !stopped.load(Ordering::Acquire) {
                pull(&mut listener);
                if listener.listen() {
                    let sounds = listener.sounds();
                    tell(&sounds);
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = sounds;
                }
                thread::park_timeout(POLL);
            }
        };
        let handle = thread::Builder::new().name("songweave-listener".into()).spawn(work);
        let handle = handle.map_err(|error| format!("The system refuses to start the listener's thread ({error})."))?;
        Ok(Self { stop, heard, places, handle: Some(handle) })
    }

    /// Where each of [`GENRES`] lies on the map.
    #[must_use]
    pub const fn places(&self) -> &[[f32; 2]; GENRES.len()] {
        &self.places
    }

    /// What the songs sound like, `[song]`; `None` of one that has not been heard for long enough.
    #[must_use]
    pub fn sounds(&self) -> [Option<SongSound>; SONGS] {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ListenerThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(handle) = self.handle.take() {
            handle.thread().unpark();
            // It allocates and computes and can do nothing else; a panic has already been printed.
            let _ = handle.join();
        }
    }
}
