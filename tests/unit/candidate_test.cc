// SPDX-License-Identifier: MIT
#include "machine/candidate.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/toy_host.h"

namespace patchbay {
namespace {

struct TempFile {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("patchbay-candidate-" + std::to_string(::getpid()) + ".so");
  explicit TempFile(const std::string& bytes) { write(bytes); }
  ~TempFile() { std::filesystem::remove(path); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  void write(const std::string& bytes) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
};

TEST_SUITE("candidate") {
  TEST_CASE("the copy has the file's bytes and their SHA-256") {
    const TempFile file("abc");
    const Result<Candidate> staged = Candidate::stage(file.path);
    REQUIRE(staged);
    CHECK(staged->bytes() == "abc");
    CHECK(staged->digest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(staged->name() == file.path.stem());
  }

  TEST_CASE("whatever happens to the file afterwards, the copy stays") {
    const TempFile file("before");
    const Result<Candidate> staged = Candidate::stage(file.path);
    REQUIRE(staged);
    file.write("after, and longer");
    std::filesystem::resize_file(file.path, 1);
    CHECK(staged->bytes() == "before");
  }

  TEST_CASE("nobody can write to the copy, or change its length") {
    const TempFile file("sealed");
    const Result<Candidate> staged = Candidate::stage(file.path);
    REQUIRE(staged);
    const int again = ::open(staged->path().c_str(), O_RDWR | O_CLOEXEC);
    CHECK(::write(again, "x", 1) == -1);
    CHECK(::ftruncate(again, 0) == -1);
    ::close(again);
  }

  TEST_CASE("a sealed copy of another process becomes a candidate, anything else does not") {
    const TempFile file("staged there");
    const Result<Candidate> staged = Candidate::stage(file.path);
    REQUIRE(staged);
    const Result<Candidate> adopted =
        Candidate::adopt(Descriptor(::dup(staged->descriptor())), "plugins/x.so");
    REQUIRE(adopted);
    CHECK(adopted->bytes() == "staged there");
    CHECK(adopted->digest() == staged->digest());
    CHECK(adopted->name() == "x");
    CHECK(adopted->path() != staged->path());
    Descriptor unsealed(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    CHECK(Candidate::adopt(std::move(unsealed), "x.so").error().code == "not_sealed");
    CHECK(Candidate::adopt(Descriptor(), "x.so").error().code == "not_sealed");
  }

  TEST_CASE("what is no file with bytes in it is refused by name") {
    const TempFile empty("");
    CHECK(Candidate::stage(empty.path).error().code == "wrong_size");
    CHECK(Candidate::stage("/tmp").error().code == "not_a_file");
    const Result<Candidate> missing = Candidate::stage("/nowhere/x.so");
    CHECK(missing.error().code == "cannot_stage");
    CHECK(missing.error().message.find("/nowhere/x.so") != std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
