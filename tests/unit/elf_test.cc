// SPDX-License-Identifier: MIT
#include "codec/elf.h"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <random>
#include <string>
#include <string_view>

#include "codec/elf_image.h"
#include "support/file_bytes.h"

namespace patchbay {
namespace {

const std::string& plugin() {
  static const std::string bytes = file_bytes(PATCHBAY_TEST_PLUGIN);
  return bytes;
}

template <class Field>
void put(std::string& file, std::size_t offset, Field value) {
  REQUIRE(offset + sizeof value <= file.size());
  std::memcpy(file.data() + offset, &value, sizeof value);
}

std::string code_of(std::string_view file) {
  const auto facts = read_elf(file);
  return facts ? "reads" : facts.error().code;
}

std::size_t ident_offset(const std::string& file) {
  const auto image = open_elf(file);
  REQUIRE(image);
  REQUIRE(image->section(".vap"));
  return image->section(".vap")->offset;
}

// Tells something else with one entry of .dynamic: the one of that tag, else one that the reader
// does not ask for.
std::string plugin_with_dynamic(Elf64_Sxword tag, Elf64_Xword value) {
  std::string file = plugin();
  const auto image = open_elf(plugin());
  const auto* dynamic = image->section(SHT_DYNAMIC);
  REQUIRE(dynamic);
  const auto find = [&](auto fits) {
    std::size_t at = 0;
    auto entry = record_at<Elf64_Dyn>(dynamic->bytes, at);
    while (entry && !fits(entry->d_tag))
      entry = record_at<Elf64_Dyn>(dynamic->bytes, at += sizeof *entry);
    return entry ? at : dynamic->bytes.size();
  };
  auto at = find([&](Elf64_Sxword found) { return found == tag; });
  if (at == dynamic->bytes.size()) {
    at = find([](Elf64_Sxword found) { return found == DT_INIT_ARRAY || found == DT_SYMENT; });
  }
  Elf64_Dyn entry{};
  entry.d_tag = tag;
  entry.d_un.d_val = value;
  put(file, dynamic->offset + at, entry);
  return file;
}

std::string libstdcpp() {
  Dl_info where{};
  // A symbol that is never inlined and lives only there.
  REQUIRE(dladdr(reinterpret_cast<const void*>(&std::current_exception), &where) != 0);
  return where.dli_fname;
}

TEST_SUITE("elf") {
  TEST_CASE("a plugin's ident note gives its ABI and its manifest") {
    const auto facts = read_elf(plugin());
    REQUIRE(facts);
    CHECK(facts->has_ident);
    CHECK(facts->abi_major == 1);
    CHECK(facts->manifest.front() == '{');
    CHECK(facts->manifest.back() == '}');
    CHECK(facts->machine == own_machine());
    CHECK(std::count(facts->exports.begin(), facts->exports.end(), "vap_plugin_v1") == 1);
    CHECK(facts->unique.empty());
    CHECK_FALSE(facts->nodelete);
    CHECK_FALSE(facts->executable_stack);
    CHECK_FALSE(facts->text_relocations);
    CHECK_FALSE(facts->go_runtime);
  }

  TEST_CASE("a library of the system tells what it needs, what it exports and what pins it") {
    const auto path = libstdcpp();
    if (path.find("libstdc++") == std::string::npos) return;  // linked statically
    const auto facts = read_elf(file_bytes(path));
    REQUIRE(facts);
    CHECK_FALSE(facts->has_ident);
    CHECK(std::count(facts->needed.begin(), facts->needed.end(), "libc.so.6") == 1);
    CHECK(facts->newest_glibc.starts_with("2."));
    CHECK(facts->exports.size() > 1000);
    CHECK(std::is_sorted(facts->exports.begin(), facts->exports.end()));
    CHECK_FALSE(facts->unique.empty());
    CHECK(facts->exports.size() > facts->unique.size());
  }

  TEST_CASE("a program is not a library, position-independent or not") {
    CHECK(code_of(file_bytes("/bin/sh")) == "not_shared");
    std::string file = plugin();
    put(file, offsetof(Elf64_Ehdr, e_type), Elf64_Half{ET_EXEC});
    CHECK(code_of(file) == "not_shared");
    put(file, offsetof(Elf64_Ehdr, e_type), Elf64_Half{ET_REL});
    CHECK(code_of(file) == "not_shared");
    CHECK(code_of(plugin_with_dynamic(DT_FLAGS_1, DF_1_PIE)) == "not_shared");
  }

  TEST_CASE("a library for another machine is refused with both names") {
    std::string file = plugin();
    put(file, offsetof(Elf64_Ehdr, e_machine), Elf64_Half{EM_S390});
    const auto facts = read_elf(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == "wrong_machine");
    CHECK(facts.error().message.find("s390x") != std::string::npos);
    CHECK(facts.error().message.find(own_machine()) != std::string::npos);
    file[EI_DATA] = ELFDATA2MSB;
    CHECK(code_of(file) == "wrong_machine");
    file[EI_CLASS] = ELFCLASS32;
    CHECK(code_of(file) == "wrong_class");
  }

  TEST_CASE("what is no library at all is named for what it is") {
    CHECK(read_elf("!<arch>\nabc").error().message.find("archive") != std::string::npos);
    CHECK(code_of("MZ\x90") == "not_elf");
    CHECK(code_of("hello") == "not_elf");
    CHECK(code_of(std::string(4096, '\0')) == "not_elf");
    CHECK(code_of("") == "truncated");
    CHECK(code_of("\x7f"
                  "EL") == "truncated");
  }

  TEST_CASE("a file cut anywhere is truncated") {
    for (std::size_t cut = 0; cut < plugin().size(); cut += 64) {
      INFO("cut at ", cut);
      CHECK(code_of(std::string_view(plugin()).substr(0, cut)) == "truncated");
    }
    CHECK(code_of(std::string_view(plugin()).substr(0, plugin().size() - 1)) == "truncated");
  }

  TEST_CASE(
      "a file whose tail is still zeros is refused, unless only the last record's end was lost") {
    for (std::size_t cut = 64; cut + sizeof(Elf64_Shdr) < plugin().size(); cut += 64) {
      INFO("zeros from ", cut);
      std::string file = plugin();
      std::fill(file.begin() + static_cast<std::ptrdiff_t>(cut), file.end(), '\0');
      CHECK(code_of(file) != "reads");
    }
  }

  TEST_CASE("a file with flipped bits is read or refused, and nothing worse") {
    std::mt19937 random(20260101);  // fixed: a failure must come again
    std::uniform_int_distribution<std::size_t> anywhere(0, plugin().size() - 1);
    // Half of the flips go where the structure is: the first headers and the section table.
    std::uniform_int_distribution<std::size_t> from_end(1, 2200);
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::string file = plugin();
      for (int flips = 1 + round % 6; flips > 0; --flips) {
        const auto end = file.size() - std::min(file.size(), from_end(random));
        const auto at = round % 2 == 0 ? anywhere(random) : end;
        file[at] = static_cast<char>(random());
      }
      if (!read_elf(file)) ++refused;
    }
    CHECK(refused > 1000);
  }

