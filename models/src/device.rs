//! Networks as another device than the CPU runs them: on candle's operations, many streams and steps at once.
//!
//! One network can hold several maps from numbers to numbers, such as that of the drums and that of the hands: its
//! subnetworks. Their inputs and answers are those that the network's own layers hear and give on the CPU.

use candle_core::{Device, Result, Tensor};

use crate::{
    chords::Chords,
    format::{Divide, Network, Subnetwork, WeightError},
    groove::Groove,
    instruments::Instruments,
    layers::Memory,
    listener::Ears,
    mash::Mash,
    melody::Melody,
    studio::UnetTensors,
};

/// A network whose tensors lie on a device.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use songweave_models::{device::DeviceNetwork, mash};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = DeviceNetwork::load("mash", mash::EMBEDDED, &Device::Cpu)?;
/// let layers = &network.subnetworks()[0].layers;
/// // Three streams of five hops.
/// let heard = Tensor::zeros((3, 5, layers.inputs()), candle_core::DType::F32, &Device::Cpu)?;
/// assert_eq!(layers.forward(&heard, &mut Default::default())?.dims(), [3, 5, layers.outputs()]);
/// # Ok(())
/// # }
/// ```
pub struct DeviceNetwork {
    subnetworks: Vec<Subnetwork>,
    digest: String,
    device: Device,
}

/// A kind of network, and how its weight file is read.
type Kind = (&'static str, fn(&[u8], &Device) -> std::result::Result<DeviceNetwork, WeightError>);

/// Every kind there is.
const KINDS: [Kind; 7] = [
    kind::<Mash>(),
    kind::<Chords>(),
    kind::<Groove>(),
    kind::<Melody>(),
    kind::<Instruments>(),
    kind::<Ears>(),
    kind::<UnetTensors>(),
];

const fn kind<A: Divide>() -> Kind {
    (A::KIND, read::<A>)
}

fn read<A: Divide>(bytes: &[u8], device: &Device) -> std::result::Result<DeviceNetwork, WeightError> {
    let network = Network::<A>::on_device(bytes, device)?;
    let digest = network.digest().to_owned();
    Ok(DeviceNetwork { subnetworks: network.layers.divide(), digest, device: device.clone() })
}

impl DeviceNetwork {
    /// Reads the weight file of a network onto a device.
    ///
    /// # Errors
    /// When there is no such kind of network, the file is not one of it, or the device cannot take it.
    pub fn load(kind: &str, bytes: &[u8], device: &Device) -> std::result::Result<Self, WeightError> {
        let known = KINDS.iter().find(|(known, _)| *known == kind);
        let (_, read) = known.ok_or_else(|| WeightError::Unfit(format!("it knows no `{kind}` network")))?;
        read(bytes, device)
    }

    /// The maps of the network.
    #[must_use]
    pub fn subnetworks(&self) -> &[Subnetwork] {
        &self.subnetworks
    }

    /// SHA-256 of the weight file in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Runs one of the maps over numbers `[batch][time][in]`, going on from what is remembered; answers
    /// `[batch][time][out]`.
    ///
    /// # Errors
    /// When there is no such map, the numbers are not that many, the device fails, or what it answers is not finite; the
    /// memory then stays as it was.
    pub fn forward(&self, index: usize, [batch, time]: [usize; 2], x: &[f32], memory: &mut Memory) -> Result<Vec<f32>> {
        let none = || candle_core::Error::Msg(format!("the network has no map {index}"));
        let layers = &self.subnetworks.get(index).ok_or_else(none)?.layers;
        let heard = Tensor::from_slice(x, (batch, time, layers.inputs()), &self.device)?;
        let mut tried = memory.clone();
        let answer: Vec<f32> = layers.forward(&heard, &mut tried)?.flatten_all()?.to_vec1()?;
        if !answer.iter().all(|number| number.is_finite()) {
            candle_core::bail!("a number that it answers is not finite");
        }
        *memory = tried;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::format::Architecture;
    use crate::networks::{chords, groove, instruments, mash, melody};

    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 7_919) % 1_009) as f32 / 1_009.0 - 0.4).collect()
    }

    #[test]
    fn every_network_runs_in_batches_and_in_pieces_alike() {
        let files: [(&str, &[u8], usize); 6] = [
            ("mash", mash::EMBEDDED, 1),
            ("chords", chords::EMBEDDED, 1),
            ("groove", groove::EMBEDDED, 2),
            ("melody", melody::EMBEDDED, 2),
            ("instruments", instruments::EMBEDDED, instruments::PROGRAMS.len()),
            ("listener", Ears::EMBEDDED, 1),
        ];
        for (kind, file, count) in files {
            let network = DeviceNetwork::load(kind, file, &Device::Cpu).unwrap();
            assert_eq!(network.subnetworks().len(), count, "{kind}");
            for (index, Subnetwork { name, layers }) in network.subnetworks().iter().enumerate() {
                // Two streams of three steps: all at once, and each by itself step by step.
                let (inputs, outputs) = (layers.inputs(), layers.outputs());
                let heard = numbers(2 * 3 * inputs);
                let whole = network.forward(index, [2, 3], &heard, &mut Memory::default()).unwrap();
                assert_eq!(whole.len(), 2 * 3 * outputs, "{kind}, {name}");
                for (heard, whole) in heard.chunks_exact(3 * inputs).zip(whole.chunks_exact(3 * outputs)) {
                    let mut memory = Memory::default();
                    for (heard, whole) in heard.chunks_exact(inputs).zip(whole.chunks_exact(outputs)) {
                        let answer = network.forward(index, [1, 1], heard, &mut memory).unwrap();
                        let worst = answer.iter().zip(whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                        assert!(worst < 1e-4, "{kind}, {name}: {worst}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_nothing_is_forgotten() {
        assert!(DeviceNetwork::load("clarinet", mash::EMBEDDED, &Device::Cpu).is_err());
        assert!(DeviceNetwork::load("chords", mash::EMBEDDED, &Device::Cpu).is_err());
        let network = DeviceNetwork::load("groove", groove::EMBEDDED, &Device::Cpu).unwrap();
        let heard = numbers(network.subnetworks()[0].layers.inputs());
        let (mut undisturbed, mut disturbed) = (Memory::default(), Memory::default());
        let step = |memory: &mut Memory| network.forward(0, [1, 1], &heard, memory).unwrap();
        let _ = (step(&mut undisturbed), step(&mut disturbed));
        assert!(network.forward(0, [2, 1], &heard.repeat(2), &mut disturbed).is_err(), "another number of streams");
        assert!(network.forward(0, [1, 1], &heard[1..], &mut disturbed).is_err(), "too few numbers");
        assert!(network.forward(9, [1, 1], &heard, &mut disturbed).is_err(), "no such map");
        assert_eq!(step(&mut undisturbed), step(&mut disturbed));
    }
}
