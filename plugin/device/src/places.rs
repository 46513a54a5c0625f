//! Where the library may lie.

use std::{
    env::{
        consts::{DLL_PREFIX, DLL_SUFFIX},
        var_os,
    },
    path::{Path, PathBuf},
};

/// The environment variable that names the file of the library, for developers. Nothing else is then looked for.
pub const FILE_VARIABLE: &str = "SONGWEAVE_GPU_LIBRARY";

/// The name of the library's file on this system.
#[must_use]
pub fn file_name() -> String {
    format!("{DLL_PREFIX}songweave_gpu{DLL_SUFFIX}")
}

/// The files that may be the library, the preferred one first: what [`FILE_VARIABLE`] names; else the one beside this program or
/// plugin, then the one in the user's `folder`.
#[must_use]
pub fn places(folder: Option<&Path>) -> Vec<PathBuf> {
    if let Some(file) = var_os(FILE_VARIABLE) {
        return vec![file.into()];
    }
    let beside = own_file().and_then(|file| Some(file.parent()?.join(file_name())));
    beside.into_iter().chain(folder.map(|folder| folder.join(file_name()))).collect()
}

/// The file that this code was loaded from: the plugin, or the program.
#[cfg(unix)]
#[must_use]
pub fn own_file() -> Option<PathBuf> {
    use std::{
        ffi::{CStr, OsStr},
        mem::MaybeUninit,
        os::unix::ffi::OsStrExt,
    };
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: the address is one of this code's, and `found` has room; the name it points to lives as long as this code.
    let name = unsafe {
        if libc::dladdr(own_file as *const libc::c_void, found.as_mut_ptr()) == 0 {
            return None;
        }
        let name = found.assume_init().dli_fname;
        (!name.is_null()).then(|| CStr::from_ptr(name))?
    };
    Path::new(OsStr::from_bytes(name.to_bytes())).canonicalize().ok()
}

/// The file that this code was loaded from: the plugin, or the program.
#[cfg(windows)]
#[must_use]
pub fn own_file() -> Option<PathBuf> {
    use std::{ffi::OsString, os::windows::ffi::OsStringExt, ptr::null_mut};

    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleFileNameW,
        GetModuleHandleExW,
    };
    let (mut module, mut name) = (null_mut(), [0_u16; 1024]);
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    // SAFETY: with these flags the second argument is an address of this code, and both outputs have room.
    let length = unsafe {
        if GetModuleHandleExW(flags, own_file as *const u16, &raw mut module) == 0 {
            return None;
        }
        GetModuleFileNameW(module, name.as_mut_ptr(), name.len() as u32)
    };
    let name = name.get(..length as usize).filter(|name| !name.is_empty())?;
    Some(OsString::from_wide(name).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_lies_beside_this_code_or_in_the_folder() {
        let places = places(Some(Path::new("/home/ada/songweave")));
        let here = std::env::current_exe().ok().and_then(|file| Some(file.parent()?.join(file_name())));
        assert_eq!(places.first().cloned(), here);
        assert_eq!(places.last(), Some(&Path::new("/home/ada/songweave").join(file_name())));
    }
}
