// SPDX-License-Identifier: MIT
#include "cli/dev.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/ctrl_c.h"
#include "cli/dev_house.h"
#include "cli/project.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "machine/command.h"
#include "machine/source_watch.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;
using Tone = DevScreen::Tone;

struct Flags {
  ProjectWishes project{".", "", ""};
  DevHouse::Wanted house;
};

// "src/hello.cc", "src/hello.cc and 2 more".
std::string names_of(const std::vector<fs::path>& files) {
  std::string names = files.front().string();
  if (files.size() > 1) names += fmt::format(" and {} more", files.size() - 1);
  return names;
}

class DevLoop {
 public:
  DevLoop(Project project, DevHouse& house, const Interrupt& stop)
      : project_(std::move(project)), house_(house), screen_(house.screen()), stop_(stop) {}

  // Until it is stopped.
  void run(SourceWatch& watch) {
    screen_.line(Tone::plain, fmt::format("building {}…", project_.directory.string()));
    for (;;) {
      if (const std::optional<std::string> built = build()) take(*built);
      // What was saved while all that went on is told of at once.
      const std::vector<fs::path> changed = watch.wait(stop_);
      if (changed.empty()) return;
      screen_.line(Tone::plain, fmt::format("{} changed, building…", names_of(changed)));
    }
  }

 private:
  // "built in 1.4 s", where it went well.
  std::optional<std::string> build() {
    Milliseconds took{0};
    for (std::vector<std::string>& words : build_steps(project_)) {
      const std::string program = words.front();
      const Result<CommandEnd> end = run_command(command(std::move(words)), stop_);
      if (!end) {
        fail(end.error());
        return std::nullopt;
      }
      if (end->how == CommandEnd::How::stopped) return std::nullopt;
      show(*end);
      if (!end->is_good()) {
        fail({"build_failed", fmt::format("{} {}", program, end->text()), ""});
        return std::nullopt;
      }
      took += end->took;
    }
    return fmt::format("built in {:.1f} s", std::chrono::duration<double>(took).count());
  }

  // Until something serves, an author has nothing else to look at than the compiler.
  [[nodiscard]] bool is_live() const { return house_.plugin().empty(); }

  Command command(std::vector<std::string> words) {
    Command command{std::move(words), project_.directory, screen_.colour(), {}};
    if (is_live()) command.heard = [this](std::string_view piece) { screen_.output(piece); };
    return command;
  }

  void show(const CommandEnd& end) {
    if (is_live()) return;
    const bool warns = end.output.find("warning") != std::string::npos;
    if (warns || !end.is_good()) screen_.output(end.output);
  }

  void fail(const Error& why) {
    screen_.refusal("build failed: ", why);
    screen_.line(Tone::plain, house_.plugin().empty()
                                  ? "nothing serves yet; save a file to try again"
                                  : "the old version serves on");
  }

  void take(const std::string& built) {
    if (!house_.plugin().empty()) return house_.take(house_.plugin(), "", built, stop_);
    const Result<fs::path> plugin = built_plugin(project_);
    if (!plugin) return fail(plugin.error());
    house_.take(*plugin, agent_name_for(project_, *plugin), built, stop_);
  }

  const Project project_;
  DevHouse& house_;
  DevScreen& screen_;
  const Interrupt& stop_;
};

int dev(const Flags& flags) {
  Result<Project> project = find_project(flags.project);
  if (!project) return fail(project.error());
  Result<std::unique_ptr<DevHouse>> house = DevHouse::prepare(flags.house, wants_colour());
  if (!house) return fail(house.error());
  Result<std::unique_ptr<SourceWatch>> watch =
      SourceWatch::start(project->directory, {}, (*house)->log());
  if (!watch) return fail(watch.error());

  std::signal(SIGPIPE, SIG_IGN);
  {
    const CtrlC ctrl_c;
    DevLoop(*std::move(project), **house, ctrl_c.interrupt()).run(**watch);
  }
  // A second Ctrl-C ends the process at once.
  // Where a plugin's code still runs, no destructor may pull the ground from under it.
  if (!(*house)->close()) std::_Exit(exit_good);
  return exit_good;
}

}  // namespace

void add_dev(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax verb(app, "dev", "Build an agent, serve it, and do so again whenever a source is saved");
  verb.text("directory", flags->project.directory,
            "What `patchbay new` made, or any other directory with a CMakeLists.txt, "
            "Cargo.toml or Makefile (default: this one)")
      .shown_as("DIR");
  verb.text("--build", flags->project.command,
            "What builds it, for the shell, in DIR (default: cmake, cargo build or make)")
      .shown_as("COMMAND");
  verb.text("--plugin", flags->project.plugin,
            "What it builds (default: the youngest plugin that the build has left)")
      .shown_as("FILE.so");
  verb.text("--listen", flags->house.listen,
            "Where to listen, on this machine (default 127.0.0.1:8080; port 0 picks one)")
      .shown_as("HOST:PORT");
  verb.text("--agent", flags->house.agent,
            "The agent's name (default: the plugin's); with --config, the one behind "
            "/api/agent")
      .shown_as("NAME");
  verb.text("--config", flags->house.config,
            "Configuration file (TOML), for the agents in it that this plugin is")
      .shown_as("FILE");
  verb.text("--admin", flags->house.admin,
            "Socket for patchbay agents, rollback … (default: see docs/admin.md)")
      .shown_as("PATH|off");
  verb.text("--log-level", flags->house.log_level, "trace, debug, info, warn or error")
      .one_of(log_level_names);
  verb.footer(
      "What `patchbay call` shows in another terminal changes with what you save. A build that\n"
      "fails, or that the host refuses, leaves the version before it in service.\n"
      "Examples:\n"
      "  patchbay dev hello\n"
      "  patchbay dev --build 'ninja -C out' --plugin out/hello.so");
  verb.runs([flags, &exit] { exit = dev(*flags); });
}

}  // namespace patchbay
