// SPDX-License-Identifier: MIT
#include "machine/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace patchbay {
namespace {

struct TempFile {
  std::string path =
      std::filesystem::temp_directory_path() / ("patchbay-files-" + std::to_string(::getpid()));
  explicit TempFile(const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  ~TempFile() { std::filesystem::remove(path); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
};

SecretRef in_file(const std::string& path) {
  return {SecretRef::Kind::file, path};
}
SecretRef in_environment(const std::string& name) {
  return {SecretRef::Kind::environment, name};
}

TEST_SUITE("files") {
  TEST_CASE("a file is read whole, up to its limit") {
    const TempFile file("0123456789");
    CHECK(*read_file(file.path, 10) == "0123456789");
    CHECK(read_file(file.path, 9).error().code == "file_too_large");
  }

  TEST_CASE("a pipe is read while somebody writes to it, and not waited for where nobody does") {
    const TempFile pipe("");
    std::filesystem::remove(pipe.path);
    REQUIRE(::mkfifo(pipe.path.c_str(), 0600) == 0);
    CHECK(read_file(pipe.path, 10).error().code == "file_silent");
    std::thread writer([&] { std::ofstream(pipe.path) << "0123"; });
    CHECK(*read_file(pipe.path, 10) == "0123");
    writer.join();
  }

  TEST_CASE("a file that cannot be read is named, with what the system said") {
    const Result<std::string> missing = read_file("/nowhere/at/all", 10);
    CHECK(missing.error().message == "cannot read /nowhere/at/all: No such file or directory");
    CHECK(read_file("/tmp", 10).error().message == "cannot read /tmp: Is a directory");
  }

  TEST_CASE("the line break that an editor leaves is not part of a secret") {
    const TempFile file("whsec_1\r\n");
    CHECK(resolve_secret(in_file(file.path))->bytes() == "whsec_1");
  }

  TEST_CASE("a secret that is missing or empty is an error that says how to set it") {
    for (const char* nothing : {"\n", "   ", " \t\r\n"}) {
      const TempFile empty(nothing);
      CHECK(resolve_secret(in_file(empty.path)).error().code == "secret_empty");
    }
    CHECK(resolve_secret(in_file("/nowhere")).error().code == "file_unreadable");
    const Result<Secret> unset = resolve_secret(in_environment("PATCHBAY_TEST_UNSET"));
    CHECK(unset.error().code == "secret_unset");
    CHECK(unset.error().hint.find("export PATCHBAY_TEST_UNSET=") != std::string::npos);
  }

  TEST_CASE("several secrets are all good, or none is") {
    const TempFile file("one");
    CHECK(resolve_secrets({in_file(file.path), in_file(file.path)})->size() == 2);
    CHECK_FALSE(resolve_secrets({in_file(file.path), in_file("/nowhere")}));
  }
}

}  // namespace
}  // namespace patchbay
