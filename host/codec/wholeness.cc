// SPDX-License-Identifier: MIT
#include "codec/wholeness.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "codec/elf_image.h"

namespace patchbay {
namespace {

// No compiler writes so many zeros into code, and no linker into the tables below.
constexpr std::size_t longest_zeros = 512;  // bytes

Error incomplete(std::string what) {
  return {"incomplete", std::move(what),
          "it is tried again when it has changed; rename a complete file into place, or put its "
          "SHA-256 beside it (sha256sum FILE > FILE.sha256)"};
}

// Sections in which a long run of zeros is no content.
bool is_dense(const ElfSection& section) {
  return (section.flags & SHF_EXECINSTR) != 0 || section.type == SHT_DYNSYM ||
         section.type == SHT_RELA || section.type == SHT_REL || section.name == ".dynstr" ||
         section.name == ".eh_frame";
}

// Where a run of zeros that is too long begins.
std::optional<std::size_t> find_zeros(std::string_view bytes) {
  for (std::size_t at = 0; at + longest_zeros <= bytes.size();) {
    // The last byte of the window first: most windows are passed over at once.
    const std::string_view window = bytes.substr(at, longest_zeros);
    const std::size_t last = window.find_last_not_of('\0');
    if (last == std::string_view::npos) return at;
    at += last + 1;
  }
  return std::nullopt;
}

bool overlap(const Hole& hole, const ElfSection& section) {
  return hole.offset < section.offset + section.bytes.size() &&
         section.offset < hole.offset + hole.size;
}

}  // namespace

Problem check_whole(std::string_view file, const std::vector<Hole>& holes) {
  const Result<ElfImage> image = open_elf(file);
  if (!image) return image.error();
  for (const ElfSection& section : image->sections) {
    if ((section.flags & SHF_ALLOC) == 0 || section.bytes.empty()) continue;
    const auto hole = std::find_if(holes.begin(), holes.end(),
                                   [&](const Hole& one) { return overlap(one, section); });
    if (hole != holes.end())
      return incomplete(fmt::format("the file has a hole of {} bytes at {}, in its section {}",
                                    hole->size, hole->offset, section.name));
    if (!is_dense(section)) continue;
    if (const auto zeros = find_zeros(section.bytes))
      return incomplete(fmt::format("the file has only zeros from {} on, in its section {}",
                                    section.offset + *zeros, section.name));
  }
  return std::nullopt;
}

}  // namespace patchbay
