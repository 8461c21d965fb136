// SPDX-License-Identifier: MIT
#include "cli/new.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "cli/scaffold.h"
#include "cli/syntax.h"
#include "cli/verb.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string name;
  std::string language = "cpp";
  std::string directory;
};

fs::path directory_of_this_program() {
  std::error_code wrong;
  return fs::read_symlink("/proc/self/exe", wrong).parent_path();
}

// Installed, the package is beside us (PREFIX/bin, PREFIX/share/cmake/vap); in a build tree it is
// below us (sdk/share/cmake/vap). Elsewhere find_package must find it by itself.
std::string find_package_directory(const fs::path& program) {
  for (const fs::path& prefix : {program.parent_path(), program / "sdk"}) {
    const fs::path package = prefix / "share" / "cmake" / "vap";
    if (fs::exists(package / "vap-config.cmake")) return package.string();
  }
  return {};
}

// Can this program be called by its name alone?
bool is_on_path(const fs::path& program) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  const std::string all = fmt::format(":{}:", path != nullptr ? path : "");
  return all.find(":" + program.string() + ":") != std::string::npos;
}

void print_next_steps(const Scaffold& made, bool by_name) {
  const std::string directory = made.directory.string();
  const std::string patchbay = by_name ? "patchbay" : made.patchbay_directory + "/patchbay";
  fmt::print("\nto write it, in two terminals:\n");
  fmt::print("  {} dev {}   # builds and serves it, and again whenever you save\n", patchbay,
             directory);
  fmt::print("  {} call http://127.0.0.1:8080/agents/{}\n", patchbay, made.name);
  fmt::print("\nnext:\n");
  if (made.language == "rust") {
    fmt::print("  sh {}/test.sh\n", directory);
    fmt::print("  {} call {}/{}.so --say \"good morning\"\n", patchbay, directory, made.name);
    return;
  }
  fmt::print("  cmake -S {0} -B {0}/build\n", directory);
  fmt::print("  cmake --build {}/build\n", directory);
  fmt::print("  ctest --test-dir {}/build\n", directory);
  fmt::print("  {} call {}/build/{}.so --say \"good morning\"\n", patchbay, directory, made.name);
}

int make_new(const Flags& flags) {
  const fs::path program = directory_of_this_program();
  const Scaffold scaffold{
      flags.name, flags.language,
      flags.directory.empty() ? fs::path(flags.name) : fs::path(flags.directory),
      find_package_directory(program), program.string()};
  const Result<std::vector<std::string>> written = write_scaffold(scaffold);
  if (!written) return fail(written.error());
  fmt::print("made {}:\n", scaffold.directory.string());
  for (const std::string& file : *written) fmt::print("  {}\n", file);
  print_next_steps(scaffold, is_on_path(program));
  return exit_good;
}

}  // namespace

void add_new(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax verb(app, "new", "Make a directory with an agent that builds at once, and its test");
  verb.text("name", flags->name, "The agent's name, eg: hello").required().shown_as("NAME");
  verb.text("--lang", flags->language, "cpp (default), c or rust").one_of({"c", "cpp", "rust"});
  verb.text("--dir", flags->directory, "Where to make it (default: ./NAME)").shown_as("DIR");
  verb.footer(
      "Examples:\n"
      "  patchbay new hello\n"
      "  patchbay new clerk --lang rust --dir ~/agents/clerk");
  verb.runs([flags, &exit] { exit = make_new(*flags); });
}

}  // namespace patchbay
