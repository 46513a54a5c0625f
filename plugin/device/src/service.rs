//! The one thread that calls the library, for everybody in the process.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque, hash_map::Entry},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use songweave_abi::{NetworkId, Open, Shape};

use crate::{DeviceError, Library};

/// How long a network may take to be loaded: drivers translate their code then.
const LOADING: Duration = Duration::from_secs(60);
/// How long an answer may take before the device counts as hung.
const PATIENCE: Duration = if cfg!(test) { Duration::from_millis(300) } else { Duration::from_secs(5) };
/// How long the first of a batch waits for others, at most, and the share of the time that it has.
const GATHERING: Duration = Duration::from_millis(2);
const GATHERING_SHARE: u32 = 8;
/// How far a device's answer may lie from the CPU's, as a share of the largest number in it, or of 1.
const TOLERANCE: f32 = 1e-4;
/// Streams of a batch, at most.
const LARGEST_BATCH: usize = 32;

/// When an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// By a moment: it is computed together with what others want then. Its last bits may depend on what that is.
    By(Instant),
    /// As soon as possible and by itself, so that the same question has the same bits: for bounces and whole files.
    Alone,
}

/// The weights of a network.
type Weights = Cow<'static, [u8]>;

/// Where an answer goes.
type Reply<T> = SyncSender<Result<T, DeviceError>>;

enum Request {
    Load { kind: &'static str, weights: Weights, reply: Reply<(NetworkId, Vec<Shape>)> },
    Run(Run),
    Free(NetworkId),
    Count(Reply<usize>),
}

/// A map to be run over `[stream][in]`, from an empty memory.
struct Run {
    network: NetworkId,
    map: usize,
    shape: Shape,
    input: Vec<f32>,
    urgency: Urgency,
    reply: Reply<Vec<f32>>,
}

impl Run {
    const fn streams(&self) -> usize {
        self.input.len() / self.shape.inputs
    }

    /// Whether it can be computed together with another.
    fn goes_with(&self, other: &Self) -> bool {
        self.network == other.network
            && self.map == other.map
            && [self.urgency, other.urgency].iter().all(|urgency| *urgency != Urgency::Alone)
    }
}

/// An open device with its thread. The last one who lets go of it closes it.
#[derive(Debug)]
pub struct Device {
    name: String,
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
    /// Whether it did not answer once: nobody waits for it again.
    hung: AtomicBool,
}

/// The device of this process.
static SHARED: Mutex<Weak<Device>> = Mutex::new(Weak::new());

impl Device {
    /// The device of this process. Who asks first opens it, with the first of `places` that is a file.
    ///
    /// # Errors
    /// When there is no library, or no device that it can use.
    pub fn shared(places: &[PathBuf]) -> Result<Arc<Self>, DeviceError> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = shared.upgrade().filter(|device| !device.hung.load(Relaxed)) {
            return Ok(device);
        }
        let file = places.iter().find(|place| place.is_file());
        let device = Self::open(file.ok_or_else(|| DeviceError::Missing(places.to_vec()))?)?;
        *shared = Arc::downgrade(&device);
        Ok(device)
    }

    /// Opens the device of a library, for one caller.
    ///
    /// # Errors
    /// When it is no such library, or there is no device that it can use.
    pub fn open(file: &Path) -> Result<Arc<Self>, DeviceError> {
        let file = file.to_owned();
        Self::start(move || Library::open(&file))
    }

