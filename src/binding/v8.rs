//! Functions that V8 and Node export and that Node-API does not offer, by their names in C++.
//!
//! A name holds the types of the parameters, so what bears it takes what it says. Where a runtime has no
//! such function, whoever asks does without.
#![expect(
    unsafe_code,
    reason = "functions of C++ are found by name; each block says why it holds"
)]

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::LazyLock;

use libloading::Library;
#[cfg(unix)]
use libloading::os::unix::Library as Own;
#[cfg(windows)]
use libloading::os::windows::Library as Own;

/// The name of a function in the Itanium and in the Microsoft C++ ABI, each with a zero at its end.
pub struct Name {
    pub itanium: &'static [u8],
    pub microsoft: &'static [u8],
}

impl Name {
    const fn here(&self) -> &'static [u8] {
        if cfg!(windows) {
            self.microsoft
        } else {
            self.itanium
        }
    }
}

/// A `v8::Isolate`.
pub type IsolateAddress = NonNull<c_void>;
/// `v8::Isolate::GetCurrent()`, a static function.
type GetCurrent = unsafe extern "C" fn() -> *mut c_void;

/// The program, or the library of Node's that it uses.
static PROGRAM: LazyLock<Option<Library>> = LazyLock::new(|| {
    #[cfg(unix)]
    return Some(Library::from(Own::this()));
    #[cfg(windows)]
    return Own::this().ok().map(Library::from);
});

static GET_CURRENT: LazyLock<Option<GetCurrent>> = LazyLock::new(|| {
    let name = Name {
        itanium: b"_ZN2v87Isolate10GetCurrentEv\0",
        microsoft: b"?GetCurrent@Isolate@v8@@SAPEAV12@XZ\0",
    };
    // SAFETY: the type is that of the function of this name.
    unsafe { exported(&name) }
});

/// The function of this name; `None` where there is none.
///
/// # Safety
///
/// `F` is the type of a function as the ABI passes what the name says: on 64-bit targets both ABIs pass
/// `this` as a first pointer.
pub unsafe fn exported<F: Copy>(name: &Name) -> Option<F> {
    // SAFETY: the caller says that the type is right; the program is never unloaded.
    unsafe { Some(*PROGRAM.as_ref()?.get::<F>(name.here()).ok()?) }
}

/// The isolate that this thread has entered.
pub fn current_isolate() -> Option<IsolateAddress> {
    // SAFETY: it takes nothing, and answers null where no isolate is entered.
    NonNull::new(unsafe { (*GET_CURRENT)?() })
}
