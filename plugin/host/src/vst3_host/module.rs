//! The dynamic library inside a `.vst3` bundle and its class factory.

use super::check;
use crate::HostError;
use libloading::Library;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use vst3::Steinberg::Vst::IComponent;
use vst3::Steinberg::{
    IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, TUID,
};
use vst3::{ComPtr, Interface};

/// Category of the classes a host can play.
const AUDIO_CATEGORY: &[u8] = b"Audio Module Class";

/// Modules stay loaded once opened, as in most hosts: the library may have threads whose locals are freed late.
static LOADED: Mutex<Option<HashMap<PathBuf, Arc<Module>>>> = Mutex::new(None);

/// An opened `.vst3` bundle.
pub(super) struct Module {
    factory: ComPtr<IPluginFactory>,
    _library: Option<Library>,
}

// SAFETY: the standard lets any thread of the host use the factory, one at a time; `create` is called under main-thread
// types only.
unsafe impl Send for Module {}
// SAFETY: as above.
unsafe impl Sync for Module {}

impl Module {
    /// The bundle at `path`, loaded once per process.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>, HostError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        if let Some(module) = loaded.get(path) {
            return Ok(module.clone());
        }
        let module = Arc::new(Self::load(path)?);
        loaded.insert(path.to_owned(), module.clone());
        Ok(module)
    }

    fn load(path: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Load { path: path.to_owned(), reason };
        let binary = binary_path(path).ok_or_else(|| failed("it is no .vst3 bundle for this system".to_owned()))?;
        // SAFETY: loading a plugin runs its code; the caller names a file to be trusted as any host's user does. The
        // symbols have the signatures that the standard gives them, and the entry gets the library's own handle.
        unsafe {
            let library = open_library(&binary).map_err(|error| failed(error.to_string()))?;
            enter(&library).map_err(failed)?;
            let factory = library
                .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory\0")
                .map_err(|error| failed(error.to_string()))?;
            let factory = ComPtr::from_raw(factory()).ok_or_else(|| failed("its factory is empty".to_owned()))?;
            Ok(Self { factory, _library: Some(library) })
        }
    }

    /// A factory that is linked into this process.
    ///
    /// # Safety
    /// `factory` must return a factory that keeps to the standard, and a reference to it.
    pub(super) unsafe fn linked(factory: extern "system" fn() -> *mut c_void) -> Result<Self, HostError> {
        // SAFETY: promised by the caller.
        let factory = unsafe { ComPtr::from_raw(factory().cast()) };
        Ok(Self { factory: factory.ok_or(HostError::Missing("factory"))?, _library: None })
    }

    /// Names and ids of the audio plugins in the bundle.
    pub(super) fn classes(&self) -> Vec<(String, TUID)> {
        // SAFETY: plain calls of a live factory; `info` is a C struct for which zeros are valid.
        unsafe {
            (0..self.factory.countClasses())
                .filter_map(|index| {
                    let mut info: PClassInfo = std::mem::zeroed();
                    self.factory.getClassInfo(index, &mut info);
                    (text(&info.category).as_bytes() == AUDIO_CATEGORY).then(|| (text(&info.name), info.cid))
                })
                .collect()
        }
    }

    /// All that the factory says of its audio plugins.
    pub(super) fn details(&self) -> Result<Vec<Vst3Class>, HostError> {
        let factory = self.factory.cast::<IPluginFactory2>().ok_or(HostError::Missing("second factory"))?;
        // SAFETY: plain calls of a live factory; `info` is a C struct for which zeros are valid.
        let all = unsafe {
            (0..factory.countClasses()).map(|index| {
                let mut info: PClassInfo2 = std::mem::zeroed();
                factory.getClassInfo2(index, &mut info);
                info
            })
        };
        let audio = all.filter(|info| text(&info.category).as_bytes() == AUDIO_CATEGORY);
        Ok(audio.map(|info| Vst3Class::of(&info)).collect())
    }

    /// A fresh instance of the plugin called `name`.
    pub(super) fn create(&self, path: &Path, name: &str) -> Result<ComPtr<IComponent>, HostError> {
        let classes = self.classes();
        let Some((_, cid)) = classes.iter().find(|(present, _)| present == name) else {
            let present = classes.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            return Err(HostError::UnknownPlugin { path: path.to_owned(), wanted: name.to_owned(), present });
        };
        let mut object: *mut c_void = std::ptr::null_mut();
        // SAFETY: both ids are 16 bytes long, as the factory expects; on success it hands over one reference.
        unsafe {
            let interface: *const c_char = IComponent::IID.as_ptr().cast();
            check("an instance", self.factory.createInstance(cid.as_ptr(), interface, &mut object))?;
            ComPtr::from_raw(object.cast()).ok_or(HostError::Missing("component"))
        }
    }
}

