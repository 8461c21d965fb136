// SPDX-License-Identifier: MIT
#include "codec/wholeness.h"

#include <doctest/doctest.h>
#include <elf.h>

#include <algorithm>
#include <string>

#include "codec/elf_image.h"
#include "support/file_bytes.h"

namespace patchbay {
namespace {

const std::string& plugin() {
  static const std::string bytes = file_bytes(PATCHBAY_BINARY_DIR "/plugins/greeter.so");
  return bytes;
}

struct Place {
  std::size_t offset, size;
};

Place place_of(std::string_view name) {
  const Result<ElfImage> image = open_elf(plugin());
  REQUIRE(image);
  const ElfSection* section = image->section(name);
  REQUIRE(section);
  return {section->offset, section->bytes.size()};
}

std::string with_zeros(std::size_t from, std::size_t count) {
  std::string file = plugin();
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(from), count, '\0');
  return file;
}

TEST_SUITE("wholeness") {
  TEST_CASE("what a compiler and a linker made is whole") {
    CHECK_FALSE(check_whole(plugin(), {}));
    CHECK_FALSE(check_whole(file_bytes(PATCHBAY_BINARY_DIR "/plugins/echo.so"), {}));
  }

  TEST_CASE("a kilobyte of zeros anywhere in the code is a copy that is not complete") {
    const Place text = place_of(".text");
    REQUIRE(text.size > 8192);
    for (std::size_t at = text.offset; at + 1024 <= text.offset + text.size; at += 777) {
      const Problem wrong = check_whole(with_zeros(at, 1024), {});
      REQUIRE(wrong);
      CHECK(wrong->code == "incomplete");
      CHECK(wrong->message.find(".text") != std::string::npos);
    }
  }

  TEST_CASE("so it is in the tables that the loader reads") {
    for (const char* name : {".rela.dyn", ".eh_frame"}) {
      const Place table = place_of(name);
      REQUIRE(table.size >= 600);
      const Problem wrong = check_whole(with_zeros(table.offset, 600), {});
      REQUIRE(wrong);
      CHECK(wrong->message.find(name) != std::string::npos);
    }
  }

  TEST_CASE("a hole in what is loaded is one, whatever the section") {
    for (const char* name : {".text", ".rodata", ".data.rel.ro"}) {
      const Place section = place_of(name);
      const Problem wrong = check_whole(plugin(), {{section.offset + section.size - 1, 4096}});
      REQUIRE(wrong);
      CHECK(wrong->message.find(name) != std::string::npos);
      CHECK(wrong->hint.find("sha256") != std::string::npos);
    }
  }

  TEST_CASE("a hole between the sections, as linkers leave, or in what is not loaded is none") {
    const Result<ElfImage> image = open_elf(plugin());
    REQUIRE(image);
    const ElfSection* names = image->section(".shstrtab");
    REQUIRE(names);
    CHECK_FALSE(check_whole(plugin(), {{names->offset, names->bytes.size()}}));
    std::size_t end = 0;
    for (const ElfSection& section : image->sections) {
      if (section.name == ".text") end = section.offset;
    }
    const auto before =
        std::max_element(image->sections.begin(), image->sections.end(), [&](auto& a, auto& b) {
          const auto reach = [&](const ElfSection& one) {
            return one.offset < end ? one.offset + one.bytes.size() : 0;
          };
          return reach(a) < reach(b);
        });
    const std::size_t begin = before->offset + before->bytes.size();
    if (begin < end) CHECK_FALSE(check_whole(plugin(), {{begin, end - begin}}));
  }

  TEST_CASE("what is no library is said to be none") {
    CHECK(check_whole("nothing", {})->code == "not_elf");
  }
}

}  // namespace
}  // namespace patchbay
