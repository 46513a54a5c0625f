//! Ears whose network runs on another device than the CPU.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use songweave_device::{Device, DeviceError, DeviceNetwork, Urgency};
use songweave_engine::listener::{HIDDEN, Slice, SliceListener, WEIGHTS};

use super::ear::{Ear, listener};
use crate::error::Result;

/// In which time an answer is wanted. Ears that ask in that time are answered together.
const SOON: Duration = Duration::from_millis(100);

/// Ears that ask one device. When it fails, they go on on the CPU.
pub struct DeviceEars {
    network: Arc<DeviceNetwork>,
    failed: Arc<OnceLock<DeviceError>>,
}

impl DeviceEars {
    /// Brings the listener's network onto the device, which has to prove that it hears what the CPU does.
    ///
    /// # Errors
    /// When it does not take the network, or hears something else.
    pub fn new(device: &Arc<Device>) -> Result<Self> {
        let network = Arc::new(device.load("listener", WEIGHTS.into())?);
        let mut own = listener()?;
        // Noise has something in every band.
        let noise = |n: usize| ((n * 7_919) % 1_009) as f32 / 1_009.0 - 0.5;
        let sound: Vec<f32> = (0..own.samples()).map(noise).collect();
        if let Some(ours) = own.hidden(&sound) {
            network.prove(0, own.picture().to_vec(), &ours)?;
        }
        Ok(Self { network, failed: Arc::default() })
    }

    /// Another ear.
    ///
    /// # Errors
    /// The program was built with a damaged weight file.
    pub fn ear(&self) -> Result<Box<dyn Ear>> {
        Ok(Box::new(DeviceEar { own: listener()?, network: self.network.clone(), failed: self.failed.clone() }))
    }

    /// Why the ears went on on the CPU, where they did.
    #[must_use]
    pub fn failed(&self) -> Option<&DeviceError> {
        self.failed.get()
    }
}

struct DeviceEar {
    own: SliceListener,
    network: Arc<DeviceNetwork>,
    failed: Arc<OnceLock<DeviceError>>,
}

impl DeviceEar {
    /// What the hidden layers answer to pictures, `[picture][number]`; `None` once the device failed.
    fn ask(&self, pictures: Vec<f32>) -> Option<Vec<f32>> {
        if self.failed.get().is_some() || pictures.is_empty() {
            return None;
        }
        let answer = self.network.forward(0, pictures, Urgency::By(Instant::now() + SOON));
        answer.map_err(|reason| self.failed.set(reason)).ok()
    }
}

impl Ear for DeviceEar {
    fn samples(&self) -> usize {
        self.own.samples()
    }

    fn hear(&mut self, sound: &[f32]) -> Option<Slice> {
        self.hear_all(&[sound.to_vec()]).pop().flatten()
    }

    fn hear_all(&mut self, sounds: &[Vec<f32>]) -> Vec<Option<Slice>> {
        let mut pictures = Vec::new();
        let mut prepare = |sound: &Vec<f32>| self.own.prepare(sound).map(|picture| pictures.extend_from_slice(picture));
        let audible: Vec<bool> = sounds.iter().map(|sound| prepare(sound).is_some()).collect();
        let Some(answer) = self.ask(pictures) else {
            return sounds.iter().map(|sound| self.own.hear(sound)).collect();
        };
        let (mut answers, _) = answer.as_chunks::<HIDDEN>();
        let heard = audible.into_iter().map(|audible| {
            let (hidden, rest) = answers.split_first().filter(|_| audible)?;
            answers = rest;
            Some(self.own.told(hidden))
        });
        heard.collect()
    }

    fn name(&self) -> String {
        self.own.digest().to_owned()
    }
}
