// SPDX-License-Identifier: MIT
// What may happen to a plugin directory as a whole.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "machine/descriptor.h"
#include "reload/admin_socket.h"
#include "reload/stage.h"

namespace patchbay::test {
namespace {

std::size_t inotify_watches(pid_t process) {
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) found += line.starts_with("inotify") ? 1 : 0;
  }
  return found;
}

TEST_SUITE("directory") {
  TEST_CASE("a host that is given another directory watches that one, and not the old one too") {
    Stage stage;
    const fs::path other = stage.home.path / "other";
    fs::create_directory(other);
    fs::copy_file(version(2), other / "speaker.so");
    const auto configure = [&](const fs::path& directory) {
      stage.write("coming", "[plugins]\ndirectory = \"" + directory.string() + "\"\n");
      fs::rename(stage.home.path / "coming", stage.home.path / "p.toml");
    };
    configure(stage.plugins);
    HostProcess host({{"serve", "--listen", "127.0.0.1:0", "--admin", "off", "--config",
                       stage.home.of("p.toml")},
                      {{"LAYERCODE_WEBHOOK_SECRET", test_secret}}});
    CHECK(words(host) == "version 1");
    const std::size_t before = inotify_watches(host.pid());
    configure(other);
    CHECK(comes(host, 2));
    CHECK(eventually([&] { return inotify_watches(host.pid()) <= before; }));
    configure(stage.plugins);
    CHECK(comes(host, 1));
    CHECK(eventually([&] { return inotify_watches(host.pid()) <= before; }));
  }

  TEST_CASE("a directory that is moved away and back is nobody's end") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    fs::rename(stage.plugins, stage.home.path / "away");
    CHECK(host.logs("plugin directory away"));
    CHECK(words(host) == "version 1");
    fs::rename(stage.home.path / "away", stage.plugins);
    CHECK(host.logs("plugin directory back"));
    stage.put(version(2));
    CHECK(comes(host, 2));
  }

  TEST_CASE("links that lead in a circle, and a huge file, are refused; the others are served") {
    Stage stage;
    fs::create_symlink("round.so", stage.plugins / "again.so");
    fs::create_symlink("again.so", stage.plugins / "round.so");
    const auto make_huge = [&](const std::string& name) {
      const Descriptor file(::open((stage.plugins / name).c_str(), O_CREAT | O_WRONLY, 0600));
      REQUIRE(::ftruncate(file.get(), off_t{10} * 1024 * 1024 * 1024) == 0);
    };
    make_huge("huge.so");
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    CHECK(host.logs_line({"plugin refused", "huge.so"}));
    make_huge("speaker.so");  // over the one that serves
    CHECK(host.logs_line({"plugin refused", "speaker.so"}));
    CHECK(words(host) == "version 1");
    stage.put(version(2));
    CHECK(comes(host, 2));
  }

  TEST_CASE("of two hundred files of one plugin one serves, and each of the others says why not") {
    Stage stage;
    constexpr int count = 200;
    for (int i = 0; i < count; ++i)
      fs::create_symlink(version(2), stage.plugins / ("twin_" + std::to_string(i) + ".so"));
    fs::remove(stage.file);
    const std::string socket = stage.home.of("admin");
    stage.write("p.toml", "[plugins]\nprobe = false\n");
    HostProcess host(
        serving(stage.plugins, {"--admin", socket, "--config", stage.home.of("p.toml")}));
    REQUIRE(host.port() != 0);
    const Json plugins = Json::parse(ask_admin(socket, "GET", "/agents").body).at("plugins");
    CHECK(plugins.size() == count);
    const auto is_served = [](const Json& plugin) { return !plugin.at("generations").empty(); };
    CHECK(std::count_if(plugins.begin(), plugins.end(), is_served) == 1);
    const auto is_twin = [](const Json& plugin) {
      return plugin.at("refused").is_object() &&
             plugin.at("refused").at("error").at("code") == "same_plugin_twice";
    };
    CHECK(std::count_if(plugins.begin(), plugins.end(), is_twin) == count - 1);
  }
}

}  // namespace
}  // namespace patchbay::test
