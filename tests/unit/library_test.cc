// SPDX-License-Identifier: MIT
#include "machine/library.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <cstdint>
#include <fstream>

#include "support/toy_host.h"

namespace patchbay {
namespace {

Result<Library> loaded(const std::string& name) {
  const Result<Candidate> candidate = Candidate::stage(test::fixture(name));
  REQUIRE(candidate);
  return Library::load(*candidate);
}

std::size_t mappings(const std::string& text) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);)
    count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}

TEST_SUITE("library") {
  TEST_CASE("a plugin that was built as it should be is really gone after unloading") {
    const std::size_t before = mappings("memfd:probe");
    Result<Library> library = loaded("probe");
    REQUIRE(library);
    CHECK(mappings("memfd:probe") > before);
    CHECK(library->unload());
    CHECK(mappings("memfd:probe") == before);
  }

  TEST_CASE("a library is gone also where its place is taken at once") {
    Result<Library> library = loaded("probe");
    REQUIRE(library);
    constexpr std::uintptr_t page = 4096;
    const auto place = reinterpret_cast<std::uintptr_t>(library->entry()) / page * page;
    const Mappings before = Mappings::now();
    CHECK(library->is_mapped(before));
    CHECK(library->unload());
    void* const stack = ::mmap(reinterpret_cast<void*>(place), page, PROT_READ,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    REQUIRE(stack == reinterpret_cast<void*>(place));
    CHECK(!library->is_mapped(Mappings::now()));
    CHECK(library->is_mapped(before));  // as it was then
    ::munmap(stack, page);
  }

  TEST_CASE("two copies of one file are two libraries") {
    Result<Library> first = loaded("probe");
    Result<Library> second = loaded("probe");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(&first->plugin() != &second->plugin());
    CHECK(first->unload());
    CHECK((second->plugin().on_turn != nullptr));
    CHECK(second->unload());
  }

  TEST_CASE("what the loader or the table does not allow is said in words") {
    CHECK(loaded("null_table").error().code == "bad_table");
    CHECK(loaded("not_a_plugin").error().code == "cannot_load");
  }

  TEST_CASE("a library that must stay, stays") {
    Result<Library> library = loaded("says_nothing");
    REQUIRE(library);
    library->keep_mapped();
    CHECK(mappings("memfd:says_nothing") > 0);
  }
}

}  // namespace
}  // namespace patchbay
