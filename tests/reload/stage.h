// SPDX-License-Identifier: MIT
// A plugin directory with one agent in it, "speaker", served by a host that watches it; and what
// tests do to that file.
#pragma once
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/host_process.h"
#include "support/line.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {

namespace fs = std::filesystem;

inline fs::path version(int number) {
  return fs::path(fixture_directory()) / "speaker" / ("speaker_" + std::to_string(number) + ".so");
}
inline fs::path fixture_file(const std::string& name) {
  return fs::path(fixture_directory()) / (name + ".so");
}

// The directory, before any host looks at it.
struct Stage {
  TempDir home;
  fs::path plugins = home.path / "plugins";
  fs::path file = plugins / "speaker.so";

  Stage() {
    fs::create_directory(plugins);
    put(version(1));
  }
  // Whole at once, as `mv` brings it.
  void put(const fs::path& source, const std::string& as = "speaker.so") const {
    const fs::path coming = home.path / "coming";
    fs::copy_file(source, coming, fs::copy_options::overwrite_existing);
    fs::rename(coming, plugins / as);
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(home.path / name, std::ios::binary) << text;
  }
};

inline std::string words(HostProcess& host, std::string_view text = "hello",
                         std::string_view conversation = "conv_1",
                         std::string_view agent = "speaker") {
  return say(host.port(), agent, text, conversation).spoken();
}

// Does version N answer, sooner or later?
inline bool comes(HostProcess& host, int number, std::string_view agent = "speaker") {
  const std::string wanted = "version " + std::to_string(number);
  return eventually([&] {
    const Answer answer = say(host.port(), agent, "hello");
    return answer.status == 200 && answer.spoken() == wanted;
  });
}

// A turn that is held, after its first words.
inline Line hold(HostProcess& host, std::string_view conversation = "conv_held") {
  Line line(host.port());
  Webhook webhook;
  webhook.path = "/agents/speaker";
  webhook.body = message("hold", conversation);
  line.send(webhook.request());
  CHECK(line.read_head().status == 200);
  return line;
}

}  // namespace patchbay::test
