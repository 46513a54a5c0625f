//! Which device this library runs on.

use std::panic::catch_unwind;

use candle_core::Device;

/// A device with its name.
pub(crate) struct Chosen {
    /// The device.
    pub(crate) device: Device,
    /// For the editor and the receipt.
    pub(crate) name: String,
}

/// The device that this build is for.
///
/// # Errors
/// One sentence that says why there is none. Drivers are known to panic where they are missing, which is caught.
pub(crate) fn choose() -> Result<Chosen, String> {
    catch_unwind(open).unwrap_or_else(|_| Err(format!("{WANTED} could not be opened: its driver is missing or broken")))
}

#[cfg(feature = "cuda")]
const WANTED: &str = "An NVIDIA card";
#[cfg(all(target_os = "macos", not(feature = "cuda")))]
const WANTED: &str = "A Metal device";
#[cfg(not(any(feature = "cuda", target_os = "macos")))]
const WANTED: &str = "The CPU";

#[cfg(feature = "cuda")]
fn open() -> Result<Chosen, String> {
    let refused = |error| format!("{WANTED} could not be opened ({error}); install or update its driver");
    let device = Device::new_cuda(0).map_err(refused)?;
    let Device::Cuda(cuda) = &device else { return Err(format!("{WANTED} is not there")) };
    let name = cuda.cuda_stream().context().name().unwrap_or_else(|_| "NVIDIA card".to_owned());
    try_out(&device)?;
    Ok(Chosen { device, name })
}

#[cfg(all(target_os = "macos", not(feature = "cuda")))]
fn open() -> Result<Chosen, String> {
    let device = Device::new_metal(0).map_err(|error| format!("{WANTED} could not be opened ({error})"))?;
    let Device::Metal(metal) = &device else { return Err(format!("{WANTED} is not there")) };
    let name = format!("Apple GPU, {}", metal.device().architecture_name());
    try_out(&device)?;
    Ok(Chosen { device, name })
}

#[cfg(not(any(feature = "cuda", target_os = "macos")))]
fn open() -> Result<Chosen, String> {
    try_out(&Device::Cpu)?;
    Ok(Chosen { device: Device::Cpu, name: "CPU, by candle".to_owned() })
}

/// Adds two numbers: kernels that were built for newer cards fail here, and so does a card whose memory is full.
fn try_out(device: &Device) -> Result<(), String> {
    let sum = candle_core::Tensor::new(&[1.0_f32, 2.0], device).and_then(|pair| pair.sum_all()?.to_scalar::<f32>());
    match sum {
        Ok(3.0) => Ok(()),
        Ok(other) => Err(format!("{WANTED} says that one and two are {other}")),
        Err(error) => Err(format!("{WANTED} does not run what this library was built for ({error})")),
    }
}
