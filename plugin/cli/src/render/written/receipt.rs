//! The receipt: what was rendered, so that the same can be rendered again and be compared.

use crate::render::job::Job;
use crate::render::session::Rendered;
use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use songweave_host::Bus;
use std::ops::Range;

/// The receipt of a render.
pub(in crate::render) fn receipt(job: &Job, rendered: &Rendered, sound: SoundDigest) -> Result<Value> {
    let (version, models) = job.parameters.origin()?;
    let block_size = match job.block_size {
        crate::render::options::BlockSize::Fixed(frames) => json!(frames),
        random @ crate::render::options::BlockSize::Random(_) => json!(random.to_string()),
    };
    Ok(json!({
        "sha256": sound.finish(),
        "missed_hops": rendered.missed_hops,
        "quality": if job.layout(rendered.latency).mask_delay > 0 { "studio" } else { "live" },
        "device": rendered.placed.device.as_deref().unwrap_or("CPU"),
        "models": models,
        "version": version,
        "latency_samples": rendered.latency,
        "sample_rate": job.inputs.sample_rate,
        "block_size": block_size,
        "processor": processor(),
    }))
}

/// What of the processor the samples depend on: matrix products and Fourier transforms add in another order where it has
/// wider instructions. Systems make no difference.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    let instructions = [
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let instructions: [(&str, bool); 0] = [];
    let there = instructions.into_iter().filter_map(|(name, there)| there.then_some(name));
    [std::env::consts::ARCH].into_iter().chain(there).collect::<Vec<_>>().join(" ")
}

/// SHA-256 of a bus's samples: interleaved, 32-bit float, little-endian.
#[derive(Default)]
pub(in crate::render) struct SoundDigest(Sha256);

impl SoundDigest {
    /// Appends frames of a bus.
    pub(in crate::render) fn update(&mut self, bus: &Bus, frames: Range<usize>) {
        for frame in frames {
            bus.iter().for_each(|channel| self.0.update(channel[frame].to_le_bytes()));
        }
    }

    /// The digest in hexadecimal digits.
    pub(in crate::render) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_interleaved_little_endian_floats() {
        let bus = vec![vec![1.0, -1.0], vec![0.5, 0.0]];
        let bytes: Vec<u8> = [1.0f32, 0.5, -1.0, 0.0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let expected: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut digest = SoundDigest::default();
        digest.update(&bus, 0..1);
        digest.update(&bus, 1..2);
        assert_eq!(digest.finish(), expected);
    }
}
