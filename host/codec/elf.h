// SPDX-License-Identifier: MIT
// What the bytes of a library file say about it, read without running or mapping any of it: every
// offset is checked, so a half-copied or hostile file is an Error and never a crash.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct ElfFacts {
  std::string machine;               // eg: "x86_64"
  std::string build_id;              // hex; empty where the file has none
  std::vector<std::string> needed;   // eg: "libc.so.6"
  std::vector<std::string> exports;  // dynamic symbols that the file defines, sorted
  std::vector<std::string> unique;   // those of them that are STB_GNU_UNIQUE: they pin the file
  std::string newest_glibc;          // the highest GLIBC_x.y it asks for, eg: "2.34"; may be empty
  bool nodelete = false;             // DF_1_NODELETE: dlclose will not unmap it
  bool static_tls = false;           // DF_STATIC_TLS: only a few copies can ever be loaded
  bool executable_stack = false;
  bool text_relocations = false;
  bool go_runtime = false;                     // a Go library: its runtime cannot be unloaded
  bool has_ident = false;                      // a section .vap with a good head
  std::uint32_t abi_major = 0, abi_minor = 0;  // of the header it was built with
  std::string manifest;                        // the JSON text of the ident note
};

// The Error's code is one of: not_elf, truncated, wrong_class, wrong_machine, not_shared,
// malformed.
Result<ElfFacts> read_elf(std::string_view file);

}  // namespace patchbay
