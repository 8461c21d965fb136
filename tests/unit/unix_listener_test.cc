// SPDX-License-Identifier: MIT
#include "street/unix_listener.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "support/loopback.h"
#include "support/temp_dir.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

mode_t mode_of(const std::string& path) {
  struct stat there {};
  REQUIRE(::lstat(path.c_str(), &there) == 0);
  CHECK(S_ISSOCK(there.st_mode));
  return there.st_mode & 07777U;
}

// What a host leaves behind that was killed.
void leave_a_stale_socket(const std::string& path) {
  auto killed = open_unix_listener(path);
  REQUIRE(killed);
  fs::rename(path, path + ".away");  // so that its object does not remove it
  killed->socket.reset();
  killed = Error{};
  fs::rename(path + ".away", path);
  REQUIRE(knock(path) == Behind::nobody);
}

TEST_SUITE("unix_listener") {
  TEST_CASE("callers of this user reach it, and its file is for nobody else, whatever the umask") {
    const TempDir place;
    const mode_t before = ::umask(0);
    const auto listener = open_unix_listener(place.of("x.sock"));
    ::umask(before);
    REQUIRE(listener);
    CHECK(mode_of(place.of("x.sock")) == 0600);
    CHECK(knock(place.of("x.sock")) == Behind::somebody);
    CHECK(Caller(place.of("x.sock")).connected());
  }

  TEST_CASE("the file goes with its owner") {
    const TempDir place;
    {
      auto first = open_unix_listener(place.of("x.sock"));
      REQUIRE(first);
      const UnixListener second = *std::move(first);
      CHECK(fs::exists(place.of("x.sock")));
    }
    CHECK(knock(place.of("x.sock")) == Behind::nothing);
  }

  TEST_CASE("the file stays where another took its place") {
    const TempDir place;
    std::optional<Result<UnixListener>> first = open_unix_listener(place.of("x.sock"));
    REQUIRE(*first);
    fs::remove(place.of("x.sock"));
    const auto second = open_unix_listener(place.of("x.sock"));
    REQUIRE(second);
    first.reset();
    CHECK(knock(place.of("x.sock")) == Behind::somebody);
  }

  TEST_CASE("a socket that nobody listens on any more is replaced") {
    const TempDir place;
    leave_a_stale_socket(place.of("x.sock"));
    const auto next = open_unix_listener(place.of("x.sock"));
    REQUIRE(next);
    CHECK(mode_of(place.of("x.sock")) == 0600);
    CHECK(Caller(place.of("x.sock")).connected());
  }

  TEST_CASE("where another host answers, the second is refused and the first goes on") {
    const TempDir place;
    const auto first = open_unix_listener(place.of("x.sock"));
    REQUIRE(first);
    const auto second = open_unix_listener(place.of("x.sock"));
    REQUIRE(!second);
    CHECK(second.error().code == "address_in_use");
    CHECK(second.error().text() == "another host answers on " + place.of("x.sock") +
                                       " (stop it, or choose another path for this one)");
    CHECK(Caller(place.of("x.sock")).connected());
  }

  TEST_CASE("a file that is no socket is left alone") {
    const TempDir place;
    std::ofstream(place.of("x.sock")) << "precious";
    const auto listener = open_unix_listener(place.of("x.sock"));
    REQUIRE(!listener);
    CHECK(listener.error().code == "not_a_socket");
    CHECK(fs::file_size(place.of("x.sock")) == 8);
  }

  TEST_CASE("a path that cannot be is an error that names it") {
    const TempDir place;
    const auto nowhere = open_unix_listener(place.of("none/x.sock"));
    REQUIRE(!nowhere);
    CHECK(nowhere.error().text() ==
          "cannot listen on " + place.of("none/x.sock") +
              ": No such file or directory (make its directory, or choose another path)");
    const auto endless = open_unix_listener(place.of(std::string(200, 'x')));
    REQUIRE(!endless);
    CHECK(endless.error().code == "path_too_long");
    CHECK(open_unix_listener(place.of(std::string(107 - place.path.string().size() - 1, 'x'))));
  }

  TEST_CASE("knocking tells apart what is there") {
    const TempDir place;
    CHECK(knock(place.of("x")) == Behind::nothing);
    std::ofstream(place.of("x")) << "text";
    CHECK(knock(place.of("x")) == Behind::a_file);
    CHECK(knock(place.path.string()) == Behind::a_file);
    fs::create_symlink("gone", place.of("link"));
    CHECK(knock(place.of("link")) == Behind::nothing);
  }
}

}  // namespace
}  // namespace patchbay