    /// Opens the device of a library that is loaded already, for one caller.
    ///
    /// # Safety
    /// As [`Library::from_entry_point`], from another thread than this one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub unsafe fn from_entry_point(open: Open) -> Result<Arc<Self>, DeviceError> {
        // SAFETY: promised by the caller.
        Self::start(move || unsafe { Library::from_entry_point(open) })
    }

    /// A device whose library is opened on its own thread, where drivers want to be called from.
    fn start(open: impl FnOnce() -> Result<Library, DeviceError> + Send + 'static) -> Result<Arc<Self>, DeviceError> {
        let (requests, received) = channel();
        let (opened, answer) = sync_channel(1);
        let serve = move || match open() {
            Ok(library) => {
                let _ = opened.send(Ok(library.device().to_owned()));
                Service { library, received, waiting: VecDeque::new(), users: HashMap::new() }.serve();
            }
            Err(error) => _ = opened.send(Err(error)),
        };
        let failed = |error: std::io::Error| DeviceError::Failed(error.to_string());
        let thread = Builder::new().name("songweave-device".into()).spawn(serve).map_err(failed)?;
        let name = answer.recv_timeout(LOADING).map_err(|_| DeviceError::Hung)??;
        Ok(Arc::new(Self { name, requests: Some(requests), thread: Some(thread), hung: AtomicBool::new(false) }))
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Loads a network; who asks for the same weights shares it.
    ///
    /// # Errors
    /// When the device refuses it.
    pub fn load(self: &Arc<Self>, kind: &'static str, weights: Weights) -> Result<DeviceNetwork, DeviceError> {
        let (reply, answer) = sync_channel(1);
        self.send(Request::Load { kind, weights, reply })?;
        let (network, shapes) = self.wait(&answer, LOADING)?;
        Ok(DeviceNetwork { device: self.clone(), network, shapes })
    }

    /// How many networks are loaded by those who share it.
    ///
    /// # Errors
    /// When it does not answer for seconds.
    pub fn loaded(&self) -> Result<usize, DeviceError> {
        let (reply, answer) = sync_channel(1);
        self.send(Request::Count(reply))?;
        self.wait(&answer, PATIENCE)
    }

    fn send(&self, request: Request) -> Result<(), DeviceError> {
        if self.hung.load(Relaxed) {
            return Err(DeviceError::Hung);
        }
        self.requests.as_ref().and_then(|requests| requests.send(request).ok()).ok_or(DeviceError::Hung)
    }

    fn wait<T>(&self, answer: &Receiver<Result<T, DeviceError>>, patience: Duration) -> Result<T, DeviceError> {
        answer.recv_timeout(patience).unwrap_or_else(|_| {
            self.hung.store(true, Relaxed);
            Err(DeviceError::Hung)
        })
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take().filter(|_| !self.hung.load(Relaxed)) {
            let _ = thread.join();
        }
    }
}

/// A network on the device. Dropping the last one of its weights frees its memory there.
#[derive(Debug)]
pub struct DeviceNetwork {
    device: Arc<Device>,
    network: NetworkId,
    /// `[map]`.
    shapes: Vec<Shape>,
}

impl DeviceNetwork {
    /// The device that it is on.
    #[must_use]
    pub fn device(&self) -> &str {
        self.device.name()
    }

    /// The sizes of one of its maps.
    ///
    /// # Errors
    /// When it has no such map.
    pub fn shape(&self, map: usize) -> Result<Shape, DeviceError> {
        self.shapes.get(map).copied().ok_or_else(|| DeviceError::Failed(format!("the network has no map {map}")))
    }

    /// Runs a map from an empty memory over `[stream][in]`, and waits for `[stream][out]`.
    ///
    /// # Errors
    /// When the numbers do not fit, the device fails, or does not answer for seconds.
    pub fn forward(&self, map: usize, input: Vec<f32>, urgency: Urgency) -> Result<Vec<f32>, DeviceError> {
        let shape = self.shape(map)?;
        // Nobody's question may spoil what is computed together with it.
        if shape.inputs == 0 || input.is_empty() || !input.len().is_multiple_of(shape.inputs) {
            return Err(DeviceError::Failed(format!("{} numbers are no streams of {}", input.len(), shape.inputs)));
        }
        all_finite(&input)?;
        let (reply, answer) = sync_channel(1);
        self.device.send(Request::Run(Run { network: self.network, map, shape, input, urgency, reply }))?;
        let patience = if urgency == Urgency::Alone { LOADING } else { PATIENCE };
        self.device.wait(&answer, patience)
    }

    /// Runs a map once, and holds it to what the CPU computes of the same `input`, `[out]`.
    ///
    /// # Errors
    /// When it computes something else, or as [`Self::forward`].
    pub fn prove(&self, map: usize, input: Vec<f32>, wanted: &[f32]) -> Result<(), DeviceError> {
        let found = self.forward(map, input, Urgency::Alone)?;
        let largest = wanted.iter().fold(1.0_f32, |largest, number| largest.max(number.abs()));
        let distances = wanted.iter().zip(&found).map(|(wanted, found)| (wanted - found).abs());
        let worst = distances.fold(0.0, f32::max);
        if found.len() != wanted.len() || worst > TOLERANCE * largest {
            return Err(DeviceError::Wrong(worst.to_string()));
        }
        Ok(())
    }
}

impl Drop for DeviceNetwork {
    fn drop(&mut self) {
        // A device that is gone has freed it.
        let _ = self.device.send(Request::Free(self.network));
    }
}

