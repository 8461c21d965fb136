// SPDX-License-Identifier: MIT
// `new` makes an agent that works: the steps that it prints are pasted, and then it is checked.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

// What stands below "next:".
std::string next_steps(const std::string& output) {
  const std::size_t at = output.find("\nnext:\n");
  REQUIRE_MESSAGE(at != std::string::npos, output);
  return output.substr(at + 7);
}

bool is_there(const std::string& program) {
  return run_script("command -v " + program).exit == 0;
}

void make_and_try(const std::string& language, const std::string& plugin) {
  CAPTURE(language);
  const Scratch scratch;
  const Ran made =
      run_script(patchbay_binary() + " new table-clerk --lang " + language, scratch.path());
  REQUIRE_MESSAGE(made.exit == 0, made.errors);
  const std::string steps = next_steps(made.output);
  CAPTURE(steps);
  const Ran tried = run_script(steps, scratch.path());
  CHECK_MESSAGE(tried.exit == 0, tried.output << tried.errors);
  CHECK(has(tried.output, "You said: good morning"));

  const Ran checked = run({"check", scratch.path(plugin), "--json"});
  CHECK_MESSAGE(checked.exit == 0, checked.output);
}

TEST_SUITE("new") {
  TEST_CASE("the printed steps for C work as they stand") {
    make_and_try("c", "table-clerk/build/table-clerk.so");
  }

  TEST_CASE("the printed steps for C++ work as they stand") {
    make_and_try("cpp", "table-clerk/build/table-clerk.so");
  }

  TEST_CASE("the printed steps for Rust work as they stand") {
    if (!is_there("cargo")) return;
    make_and_try("rust", "table-clerk/table-clerk.so");
  }

  TEST_CASE(
      "with patchbay on the PATH the steps call it by its name; a directory is as asked for") {
    const Scratch scratch;
    const std::string programs = fs::path(patchbay_binary()).parent_path();
    const Ran made =
        run_script("PATH=" + programs + ":$PATH patchbay new clerk --dir deep/er", scratch.path());
    CHECK(made.exit == 0);
    CHECK(has(next_steps(made.output), "\n  patchbay call deep/er/build/clerk.so"));
    CHECK(fs::exists(scratch.path("deep/er/clerk.cc")));
  }

  TEST_CASE("nothing that is there is written over") {
    const Scratch scratch;
    fs::create_directory(scratch.path("hello"));
    const Ran made = run_script(patchbay_binary() + " new hello", scratch.path());
    CHECK(made.exit == 1);
    CHECK(has(made.errors, "hello is there already"));
    CHECK(fs::is_empty(scratch.path("hello")));
  }

  TEST_CASE("a name that could be no file, target or crate is refused before anything is made") {
    const Scratch scratch;
    for (const std::string name : {"1st", "a/b", "../up", "a.b", "ä", "'a b'"}) {
      CAPTURE(name);
      const Ran made = run_script(patchbay_binary() + " new " + name, scratch.path());
      CHECK(made.exit == 1);
      CHECK(has(made.errors, "cannot be an agent's name"));
    }
    CHECK(fs::is_empty(scratch.path()));
  }
}

}  // namespace
}  // namespace patchbay::test
