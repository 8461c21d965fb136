// SPDX-License-Identifier: MIT
#include "codec/elf_image.h"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace patchbay {
namespace {

static_assert(std::endian::native == std::endian::little,
              "records are read as they lie in the file");

#if defined(__x86_64__)
constexpr std::uint16_t own_machine_number = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine_number = EM_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint16_t own_machine_number = EM_RISCV;
#else
#error "which machine is this? Give it its line here and in machine_name()"
#endif

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86_64";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv64";
    case EM_386:
      return "i386";
    case EM_ARM:
      return "arm";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390x";
    default:
      return "machine " + std::to_string(machine);
  }
}

Error wrong_machine(const std::string& theirs) {
  return {"wrong_machine", "the library is built for " + theirs + ", this host is " + own_machine(),
          "ask for a build for " + own_machine()};
}

// What people put into a plugin directory by mistake.
Error not_elf(std::string_view file) {
  struct Lookalike {
    std::string_view start, name;
  };
  static constexpr auto lookalikes = std::to_array<Lookalike>({
      {"!<arch>\n", "a static archive"},
      {"/* GNU ld script", "a linker script"},
      {"MZ", "a Windows program or DLL"},
      {"\xcf\xfa\xed\xfe", "a macOS library"},
      {"\xca\xfe\xba\xbe", "a macOS universal library"},
      {"PK\x03\x04", "a zip archive"},
      {"\x1f\x8b", "a gzip archive"},
      {"#!", "a script"},
      {std::string_view("\0\0\0\0", 4), "a file of zeros, perhaps one not copied yet"},
  });
  std::string message = "the file is not an ELF library";
  for (const auto& like : lookalikes) {
    if (file.starts_with(like.start)) message += " but " + std::string(like.name);
  }
  return {"not_elf", std::move(message), "a plugin is a Linux .so"};
}

Error not_shared(std::uint16_t type) {
  const char* what = type == ET_EXEC   ? "a program"
                     : type == ET_REL  ? "an object file that was never linked"
                     : type == ET_CORE ? "a core dump"
                                       : "of an unknown type";
  return {"not_shared", std::string("the file is ") + what + ", not a shared library",
          "link it with -shared"};
}

