// SPDX-License-Identifier: MIT
#include "cli/project.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

struct Directory {
  test::TempDir room;

  void write(const std::string& name, const std::string& text = "") const {
    fs::create_directories((room.path / name).parent_path());
    std::ofstream(room.path / name) << text;
  }
  void put_plugin(const std::string& name, int age) const {
    const fs::path file = room.path / name;
    fs::create_directories(file.parent_path());
    fs::copy_file(PATCHBAY_TEST_PLUGIN, file);
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(age));
  }
  [[nodiscard]] Project project(const std::string& command = "",
                                const std::string& plugin = "") const {
    const Result<Project> found = find_project({room.path.string(), command, plugin});
    REQUIRE(found);
    return *found;
  }
  [[nodiscard]] std::string of(const std::string& name) const {
    return (room.path / name).string();
  }
};

TEST_SUITE("project") {
  TEST_CASE("a project of CMake is configured once, then built") {
    const Directory home;
    home.write("CMakeLists.txt");
    home.write("Makefile");  // beside it: of CMake's, or for something else
    const Project project = home.project();
    auto steps = build_steps(project);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0] ==
          std::vector<std::string>{"cmake", "-S", home.room.path.string(), "-B", home.of("build")});
    CHECK(steps[1][1] == "--build");
    home.write("build/CMakeCache.txt");  // it failed half-way: once more
    CHECK(build_steps(project).size() == 2);
    home.write("build/build.ninja");
    CHECK(build_steps(project).size() == 1);
  }

  TEST_CASE("a crate is built by cargo, a Makefile by make, and a command goes before both") {
    const Directory home;
    home.write("Makefile");
    CHECK(build_steps(home.project())[0] == std::vector<std::string>{"make"});
    home.write("Cargo.toml");
    CHECK(build_steps(home.project())[0] == std::vector<std::string>{"cargo", "build", "--quiet"});
    CHECK(build_steps(home.project("ninja -C out"))[0] ==
          std::vector<std::string>{"/bin/sh", "-c", "ninja -C out"});
  }

  TEST_CASE("a directory with nothing to build is refused, and a way out is named") {
    const Directory home;
    const Result<Project> found = find_project({home.room.path.string(), "", ""});
    REQUIRE_FALSE(found);
    CHECK(found.error().message ==
          home.room.path.string() + " has no CMakeLists.txt, no Cargo.toml and no Makefile");
    CHECK(found.error().hint.find("patchbay new NAME") != std::string::npos);
    const Result<Project> nowhere = find_project({"/nowhere/at/all", "", ""});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().message == "there is no directory /nowhere/at/all");
  }

  TEST_CASE("of what a build has left, the youngest library that is a plugin is taken") {
    const Directory home;
    home.write("CMakeLists.txt");
    home.put_plugin("build/deep/old.so", 2);
    home.put_plugin("build/deep/young.so", 1);
    home.write("build/helper.so", "no plugin at all");
    home.put_plugin("elsewhere.so", 0);
    const Result<fs::path> plugin = built_plugin(home.project());
    REQUIRE(plugin);
    CHECK(plugin->string() == home.of("build/deep/young.so"));
  }

  TEST_CASE("a build that leaves no plugin is told so, with the place") {
    const Directory home;
    home.write("CMakeLists.txt");
    home.write("build/helper.so", "no plugin at all");
    Result<fs::path> plugin = built_plugin(home.project());
    REQUIRE_FALSE(plugin);
    CHECK(plugin.error().message == "the build left no plugin in " + home.of("build"));
    plugin = built_plugin(home.project("", home.of("out/x.so")));
    REQUIRE_FALSE(plugin);
    CHECK(plugin.error().message == "the build made no " + home.of("out/x.so"));
  }

  TEST_CASE("an agent is called as its plugin is; a crate's as the crate, not as its file") {
    const Directory home;
    home.write("Makefile");
    CHECK(agent_name_for(home.project(), "/x/libmy_clerk.so") == "libmy_clerk");
    CHECK(agent_name_for(home.project(), "/x/my clerk.so") == "agent");
    home.write("Cargo.toml", "[package]\nname = \"my-clerk\"\n");
    CHECK(agent_name_for(home.project(), "/x/libmy_clerk.so") == "my-clerk");
    CHECK(agent_name_for(home.project(), "/x/libother.so") == "other");
    home.put_plugin("target/debug/libmy_clerk.so", 1);
    home.put_plugin("target/debug/deps/libmy_clerk.so", 1);
    const Result<fs::path> plugin = built_plugin(home.project());
    REQUIRE(plugin);
    CHECK(plugin->string() == home.of("target/debug/libmy_clerk.so"));
  }
}

}  // namespace
}  // namespace patchbay
