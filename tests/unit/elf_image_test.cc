// SPDX-License-Identifier: MIT
#include "codec/elf_image.h"

#include <doctest/doctest.h>
#include <elf.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "support/file_bytes.h"

namespace patchbay {
namespace {

const std::string& plugin() {
  static const std::string bytes = file_bytes(PATCHBAY_TEST_PLUGIN);
  return bytes;
}

template <class Field>
std::string plugin_with(std::size_t offset, Field value) {
  std::string changed = plugin();
  std::memcpy(changed.data() + offset, &value, sizeof value);
  return changed;
}

std::string code_of(const std::string& file) {
  const auto image = open_elf(file);
  return image ? "opens" : image.error().code;
}

TEST_SUITE("elf_image") {
  TEST_CASE("sections are found by name and by type, with the bytes they stand for") {
    const auto image = open_elf(plugin());
    REQUIRE(image);
    const auto* ident = image->section(".vap");
    REQUIRE(ident);
    CHECK(ident->bytes.starts_with("VAPLUGIN"));
    const auto* symbols = image->section(SHT_DYNSYM);
    REQUIRE(symbols);
    CHECK(symbols->name == ".dynsym");
    REQUIRE(image->strings_of(*symbols));
    CHECK(image->strings_of(*symbols)->name == ".dynstr");
    CHECK(image->segment(PT_DYNAMIC));
    CHECK_FALSE(image->section(".not.there"));
  }

  TEST_CASE("a section that takes no room in the file has no bytes") {
    const auto image = open_elf(plugin());
    REQUIRE(image);
    const auto* bss = image->section(SHT_NOBITS);
    if (bss) CHECK(bss->bytes.empty());
  }

  TEST_CASE("tables with other record sizes, without records, or without names are refused") {
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_phentsize), Elf64_Half{55})) == "malformed");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_phnum), Elf64_Half{0})) == "malformed");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_shentsize), Elf64_Half{8})) == "malformed");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_shoff), Elf64_Off{0})) == "malformed");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_shstrndx), Elf64_Half{0xfff})) == "malformed");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_shstrndx), Elf64_Half{1})) == "truncated");
  }

  TEST_CASE("an offset near the end of all numbers does not wrap around") {
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_phoff), ~Elf64_Off{0})) == "truncated");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_phoff), ~Elf64_Off{0} - 56)) == "truncated");
    CHECK(code_of(plugin_with(offsetof(Elf64_Ehdr, e_shoff), ~Elf64_Off{0} - 63)) == "truncated");
  }

  TEST_CASE("a record is read only where all of it lies inside") {
    const std::string bytes(12, '\x01');
    CHECK(record_at<std::uint32_t>(bytes, 8) == 0x01010101U);
    CHECK_FALSE(record_at<std::uint32_t>(bytes, 9));
    CHECK_FALSE(record_at<std::uint32_t>(bytes, ~std::uint64_t{0}));
  }

  TEST_CASE("a name ends inside its table, or there is none") {
    ElfNames names(std::string_view("\0one\0two", 8));
    CHECK(names.at(0) == "");
    CHECK(names.at(1) == "one");
    CHECK(names.at(2) == "ne");
    CHECK_FALSE(names.at(5));
    CHECK_FALSE(names.at(8));
  }

  TEST_CASE("a table whose names overlap does not give out memory without end") {
    const std::string table = std::string(std::size_t{1} << 20U, 'x') + '\0';
    ElfNames names(table);
    int given = 0;
    while (names.at(0)) ++given;
    CHECK(given == 63);
  }
}

}  // namespace
}  // namespace patchbay
