// SPDX-License-Identifier: MIT
// The skeleton of a 64-bit ELF library: its segments, its sections and the bytes they stand for,
// every offset checked once, here. Knows nothing of plugins or of what a section means.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct ElfSegment {
  std::uint32_t type = 0;    // eg: PT_LOAD
  std::uint32_t flags = 0;   // eg: PF_R | PF_X
  std::uint64_t offset = 0;  // in the file
};

struct ElfSection {
  std::string_view name;  // eg: ".dynsym"
  std::uint32_t type = 0;
  std::uint64_t flags = 0;  // eg: SHF_ALLOC | SHF_EXECINSTR
  std::uint32_t link = 0;   // the index of a section it needs, eg: its string table
  std::uint64_t address = 0;
  std::uint64_t offset = 0;
  std::string_view bytes;  // empty for SHT_NOBITS
};

// Everything in it points into the file's bytes and dies with them.
struct ElfImage {
  std::vector<ElfSegment> segments;
  std::vector<ElfSection> sections;

  // The first of that type or name, or null.
  [[nodiscard]] const ElfSegment* segment(std::uint32_t type) const;
  [[nodiscard]] const ElfSection* section(std::uint32_t type) const;
  [[nodiscard]] const ElfSection* section(std::string_view name) const;
  // The string table that a section names in its link, or null.
  [[nodiscard]] const ElfSection* strings_of(const ElfSection& section) const;
};

// Every segment and section lies inside the file and every section has a name, or an Error with one
// of read_elf's codes.  [any]
Result<ElfImage> open_elf(std::string_view file);

// The two verdicts on a file's structure, each with what to do about it.
Error truncated_file(std::string what);
Error malformed_file(std::string what);

// The name of the machine this program was compiled for, eg: "x86_64".
std::string own_machine();

// The record at an offset, or nothing where it would reach past the end. Copies: nothing in a file
// is aligned for us.
template <class Record>
std::optional<Record> record_at(std::string_view bytes, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<Record>);
  if (offset > bytes.size() || sizeof(Record) > bytes.size() - offset) return {};
  Record record;
  std::memcpy(&record, bytes.data() + offset, sizeof record);
  return record;
}

// The names of one string table. They may overlap, so that a small file can name gigabytes: the
// table gives out a bounded number of bytes and then nothing more.
class ElfNames {
 public:
  explicit ElfNames(std::string_view table) : table_(table) {}
  // The text at an offset up to its NUL, or nothing where it has no end inside the table.
  std::optional<std::string_view> at(std::uint64_t offset);

 private:
  std::string_view table_;
  std::size_t left_ = std::size_t{64} << 20U;  // libstdc++, with 6000 symbols, needs 0.3 MB
};

}  // namespace patchbay
