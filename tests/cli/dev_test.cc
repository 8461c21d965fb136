// SPDX-License-Identifier: MIT
// The author's loop, with a real compiler: what is saved is heard, and what does not build is not.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/host_process.h"
#include "support/line.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

struct Desk {
  TempDir room;

  [[nodiscard]] HostProcess::Setup verb(std::vector<std::string> words) const {
    HostProcess::Setup setup{std::move(words), {}, room.path.string()};
    setup.environment["LAYERCODE_WEBHOOK_SECRET"] = test_secret;
    setup.environment["XDG_STATE_HOME"] = (room.path / "state").string();
    return setup;
  }
  [[nodiscard]] HostProcess::Setup dev(std::vector<std::string> further) const {
    std::vector<std::string> words{"dev", "--listen", "127.0.0.1:0", "--admin", "off"};
    words.insert(words.end(), further.begin(), further.end());
    return verb(std::move(words));
  }
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((room.path / name).parent_path());
    std::ofstream(room.path / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(room.path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // As an editor saves.
  void replace(const std::string& name, const std::string& old, const std::string& fresh) const {
    std::string text = read(name);
    const std::size_t at = text.find(old);
    REQUIRE(at != std::string::npos);
    write(name, text.replace(at, old.size(), fresh));
  }
  // A project whose build takes no time: it copies a plugin that stands ready.
  void make_quick() const {
    put("speaker_1");
    write("quick/Makefile",
          "all: out/speaker.so\nout/speaker.so: source\n"
          "\tmkdir -p out && cp -L source out/speaker.so\n");
  }
  // The source of that project: another version, whole at once.
  void put(const std::string& version) const {
    fs::create_directories(room.path / "quick");
    const fs::path from = fs::path(fixture_directory()) / "speaker" / (version + ".so");
    fs::copy_file(from, room.path / "coming", fs::copy_options::overwrite_existing);
    fs::last_write_time(room.path / "coming", fs::file_time_type::clock::now());
    fs::rename(room.path / "coming", room.path / "quick" / "source");
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A compiler on a busy machine takes longer than all else here.
template <class Holds>
bool compiled(Holds holds) {
  for (int rounds = 0; rounds < 5; ++rounds) {
    if (eventually(holds)) return true;
  }
  return false;
}

bool shows(const HostProcess& process, std::string_view part) {
  return eventually([&] { return has(process.output(), part); });
}

// A turn on a connection that is open all the while, as a pipeline's.
std::string said_on(Line& line, std::string_view agent) {
  Webhook webhook;
  webhook.path = "/agents/" + std::string(agent);
  webhook.body = message("coffee");
  line.send(webhook.request());
  return line.read_answer().spoken();
}

bool hears(Line& line, std::string_view agent, std::string_view words) {
  return eventually([&] { return said_on(line, agent) == words; });
}

TEST_SUITE("dev") {
  TEST_CASE("what is saved is heard on an open connection, and what does not compile is not") {
    const Desk desk;
    HostProcess made(desk.verb({"new", "hello"}));
    REQUIRE(made.wait() == 0);
    CHECK(has(made.output(), "dev hello"));

    HostProcess dev(desk.dev({"hello"}));
    REQUIRE(compiled([&] { return has(dev.output(), "answers on http://"); }));
    CHECK(has(dev.output(), "serving hello 1.0.0 ("));
    CHECK(shows(dev, "talk to it: patchbay call http://127.0.0.1:"));
    Line line(dev.port());
    CHECK(said_on(line, "hello") == "You said: coffee");

    desk.replace("hello/hello.cc", "You said: ", "I heard: ");
    CHECK(compiled([&] { return said_on(line, "hello") == "I heard: coffee"; }));
    CHECK(shows(dev, "hello.cc changed, building…\nbuilt in "));

    desk.replace("hello/hello.cc", "t.text()", "t.txt()");
    CHECK(compiled([&] { return has(dev.output(), "build failed: cmake ended with exit code "); }));
    CHECK(shows(dev, "the old version serves on"));
    CHECK(has(dev.output(), "txt"));  // the compiler's own words
    CHECK(said_on(line, "hello") == "I heard: coffee");

    desk.replace("hello/hello.cc", "t.txt()", "t.text()");
    desk.replace("hello/hello.cc", "I heard: ", "Once more: ");
    CHECK(compiled([&] { return said_on(line, "hello") == "Once more: coffee"; }));
    dev.signal(SIGINT);
    CHECK(dev.wait() == 0);
  }

  TEST_CASE("a first build that fails waits for one that does not") {
    const Desk desk;
    desk.make_quick();
    desk.write("quick/Makefile.good", desk.read("quick/Makefile"));
    desk.write("quick/Makefile", "all:\n\t@echo no such luck >&2; false\n");
    HostProcess dev(desk.dev({"quick"}));
    REQUIRE(shows(dev, "nothing serves yet; save a file to try again"));
    CHECK(has(dev.output(), "no such luck"));
    fs::rename(desk.room.path / "quick/Makefile.good", desk.room.path / "quick/Makefile");
    REQUIRE(shows(dev, "talk to it"));
    Line line(dev.port());
    CHECK(said_on(line, "speaker") == "version 1");
  }

  TEST_CASE("a build that the host refuses leaves the old version in service, and says why") {
    const Desk desk;
    desk.make_quick();
    HostProcess dev(desk.dev({"quick"}));
    REQUIRE(shows(dev, "talk to it"));
    Line line(dev.port());
    desk.write("quick/source", "this is no library\n");
    CHECK(shows(dev, ", refused: "));
    CHECK(shows(dev, " serves on\n"));
    CHECK(said_on(line, "speaker") == "version 1");
    desk.put("speaker_2");
    CHECK(hears(line, "speaker", "version 2"));
  }

  TEST_CASE("what is saved during a build is built after it") {
    const Desk desk;
    desk.make_quick();
    desk.write("quick/Makefile",
               "all:\n\tcp -L source taken && touch begun.log && "
               "while [ ! -e go.log ]; do sleep 0.01; done; "
               "mkdir -p out && cp taken out/speaker.so\n");
    desk.write("quick/go.log", "");
    HostProcess dev(desk.dev({"quick"}));
    REQUIRE(shows(dev, "talk to it"));
    Line line(dev.port());
    fs::remove(desk.room.path / "quick/go.log");
    fs::remove(desk.room.path / "quick/begun.log");
    desk.write("quick/source", "this is no library\n");
    REQUIRE(eventually([&] { return fs::exists(desk.room.path / "quick/begun.log"); }));
    desk.put("speaker_2");
    desk.write("quick/go.log", "");
    CHECK(hears(line, "speaker", "version 2"));
  }

  TEST_CASE("the configuration is that of the agents that this plugin is, and is followed") {
    const Desk desk;
    desk.make_quick();
    desk.write("night.toml",
               "[plugins]\ndirectory = \"/srv/plugins\"\n"
               "[agents.night]\nplugin = \"speaker\"\n[agents.other]\nplugin = \"elsewhere\"\n");
    HostProcess dev(desk.dev({"quick", "--config", "night.toml"}));
    REQUIRE(shows(dev, "talk to it"));
    Line line(dev.port());
    CHECK(said_on(line, "night") == "version 1");
    CHECK(!has(dev.output(), "other"));
    desk.write("night.toml", "[agents.night]\nplugin = \"speaker\"\nturn_timeout = \"never\"\n");
    CHECK(shows(dev, "night.toml refused: "));
    desk.write("night.toml", "[agents.day]\nplugin = \"speaker\"\n");
    CHECK(shows(dev, "night.toml is in force"));
    CHECK(said_on(line, "day") == "version 1");
  }

  TEST_CASE("Ctrl-C ends it at any moment, and the build with it") {
    const Desk desk;
    desk.write("quick/Makefile", "all:\n\techo $$$$ > pid.tmp; mv pid.tmp pid.log; sleep 1000\n");
    HostProcess dev(desk.dev({"quick"}));
    const fs::path file = desk.room.path / "quick/pid.log";
    REQUIRE(eventually([&] { return fs::exists(file); }));
    dev.signal(SIGINT);
    CHECK(dev.wait() == 0);
    const pid_t build = std::stoi(desk.read("quick/pid.log"));
    CHECK(eventually([&] { return ::kill(build, 0) != 0; }));
  }

  TEST_CASE("--build and --plugin say what cannot be guessed; --agent, what it is called") {
    const Desk desk;
    desk.put("speaker_1");
    HostProcess dev(desk.dev({"quick", "--build", "mkdir -p .out && cp -L source .out/x.so",
                              "--plugin", "quick/.out/x.so", "--agent", "clerk"}));
    REQUIRE(shows(dev, "talk to it"));
    Line line(dev.port());
    CHECK(said_on(line, "clerk") == "version 1");
  }

  TEST_CASE("where nothing can be built or served, it says so at once") {
    const Desk desk;
    fs::create_directory(desk.room.path / "empty");
    HostProcess none(desk.dev({"empty"}));
    CHECK(none.wait() == 1);
    CHECK(
        has(none.log(), "patchbay: empty has no CMakeLists.txt, no Cargo.toml and no Makefile\n"));
    CHECK(has(none.log(), "patchbay new NAME"));

    desk.make_quick();
    HostProcess open(desk.verb({"dev", "quick", "--listen", "0.0.0.0:0"}));
    CHECK(open.wait() == 1);
    CHECK(has(open.log(), "patchbay dev listens on loopback only"));

    HostProcess first(desk.dev({"quick"}));
    REQUIRE(shows(first, "talk to it"));
    HostProcess second(
        desk.verb({"dev", "quick", "--listen", "127.0.0.1:" + std::to_string(first.port())}));
    CHECK(second.wait() == 1);
    CHECK(has(second.log(), "is in use"));
    CHECK(!has(second.output(), "building"));
  }
}

}  // namespace
}  // namespace patchbay::test
