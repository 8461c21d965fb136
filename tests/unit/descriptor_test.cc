// SPDX-License-Identifier: MIT
#include "machine/descriptor.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <utility>

namespace patchbay {
namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}
Descriptor open_null() {
  return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

TEST_SUITE("descriptor") {
  TEST_CASE("it closes what it owns when it dies") {
    int fd = -1;
    {
      const Descriptor owner = open_null();
      fd = owner.get();
      REQUIRE(is_open(fd));
    }
    CHECK(!is_open(fd));
  }

  TEST_CASE("a move leaves one owner, and closes what was owned before") {
    Descriptor first = open_null();
    Descriptor second = open_null();
    const int kept = first.get();
    const int closed = second.get();
    second = std::move(first);
    CHECK(second.get() == kept);
    CHECK(is_open(kept));
    CHECK(!is_open(closed));
  }

  TEST_CASE("none is false") {
    CHECK(!Descriptor());
  }
}

}  // namespace
}  // namespace patchbay
