//! A library, loaded and looked at.

use std::ffi::{c_char, c_int, c_void};
use std::path::Path;
use std::sync::Arc;

use crate::abi::{ABI, CAction, CSetup, ENTRY, Entry, SINGLE, Table};
use crate::start::read;
use crate::{EmbedError, Instance, Start};

/// A library whose stacks can be tested.
#[derive(Clone, Debug)]
pub struct Library(pub(crate) Arc<Loaded>);

#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) calls: Calls,
    is_single: bool,
    /// Keeps the code of `calls` where it is.
    _code: Option<libloading::Library>,
}

/// A table that has everything it must have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    pub(crate) create: unsafe extern "C" fn(*const CSetup) -> *mut c_void,
    pub(crate) destroy: unsafe extern "C" fn(*mut c_void),
    pub(crate) receive: unsafe extern "C" fn(*mut c_void, u64, u32, *const u8, usize),
    pub(crate) timeout: unsafe extern "C" fn(*mut c_void, u64),
    pub(crate) next_timeout: unsafe extern "C" fn(*mut c_void) -> u64,
    pub(crate) transmit: unsafe extern "C" fn(*mut c_void, *mut u32, *mut u8, usize) -> usize,
    pub(crate) act:
        Option<unsafe extern "C" fn(*mut c_void, u64, *const CAction, *mut c_char, usize) -> c_int>,
}

impl Library {
    /// Loads a library. Its code runs in this process, with all that this process may do: load what you would run.
    pub fn open(path: &Path) -> Result<Self, EmbedError> {
        // The loader looks for a bare name in the system's folders.
        let file = if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) };
        // SAFETY: what initialises a library runs here. That is what whoever names the library asks for.
        let code = unsafe { libloading::Library::new(&file) }
            .map_err(|error| EmbedError::Load { path: path.to_owned(), why: error.to_string() })?;
        // SAFETY: of this name the header declares a function of this type.
        let entry =
            unsafe { code.get::<Entry>(ENTRY) }.map_err(|_| EmbedError::NoEntry { path: path.to_owned() })?;
        // SAFETY: as above; it takes nothing.
        let table = unsafe { entry().as_ref() };
        let name = path.display().to_string();
        let wrong = |what: &str| EmbedError::Table { name: name.clone(), what: what.to_owned() };
        let table = *table.ok_or_else(|| wrong("`dmm_iut` returned NULL"))?;
        // SAFETY: a table from the entry of a library that stays loaded.
        unsafe { Self::of_table(&table, &name, Some(code)) }
    }

    /// The library that a table in this process is.
    ///
    /// # Safety
    /// The functions must be those that `dmm_iut.h` describes.
    pub unsafe fn of(table: &Table) -> Result<Self, EmbedError> {
        // SAFETY: the caller says so.
        unsafe { Self::of_table(table, "the library", None) }
    }

    unsafe fn of_table(
        table: &Table,
        path: &str,
        code: Option<libloading::Library>,
    ) -> Result<Self, EmbedError> {
        let wrong = |what: String| EmbedError::Table { name: path.to_owned(), what };
        if table.abi != ABI {
            let what = format!("is made for version {} of dmm_iut.h, and this is version {ABI}", table.abi);
            return Err(wrong(what));
        }
        if table.flags & !SINGLE != 0 {
            return Err(wrong(format!("has flags that nobody knows: {:#x}", table.flags & !SINGLE)));
        }
        // SAFETY: the header says that this is a text, and the caller that the table is as it says.
        let name = unsafe { read(table.name) };
        let name = name.ok_or_else(|| wrong("has no name, or one that is not UTF-8".to_owned()))?;
        let lacks = |function: &str| wrong(format!("its table lacks `{function}`"));
        let calls = Calls {
            create: table.create.ok_or_else(|| lacks("create"))?,
            destroy: table.destroy.ok_or_else(|| lacks("destroy"))?,
            receive: table.receive.ok_or_else(|| lacks("receive"))?,
            timeout: table.timeout.ok_or_else(|| lacks("timeout"))?,
            next_timeout: table.next_timeout.ok_or_else(|| lacks("next_timeout"))?,
            transmit: table.transmit.ok_or_else(|| lacks("transmit"))?,
            act: table.act,
        };
        Ok(Self(Arc::new(Loaded { name, calls, is_single: table.flags & SINGLE != 0, _code: code })))
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether there may be only one of its stacks at a time.
    pub fn is_single(&self) -> bool {
        self.0.is_single
    }

    /// A new stack.
    pub fn create(&self, start: &Start) -> Result<Instance, EmbedError> {
        Instance::new(self.clone(), start)
    }
}
