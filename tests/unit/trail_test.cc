// SPDX-License-Identifier: MIT
#include "machine/trail.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/temp_dir.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

using Marks = std::vector<Waymark>;

TEST_SUITE("trail") {
  TEST_CASE("only its last name decides where a path without links leads") {
    const TempDir room;
    fs::create_directories(room.path / "a/b");
    write(room.path / "a/b/x.so", "1");
    const Trail trail = trail_of(room.path / "a/./b/../b/x.so");
    CHECK(trail.marks == Marks{{room.path / "a/b", "x.so", true}});
    CHECK(trail.end == room.path / "a/b/x.so");
  }

  TEST_CASE("a directory is not written to, and a slash behind it says nothing") {
    const TempDir room;
    fs::create_directory(room.path / "plugins");
    CHECK(trail_of(room.path / "plugins/").marks == Marks{{room.path, "plugins", false}});
    CHECK(trail_of(room.path / "plugins/").end == room.path / "plugins");
  }

  TEST_CASE("every symbolic link on the way has a say") {
    const TempDir room;
    fs::create_directory(room.path / "..1");
    write(room.path / "..1/x.so", "1");
    fs::create_symlink("..1", room.path / "..data");
    fs::create_symlink(room.path / "..data" / "x.so", room.path / "x.so");
    const Trail trail = trail_of(room.path / "x.so");
    CHECK(trail.marks == Marks{{room.path, "x.so", false},
                               {room.path, "..data", false},
                               {room.path / "..1", "x.so", true}});
    CHECK(trail.end == room.path / "..1/x.so");
  }

  TEST_CASE("the trail of what is missing ends where it would begin") {
    const TempDir room;
    CHECK(trail_of(room.path / "a/b/x.so").marks == Marks{{room.path, "a", true}});
    CHECK(trail_of(room.path / "a/b/x.so").end.empty());
    write(room.path / "a", "a file where a directory should be");
    CHECK(trail_of(room.path / "a/b/x.so").marks == Marks{{room.path, "a", true}});
    fs::create_symlink("nothing", room.path / "x.so");
    CHECK(trail_of(room.path / "x.so").marks ==
          Marks{{room.path, "x.so", false}, {room.path, "nothing", true}});
  }

  TEST_CASE("links that go in a circle lead nowhere") {
    const TempDir room;
    fs::create_symlink("b", room.path / "a");
    fs::create_symlink("a", room.path / "b");
    CHECK(trail_of(room.path / "a").end.empty());
  }

  TEST_CASE("a relative path begins at the working directory") {
    CHECK(trail_of("x.so").marks == Marks{{fs::canonical("."), "x.so", true}});
  }

  TEST_CASE("a stamp is that of the file behind the links, and changes with it") {
    const TempDir room;
    write(room.path / "x.so", "1");
    fs::create_symlink("x.so", room.path / "link");
    const FileStamp before = stamp_of(room.path / "x.so");
    CHECK(before.exists);
    CHECK(before.size == 1);
    CHECK(stamp_of(room.path / "link") == before);
    write(room.path / "new", "1");
    fs::last_write_time(room.path / "new", fs::last_write_time(room.path / "x.so"));
    fs::rename(room.path / "new", room.path / "x.so");
    CHECK(stamp_of(room.path / "link") != before);
  }

  TEST_CASE("what is no file has the stamp of nothing") {
    const TempDir room;
    REQUIRE(::mkfifo((room.path / "pipe").c_str(), 0600) == 0);
    CHECK(stamp_of(room.path) == FileStamp{});
    CHECK(stamp_of(room.path / "pipe") == FileStamp{});
    CHECK(stamp_of(room.path / "missing") == FileStamp{});
  }
}

}  // namespace
}  // namespace patchbay
