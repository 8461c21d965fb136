// SPDX-License-Identifier: MIT
//
// An agent in Rust without a crate. Only what it uses of vap.h is written down; the rest of each
// record is reached by pointer, so it need not be known. Built with panic=abort: a panic that
// unwound out of these functions would be undefined.
#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_void};

const VAP_OK: i32 = 0;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct vap_str_t {
    ptr: *const c_char,
    len: usize,
}

#[repr(C)]
pub struct vap_host_t {
    struct_size: u32,
    abi_minor: u32,
    name: vap_str_t,
    version: vap_str_t,
    get_extension: extern "C" fn(*const vap_host_t, *const c_char) -> *const c_void,
    log: extern "C" fn(*const vap_host_t, i32, vap_str_t),
    say: extern "C" fn(*const vap_host_t, u64, vap_str_t, u32) -> i32,
}

#[repr(C)]
pub struct vap_turn_t {
    struct_size: u32,
    reserved: u32,
    event: vap_str_t,
    conversation_id: vap_str_t,
    session_id: vap_str_t,
    turn_id: vap_str_t,
    text: vap_str_t,
}

#[repr(C)]
pub struct vap_plugin_t {
    struct_size: u32,
    abi_minor: u32,
    create: extern "C" fn(*const vap_host_t, *const c_void, *mut *mut Agent, *mut c_void) -> i32,
    destroy: extern "C" fn(*mut Agent),
    on_turn: extern "C" fn(*mut Agent, *const vap_turn_t, u64, *mut c_void) -> i32,
    get_extension: extern "C" fn(*const c_char) -> *const c_void,
}

pub struct Agent {
    host: *const vap_host_t,
}

impl Agent {
    fn say(&self, reply: u64, text: &str) -> i32 {
        let text = vap_str_t {
            ptr: text.as_ptr().cast(),
            len: text.len(),
        };
        // The host outlives every agent it made.
        unsafe { ((*self.host).say)(self.host, reply, text, 0) }
    }
}

// The host's text for as long as the call lasts; it promises UTF-8.
unsafe fn text_of<'a>(s: vap_str_t) -> &'a str {
    if s.len == 0 {
        return "";
    }
    std::str::from_utf8_unchecked(std::slice::from_raw_parts(s.ptr.cast(), s.len))
}

extern "C" fn create(
    host: *const vap_host_t,
    _config: *const c_void,
    out: *mut *mut Agent,
    _error: *mut c_void,
) -> i32 {
    unsafe { *out = Box::into_raw(Box::new(Agent { host })) };
    VAP_OK
}

extern "C" fn destroy(agent: *mut Agent) {
    drop(unsafe { Box::from_raw(agent) });
}

extern "C" fn on_turn(
    agent: *mut Agent,
    turn: *const vap_turn_t,
    reply: u64,
    _error: *mut c_void,
) -> i32 {
    let (agent, event, text) =
        unsafe { (&*agent, text_of((*turn).event), text_of((*turn).text)) };
    if event != "message" {
        return VAP_OK;
    }
    agent.say(reply, &format!("rust: {text}"))
}

extern "C" fn get_extension(_id: *const c_char) -> *const c_void {
    std::ptr::null()
}

static PLUGIN: vap_plugin_t = vap_plugin_t {
    struct_size: std::mem::size_of::<vap_plugin_t>() as u32,
    abi_minor: 0,
    create,
    destroy,
    on_turn,
    get_extension,
};

#[no_mangle]
pub extern "C" fn vap_plugin_v1() -> *const vap_plugin_t {
    &PLUGIN
}

const MANIFEST: [u8; 63] = *br#"{"id":"com.example.in-rust","name":"In Rust","version":"1.0.0"}"#;

#[repr(C)]
pub struct Ident {
    magic: [u8; 8],
    abi_major: u32,
    abi_minor: u32,
    json_len: u32,
    zero: u32,
    json: [u8; MANIFEST.len()],
}

#[used]
#[link_section = ".vap"]
pub static IDENT: Ident = Ident {
    magic: *b"VAPLUGIN",
    abi_major: 1,
    abi_minor: 0,
    json_len: MANIFEST.len() as u32,
    zero: 0,
    json: MANIFEST,
};
