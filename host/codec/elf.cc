// SPDX-License-Identifier: MIT
#include "codec/elf.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "codec/elf_image.h"

namespace patchbay {
namespace {

// What the entries of .dynamic say, as far as we ask.
struct Dynamic {
  std::uint64_t strings = 0, symbols = 0;  // addresses
  std::uint64_t flags = 0, flags_1 = 0;
  bool text_relocations = false;
  bool terminated = false;
  std::vector<std::uint64_t> needed;  // offsets of names
};

Dynamic read_dynamic(std::string_view bytes) {
  Dynamic seen;
  for (std::uint64_t at = 0; const auto entry = record_at<Elf64_Dyn>(bytes, at);
       at += sizeof(Elf64_Dyn)) {
    const auto value = entry->d_un.d_val;
    switch (entry->d_tag) {
      case DT_NULL:
        seen.terminated = true;
        return seen;
      case DT_NEEDED:
        seen.needed.push_back(value);
        break;
      case DT_STRTAB:
        seen.strings = value;
        break;
      case DT_SYMTAB:
        seen.symbols = value;
        break;
      case DT_FLAGS:
        seen.flags = value;
        break;
      case DT_FLAGS_1:
        seen.flags_1 = value;
        break;
      case DT_TEXTREL:
        seen.text_relocations = true;
        break;
      default:
        break;
    }
  }
  return seen;
}

// The loader goes by the segment, we by the sections: they must tell of the same thing.
Problem check_dynamic(const ElfImage& image, const ElfSection& section, const Dynamic& seen) {
  const auto* segment = image.segment(PT_DYNAMIC);
  if (!segment) return malformed_file("it has no dynamic segment");
  if (segment->offset != section.offset) {
    return malformed_file("its section table and its dynamic segment contradict each other");
  }
  if (!seen.terminated || seen.strings == 0 || seen.symbols == 0) {
    return truncated_file("its dynamic section is not whole");
  }
  if ((seen.flags_1 & DF_1_PIE) != 0) {
    return Error{"not_shared", "the file is a program (PIE), not a shared library",
                 "link it with -shared"};
  }
  return {};
}

Problem take_dynamic(const ElfImage& image, ElfFacts& facts) {
  const auto* section = image.section(SHT_DYNAMIC);
  if (!section) return malformed_file("it has no dynamic section");
  const auto seen = read_dynamic(section->bytes);
  if (auto why = check_dynamic(image, *section, seen)) return why;

  const auto* strings = image.strings_of(*section);
  if (!strings || strings->address != seen.strings) {
    return malformed_file("the names of its dynamic section are missing");
  }
  ElfNames names(strings->bytes);
  for (const auto offset : seen.needed) {
    const auto name = names.at(offset);
    if (!name || name->empty()) return truncated_file("the name of a library it needs is missing");
    facts.needed.emplace_back(*name);
  }
  const auto* symbols = image.section(SHT_DYNSYM);
  if (!symbols || symbols->address != seen.symbols) {
    return malformed_file("its dynamic symbols are missing");
  }
  facts.nodelete = (seen.flags_1 & DF_1_NODELETE) != 0;
  facts.static_tls = (seen.flags & DF_STATIC_TLS) != 0;
  facts.text_relocations = seen.text_relocations || (seen.flags & DF_TEXTREL) != 0;
  return {};
}

// Code or data that other libraries can see. Absolute symbols are neither: a linker makes one for
// the name of each version.
bool is_export(const Elf64_Sym& symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS &&
         (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

std::vector<std::string> sorted(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {names.begin(), names.end()};
}

Problem take_symbols(const ElfImage& image, ElfFacts& facts) {
  const auto* section = image.section(SHT_DYNSYM);
  const auto* strings = image.strings_of(*section);
  if (!strings) return malformed_file("the names of its dynamic symbols are missing");

  ElfNames names(strings->bytes);
  std::vector<std::string_view> exports, unique;
  for (std::uint64_t at = 0; const auto symbol = record_at<Elf64_Sym>(section->bytes, at);
       at += sizeof(Elf64_Sym)) {
    if (!is_export(*symbol)) continue;
    const auto name = names.at(symbol->st_name);
    if (!name || name->empty()) return truncated_file("the name of a symbol is missing");
    exports.push_back(*name);
    if (ELF64_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE) unique.push_back(*name);
  }
  facts.exports = sorted(std::move(exports));
  facts.unique = sorted(std::move(unique));
  return {};
}

// "GLIBC_2.34" as {2, 34, 0}; nothing for other names, eg: "GLIBC_PRIVATE".
std::optional<std::array<unsigned, 3>> glibc_version(std::string_view name) {
  constexpr std::string_view prefix = "GLIBC_";
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  std::array<unsigned, 3> version{};
  for (auto& part : version) {
    const auto [end, why] = std::from_chars(name.data(), name.data() + name.size(), part);
    if (why != std::errc{}) return {};
    name.remove_prefix(static_cast<std::size_t>(end - name.data()));
    if (name.empty()) return version;
    if (name.front() != '.') return {};
    name.remove_prefix(1);
  }
  return {};
}

// Lists of lists, each step an offset from where it stands: every step must go forward, and there
// can be no more of them than records fit into the section.
Problem take_versions(const ElfImage& image, ElfFacts& facts) {
  const auto* section = image.section(SHT_GNU_verneed);
  if (!section) return {};
  const auto* strings = image.strings_of(*section);
  if (!strings) return malformed_file("the names of the versions it needs are missing");

  ElfNames names(strings->bytes);
  auto steps_left = section->bytes.size() / sizeof(Elf64_Vernaux);
  std::array<unsigned, 3> newest{};
  for (std::uint64_t at = 0;;) {
    const auto need = record_at<Elf64_Verneed>(section->bytes, at);
    if (!need) return malformed_file("the list of versions it needs is damaged");
    for (std::uint64_t aux_at = at + need->vn_aux;;) {
      const auto aux = record_at<Elf64_Vernaux>(section->bytes, aux_at);
      const auto name = aux ? names.at(aux->vna_name) : std::nullopt;
      if (!name || steps_left-- == 0)
        return malformed_file("the list of versions it needs is damaged");
      if (const auto version = glibc_version(*name); version && *version > newest) {
        newest = *version;
        facts.newest_glibc = name->substr(name->find('_') + 1);
      }
      if (aux->vna_next == 0) break;
      aux_at += aux->vna_next;
    }
    if (need->vn_next == 0) return {};
    at += need->vn_next;
  }
}

void take_build_id(const ElfImage& image, ElfFacts& facts) {
  const auto* section = image.section(".note.gnu.build-id");
  const auto note = section ? record_at<Elf64_Nhdr>(section->bytes, 0) : std::nullopt;
  constexpr std::string_view owner("GNU\0", 4);
  if (!note || note->n_type != NT_GNU_BUILD_ID || note->n_namesz != owner.size()) return;
  const auto text = section->bytes.substr(sizeof *note);
  constexpr std::uint32_t longest = 64;  // bytes; linkers write 8 to 20
  if (!text.starts_with(owner) || note->n_descsz > longest) return;
  for (const char c : text.substr(owner.size(), note->n_descsz)) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    facts.build_id += {digits[byte >> 4U], digits[byte & 15U]};
  }
}

// As vap_ident_head in vap.h, which the host's codecs do not include: this is its form in a file.
struct IdentHead {
  std::array<char, 8> magic;
  std::uint32_t abi_major, abi_minor, json_len, zero;
};
static_assert(sizeof(IdentHead) == 24);

Problem take_ident(const ElfImage& image, ElfFacts& facts) {
  const auto* section = image.section(".vap");
  if (!section || !section->bytes.starts_with("VAPLUGIN")) return {};
  const auto head = record_at<IdentHead>(section->bytes, 0);
  if (!head || head->json_len > section->bytes.size() - sizeof *head || head->zero != 0) {
    return malformed_file("its ident note (section .vap) is damaged");
  }
  facts.has_ident = true;
  facts.abi_major = head->abi_major;
  facts.abi_minor = head->abi_minor;
  facts.manifest = section->bytes.substr(sizeof *head, head->json_len);
  return {};
}

// Where a file does not say, the x86-64 loader takes the stack to be executable.
bool asks_for_executable_stack(const ElfImage& image) {
  const auto* stack = image.segment(PT_GNU_STACK);
  return stack ? (stack->flags & PF_X) != 0 : own_machine() == "x86_64";
}

}  // namespace

Result<ElfFacts> read_elf(std::string_view file) {
  auto image = open_elf(file);
  if (!image) return std::move(image).error();

  ElfFacts facts;
  facts.machine = own_machine();  // open_elf has refused all others
  if (auto why = take_dynamic(*image, facts)) return std::move(*why);
  if (auto why = take_symbols(*image, facts)) return std::move(*why);
  if (auto why = take_versions(*image, facts)) return std::move(*why);
  if (auto why = take_ident(*image, facts)) return std::move(*why);
  take_build_id(*image, facts);
  facts.executable_stack = asks_for_executable_stack(*image);
  facts.go_runtime = image->section(".go.buildinfo") || image->section(".note.go.buildid");
  return facts;
}

}  // namespace patchbay
