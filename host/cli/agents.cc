// SPDX-License-Identifier: MIT
#include "cli/agents.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/admin_client.h"
#include "cli/ctrl_c.h"
#include "cli/standing_table.h"
#include "cli/syntax.h"
#include "cli/verb.h"

namespace patchbay {
namespace {

constexpr Seconds between_looks{1};

struct Flags {
  std::string admin;
  bool watch = false;
  bool json = false;
};

struct Terminal {
  std::size_t rows = 0, columns = 0;  // 0: unknown, or no terminal
};

Terminal terminal() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_row, size.ws_col};
}

using Lines = std::vector<std::string>;

AdminQuestion question() {
  return {"GET", "/agents", {}, Seconds(5)};
}

Result<Lines> look(const std::string& socket, const Flags& flags) {
  const Result<std::string> body = ask_admin(socket, question());
  if (!body) return body.error();
  if (flags.json) return Lines{*body};
  const Result<Standing> standing = decode_standing(*body);
  if (!standing) return standing.error();
  return standing_table(*standing, {wants_colour(), terminal().columns});
}

void print(const Lines& lines) {
  for (const std::string& line : lines) fmt::print("{}\n", line);
  std::fflush(stdout);
}

// One block of lines that is painted over by the next, where the terminal lets it.
class Block {
 public:
  explicit Block(bool in_place) : in_place_(in_place) {}

  // The terminal has written "^C" below it.
  void leave() const {
    if (in_place_) fmt::print("\n");
  }
  void show(Lines lines) {
    if (!in_place_) {
      if (shown_) fmt::print("\n");
      shown_ = true;
      return print(lines);
    }
    fit(lines, terminal().rows);
    std::string out = height_ == 0 ? "" : fmt::format("\x1b[{}A", height_);
    for (const std::string& line : lines) out += "\r" + line + "\x1b[K\n";
    out += "\x1b[J";
    height_ = lines.size();
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }

 private:
  // What scrolled away could not be painted over.
  static void fit(Lines& lines, std::size_t rows) {
    if (rows < 2 || lines.size() < rows) return;
    const std::size_t shown = rows - 2;
    const std::size_t hidden = lines.size() - shown;
    lines.resize(shown);
    lines.push_back(fmt::format("({} more lines)", hidden));
  }

  const bool in_place_;
  bool shown_ = false;
  std::size_t height_ = 0;  // lines above the cursor that are ours
};

// Goes on where the host does not answer: it may be restarting.
void watch(const std::string& socket, const Flags& flags, const Lines& first) {
  const CtrlC ctrl_c;
  Block block(!flags.json && terminal().columns > 0);
  if (flags.json) {
    print(first);
  } else {
    block.show(first);
  }
  Lines last = first;
  for (;;) {
    if (wait_for(-1, 0, Clock::now() + between_looks, ctrl_c.interrupt()) == Woken::interrupted) {
      return block.leave();
    }
    Result<Lines> lines = look(socket, flags);
    if (flags.json) {
      if (lines) print(*lines);
    } else if (lines) {
      block.show(last = *std::move(lines));
    } else {
      Lines stale{lines.error().message, "as it was:"};
      stale.insert(stale.end(), last.begin(), last.end());
      block.show(std::move(stale));
    }
  }
}

int agents(const Flags& flags) {
  const Result<std::string> socket = choose_admin_socket(flags.admin);
  if (!socket) return fail(socket.error());
  const Result<Lines> lines = look(*socket, flags);
  if (!lines) return fail(lines.error());
  if (flags.watch) {
    watch(*socket, flags, *lines);
  } else {
    print(*lines);
  }
  return exit_good;
}

}  // namespace

void add_agents(CLI::App& app, int& exit) {
  const auto flags = std::make_shared<Flags>();
  Syntax verb(app, "agents",
              "Show how the agents of a running host stand: versions, turns, what waits for what");
  verb.text("--admin", flags->admin, admin_flag_help).shown_as("PATH");
  verb.flag("--watch", flags->watch, "Look again every second, until Ctrl-C");
  verb.flag("--json", flags->json, "For scripts: one JSON object, with --watch one a line");
  verb.footer(
      "A row for each agent, with the version that answers new turns; under it what is still there "
      "of others:\n"
      "  probation   takes all turns, and is rolled back where they fail\n"
      "  standby     the version before that, kept warm for it\n"
      "  draining    ends the turns it has begun\n"
      "  unloaded    does not serve, by hand, until patchbay load\n"
      "  mapped      has ended, but its library cannot be unloaded\n"
      "Examples:\n"
      "  patchbay agents --watch\n"
      "  patchbay agents --json | jq -r '.plugins[].generations[0].digest'");
  verb.runs([flags, &exit] { exit = agents(*flags); });
}

}  // namespace patchbay
