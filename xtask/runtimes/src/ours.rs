//! This project's runtime.

use crate::{ANSWER, Runtime, Songs};
use anyhow::{Context, Result};
use songweave_models::{MashNetwork, MashOutput};
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

/// The network as the plugin runs it.
pub(crate) struct Ours<'a> {
    network: MashNetwork,
    material: &'a [Songs],
    out: MashOutput,
}

impl<'a> Ours<'a> {
    /// Loads a weight file.
    pub(crate) fn new(weights: &Path, material: &'a [Songs]) -> Result<Self> {
        let bytes = std::fs::read(weights).with_context(|| format!("cannot read {}", weights.display()))?;
        Ok(Self { network: MashNetwork::from_bytes(&bytes)?, material, out: MashOutput::default() })
    }
}

impl Runtime for Ours<'_> {
    fn name(&self) -> &'static str {
        "songweave"
    }

    fn describe(&self) -> &str {
        concat!("songweave ", env!("CARGO_PKG_VERSION"))
    }

    fn answers(&mut self, hops: usize) -> Result<Vec<f32>> {
        let mut answers = Vec::with_capacity(hops * ANSWER);
        for songs in &self.material[..hops] {
            self.network.step(songs, &mut self.out)?;
            answers.extend(self.out.shares.iter().flatten().flatten().chain(&self.out.lead));
        }
        Ok(answers)
    }

    fn run(&mut self, hops: Range<usize>) -> Result<Vec<f64>> {
        let mut cost = Vec::with_capacity(hops.len());
        for hop in hops {
            let songs = &self.material[hop % self.material.len()];
            let started = Instant::now();
            self.network.step(songs, &mut self.out)?;
            cost.push(started.elapsed().as_secs_f64() * 1e6);
        }
        Ok(cost)
    }
}