/// What a factory says of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vst3Class {
    /// Its id in hexadecimal digits, the same on every system.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// The version of the standard.
    pub sdk_version: String,
    /// What kind of plugin it is.
    pub sub_categories: Vec<String>,
    /// Flags of the standard's.
    pub flags: u32,
    /// How many instances there may be.
    pub cardinality: i32,
}

impl Vst3Class {
    fn of(info: &PClassInfo2) -> Self {
        let mut id = info.cid.map(|byte| byte as u8);
        if cfg!(windows) {
            // Its first eight bytes are three numbers there, the lowest byte first.
            id[..4].reverse();
            id[4..6].reverse();
            id[6..8].reverse();
        }
        Self {
            id: id.iter().map(|byte| format!("{byte:02X}")).collect(),
            name: text(&info.name),
            vendor: text(&info.vendor),
            version: text(&info.version),
            sdk_version: text(&info.sdkVersion),
            sub_categories: text(&info.subCategories).split('|').map(str::to_owned).collect(),
            flags: info.classFlags,
            cardinality: info.cardinality,
        }
    }
}

/// The library inside a bundle: `Contents/<architecture>/<name>` as the standard lays it out.
fn binary_path(bundle: &Path) -> Option<PathBuf> {
    let name = bundle.file_stem()?;
    let arch = std::env::consts::ARCH;
    let inside = match std::env::consts::OS {
        "macos" => Path::new("Contents/MacOS").join(name),
        "windows" => Path::new("Contents").join(format!("{arch}-win")).join(name).with_extension("vst3"),
        _ => Path::new("Contents").join(format!("{arch}-linux")).join(name).with_extension("so"),
    };
    let binary = bundle.join(inside);
    binary.is_file().then_some(binary)
}

#[cfg(unix)]
unsafe fn open_library(path: &Path) -> Result<Library, libloading::Error> {
    use libloading::os::unix;
    // SAFETY: promised by the caller.
    unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) }.map(Library::from)
}

#[cfg(not(unix))]
unsafe fn open_library(path: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: promised by the caller.
    unsafe { Library::new(path) }
}

/// Calls the module's entry function, if it has one.
unsafe fn enter(library: &Library) -> Result<(), String> {
    let name: &[u8] = match std::env::consts::OS {
        "macos" => b"bundleEntry\0",
        "windows" => b"InitDll\0",
        _ => b"ModuleEntry\0",
    };
    // SAFETY: on every system the entry takes one pointer (ignored by InitDll) and returns a C++ bool.
    let entered = unsafe {
        let entry = library.get::<unsafe extern "system" fn(*mut c_void) -> bool>(name);
        entry.map_or(true, |entry| entry(std::ptr::from_ref(library).cast_mut().cast()))
    };
    if entered { Ok(()) } else { Err("its entry function failed".to_owned()) }
}

fn text(bytes: &[c_char]) -> String {
    // SAFETY: c_char and u8 have the same layout.
    let bytes = unsafe { &*(std::ptr::from_ref(bytes) as *const [u8]) };
    CStr::from_bytes_until_nul(bytes).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}