  TEST_CASE("an ident note that is longer than its section is malformed") {
    const auto at = ident_offset(plugin());
    std::string file = plugin();
    put(file, at + 16, std::uint32_t{0xffffffff});
    CHECK(code_of(file) == "malformed");
    file = plugin();
    put(file, at + 20, std::uint32_t{1});
    CHECK(code_of(file) == "malformed");
    file = plugin();
    put(file, at, 'v');
    CHECK(code_of(file) == "reads");
    CHECK_FALSE(read_elf(file)->has_ident);
  }

  TEST_CASE("what keeps a library from being unloaded is seen in the file") {
    CHECK(read_elf(plugin_with_dynamic(DT_FLAGS_1, DF_1_NODELETE))->nodelete);
    CHECK(read_elf(plugin_with_dynamic(DT_FLAGS, DF_STATIC_TLS))->static_tls);
    CHECK(read_elf(plugin_with_dynamic(DT_FLAGS, DF_TEXTREL))->text_relocations);
    CHECK(read_elf(plugin_with_dynamic(DT_TEXTREL, 0))->text_relocations);

    std::string file = plugin();
    const auto at = file.rfind(".eh_frame_hdr");  // of the same length
    REQUIRE(at != std::string::npos);
    file.replace(at, 13, ".go.buildinfo");
    CHECK(read_elf(file)->go_runtime);
  }

  TEST_CASE("an executable stack is seen in the file") {
    std::string file = plugin();
    const auto head = record_at<Elf64_Ehdr>(file, 0);
    bool changed = false;
    for (std::size_t i = 0; i < head->e_phnum; ++i) {
      const auto at = head->e_phoff + i * sizeof(Elf64_Phdr);
      if (record_at<Elf64_Phdr>(file, at)->p_type != PT_GNU_STACK) continue;
      put(file, at + offsetof(Elf64_Phdr, p_flags), Elf64_Word{PF_R | PF_W | PF_X});
      changed = true;
    }
    REQUIRE(changed);
    CHECK(read_elf(file)->executable_stack);
  }

  TEST_CASE("a section table that contradicts what the loader would use is malformed") {
    std::string file = plugin();
    const auto head = record_at<Elf64_Ehdr>(file, 0);
    for (std::size_t i = 0; i < head->e_phnum; ++i) {
      const auto at = head->e_phoff + i * sizeof(Elf64_Phdr);
      if (record_at<Elf64_Phdr>(file, at)->p_type != PT_DYNAMIC) continue;
      put(file, at + offsetof(Elf64_Phdr, p_offset), Elf64_Off{64});
    }
    CHECK(code_of(file) == "malformed");
  }
}

}  // namespace
}  // namespace patchbay