bool lies_inside(std::string_view file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

// May this file become a library of this process at all?
Problem check_ident(std::string_view file) {
  constexpr std::string_view magic(ELFMAG, SELFMAG);
  if (!file.starts_with(magic)) {
    return magic.starts_with(file) ? truncated_file("the file ends within its first bytes")
                                   : not_elf(file);
  }
  if (file.size() < EI_NIDENT) return truncated_file("the file ends within its first header");
  if (file[EI_CLASS] != ELFCLASS64) {
    return Error{"wrong_class", "the library is not a 64-bit one",
                 "ask for a build for " + own_machine()};
  }
  if (file[EI_DATA] != ELFDATA2LSB) return wrong_machine("a big-endian machine");
  if (file[EI_VERSION] != EV_CURRENT) return malformed_file("its ELF version is unknown");
  return {};
}

Problem check_header(const Elf64_Ehdr& head) {
  if (head.e_machine != own_machine_number) return wrong_machine(machine_name(head.e_machine));
  if (head.e_type != ET_DYN) return not_shared(head.e_type);
  // 0 and 0xffff are escapes for files of more than 65 thousand sections; no linker makes such a
  // library.
  if (head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phnum == 0 || head.e_phnum == PN_XNUM) {
    return malformed_file("its program headers are not readable");
  }
  if (head.e_shoff == 0) return malformed_file("its section table was stripped off");
  if (head.e_shentsize != sizeof(Elf64_Shdr) || head.e_shnum == 0 ||
      head.e_shstrndx >= head.e_shnum) {
    return malformed_file("its section table is not readable");
  }
  return {};
}

Problem read_segments(std::string_view file, const Elf64_Ehdr& head, ElfImage& image) {
  for (std::uint64_t i = 0; i < head.e_phnum; ++i) {
    if (head.e_phoff > file.size())
      return truncated_file("the file ends before its program headers");
    const auto entry = record_at<Elf64_Phdr>(file, head.e_phoff + i * sizeof(Elf64_Phdr));
    if (!entry) return truncated_file("the file ends within its program headers");
    if (!lies_inside(file, entry->p_offset, entry->p_filesz)) {
      return truncated_file("the file ends before its segment " + std::to_string(i) + " does");
    }
    if (entry->p_type == PT_LOAD && entry->p_filesz > entry->p_memsz) {
      return malformed_file("its segment " + std::to_string(i) + " is larger than its memory");
    }
    image.segments.push_back({entry->p_type, entry->p_flags, entry->p_offset});
  }
  return {};
}

// The section table and the names of its sections stand at the very end of a file: where they are
// not whole, the file is not.
Problem read_sections(std::string_view file, const Elf64_Ehdr& head, ElfImage& image) {
  if (!lies_inside(file, head.e_shoff, std::uint64_t{head.e_shnum} * sizeof(Elf64_Shdr))) {
    return truncated_file("the file ends before its section table does");
  }
  const auto entry_at = [&](std::uint64_t i) {
    return *record_at<Elf64_Shdr>(file, head.e_shoff + i * sizeof(Elf64_Shdr));
  };
  const auto name_table = entry_at(head.e_shstrndx);
  if (name_table.sh_type != SHT_STRTAB ||
      !lies_inside(file, name_table.sh_offset, name_table.sh_size)) {
    return truncated_file("the names of its sections are missing");
  }
  ElfNames names(file.substr(name_table.sh_offset, name_table.sh_size));
  image.sections.push_back({});  // index 0 means "no section"
  for (std::uint64_t i = 1; i < head.e_shnum; ++i) {
    const auto entry = entry_at(i);
    const auto name = names.at(entry.sh_name);
    if (entry.sh_type == SHT_NULL || !name || name->empty()) {
      return truncated_file("its section " + std::to_string(i) + " has no name");
    }
    const bool in_file = entry.sh_type != SHT_NOBITS;
    if (in_file && !lies_inside(file, entry.sh_offset, entry.sh_size)) {
      return truncated_file("the file ends before its section " + std::to_string(i) + " does");
    }
    image.sections.push_back(
        {*name, entry.sh_type, entry.sh_flags, entry.sh_link, entry.sh_addr, entry.sh_offset,
         in_file ? file.substr(entry.sh_offset, entry.sh_size) : std::string_view{}});
  }
  if (image.sections[head.e_shstrndx].name != ".shstrtab") {
    return truncated_file("the names of its sections are damaged");
  }
  return {};
}

}  // namespace

Error truncated_file(std::string what) {
  return {"truncated", std::move(what),
          "it was probably still being copied: copy it again, then rename it into place"};
}

Error malformed_file(std::string what) {
  return {"malformed", std::move(what), "build the library again with an ordinary linker"};
}

std::string own_machine() {
  return machine_name(own_machine_number);
}

const ElfSegment* ElfImage::segment(std::uint32_t type) const {
  const auto found =
      std::find_if(segments.begin(), segments.end(), [&](auto& one) { return one.type == type; });
  return found == segments.end() ? nullptr : &*found;
}

const ElfSection* ElfImage::section(std::uint32_t type) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](auto& one) { return one.type == type; });
  return found == sections.end() ? nullptr : &*found;
}

const ElfSection* ElfImage::section(std::string_view name) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](auto& one) { return one.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

const ElfSection* ElfImage::strings_of(const ElfSection& section) const {
  if (section.link >= sections.size()) return nullptr;
  const auto& table = sections[section.link];
  return table.type == SHT_STRTAB ? &table : nullptr;
}

Result<ElfImage> open_elf(std::string_view file) {
  if (auto why = check_ident(file)) return std::move(*why);
  const auto head = record_at<Elf64_Ehdr>(file, 0);
  if (!head) return truncated_file("the file ends within its first header");
  if (auto why = check_header(*head)) return std::move(*why);

  ElfImage image;
  if (auto why = read_segments(file, *head, image)) return std::move(*why);
  if (auto why = read_sections(file, *head, image)) return std::move(*why);
  return image;
}

std::optional<std::string_view> ElfNames::at(std::uint64_t offset) {
  if (offset >= table_.size()) return {};
  const auto from = table_.substr(offset);
  const auto end = from.find('\0');
  if (end == std::string_view::npos || end >= left_) return {};
  left_ -= end + 1;
  return from.substr(0, end);
}

}  // namespace patchbay