/// What the thread has.
struct Service {
    library: Library,
    received: Receiver<Request>,
    /// Received, and left for later.
    waiting: VecDeque<Request>,
    /// The networks that are loaded, by kind and weights, and who uses them.
    users: HashMap<(&'static str, Weights), (NetworkId, Vec<Shape>, usize)>,
}

impl Service {
    /// Until nobody can ask any more.
    fn serve(mut self) {
        while let Some(request) = self.waiting.pop_front().or_else(|| self.received.recv().ok()) {
            match request {
                Request::Load { kind, weights, reply } => _ = reply.send(self.load(kind, weights)),
                Request::Free(network) => self.free(network),
                Request::Count(reply) => _ = reply.send(Ok(self.users.len())),
                Request::Run(run) => {
                    let together = self.gather(run);
                    answer(&self.library, together);
                }
            }
        }
    }

    fn load(&mut self, kind: &'static str, weights: Weights) -> Result<(NetworkId, Vec<Shape>), DeviceError> {
        match self.users.entry((kind, weights)) {
            Entry::Occupied(mut entry) => {
                let (network, shapes, users) = entry.get_mut();
                *users += 1;
                Ok((*network, shapes.clone()))
            }
            Entry::Vacant(entry) => {
                let network = self.library.load(kind, &entry.key().1)?;
                let maps = self.library.maps(network)?;
                let shapes: Vec<Shape> =
                    (0..maps).map(|map| self.library.shape(network, map)).collect::<Result<_, _>>()?;
                entry.insert((network, shapes.clone(), 1));
                Ok((network, shapes))
            }
        }
    }

    fn free(&mut self, network: NetworkId) {
        let Some((_, _, users)) = self.users.values_mut().find(|(id, ..)| *id == network) else { return };
        *users -= 1;
        if *users == 0 {
            self.users.retain(|_, (id, ..)| *id != network);
            // One that the library does not know any more needs no freeing.
            let _ = self.library.free(network);
        }
    }

    /// A question and those that can be computed together with it, for which it waits a little where others may ask.
    fn gather(&mut self, first: Run) -> Vec<Run> {
        let users = self.users.values().find(|(id, ..)| *id == first.network).map_or(1, |(.., users)| *users);
        let until = match first.urgency {
            Urgency::Alone => return vec![first],
            Urgency::By(moment) => {
                let now = Instant::now();
                now + (moment.saturating_duration_since(now) / GATHERING_SHARE).min(GATHERING)
            }
        };
        let mut together = vec![first];
        let mut earlier = std::mem::take(&mut self.waiting);
        while together.len() < users && together.iter().map(Run::streams).sum::<usize>() < LARGEST_BATCH {
            let next = earlier.pop_front().map_or_else(|| self.next_until(until), Some);
            match next {
                Some(Request::Run(run)) if run.goes_with(&together[0]) => together.push(run),
                Some(other) => self.waiting.push_back(other),
                None => break,
            }
        }
        self.waiting.extend(earlier);
        together
    }

    fn next_until(&self, moment: Instant) -> Option<Request> {
        self.received.recv_timeout(moment.saturating_duration_since(Instant::now())).ok()
    }
}

fn all_finite(numbers: &[f32]) -> Result<(), DeviceError> {
    let finite = numbers.iter().all(|number| number.is_finite());
    if finite { Ok(()) } else { Err(DeviceError::Failed("a number is not finite".to_owned())) }
}

/// Runs questions of one map together and hands the answers out.
fn answer(library: &Library, together: Vec<Run>) {
    let Run { network, map, shape, .. } = together[0];
    let (streams, outputs) = (together.iter().map(Run::streams).sum::<usize>(), shape.outputs);
    let input: Cow<'_, [f32]> = match &together[..] {
        [alone] => Cow::Borrowed(&alone.input),
        several => Cow::Owned(several.iter().flat_map(|run| run.input.iter().copied()).collect()),
    };
    let mut output = vec![0.0; streams * outputs];
    let outcome = library.forward(network, map, [streams, 1], &input, &mut output).and_then(|()| all_finite(&output));
    let mut rest = output.as_slice();
    for run in &together {
        let (its, others) = rest.split_at(run.streams() * outputs);
        rest = others;
        // Whoever gave up does not hear it.
        let _ = run.reply.send(outcome.clone().map(|()| its.to_vec()));
    }
}

#[cfg(test)]
mod tests;
