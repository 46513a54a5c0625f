//! The network on a thread of its own: what it does for a block may take several hops, and the inference thread, whose
//! decisions are due after two, goes on meanwhile.

use std::{
    io,
    ops::Range,
    panic::resume_unwind,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{Builder, JoinHandle},
};

use songweave_models::layers::Planes;

use super::decider::Decider;
use crate::scheduling::{self, Urgency};

/// The network, which is either here or with its thread.
pub(super) struct Worker {
    /// `None` while the thread has it.
    network: Option<Box<Decider>>,
    /// `None` once the thread is to end.
    begun: Option<SyncSender<Box<Decider>>>,
    finished: Receiver<Box<Decider>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system refuses it.
    pub(super) fn start(network: Decider) -> io::Result<Self> {
        let (begun, to_do) = sync_channel::<Box<Decider>>(1);
        let (done, finished) = sync_channel(1);
        let run = move || {
            scheduling::raise(Urgency::Block);
            for mut network in to_do {
                network.finish();
                if done.send(network).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("songweave-studio".into()).spawn(run)?;
        Ok(Self { network: Some(Box::new(network)), begun: Some(begun), finished, thread: Some(thread) })
    }

    /// Begins to decide; see [`Decider::begin`]. Waits for what was begun before.
    pub(super) fn begin(&mut self, windows: &[&Planes], wanted: Range<usize>) {
        self.finished();
        let Some((mut network, begun)) = self.network.take().zip(self.begun.as_ref()) else { return };
        network.begin(windows, wanted);
        // A thread that is gone is found when the network is asked for.
        let _ = begun.send(network);
    }

    /// The network with what it has decided. Waits for its thread.
    ///
    /// # Panics
    /// Goes on with a panic of the network's.
    pub(super) fn finished(&mut self) -> &Decider {
        let returned = self.network.take().or_else(|| self.finished.recv().ok());
        let network = returned.unwrap_or_else(|| match self.thread.take().map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            _ => panic!("the thread of Studio's network is gone"),
        });
        self.network.insert(network)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.begun = None;
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed, and told where the network was asked for.
            let _ = thread.join();
        }
    }
}
