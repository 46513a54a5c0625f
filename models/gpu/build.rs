//! Makes the library ask for NVIDIA's own by name. A build machine needs no driver and links against empty stand-ins for them,
//! which the linker would otherwise leave out as unneeded.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    if env::var_os("CARGO_FEATURE_CUDA").is_some() && is_linux {
        println!("cargo::rustc-link-arg-cdylib=-Wl,--no-as-needed");
        for library in ["cuda", "cublas", "cublasLt", "curand", "nvrtc"] {
            println!("cargo::rustc-link-arg-cdylib=-l{library}");
        }
    }
}
